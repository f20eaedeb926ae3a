"""Which licenses may come into the packaged app; what was decided is told in docs/dependencies.md."""

import re
from collections.abc import Iterable

from mondrian_desktop.licenses import Component

DECIDED = {
    "pyinstaller": "GPL with an exception for the programs that it builds; its parts in them are under Apache-2.0",
    "pyinstaller-hooks-contrib": "only its run-time hooks come along, under Apache-2.0",
}
"""Packages that name the GPL and are used all the same, and why they may."""

_GENERAL = re.compile(r"(?<!L)GPL|General Public License", re.IGNORECASE)
_LESSER = re.compile(r"LGPL|Lesser", re.IGNORECASE)


def unwelcome(parts: Iterable[Component]) -> list[str]:
    """Return a line for each part that may not be distributed as the rest is, or without a text to go with it."""
    lines = []
    for each in parts:
        if not any(map(_is_welcome, each.license.split(" OR "))) and each.name.lower() not in DECIDED:
            lines.append(f"{each.name} {each.version}: {each.license or 'no license is named'}")
        elif not each.texts:
            lines.append(f"{each.name} {each.version}: the text of its license is missing ({each.license})")
    return lines


def _is_welcome(name: str) -> bool:
    """Return whether one alternative of an expression is something else than the GPL."""
    return bool(name.strip()) and (not _GENERAL.search(name) or bool(_LESSER.search(name)))
