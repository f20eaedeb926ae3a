"""Files that are there as a whole or not at all: written beside their place, then put there in one step."""

import os
from contextlib import suppress
from pathlib import Path

_LONGEST_NAME = 60
"""Characters that are taken over into the name of what is being written: file systems allow 255 bytes."""


def write_whole(file: Path, content: str | bytes, *, is_synced: bool = False) -> None:
    """Write a file; where that fails, or the process dies meanwhile, the one that was there stays.

    Parameters
    ----------
    content
        Text is written as UTF-8; halves of surrogate pairs, which names of files may have, too.
    is_synced
        Whether the disk has it before it is put in its place: then a power failure, too, leaves one of both.

    Raises
    ------
    OSError
        Where it cannot be written; nothing is left beside it.
    """
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    part = file.with_name(f".{file.name[:_LONGEST_NAME]}.part")
    try:
        with part.open("wb") as out:
            out.write(data)
            if is_synced:
                out.flush()
                os.fsync(out.fileno())
        part.replace(file)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
