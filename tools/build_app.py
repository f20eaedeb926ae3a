"""Build the app: ``make app``, or ``python -m tools.build_app [--work FOLDER] [--into FOLDER]``.

In an environment of its own, with what the app needs to run and PyInstaller, and nothing else: what happens to be
installed beside it cannot get in. Signs on macOS with the identity in ``MONDRIAN_SIGNING_IDENTITY``; without one the
app runs on this Mac only.
"""

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from mondrian_desktop import APP_NAME
from tools import check_mlx_wheel

ROOT = Path(__file__).resolve().parent.parent
IS_MAC = sys.platform == "darwin"


def main() -> int:
    """Build, and tell where it is and how large; return the exit code."""
    parser = argparse.ArgumentParser(description="Build the app.")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "app", help="for what can be made again")
    parser.add_argument("--into", type=Path, default=ROOT / "dist", help="where the app goes")
    options = parser.parse_args()
    try:
        app = build(options.work.absolute(), options.into.absolute())
    except (subprocess.CalledProcessError, check_mlx_wheel.WheelError, FileNotFoundError) as err:
        print(err, file=sys.stderr)
        return 1
    print(f"{app}: {size(app) / 1e6:.0f} MB")
    return 0


def build(work: Path, into: Path) -> Path:
    """Build into the folder ``into`` and return the app's path; ``work`` holds what a second build uses again."""
    python = prepare(work / "environment")
    run(python, "-m", "tools.icons", work / "icons")
    run(python, "-m", "PyInstaller", ROOT / "build_app.spec", "--noconfirm", "--log-level", "WARN",
        "--distpath", into, "--workpath", work / "pyinstaller", MONDRIAN_BUILD=str(work),
        PYINSTALLER_CONFIG_DIR=str(work / "cache"), PYINSTALLER_STRICT_BUNDLE_CODESIGN_ERROR="1")  # fmt: skip
    app = into / (f"{APP_NAME}.app" if IS_MAC else APP_NAME)
    if IS_MAC:
        check_mlx_wheel.check(app)
    else:
        strip_python(app)
    return app


def prepare(environment: Path) -> Path:
    """Install what is locked to run and to package the app into ``environment``; return its Python."""
    command = [uv(), "sync", "--quiet", "--frozen", "--no-dev", "--group", "package", "--no-install-project"]
    variables = {"UV_PROJECT_ENVIRONMENT": str(environment)}
    if IS_MAC:
        command += ["--python-platform", "aarch64-apple-darwin"]
        variables["MACOSX_DEPLOYMENT_TARGET"] = check_mlx_wheel.DEPLOYMENT_TARGET
    run(*command, "--python", sys.executable, **variables)
    python = environment / "bin" / "python"
    if IS_MAC:
        check_mlx_wheel.check(Path(sysconfig.get_path("platlib", vars={"platbase": str(environment)})))
    return python


def uv() -> str:
    """Return the package manager that set up this checkout."""
    bundled = sorted((ROOT / ".uv").glob("*/uv"))
    found = str(bundled[-1]) if bundled else shutil.which("uv")
    if not found:
        raise FileNotFoundError("uv is missing. Run: make setup")
    return found


def run(*command: str | Path, **variables: str) -> None:
    """Run a program in the checkout, with more ``variables`` in its environment; raises where it fails."""
    environment = {**os.environ, **variables}
    # An activated environment elsewhere is not the one that is built in.
    environment.pop("VIRTUAL_ENV", None)
    subprocess.run([str(word) for word in command], cwd=ROOT, env=environment, check=True)


def strip_python(app: Path) -> None:
    """Take the debugging symbols out of Python's own library: 17 MB in those that are built on the machine."""
    strip = shutil.which("strip")
    if strip:
        files = [*app.glob("_internal/libpython*.so.*"), *app.glob("_internal/python3*/lib-dynload/*.so")]
        run(strip, "--strip-unneeded", *files)


def size(folder: Path) -> int:
    """Return the bytes of all files in ``folder``, each once."""
    return sum(file.lstat().st_size for file in folder.rglob("*") if not file.is_symlink() and file.is_file())


if __name__ == "__main__":
    sys.exit(main())
