"""The sidecar beside a photo: where it is, and how it is written without ever touching the photo."""

import os
from enum import StrEnum
from pathlib import Path

from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.text import shown_name
from mondrian_desktop.report.xmp import Merge, Words, merge


class Naming(StrEnum):
    """How a sidecar is called: as Lightroom does, or as darktable and digiKam do."""

    STEM = "photo.xmp"
    WHOLE = "photo.ext.xmp"


def sidecar_of(photo: Path, naming: Naming) -> Path:
    """Return the path of a photo's sidecar; one that is there in capitals is it."""
    path = photo.with_suffix(".xmp") if naming is Naming.STEM else photo.with_name(photo.name + ".xmp")
    capitals = path.with_suffix(".XMP")
    return capitals if capitals.exists() and not path.exists() else path


def write_sidecar(photo: Path, new: Words, naming: Naming = Naming.STEM, how: Merge = Merge.APPEND) -> Path:
    """Write words into a photo's sidecar and return its path. Takes the disk's time: call it in a worker.

    It is replaced as a whole or not at all; the version before is kept beside it. Where nothing would change, nothing
    is written.

    Raises
    ------
    UserError
        Where it cannot be written, or what is there is not XMP.
    """
    path = sidecar_of(photo, naming)
    if path.is_symlink():
        path = path.resolve()
    part = path.with_name(path.name + ".part")
    try:
        if not photo.exists():
            raise UserError(f"{shown_name(photo)} is not where it was.", "Locate it in the library first.")
        existing = path.read_bytes() if path.exists() else None
        merged = merge(existing, new, how)
        if merged == existing:
            return path
        _write_whole(part, merged)
        if existing is not None:
            part.chmod(path.stat().st_mode & 0o777)
            _keep(path, existing)
        part.replace(path)
    except OSError as err:
        part.unlink(missing_ok=True)
        raise UserError(
            f"The sidecar of {shown_name(photo)} could not be written: {err.strerror}.", "The photo is untouched."
        ) from err
    except UserError as err:
        raise UserError(f"{shown_name(path)}: {err.what}", err.advice) from err
    return path


def _keep(path: Path, data: bytes) -> None:
    """Keep a version under the first name that is not taken, unless it is the last one kept."""
    for number in range(1, 10_000):
        kept = path.with_name(f"{path.name}.previous{'' if number == 1 else f'-{number}'}")
        try:
            with kept.open("xb") as file:
                file.write(data)
        except FileExistsError:
            if kept.is_file() and kept.read_bytes() == data:
                return
        else:
            return


def _write_whole(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
