"""Which files make up a model, what they must contain, and which kinds are fetched at all.

Weights and text only: program code and pickles of a repository are never fetched.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mondrian_desktop.errors import UserError

SAFE_SUFFIXES = frozenset({".safetensors", ".json", ".txt", ".jinja", ".model", ".tiktoken"})
"""Of weights, configurations, word lists, chat templates and tokenizers. ``.py``, ``.bin``, ``.pt`` are not."""

MAX_FILES = 500
READ_BYTES = 1 << 20

_REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,199}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA1 = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file of a model.

    Attributes
    ----------
    path
        Its name in the repository's top folder.
    size
        Bytes.
    sha256
        Hash of its content (64 hex digits), as large files have it; or empty.
    git_sha1
        Hash of its content as a git blob (40 hex digits), as small files have it; or empty.
    """

    path: str
    size: int
    sha256: str = ""
    git_sha1: str = ""

    @property
    def etag(self) -> str:
        """The name under which the Hugging Face cache keeps the content."""
        return self.sha256 or self.git_sha1


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is to be on disk: a repository at one commit (40 hex digits), and its files, the small ones first."""

    repo: str
    commit: str
    files: tuple[WeightFile, ...]

    @property
    def total_bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def is_repo_id(text: str) -> bool:
    """Return whether ``text`` has the form "organization/name" of a model on the hub."""
    return bool(_REPO.fullmatch(text)) and ".." not in text and "--" not in text and not text.endswith(".git")


def is_commit(text: str) -> bool:
    """Return whether ``text`` is a full commit hash."""
    return bool(_COMMIT.fullmatch(text))


def is_wanted(path: str) -> bool:
    """Return whether a file of a repository is fetched: of a safe kind, in the top folder, with a plain name.

    ``consolidated.safetensors`` holds the same weights a second time, in a form that is not read here.
    """
    if not _FILE.fullmatch(path) or path.endswith("consolidated.safetensors"):
        return False
    return Path(path).suffix in SAFE_SUFFIXES


def read_manifest(repo: str, answer: object) -> Manifest:
    """Return the manifest from the hub's answer about a model at a revision, with ``blobs=true``.

    Source: https://huggingface.co/docs/hub/api, ``GET /api/models/{repo}/revision/{revision}``.

    Raises
    ------
    UserError
        Where the answer is none that can be understood or trusted, or the repository holds no weights.
    """
    strange = UserError(
        f"The hub's description of {repo} could not be understood.", "Try again later, or choose another model."
    )
    try:
        commit, siblings = answer["sha"], answer["siblings"]  # type: ignore[index]
        files = [_file(sibling) for sibling in siblings if is_wanted(sibling["rfilename"])]
    except (KeyError, TypeError, ValueError, AttributeError) as err:
        raise strange from err
    if not (isinstance(commit, str) and is_commit(commit)) or len(files) > MAX_FILES:
        raise strange
    if len({file.path.casefold() for file in files}) != len(files):
        raise strange
    if not any(file.path.endswith(".safetensors") for file in files):
        raise UserError(
            f"{repo} holds no weights in the safetensors format.",
            "Choose a model in MLX format, for example one of the mlx-community.",
        )
    if not any(file.path == "config.json" for file in files):
        raise UserError(f"{repo} is no model that can be loaded: config.json is missing.", "Choose another model.")
    return Manifest(repo, commit, tuple(sorted(files, key=lambda file: (file.size, file.path))))


def _file(sibling: Mapping[str, Any]) -> WeightFile:
    large = sibling.get("lfs")
    return (
        checked_file(sibling["rfilename"], large["size"], large["sha256"], "")
        if large
        else checked_file(sibling["rfilename"], sibling["size"], "", sibling["blobId"])
    )


def checked_file(path: str, size: Any, sha256: str, git_sha1: str) -> WeightFile:
    """Return the file's record.

    Raises
    ------
    ValueError
        Where the name is not plain, the size is none, or neither hash is one.
    """
    if not is_wanted(path) or not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise ValueError(path)
    if not (_SHA256.fullmatch(sha256) if sha256 else _SHA1.fullmatch(git_sha1)):
        raise ValueError(f"{path}: no hash")
    return WeightFile(path, size, sha256, "" if sha256 else git_sha1)


def check_against(manifest: Manifest, pinned: tuple[WeightFile, ...]) -> None:
    """Compare what the hub announces with what the catalogue knows of these files.

    Raises
    ------
    UserError
        Where a file is missing or is another one.
    """
    announced = {file.path: file for file in manifest.files}
    for file in pinned:
        there = announced.get(file.path)
        if there is None or there.size != file.size or (file.sha256 and there.sha256 and there.sha256 != file.sha256):
            raise UserError(
                f"The hub offers another {file.path} of {manifest.repo} than the one this version of the app knows.",
                "Nothing was fetched. Look for an update of the app, or choose another model.",
            )


def digest_matches(file: WeightFile, path: Path, told: Callable[[int], None] = lambda read_bytes: None) -> bool:
    """Return whether the content at ``path`` has the size and hash of ``file``.

    ``told`` is called with the bytes read so far; what it raises ends the reading. OSError where it cannot be read.
    """
    if path.stat().st_size != file.size:
        return False
    # Git's names of blobs, https://git-scm.com/book/en/v2/Git-Internals-Git-Objects; no matter of security here.
    digest = hashlib.sha256() if file.sha256 else hashlib.sha1(f"blob {file.size}\0".encode(), usedforsecurity=False)
    read_bytes = 0
    for block in _blocks(path):
        digest.update(block)
        read_bytes += len(block)
        told(read_bytes)
    return digest.hexdigest() == file.etag


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as content:
        while block := content.read(READ_BYTES):
            yield block
