"""What is here, for a bug report: versions, device, memory, models. Never anything of a photo."""

import os
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

import mondrian_desktop
from mondrian_desktop import paths
from mondrian_desktop.service import Service
from mondrian_desktop.settings import ALL

PACKAGES = ("mlx", "mlx-vlm", "transformers", "pyside6-essentials", "pillow", "pi-heif", "rawpy", "numpy", "greenlet")


def facts(service: Service, *, with_paths: bool) -> Iterator[tuple[str, str]]:
    """Yield names and values.

    Parameters
    ----------
    with_paths
        Whether folders, and problems in which there are some, are told. Without, there is nothing in it that tells
        who somebody is or what they photograph, and nothing heavy is imported for it.
    """
    yield "Mondrian", mondrian_desktop.__version__
    yield "Python", f"{platform.python_version()} on {platform.platform()}"
    for package in PACKAGES:
        yield package, _version(package)
    if with_paths or "mlx.core" in sys.modules:
        yield "Device", service.device()
    yield "Memory", f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 1e9:.1f} GB"
    if with_paths:
        for name, path in (("Data", paths.data_dir()), ("Settings", service.settings.file), ("Logs", paths.log_dir())):
            yield name, str(path)
    for entry in service.models():
        here = str(entry.path) if with_paths else "installed"
        yield "Model", f"{entry.id}, {entry.name}: {here if entry.path.is_dir() else 'not installed'}"
    problems = (*service.problems, *service.settings.problems, *service.advisors.problems)
    if with_paths:
        yield from (("Problem", problem) for problem in problems)
        return
    yield "Problems", str(len(problems))
    yield from _changed(service)


def text(service: Service, *, with_paths: bool) -> str:
    """Return one aligned line a fact."""
    return "".join(f"{name + ':':<16}{value}\n" for name, value in facts(service, with_paths=with_paths))


def _changed(service: Service) -> Iterator[tuple[str, str]]:
    """Yield the settings that are not as shipped; of free text, which may name a folder, only that it is another."""
    for setting in ALL:
        value = service.settings.get(setting)
        if value != setting.default:
            is_free = isinstance(value, str) and not setting.choices
            yield "Setting", f"{setting.name} = {'(changed)' if is_free else value}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"
