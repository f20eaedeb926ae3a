"""The photographs for training and evaluation, taken out of packages that anybody can install.

``python -m training.photos`` fills the cache; training does it by itself. Every source, author and license is in
``photos.toml``. Pictures are reduced to 1280 pixels, which is more than the model ever sees.
"""

import bz2
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]
ROOT = Path(__file__).resolve().parent.parent
LONG_SIDE = 1280
RACCOON = (768, 1024, 3)
"""Shape of scipy's bundled photograph, which is stored as compressed bytes."""


def cache_dir() -> Path:
    """Return the folder of everything that can be made again. ``MONDRIAN_TRAINING_DIR``."""
    return Path(os.environ.get("MONDRIAN_TRAINING_DIR", Path.home() / ".cache" / "mondrian-training"))


@dataclass(frozen=True)
class Source:
    """A package or folder with photographs; ``split`` maps "train" and "heldout" to file names with their authors."""

    name: str
    kind: str
    folder: str
    license: str
    split: dict[str, dict[str, str]]
    package: str = ""
    version: str = ""
    python: str = ""
    suite: str = ""


def sources() -> tuple[Source, ...]:
    """Return the sources of ``photos.toml``."""
    tables: list[dict[str, Any]] = tomllib.loads((ROOT / "training/photos.toml").read_text("utf-8"))["sources"]
    return tuple(
        Source(split={key: table.pop(key, {}) for key in ("train", "heldout")}, **table) for table in tables
    )  # fmt: skip


def collect(into: Path | None = None) -> list[str]:
    """Bring what is missing into the cache and return sentences about sources that could not be had."""
    into = into or cache_dir() / "photos"
    problems = []
    for source in sources():
        wanted = {
            into / split / f"{Path(file).stem}.png": file for split, files in source.split.items() for file in files
        }
        missing = {target: file for target, file in wanted.items() if not target.exists()}
        if not missing:
            continue
        try:
            with tempfile.TemporaryDirectory() as scratch:
                folder = _OPENERS[source.kind](source, Path(scratch))
                for target, file in missing.items():
                    _store(_read(folder / file), target)
        except (OSError, KeyError, subprocess.SubprocessError) as err:
            problems.append(f"{source.name}: {err}")
    return problems


def load(split: str, folder: Path | None = None) -> dict[str, Pixels]:
    """Return the collected pictures of "train" or "heldout" by name: (H, W, 3) uint8, sRGB, sorted by name."""
    folder = (folder or cache_dir() / "photos") / split
    return {file.stem: np.asarray(Image.open(file).convert("RGB")) for file in sorted(folder.glob("*.png"))}


def credit_lines() -> list[str]:
    """Return one line of credit per source, for the model card."""
    lines = []
    for source in sources():
        for split, files in source.split.items():
            if files:
                named = ", ".join(f"{Path(file).stem} ({author})" for file, author in files.items())
                use = "trained on" if split == "train" else "held out"
                lines.append(f"{source.name} {source.version}".strip() + f", {source.license}, {use}: {named}")
    return lines


def _read(file: Path) -> Image.Image:
    if file.suffix == ".dat":
        raw = bz2.decompress(file.read_bytes())
        return Image.fromarray(np.frombuffer(raw, np.uint8).reshape(RACCOON))
    return Image.open(file).convert("RGB")


def _store(image: Image.Image, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    scale = LONG_SIDE / max(image.size)
    if scale < 1:
        image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
    partial = target.with_suffix(".part")
    image.save(partial, format="PNG")
    partial.rename(target)


def _shipped(source: Source, scratch: Path) -> Path:
    return ROOT / source.folder


def _installed(source: Source, scratch: Path) -> Path:
    # Found, not imported: importing takes seconds and may download.
    spec = importlib.util.find_spec(source.package)
    if spec is None or spec.origin is None:
        raise OSError(f"the package {source.package} is not installed")
    return Path(spec.origin).parent / source.folder


def _wheel(source: Source, scratch: Path) -> Path:
    requirement = f"{source.package}=={source.version}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    command += ["--python-version", source.python, "--platform", "manylinux2014_x86_64", "--dest", str(scratch)]
    subprocess.run([*command, requirement], check=True, timeout=600)  # noqa: S603
    with zipfile.ZipFile(next(scratch.glob("*.whl"))) as archive:
        archive.extractall(scratch, [name for name in archive.namelist() if name.startswith(source.folder)])
    return scratch / source.folder


def _deb(source: Source, scratch: Path) -> Path:
    """Let apt-get, with lists of its own, download the package, or take it from the ``debs`` folder of the cache."""
    kept = cache_dir() / "debs"
    kept.mkdir(parents=True, exist_ok=True)
    pattern = f"{source.package}_{source.version.split(':')[-1]}_*.deb"
    if not any(kept.glob(pattern)):
        apt_get = shutil.which("apt-get")
        if apt_get is None:
            raise OSError(f"there is no apt-get; put {pattern} from packages.debian.org into {kept}")
        _apt_download(apt_get, source, kept, scratch)
    subprocess.run(["dpkg-deb", "-x", str(next(kept.glob(pattern))), str(scratch)], check=True)  # noqa: S603, S607
    return scratch / source.folder


def _apt_download(apt_get: str, source: Source, into: Path, scratch: Path) -> None:
    listing = scratch / "sources.list"
    keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    signed = f"[signed-by={keyring}] " if Path(keyring).exists() else ""
    listing.write_text(f"deb {signed}http://deb.debian.org/debian {source.suite} main\n", encoding="utf-8")
    for folder in ("lists/partial", "cache/archives/partial"):
        (scratch / folder).mkdir(parents=True)
    options = {
        "Dir::Etc::sourcelist": listing, "Dir::Etc::sourceparts": "-", "Dir::State::lists": scratch / "lists",
        "Dir::Cache": scratch / "cache", "APT::Sandbox::User": "root",
    }  # fmt: skip
    command = [apt_get, "-qq", *(f"-o{key}={value}" for key, value in options.items())]
    subprocess.run([*command, "update"], check=True, timeout=600)  # noqa: S603
    subprocess.run([*command, "download", f"{source.package}={source.version}"], check=True, cwd=into, timeout=600)  # noqa: S603


_OPENERS = {"shipped": _shipped, "installed": _installed, "wheel": _wheel, "deb": _deb}


def main() -> None:
    """Collect, and say what is there."""
    problems = collect()
    for problem in problems:
        print("could not be had:", problem)
    for split in ("train", "heldout"):
        print(f"{split}: {len(load(split))} photographs")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
