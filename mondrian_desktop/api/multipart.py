"""A form with one photo, read from the wire straight into a file: nothing is held in memory, everything has a limit."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from mondrian_desktop.api.refusal import Refusal

FILE_FIELDS = frozenset({"image", "file"})
FIELD_BYTES = 16 * 1024
"""Most bytes of one field that is no file: room for a long question."""
MOST_PARTS = 32


@dataclass
class Form:
    """What a form said.

    Attributes
    ----------
    fields
        Texts by name; of several with one name the last.
    filename
        As the client sent it: only ever a label.
    byte_size
        Size of the photo.
    has_photo
        Whether there was one.
    """

    fields: dict[str, str] = field(default_factory=dict)
    filename: str = ""
    byte_size: int = 0
    has_photo: bool = False


class FormReader:
    """Takes in the bytes of a form as they arrive; the photo goes to ``photo``, the rest to :attr:`form`.

    Parameters
    ----------
    content_type
        The request's header, with the boundary.
    photo
        Open for writing.

    Raises
    ------
    Refusal
        415 where it is no form; by :meth:`write` and :meth:`finish`, 400 where it is malformed, 422 where a field is
        too long. ``OSError`` where the photo cannot be written.
    """

    def __init__(self, content_type: str, photo: BinaryIO) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not boundary:
            raise Refusal(415, "Send a form (multipart/form-data) with the photo in the field “image” or “file”.")
        self.form = Form()
        self._photo = photo
        self._parts = 0
        self._complete = False
        self._header: tuple[bytes, bytes] = (b"", b"")
        self._headers: dict[bytes, bytes] = {}
        self._name: str | None = None
        self._value = b""
        try:
            self._parser = MultipartParser(boundary, {
                "on_part_begin": self._begin, "on_header_field": self._header_field,
                "on_header_value": self._header_value, "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished, "on_part_data": self._data, "on_part_end": self._end,
                "on_end": self._finish,
            })  # fmt: skip
        except FormParserError as err:
            raise _malformed() from err

    def write(self, data: bytes) -> None:
        """Take in the next bytes."""
        try:
            self._parser.write(data)
        except FormParserError as err:
            raise _malformed() from err

    def finish(self) -> Form:
        """Return the form; everything has been written."""
        if not self._complete:
            raise Refusal(400, "The form ended too early. Send it again.")
        if not self.form.has_photo or not self.form.byte_size:
            raise Refusal(400, "There is no photo in the form. Put it into the field “image” or “file”.")
        return self.form

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise Refusal(400, f"The form has more than {MOST_PARTS} parts.")
        self._headers, self._value, self._name = {}, b"", None

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0] + data[start:end], self._header[1])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0], self._header[1] + data[start:end])

    def _header_end(self) -> None:
        self._headers[self._header[0].lower()] = self._header[1]
        self._header = (b"", b"")

    def _headers_finished(self) -> None:
        kind, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        if kind != b"form-data" or b"name" not in options:
            raise _malformed()
        name = options[b"name"].decode("utf-8", "replace")
        if b"filename" in options or name in FILE_FIELDS:
            self._begin_photo(name, options.get(b"filename", b""))
        else:
            self._name = name

    def _begin_photo(self, name: str, filename: bytes) -> None:
        if name not in FILE_FIELDS or self.form.has_photo:
            raise Refusal(400, "Send one photo a form, in the field “image” or “file”.")
        self.form.has_photo = True
        self.form.filename = filename.decode("utf-8", "replace")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._name is None:
            self.form.byte_size += end - start
            self._photo.write(data[start:end])
        else:
            self._value += data[start:end]
            if len(self._value) > FIELD_BYTES:
                raise Refusal(422, f"A field of the form is longer than {FIELD_BYTES // 1024} KB.")

    def _end(self) -> None:
        if self._name is not None:
            self.form.fields[self._name] = self._value.decode("utf-8", "replace")

    def _finish(self) -> None:
        self._complete = True


def _malformed() -> Refusal:
    return Refusal(400, "The form is malformed. Send it again.")


@dataclass(frozen=True, slots=True)
class Received:
    """A form that arrived whole: the upload's id, the part file with the photo, and what the form said."""

    upload_id: str
    part: Path
    form: Form


async def receive(
    body: AsyncIterator[bytes], content_type: str, create: Callable[[], tuple[str, Path, BinaryIO]]
) -> Received:
    """Read a whole form. Nothing is left of it on an error.

    Raises
    ------
    Refusal
        As :class:`FormReader`; 507 where the disk does not take it.
    """
    try:
        upload_id, part, photo = create()
    except OSError as err:
        raise Refusal(507, "The photo could not be saved. There may be no space left on the disk.") from err
    try:
        with photo:
            reader = FormReader(content_type, photo)
            async for data in body:
                reader.write(data)
            return Received(upload_id, part, reader.finish())
    except OSError as err:
        part.unlink(missing_ok=True)
        raise Refusal(507, "The photo could not be saved. There may be no space left on the disk.") from err
    except BaseException:
        part.unlink(missing_ok=True)
        raise
