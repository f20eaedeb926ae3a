"""``mondrian-desktop doctor``: what is here, for a bug report."""

import os
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import TextIO

import mondrian_desktop
from mondrian_desktop import paths
from mondrian_desktop.service import Service

PACKAGES = ("mlx", "mlx-vlm", "transformers", "pyside6-essentials", "pillow", "pi-heif", "rawpy", "numpy", "greenlet")


def run(service: Service, out: TextIO) -> int:
    """Print one aligned line a fact; return the exit code: 1 where something is missing without which nothing works."""
    for name, value in _facts(service):
        out.write(f"{name + ':':<16}{value}\n")
    found = [entry for entry in service.models() if entry.path.is_dir()]
    return 0 if found else 1


def _facts(service: Service) -> Iterator[tuple[str, str]]:
    yield "Mondrian", mondrian_desktop.__version__
    yield "Python", f"{platform.python_version()} on {platform.platform()}"
    for package in PACKAGES:
        yield package, _version(package)
    yield "Device", service.device()
    yield "Memory", f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 1e9:.1f} GB"
    for name, folder in (("Data", paths.data_dir()), ("Settings", service.settings.file), ("Logs", paths.log_dir())):
        yield name, str(folder)
    for entry in service.models():
        state = str(entry.path) if entry.path.is_dir() else "not installed"
        yield "Model", f"{entry.id}, {entry.name}: {state}"
    for problem in (*service.settings.problems, *service.advisors.problems):
        yield "Problem", problem


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"
