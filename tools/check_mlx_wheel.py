"""Refuse an MLX that was built for a newer macOS than the app promises to run on.

``python -m tools.check_mlx_wheel FOLDER``, with the ``site-packages`` of the build or a built ``Mondrian.app``. The
package index offers wheels for several systems, installers take the newest that runs on the building machine, and an
app with that one ends at its first analysis on an older system.
"""

import argparse
import sys
from pathlib import Path

TAG = "macosx_14_0_arm64"
DEPLOYMENT_TARGET = "14.0"
"""For ``MACOSX_DEPLOYMENT_TARGET``: with it, uv takes the wheel that is wanted."""
PACKAGES = ("mlx", "mlx_metal")


class WheelError(Exception):
    """What is wrong with the packages, for whoever builds."""


def main() -> int:
    """Check the folder that the command line names; return the exit code."""
    parser = argparse.ArgumentParser(description="Refuse an MLX for a newer macOS than the app promises.")
    parser.add_argument("folder", type=Path, help="site-packages, or Mondrian.app")
    try:
        check(parser.parse_args().folder)
    except WheelError as err:
        print(err, file=sys.stderr)
        return 1
    return 0


def check(folder: Path) -> None:
    """Raise WheelError where MLX is missing in ``folder``, or is not the one for macOS 14 on Apple silicon."""
    inside = folder / "Contents" / "Resources"
    packages = inside if inside.is_dir() else folder
    for name in PACKAGES:
        files = sorted(packages.glob(f"{name}-*.dist-info/WHEEL"))
        if len(files) != 1:
            raise WheelError(f"{packages} holds {len(files)} packages {name}; one is wanted.")
        tags = _tags(files[0])
        if not all(tag.endswith(TAG) for tag in tags):
            raise WheelError(
                f"{files[0].parent.name} is for {', '.join(tags) or 'no system'}, and {TAG} is wanted. "
                f"Set MACOSX_DEPLOYMENT_TARGET={DEPLOYMENT_TARGET}, remove the build's environment, and build again."
            )


def _tags(wheel: Path) -> list[str]:
    """Return the tags (PEP 425) in a package's WHEEL file; at least one, or the empty list is no match either."""
    lines = wheel.read_text(encoding="utf-8").splitlines()
    return [line.partition(":")[2].strip() for line in lines if line.startswith("Tag:")] or [""]


if __name__ == "__main__":
    sys.exit(main())
