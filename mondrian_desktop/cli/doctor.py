"""``mondrian-desktop doctor``: what is here, for a bug report."""

from typing import TextIO

from mondrian_desktop import diagnostics
from mondrian_desktop.service import Service


def run(service: Service, out: TextIO) -> int:
    """Print one aligned line a fact; return the exit code: 1 where something is missing without which nothing works."""
    out.write(diagnostics.text(service, with_paths=True))
    found = [entry for entry in service.models() if entry.path.is_dir()]
    return 0 if found else 1
