"""Make ``.venv`` ready, on a machine that has python3 and nothing else.

``python3 tools/bootstrap.py`` installs what the application needs; with ``--dev`` also what its tests need.

The work is done by uv, from ``uv.lock``; uv itself comes from the package index into ``.uv``: through pip where
this python has it (pip knows the machine's configuration best), else with the standard library alone, since Debian's
python3 comes without pip. Where python3 is too old for the application, uv brings a newer one.

Runs on Python 3.8 and later, and imports nothing that is not shipped with it.
"""

from __future__ import annotations

import argparse
import hashlib
import html
import importlib.util
import io
import os
import platform
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

from system_libraries import install_packages

ROOT = Path(__file__).resolve().parent.parent
UV_VERSION = "0.13.9"
UV = ROOT / ".uv" / UV_VERSION / "uv"
# The upper bound is the newest Python for which every locked package has a built wheel.
PYTHONS = ">=3.11,<3.15"


class BootstrapError(Exception):
    """The set-up cannot go on; the text says why and what to do."""


def main() -> int:
    """Fetch uv where it is missing, and let it install the locked packages into ``.venv``."""
    parser = argparse.ArgumentParser(description="Set up .venv from uv.lock.")
    parser.add_argument("--dev", action="store_true", help="also install what the tests need")
    groups = [] if parser.parse_args().dev else ["--no-dev"]
    try:
        refuse_other_machines()
        if not UV.exists():
            fetch_uv()
        # Inexact, so that "run" after "test" does not take the test tools out again.
        command = [str(UV), "sync", "--frozen", "--inexact", "--python", PYTHONS, *groups]
        code = subprocess.run(command, cwd=ROOT, env=uv_environment()).returncode
        if code and sys.version_info < (3, 11):
            found = platform.python_version()
            raise BootstrapError(f"python3 is {found} here. If no newer one could be fetched, install 3.11 to 3.14.")
        return code
    except BootstrapError as err:
        print(err, file=sys.stderr)
        return 1


def refuse_other_machines() -> None:
    """Raise BootstrapError where MLX does not exist: anything but Apple silicon and Linux."""
    if sys.platform == "darwin" and platform.machine() != "arm64":
        raise BootstrapError("Mondrian needs a Mac with Apple silicon: MLX does not exist for Intel Macs.")
    if sys.platform not in ("darwin", "linux"):
        raise BootstrapError("Mondrian runs on macOS (Apple silicon); for development also on Linux.")


def uv_environment() -> dict[str, str]:
    """Return the environment for uv: pip's variables for index and certificates mean the same to it."""
    environment = dict(os.environ)
    # An activated environment elsewhere is not the one that is set up here.
    environment.pop("VIRTUAL_ENV", None)
    for ours, theirs in (("UV_DEFAULT_INDEX", "PIP_INDEX_URL"), ("SSL_CERT_FILE", "PIP_CERT")):
        if theirs in environment:
            environment.setdefault(ours, environment[theirs])
    return environment


def fetch_uv() -> None:
    """Put the uv program into its place, whole or not at all."""
    print(f"Fetching uv {UV_VERSION} from the package index ...", file=sys.stderr)
    wheel = wheel_by_pip() if importlib.util.find_spec("pip") else None
    with zipfile.ZipFile(io.BytesIO(wheel or wheel_by_urllib())) as archive:
        program = archive.read(f"uv-{UV_VERSION}.data/scripts/uv")
    UV.parent.mkdir(parents=True, exist_ok=True)
    part = UV.with_suffix(".part")
    part.write_bytes(program)
    part.chmod(0o755)
    part.replace(UV)


def wheel_by_pip() -> bytes | None:
    """Return uv's wheel as pip finds it, or None where pip does not manage."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        done = subprocess.run([*command, "--dest", folder, f"uv=={UV_VERSION}"])
        wheels = list(Path(folder).glob("*.whl"))
        return wheels[0].read_bytes() if done.returncode == 0 and wheels else None


def wheel_by_urllib() -> bytes:
    """Return uv's wheel from the index's page of links (PEP 503), checked against the hash given there."""
    index = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("PIP_INDEX_URL") or "https://pypi.org/simple"
    page_url = index.rstrip("/") + "/uv/"
    ensure_authorities()
    page = download(page_url).decode()
    system = "macosx" if sys.platform == "darwin" else "manylinux"
    for href, digest in re.findall(r'href="([^"#]+)#sha256=([0-9a-f]{64})"', page):
        name = href.rsplit("/", 1)[-1]
        if name.startswith(f"uv-{UV_VERSION}-") and system in name and f"_{platform.machine()}." in name:
            wheel = download(urllib.parse.urljoin(page_url, html.unescape(href)))
            if hashlib.sha256(wheel).hexdigest() != digest:
                raise BootstrapError(f"{name} arrived damaged. Run the command again.")
            return wheel
    raise BootstrapError(f"{page_url} offers no uv {UV_VERSION} for {system} on {platform.machine()}.")


def ensure_authorities() -> None:
    """Get the list of certificate authorities, which a minimal Debian lacks."""
    known = Path("/etc/ssl/certs/ca-certificates.crt").exists() or certificates()
    if shutil.which("apt-get") and not known and not install_packages(["ca-certificates"], "for secure connections"):
        raise BootstrapError("Then run this again.")


def certificates() -> str | None:
    """Return the file of trusted certificates that the environment names."""
    return os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE")


def download(url: str) -> bytes:
    """Return what lies at ``url``, through the environment's proxy where it names one."""
    context = ssl.create_default_context(cafile=certificates())
    try:
        with urllib.request.urlopen(url, timeout=60, context=context) as answer:  # noqa: S310 - the index is trusted
            body: bytes = answer.read()
    except OSError as err:
        raise BootstrapError(f"{url} could not be read: {err}. Is this machine online?") from err
    return body


if __name__ == "__main__":
    sys.exit(main())
