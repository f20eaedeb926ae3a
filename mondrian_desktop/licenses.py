"""The licenses of what the app is made of, for About: whose works these are, and on which terms they are used."""

import platform
import re
import sysconfig
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageMetadata, distributions
from pathlib import Path
from types import MappingProxyType

from mondrian_desktop import paths

_IS_TEXT = re.compile(r"^(LICEN[CS]E|COPYING|NOTICE)", re.IGNORECASE)
_FOR_WANT_OF_TEXT = (("LGPL-3.0", ("LGPL-3.0.txt", "GPL-3.0.txt")), ("Apache", ("Apache-2.0.txt",)))
"""Some packages name a license and leave its text out. The lesser license is terms on top of the general one."""
_LONGEST_NAME = 200
_RULE = "=" * 100


@dataclass(frozen=True, slots=True)
class Component:
    """A work of others.

    Attributes
    ----------
    name, version
        Of the package.
    license
        As the package names it: mostly an SPDX expression, sometimes words.
    address
        Of its project; may be empty.
    texts
        License texts and notices.
    """

    name: str
    version: str
    license: str
    address: str
    texts: tuple[str, ...]


def third_party() -> str:
    """Return notice, list and texts: in the packaged app those of its parts, else of the packages installed here."""
    prepared = paths.resource("licenses", "third-party.txt")
    return prepared.read_text(encoding="utf-8") if prepared.is_file() else as_text(components(distributions()))


def components(packages: Iterable[Distribution]) -> tuple[Component, ...]:
    """Return Python and ``packages``, by name, without this project's own."""
    found = {each.name.lower(): _component(each) for each in packages if each.name != "mondrian-desktop"}
    return (_python(), *(found[name] for name in sorted(found)))


def as_text(parts: Iterable[Component], libraries: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return the notice, a list of ``parts`` and all their texts, as plain text.

    Parameters
    ----------
    parts
        Python and its packages.
    libraries
        Licenses of the shared libraries inside them, by their names.
    """
    parts = tuple(parts)
    notice = paths.resource("licenses", "notice.txt").read_text(encoding="utf-8").strip()
    width = max((len(each.name) for each in parts), default=0)
    tables = ["\n".join(f"{each.name:<{width}}  {each.version:<14} {each.license}" for each in parts)]
    if libraries:
        inside = [f"{name:<{width}}  {terms}" for name, terms in sorted(libraries.items())]
        tables.append("\n".join(["Libraries inside these:", *inside]))
    texts = [
        f"{_RULE}\n{each.name} {each.version}\n{each.address}".rstrip() + f"\n{_RULE}\n\n{text.strip()}"
        for each in parts
        for text in each.texts
    ]
    return "\n\n".join([notice, *tables, *texts]) + "\n"


def _component(package: Distribution) -> Component:
    about = package.metadata
    name = _license(about)
    addresses = [line.partition(",")[2].strip() for line in about.get_all("Project-URL") or ()]
    address = next(iter([*(about.get_all("Home-page") or ()), *addresses]), "")
    files = [file for file in package.files or () if ".dist-info" in file.parts[0] and _IS_TEXT.match(file.name)]
    texts = [Path(str(package.locate_file(file))).read_text(encoding="utf-8", errors="replace") for file in files]
    return Component(package.name, package.version, name, address, tuple(dict.fromkeys(texts)) or _common(name))


def _license(about: PackageMetadata) -> str:
    """Return the shortest name there is; some packages put the whole text into the field for it."""
    for line in [*(about.get_all("License-Expression") or ()), *(about.get_all("License") or ())]:
        if len(line) < _LONGEST_NAME and "\n" not in line:
            return str(line)
    kinds = [each for each in about.get_all("Classifier") or () if each.startswith("License ::")]
    return ", ".join(each.rpartition(" :: ")[2] for each in kinds)


def _common(name: str) -> tuple[str, ...]:
    found = next((files for part, files in _FOR_WANT_OF_TEXT if part in name), ())
    return tuple(paths.resource("licenses", file).read_text(encoding="utf-8") for file in found)


def _python() -> Component:
    file = Path(sysconfig.get_paths()["stdlib"]) / "LICENSE.txt"
    texts = (file.read_text(encoding="utf-8"),) if file.is_file() else ()
    return Component("Python", platform.python_version(), "PSF-2.0", "https://www.python.org", texts)
