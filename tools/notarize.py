"""Have Apple notarize an app or a disk image, and staple the ticket to it; only on macOS.

``python -m tools.notarize dist/Mondrian.app``. Credentials are kept by the keychain, under the profile that
``MONDRIAN_NOTARY_PROFILE`` names and that ``xcrun notarytool store-credentials`` made once.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from tools import check_mlx_wheel, signing
from tools.signing import ReleaseError, run

PROFILE = "MONDRIAN_NOTARY_PROFILE"


def main() -> int:
    """Notarize what the command line names; return the exit code."""
    parser = argparse.ArgumentParser(description="Have an app or a disk image notarized.")
    parser.add_argument("path", type=Path, help="Mondrian.app, or a signed .dmg")
    try:
        notarize(parser.parse_args().path)
    except (ReleaseError, check_mlx_wheel.WheelError) as err:
        print(err, file=sys.stderr)
        return 1
    return 0


def notarize(path: Path) -> None:
    """Check, submit, wait, staple, check again; raises ReleaseError or WheelError."""
    profile = os.environ.get(PROFILE, "")
    if not profile:
        raise ReleaseError(
            f"Set {PROFILE} to the profile made by: xcrun notarytool store-credentials (docs/release.md)"
        )
    if path.suffix == ".app":
        signing.verify(path)
        check_mlx_wheel.check(path)
        with tempfile.TemporaryDirectory() as folder:
            archive = Path(folder) / "app.zip"
            # It keeps the links and permissions that the signature covers.
            run("ditto", "-c", "-k", "--keepParent", path, archive)
            submit(archive, profile)
    else:
        signing.wanted(path, ".dmg")
        run("codesign", "--verify", "--strict", path)
        submit(path, profile)
    run("xcrun", "stapler", "staple", path)
    run("xcrun", "stapler", "validate", path)
    assess(path)


def submit(file: Path, profile: str) -> None:
    """Send ``file`` and wait for the answer; raises ReleaseError with Apple's log where it is refused."""
    key = ("--keychain-profile", profile)
    told = run("xcrun", "notarytool", "submit", file, *key, "--wait", "--output-format", "json")
    answer = json.loads(told[told.index("{") :]) if "{" in told else {}
    if answer.get("status") != "Accepted":
        log = run("xcrun", "notarytool", "log", answer["id"], *key) if "id" in answer else told
        raise ReleaseError(f"Notarization ended as {answer.get('status', 'no answer')}:\n{log}")


def assess(path: Path) -> None:
    """Ask the system whether it would open it on somebody else's Mac; raises ReleaseError."""
    if path.suffix == ".app":
        run("spctl", "--assess", "--type", "execute", "--verbose", path)
    else:
        run("spctl", "--assess", "--type", "open", "--context", "context:primary-signature", "--verbose", path)


if __name__ == "__main__":
    sys.exit(main())
