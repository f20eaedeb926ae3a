import asyncio
import io
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mondrian_desktop.api.multipart import FIELD_BYTES, MOST_PARTS, FormReader, receive
from mondrian_desktop.api.refusal import Refusal
from mondrian_desktop.api.uploads import Uploads

KIND = "multipart/form-data; boundary=b0undary"


def body(*parts: tuple[str, bytes], boundary: bytes = b"b0undary") -> bytes:
    """Return a form of (what follows "form-data", content)."""
    whole = b"".join(
        b"--" + boundary + b"\r\nContent-Disposition: form-data" + head.encode() + b"\r\n\r\n" + content + b"\r\n"
        for head, content in parts
    )
    return whole + b"--" + boundary + b"--\r\n"


def photo(content: bytes = b"photo", name: str = "image", filename: str = "a.jpg") -> tuple[str, bytes]:
    return f'; name="{name}"; filename="{filename}"', content


def read(data: bytes, kind: str = KIND, step: int = 1 << 16) -> tuple[FormReader, bytes]:
    written = io.BytesIO()
    reader = FormReader(kind, written)
    for at in range(0, len(data), step):
        reader.write(data[at : at + step])
    return reader, written.getvalue()


@pytest.mark.parametrize("step", [1, 2, 7, 1 << 16])
@pytest.mark.parametrize("name", ["image", "file"])
def test_photo_and_fields_arrive_whatever_the_pieces(step, name):
    content = bytes(range(256)) * 3 + b"\r\n--b0undar\r\n--"
    reader, written = read(body(photo(content, name), ('; name="advisor"', b"ansel, weston")), step=step)
    form = reader.finish()
    assert written == content
    assert (form.byte_size, form.filename, form.fields) == (len(content), "a.jpg", {"advisor": "ansel, weston"})


def test_names_beyond_ascii_arrive():
    reader, _ = read(body(photo(filename='Bär; \\"x\\".jpg'), ('; name="prompt"', "Schärfe?".encode())))
    assert reader.finish().filename == 'Bär; "x".jpg'
    assert reader.finish().fields == {"prompt": "Schärfe?"}


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("", 415), ("application/json", 415), ("multipart/form-data", 415), ("multipart/form-data; boundary=", 415),
        ("multipart/mixed; boundary=b0undary", 415), (f"multipart/form-data; boundary={'x' * 500}", 400),
    ],
)  # fmt: skip
def test_what_is_no_form_is_refused(kind, status):
    with pytest.raises(Refusal) as refused:
        FormReader(kind, io.BytesIO())
    assert refused.value.status == status


@pytest.mark.parametrize(
    ("data", "status", "what"),
    [
        (b"", 400, "early"),
        (b"nonsense", 400, "malformed"),
        (body(photo())[:-10], 400, "early"),
        (body(), 400, "early|no photo|malformed"),
        (body(('; name="advisor"', b"ansel")), 400, "no photo"),
        (body(photo(b"")), 400, "no photo"),
        (body(photo(), photo()), 400, "one photo"),
        (body(photo(name="other")), 400, "one photo"),
        (body(("", b"x")), 400, "malformed"),
        (body(('; name="a"', b"x" * (FIELD_BYTES + 1)), photo()), 422, "longer"),
        (body(*[('; name="a"', b"x")] * (MOST_PARTS + 1)), 400, "parts"),
        (body((f'; name="{"a" * 20_000}"', b"x")), 400, "malformed"),
    ],
)  # fmt: skip
def test_a_malformed_form_is_refused(data, status, what):
    with pytest.raises(Refusal, match=what) as refused:
        read(data)[0].finish()
    assert refused.value.status == status


whole = body(photo(b"\xff\xd8" + bytes(50)), ('; name="advisor"', b"ansel"), ('; name="auto_analyze"', b"true"))


@settings(max_examples=300)
@given(st.data())
def test_no_damage_does_more_than_refuse(data):
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        kind = data.draw(st.sampled_from(["change", "cut", "insert", "repeat"]))
        if kind == "change":
            damaged[at] = data.draw(st.integers(0, 255))
        elif kind == "cut":
            del damaged[at : at + data.draw(st.integers(1, 40))]
        elif kind == "insert":
            damaged[at:at] = data.draw(st.binary(max_size=30))
        else:
            damaged[at:at] = damaged[: data.draw(st.integers(1, 200))]
        damaged = damaged or bytearray(b"-")
    try:
        reader, written = read(bytes(damaged), step=data.draw(st.integers(1, 64)))
        form = reader.finish()
    except Refusal:
        return
    assert form.has_photo
    assert form.byte_size == len(written) > 0


@settings(max_examples=200)
@given(st.binary(max_size=600), st.binary(min_size=1, max_size=80), st.integers(1, 100))
def test_no_bytes_do_more_than_be_refused(data, boundary, step):
    kind = "multipart/form-data; boundary=" + boundary.decode("latin-1")
    with suppress(Refusal):
        assert read(b"--" + boundary + b"\r\n" + data, kind, step)[0].finish().has_photo


@given(st.binary(min_size=1, max_size=400), st.integers(1, 50))
def test_every_photo_arrives_unchanged(content, step):
    if b"\r\n--b0undary" not in b"\r\n" + content:
        assert read(body(photo(content)), step=step)[1] == content


class Body:
    """A body that arrives in pieces, and may break off."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self._pieces = list(pieces)

    def __aiter__(self) -> "Body":
        return self

    async def __anext__(self) -> bytes:
        if not self._pieces:
            raise StopAsyncIteration
        piece = self._pieces.pop(0)
        if isinstance(piece, Exception):
            raise piece
        return piece


def run(folder: Path, *pieces: bytes | Exception):
    uploads = Uploads(folder)
    return asyncio.run(receive(Body(*pieces), KIND, uploads.create))


def test_a_whole_form_leaves_its_photo(tmp_path):
    received = run(tmp_path / "uploads", whole[:30], whole[30:])
    assert received.part.read_bytes() == b"\xff\xd8" + bytes(50)
    assert received.part.name == f"{received.upload_id}.part"


@pytest.mark.parametrize("breaks", [ConnectionError("gone"), RuntimeError("bug"), Refusal(413, "too long")])
def test_nothing_is_left_of_a_form_that_breaks_off(tmp_path, breaks):
    with pytest.raises((Refusal, RuntimeError)):
        run(tmp_path / "uploads", whole[:100], breaks)
    assert list((tmp_path / "uploads").iterdir()) == []


def test_nothing_is_left_of_a_malformed_form(tmp_path):
    with pytest.raises(Refusal):
        run(tmp_path / "uploads", whole[:-20])
    assert list((tmp_path / "uploads").iterdir()) == []


def test_a_full_disk_is_told_and_nothing_is_left(tmp_path):
    class Full(io.BytesIO):
        def write(self, data) -> int:
            raise OSError(28, "No space left on device")

    part = tmp_path / "x.part"
    part.touch()
    with pytest.raises(Refusal, match="space") as refused:
        asyncio.run(receive(Body(whole), KIND, lambda: ("x", part, Full())))
    assert refused.value.status == 507
    assert not part.exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "uploads").write_text("a file where the folder should be")
    with pytest.raises(Refusal) as refused:
        run(tmp_path / "uploads", whole)
    assert refused.value.status == 507
