"""Put the app into a disk image: ``python -m tools.make_dmg dist/Mondrian.app build/app/icons``; only on macOS.

The app has to be notarized and stapled before: it is copied into the image as it is, links and all.
"""

import argparse
import plistlib
import sys
from pathlib import Path

from mondrian_desktop import APP_NAME, __version__
from tools import check_mlx_wheel
from tools.signing import ReleaseError, run, wanted

SETTINGS = Path(__file__).resolve().parent.parent / "packaging" / "dmg_settings.py"


def main() -> int:
    """Make the image that the command line asks for, beside the app; return the exit code."""
    parser = argparse.ArgumentParser(description="Put the app into a disk image.")
    parser.add_argument("app", type=Path)
    parser.add_argument("icons", type=Path, help="folder that tools.icons filled")
    options = parser.parse_args()
    try:
        print(make(options.app, options.icons))
    except (ReleaseError, check_mlx_wheel.WheelError) as err:
        print(err, file=sys.stderr)
        return 1
    return 0


def make(app: Path, icons: Path) -> Path:
    """Make ``Mondrian-VERSION.dmg`` beside ``app`` and return its path; raises ReleaseError or WheelError."""
    wanted(app, ".app")
    check_mlx_wheel.check(app)
    about = plistlib.loads((app / "Contents" / "Info.plist").read_bytes())
    if about["CFBundleShortVersionString"] != __version__:
        found = about["CFBundleShortVersionString"]
        raise ReleaseError(f"{app} is version {found}, and this checkout is {__version__}. Build it again.")
    for name in ("background.png", "background@2x.png", f"{APP_NAME}.icns"):
        if not (icons / name).is_file():
            raise ReleaseError(f"{icons / name} is missing: python -m tools.icons {icons}")
    run("xcrun", "stapler", "validate", app)
    image = app.with_name(f"{APP_NAME}-{__version__}.dmg")
    image.unlink(missing_ok=True)
    defines = [f"-Dapp={app.absolute()}", f"-Dicons={icons.absolute()}"]
    run(sys.executable, "-m", "dmgbuild", "-s", SETTINGS, *defines, APP_NAME, image)
    run("hdiutil", "verify", image)
    return image


if __name__ == "__main__":
    sys.exit(main())
