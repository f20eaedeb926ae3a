"""``mondrian-desktop inspect``: what can be told of photos without a model."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.describe import photo_document, photo_lines
from mondrian_desktop.photo.location import Location
from mondrian_desktop.photo.model import Photo
from mondrian_desktop.photo.reader import PhotoReader
from mondrian_desktop.photo.text import clean

_AHEAD = 2


def inspect(paths: list[Path], *, as_json: bool, out: TextIO, err: TextIO, with_location: bool = False) -> int:
    """Write metadata and measured facts of each photo; a photo that fails is told, the others go on.

    Parameters
    ----------
    paths
        The photos.
    as_json
        One object for one photo, a list for several; a failed one is {"path", "error", "advice"}. Else text.
    out, err
        Where results and errors go.
    with_location
        Whether to tell where each was taken, which nothing else ever does.

    Returns
    -------
    The exit code: 1 where a photo failed, else 0.
    """
    documents: list[dict[str, Any]] = []
    failed = False
    with closing(PhotoReader()) as reader:
        for path, result in _results(reader, paths):
            if isinstance(result, UserError):
                failed = True
                documents.append({"path": _text(path), "error": result.what, "advice": result.advice})
                err.write(f"mondrian-desktop: {result}\n")
                continue
            location = _location(reader, path) if with_location else None
            if as_json:
                more = {"location": asdict(location) if location else None} if with_location else {}
                documents.append({**photo_document(result), "path": _text(path), **more})
            else:
                lines = [*photo_lines(result), *([f"Taken at: {location}"] if location else [])]
                out.write("\n".join([clean(_text(path), 1000), *(f"  {line}" for line in lines), ""]))
    if as_json:
        json.dump(documents[0] if len(paths) == 1 else documents, out, indent=2, ensure_ascii=False)
        out.write("\n")
    return 1 if failed else 0


def _location(reader: PhotoReader, path: Path) -> Location | None:
    try:
        return reader.location(path).result()
    except UserError:  # it was there a moment ago: its facts are told, and no place
        return None


def _text(path: Path) -> str:
    """Return the path with bytes that are no text replaced: it has to be printable, even in JSON."""
    return str(path).encode("utf-8", "replace").decode("utf-8")


def _results(reader: PhotoReader, paths: list[Path]) -> Iterator[tuple[Path, Photo | UserError]]:
    """Return each photo in order; two are read ahead, not more: the pixels of a folder do not fit in memory."""
    futures = {index: reader.read(path) for index, path in enumerate(paths[:_AHEAD])}
    for index, path in enumerate(paths):
        future = futures.pop(index)
        following = index + _AHEAD
        if following < len(paths):
            futures[following] = reader.read(paths[following])
        try:
            yield path, future.result()
        except UserError as err:
            yield path, err
