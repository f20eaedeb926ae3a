"""Check the signature of an app, or sign a disk image; only on macOS.

``python -m tools.signing verify dist/Mondrian.app`` and ``python -m tools.signing sign dist/Mondrian-1.0.dmg``, the
latter with the identity in ``MONDRIAN_SIGNING_IDENTITY``. The app itself is signed while it is built, from the inside
out (tools/build_app.py): signing it again with ``--deep`` would lose the entitlements.
"""

import argparse
import os
import plistlib
import shutil
import subprocess
import sys
from pathlib import Path

ENTITLEMENTS = Path(__file__).resolve().parent.parent / "packaging" / "entitlements.plist"
IDENTITY = "MONDRIAN_SIGNING_IDENTITY"
KIND = "Developer ID Application: "


class ReleaseError(Exception):
    """Why a release cannot go on, and what to do."""


def main() -> int:
    """Do what the command line asks for; return the exit code."""
    parser = argparse.ArgumentParser(description="Check an app's signature, or sign a disk image.")
    parser.add_argument("verb", choices=("verify", "sign"))
    parser.add_argument("path", type=Path)
    options = parser.parse_args()
    try:
        verify(options.path) if options.verb == "verify" else sign(options.path)
    except ReleaseError as err:
        print(err, file=sys.stderr)
        return 1
    return 0


def verify(app: Path) -> None:
    """Raise ReleaseError unless ``app`` is signed throughout and hardened, with the entitlements it should have."""
    wanted(app, ".app")
    run("codesign", "--verify", "--deep", "--strict", "--all-architectures", app)
    about = run("codesign", "--display", "--verbose=2", app)
    if KIND not in about:
        raise ReleaseError(f"{app} is not signed for distribution. Set {IDENTITY}, and build it again.")
    if "(runtime)" not in about:
        raise ReleaseError(f"{app} is signed without the hardened runtime, which notarization asks for.")
    found = _entitlements(run("codesign", "--display", "--entitlements", "-", "--xml", app))
    if found != plistlib.loads(ENTITLEMENTS.read_bytes()):
        raise ReleaseError(f"{app} has other entitlements than {ENTITLEMENTS.name}: {sorted(found) or 'none'}")


def _entitlements(told: str) -> dict[str, object]:
    """Return what codesign told as a property list, with lines of its own around it; empty where there is none."""
    _, start, rest = told.partition("<?xml")
    body, end, _ = rest.partition("</plist>")
    found: dict[str, object] = plistlib.loads((start + body + end).encode()) if end else {}
    return found


def sign(image: Path) -> None:
    """Sign a disk image with a time stamp; raises ReleaseError."""
    wanted(image, ".dmg")
    identity = os.environ.get(IDENTITY, "")
    if not identity.startswith(KIND):
        raise ReleaseError(f"Set {IDENTITY} to the name of a certificate: “{KIND}Name (TEAM)”.")
    run("codesign", "--sign", identity, "--timestamp", image)
    run("codesign", "--verify", "--strict", image)


def wanted(path: Path, suffix: str) -> None:
    """Raise ReleaseError unless there is something of this kind at ``path``."""
    if path.suffix != suffix or not path.exists():
        raise ReleaseError(f"{path} is no {suffix[1:]} that is there. Build it first (docs/release.md).")


def run(program: str, *arguments: str | Path) -> str:
    """Run a program of macOS and return what it printed, on both streams; raises ReleaseError where it fails."""
    if not shutil.which(program):
        raise ReleaseError(f"{program} is missing: this is for a Mac with Xcode's command line tools.")
    command = [program, *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise ReleaseError(f"{' '.join(command)} failed:\n{done.stdout}".rstrip())
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
