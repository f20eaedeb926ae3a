"""Find the Linux libraries that Qt and MLX want from the system, and get them or say how.

``python3 tools/system_libraries.py`` prints one line with the command that installs what is missing; as root on
Debian and its like it runs that command. It exits with 0 where nothing is missing (any more). macOS has it all.
With ``--for-tests`` the same goes for the programs that tests compare with; without them those tests are left out.

Runs on Python 3.8 and later, and imports nothing that is not shipped with it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What is loaded at run time, below .venv/lib/python3.*/site-packages; each pulls in the Qt libraries it is linked to.
LOADED = (
    "PySide6/QtWidgets.abi3.so",
    "PySide6/QtPrintSupport.abi3.so",
    "PySide6/Qt/plugins/platforms/libqoffscreen.so",
    "PySide6/Qt/plugins/platforms/libqwayland.so",
    "PySide6/Qt/plugins/platforms/libqxcb.so",
    "PySide6/Qt/plugins/xcbglintegrations/libqxcb-egl-integration.so",
    "PySide6/Qt/plugins/xcbglintegrations/libqxcb-glx-integration.so",
    "mlx/lib/libmlx.so",
)
FONTS = "fonts-dejavu-core"
PROGRAMS_OF_TESTS = {"chromium": "chromium", "exiftool": "libimage-exiftool-perl"}
"""Programs that tests use as independent judges, and their Debian packages."""


def main() -> int:
    """Install or name what is missing; return the exit code."""
    parser = argparse.ArgumentParser(description="Find the system libraries that the window needs.")
    parser.add_argument("--for-window", action="store_true", help="without a display nothing has to be there")
    parser.add_argument("--for-tests", action="store_true", help="also the programs that tests compare with")
    arguments = parser.parse_args()
    for_window = arguments.for_window
    if sys.platform != "linux" or (for_window and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))):
        return 0
    packages = sorted({debian_package(soname) for soname in missing_libraries()})
    packages += [] if has_fonts() else [FONTS]
    programs = [package for name, package in PROGRAMS_OF_TESTS.items() if not shutil.which(name)]
    if arguments.for_tests and programs:
        install_packages(programs, "for some tests")
    return 0 if not packages or install_packages(packages, "for the window") else 1


def missing_libraries() -> list[str]:
    """Return the names (soname) of the shared libraries that the loader does not find."""
    found: set[str] = set()
    for name in LOADED:
        for file in (ROOT / ".venv" / "lib").glob("python3.*/site-packages/" + name):
            listing = subprocess.run(["ldd", str(file)], stdout=subprocess.PIPE, text=True).stdout
            found.update(line.split()[0] for line in listing.splitlines() if line.endswith("not found"))
    return sorted(found)


def debian_package(soname: str) -> str:
    """Return the package of a library, by the rule of Debian policy 8.1: ``libX11.so.6`` is in ``libx11-6``."""
    if soname in ("libglib-2.0.so.0", "libgthread-2.0.so.0"):
        return "libglib2.0-0"
    name, _, version = soname.lower().partition(".so.")
    return name + ("-" if name[-1].isdigit() else "") + version


def has_fonts() -> bool:
    """Return whether there is any font to draw text with."""
    folders = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")
    return any(True for folder in folders for _ in folder.glob("**/*.[ot]t[fc]"))


def install_packages(packages: list[str], purpose: str) -> bool:
    """Install Debian packages as root, else print the one line with the command; return whether they were installed."""
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if not shutil.which("apt-get"):
        print(f"Missing {purpose}, by their Debian names: {' '.join(packages)}", file=sys.stderr)
        return False
    if os.geteuid() != 0:
        print(f"Missing {purpose}: sudo {' '.join(command)}", file=sys.stderr)
        return False
    print(f"Installing {purpose}: {' '.join(command)}", file=sys.stderr)
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for step in (["apt-get", "update", "-q"], command):
        if subprocess.run(step, env=environment, stdout=subprocess.DEVNULL).returncode != 0:
            return False
    return True


if __name__ == "__main__":
    sys.exit(main())
