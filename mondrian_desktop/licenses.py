"""The licenses of what the app is made of, for About: whose works these are, and on which terms they are used."""

import json
import platform
import re
import sysconfig
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import Distribution, PackageMetadata, PackageNotFoundError, distribution, distributions
from pathlib import Path

from mondrian_desktop import paths

_IS_TEXT = re.compile(r"^(LICEN[CS]E|COPYING|NOTICE)", re.IGNORECASE)
_FOR_WANT_OF_TEXT = (("LGPL-3.0", ("LGPL-3.0.txt", "GPL-3.0.txt")), ("Apache", ("Apache-2.0.txt",)))
"""Some packages name a license and leave its text out. The lesser license is terms on top of the general one."""
_LONGEST_NAME = 200
_RULE = "=" * 100
_PROJECT = "mondrian-desktop"
PREPARED = "third-party.json"
"""In the packaged app's ``resources/licenses``: what :func:`third_party` returns there."""


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


@dataclass(frozen=True, slots=True)
class ThirdParty:
    """The works of others that the app is made of.

    Attributes
    ----------
    parts
        Python and its packages.
    libraries
        Licenses of the shared libraries inside them, by their names; known in the packaged app only.
    """

    parts: tuple[Component, ...]
    libraries: Mapping[str, str] = field(default_factory=dict)

    @property
    def notice(self) -> str:
        """What the licenses want to be said to whoever gets the app."""
        return paths.resource("licenses", "notice.txt").read_text(encoding="utf-8").strip()

    @property
    def tables(self) -> list[str]:
        """A list of the parts, and one of the libraries where they are known."""
        width = max((len(each.name) for each in self.parts), default=0)
        tables = ["\n".join(f"{each.name:<{width}}  {each.version:<14} {each.license}" for each in self.parts)]
        if self.libraries:
            inside = [f"{name:<{width}}  {terms}" for name, terms in sorted(self.libraries.items())]
            tables.append("\n".join(["Libraries inside these:", *inside]))
        return tables

    def as_text(self) -> str:
        """Return the notice, the lists and all texts, as plain text."""
        texts = [
            f"{_RULE}\n{each.name} {each.version}\n{each.address}".rstrip() + f"\n{_RULE}\n\n{text.strip()}"
            for each in self.parts
            for text in each.texts
        ]
        return "\n\n".join([self.notice, *self.tables, *texts]) + "\n"

    def as_json(self) -> str:
        """Return it for :data:`PREPARED`."""
        return json.dumps({"parts": [asdict(each) for each in self.parts], "libraries": dict(self.libraries)})


def third_party() -> ThirdParty:
    """Return what this app is made of: the packaged one, or the packages that are installed here for it to run.

    Reads many small files: nothing for the thread of a window.
    """
    prepared = paths.resource("licenses", PREPARED)
    if not prepared.is_file():
        return ThirdParty(components(needed()))
    stored = json.loads(prepared.read_text(encoding="utf-8"))
    parts = (Component(**{**each, "texts": tuple(each["texts"])}) for each in stored["parts"])
    return ThirdParty(tuple(parts), stored["libraries"])


def components(packages: Iterable[Distribution]) -> tuple[Component, ...]:
    """Return Python and ``packages``, by name, without this project's own."""
    found = {each.name.lower(): _component(each) for each in packages if each.name != _PROJECT}
    return (_python(), *(found[name] for name in sorted(found)))


def needed() -> list[Distribution]:
    """Return the installed packages that the app requires, and what these require: none that only tests want."""
    # Comes with transformers.
    from packaging.requirements import Requirement

    try:
        left = [(Requirement(text), "") for text in distribution(_PROJECT).requires or ()]
    except PackageNotFoundError:
        # It was not installed, and runs all the same: then everything that is here.
        return list(distributions())
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    while left:
        requirement, extra = left.pop()
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
            continue
        for wanted in ("", *requirement.extras):
            if (requirement.name, wanted) not in seen:
                seen.add((requirement.name, wanted))
                # Some are left out on purpose, or are for another system.
                for package in distributions(name=requirement.name):
                    found[package.name.lower()] = package
                    left += [(Requirement(text), wanted) for text in package.requires or ()]
    return list(found.values())


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
