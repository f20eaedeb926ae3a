"""What of a model is in the cache, and the folder that makes it one."""

import shutil
from contextlib import suppress
from pathlib import Path

from mondrian_desktop.weights import places
from mondrian_desktop.weights.manifest import Manifest, WeightFile, is_commit


def is_there(cache: Path, manifest: Manifest, file: WeightFile) -> bool:
    """Return whether the file has arrived whole: its content, or on a disk without links its name."""
    blob = places.blob(cache, manifest.repo, file.etag)
    name = places.snapshot(cache, manifest.repo, manifest.commit) / file.path
    return _size(blob) == file.size or _size(name) == file.size


def arrived_bytes(cache: Path, manifest: Manifest) -> int:
    """Return how many bytes of the model have arrived, in whole files and in parts."""
    return sum(
        file.size
        if is_there(cache, manifest, file)
        else min(max(_size(places.partial(cache, manifest.repo, file.etag)), 0), file.size)
        for file in manifest.files
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def link(cache: Path, manifest: Manifest, revision: str = "") -> Path:
    """Make the folder of the model's commit, with links to the contents, and return it.

    On a disk without links the contents move into the folder. OSError where it cannot be written.
    """
    folder = places.snapshot(cache, manifest.repo, manifest.commit)
    folder.mkdir(parents=True, exist_ok=True)
    for file in manifest.files:
        name = folder / file.path
        if name.exists():
            continue
        with suppress(FileNotFoundError):
            name.unlink()  # a link to nothing
        try:
            name.symlink_to(Path("..") / ".." / "blobs" / file.etag)
        except OSError:
            shutil.move(places.blob(cache, manifest.repo, file.etag), name)
    if not is_commit(revision):
        ref = places.repo_folder(cache, manifest.repo) / "refs" / (revision or "main")
        ref.parent.mkdir(parents=True, exist_ok=True)
        ref.write_text(manifest.commit, encoding="ascii")
    return folder
