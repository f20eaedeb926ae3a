"""The shared libraries that may be in the packaged app: ``packaging/native_libraries.toml``."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

TABLE = Path(__file__).resolve().parent.parent / "packaging" / "native_libraries.toml"

_SHARED = re.compile(r"\.(so(\.[\d.]+)?|dylib)$")
_EXTENSION = re.compile(r"\.(cpython-[\w-]+|abi3|abi3t)\.so$")
# After the name: a wheel's hash (or two), or the first dot.
_NAME = re.compile(r"(?P<name>[\w+-]+?)(-[0-9a-f]{8})*(\.|$)")


def known() -> dict[str, str]:
    """Return the license of every library that may be there, by its name."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return {name: each["license"] for each in table["libraries"] for name in each["names"]}


def library(path: str) -> str | None:
    """Return the name of the shared library at ``path``, or None where it is something else.

    Extension modules of Python are something else: their packages' metadata names their licenses.
    """
    file = Path(path)
    is_framework = any(part.endswith(".framework") for part in file.parts) and file.parts[-2] != "Resources"
    if _EXTENSION.search(file.name) or not (_SHARED.search(file.name) or (is_framework and not file.suffix)):
        return None
    if not file.name.startswith("lib") and not is_framework:
        return None
    match = _NAME.match(file.name)
    return match["name"] if match else file.name


def licenses(paths: Iterable[str]) -> dict[str, str]:
    """Return the licenses of the known libraries among ``paths``, by their names."""
    names = known()
    return {name: names[name] for path in paths if (name := library(path)) in names}


def unknown(paths: Iterable[str]) -> list[str]:
    """Return those of ``paths`` (in the bundle) that are shared libraries nobody has looked into."""
    names = known()
    return sorted(path for path in paths if (name := library(path)) is not None and name not in names)
