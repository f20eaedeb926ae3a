"""The set-up of a machine that has python3 and nothing else: where uv comes from, and which packages Qt wants."""

import ast
import functools
import hashlib
import http.server
import importlib.util
import os
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"
WHEELS = (
    "macosx_10_12_x86_64",
    "macosx_11_0_arm64",
    "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
    "manylinux_2_17_x86_64.manylinux2014_x86_64",
    "musllinux_1_1_x86_64",
    "win_amd64",
)


@pytest.fixture
def bootstrap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ModuleType]:
    """Return the script as a module, without pip, with its uv in ``tmp_path``."""
    monkeypatch.syspath_prepend(TOOLS)
    import bootstrap as module

    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pip" else find_spec(name))
    monkeypatch.setattr(module, "UV", tmp_path / "uv" / "uv")
    yield module
    for name in ("bootstrap", "system_libraries"):
        sys.modules.pop(name, None)


@pytest.fixture
def libraries(bootstrap: ModuleType) -> ModuleType:
    return sys.modules["system_libraries"]


@pytest.fixture
def index(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Serve an index with a wheel of uv for every platform, each holding its platform's name; yield uv's folder."""
    folder = tmp_path / "simple" / "uv"
    folder.mkdir(parents=True)
    links = []
    for platform in WHEELS:
        wheel = folder / f"uv-{bootstrap.UV_VERSION}-py3-none-{platform}.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(f"uv-{bootstrap.UV_VERSION}.data/scripts/uv", platform)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        links.append(f'<a href="../uv/{wheel.name}#sha256={digest}" data-requires-python="&gt;=3.8">{wheel.name}</a>')
    (folder / "index.html").write_text("\n".join(links), encoding="utf-8")
    handler = functools.partial(QuietHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple/")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
        yield folder
        server.shutdown()
        thread.join()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """A file server that keeps no log."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Say nothing."""


@pytest.mark.parametrize("script", ["bootstrap.py", "system_libraries.py"])
def test_the_scripts_are_python_3_8(script: str) -> None:
    ast.parse((TOOLS / script).read_text(encoding="utf-8"), feature_version=(3, 8))


@pytest.mark.parametrize(
    ("system", "machine", "platform"),
    [
        ("darwin", "arm64", "macosx_11_0_arm64"),
        ("linux", "x86_64", "manylinux_2_17_x86_64.manylinux2014_x86_64"),
        ("linux", "aarch64", "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64"),
    ],
)
@pytest.mark.usefixtures("index")
def test_uv_comes_from_the_index_for_this_platform(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, system: str, machine: str, platform: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    bootstrap.fetch_uv()
    assert bootstrap.UV.read_text(encoding="utf-8") == platform
    assert os.access(bootstrap.UV, os.X_OK)


def test_a_damaged_wheel_is_refused(bootstrap: ModuleType, index: Path) -> None:
    for wheel in index.glob("*.whl"):
        wheel.write_bytes(wheel.read_bytes() + b"more")
    with pytest.raises(bootstrap.BootstrapError, match="damaged"):
        bootstrap.fetch_uv()
    assert not bootstrap.UV.exists()


def test_an_index_without_the_version_is_named(bootstrap: ModuleType, index: Path) -> None:
    (index / "index.html").write_text("", encoding="utf-8")
    with pytest.raises(bootstrap.BootstrapError, match=r"simple/uv/ offers no uv"):
        bootstrap.fetch_uv()


def test_an_index_out_of_reach_is_named(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(bootstrap.BootstrapError, match=r"http://127\.0\.0\.1:9/uv/ could not be read"):
        bootstrap.fetch_uv()


def test_pips_configuration_holds_for_uv_unless_uv_has_its_own(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/simple")
    monkeypatch.setenv("PIP_CERT", "/pip.pem")
    monkeypatch.setenv("SSL_CERT_FILE", "/uv.pem")
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    environment = bootstrap.uv_environment()
    assert environment["UV_DEFAULT_INDEX"] == "https://index.example/simple"
    assert environment["SSL_CERT_FILE"] == "/uv.pem"


def test_an_intel_mac_is_told_at_once(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    with pytest.raises(bootstrap.BootstrapError, match="Apple silicon"):
        bootstrap.refuse_other_machines()


@pytest.mark.parametrize(
    ("soname", "package"),
    [
        ("libGL.so.1", "libgl1"),
        ("libX11.so.6", "libx11-6"),
        ("libX11-xcb.so.1", "libx11-xcb1"),
        ("libdbus-1.so.3", "libdbus-1-3"),
        ("libglib-2.0.so.0", "libglib2.0-0"),
        ("libgthread-2.0.so.0", "libglib2.0-0"),
        ("libxcb-cursor.so.0", "libxcb-cursor0"),
        ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
    ],
)
def test_a_library_is_in_the_package_of_debians_rule(libraries: ModuleType, soname: str, package: str) -> None:
    assert libraries.debian_package(soname) == package


@pytest.fixture
def without_xcb(libraries: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """Return the script as on a Linux where the loader misses a library of Qt and there is a font."""
    plugin = tmp_path / ".venv/lib/python3.11/site-packages" / "PySide6/Qt/plugins/platforms/libqxcb.so"
    plugin.parent.mkdir(parents=True)
    plugin.touch()
    monkeypatch.setattr(libraries, "ROOT", tmp_path)
    monkeypatch.setattr(libraries, "has_fonts", lambda: True)
    monkeypatch.setattr(sys, "platform", "linux")
    commands = tmp_path / "bin"
    commands.mkdir()
    for name, lines in {
        "ldd": "echo '\tlibc.so.6 => /lib/libc.so.6 (0x0)'\necho '\tlibxcb-cursor.so.0 => not found'",
        "apt-get": f"echo $* >>{tmp_path}/apt-get.log",
    }.items():
        (commands / name).write_text(f"#!/bin/sh\n{lines}\n", encoding="utf-8")
        (commands / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(commands), prepend=os.pathsep)
    monkeypatch.setattr(sys, "argv", ["system_libraries.py"])
    return libraries


def test_a_user_is_told_the_command_in_one_line(
    without_xcb: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert without_xcb.main() == 1
    assert capsys.readouterr().err == (
        "Missing for the window: sudo apt-get install -y --no-install-recommends libxcb-cursor0\n"
    )
    assert not (tmp_path / "apt-get.log").exists()


def test_root_gets_it_installed(without_xcb: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert without_xcb.main() == 0
    assert (tmp_path / "apt-get.log").read_text(encoding="utf-8").splitlines() == [
        "update -q", "install -y --no-install-recommends libxcb-cursor0"
    ]  # fmt: skip


def test_without_a_display_the_window_wants_nothing(without_xcb: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sys, "argv", ["system_libraries.py", "--for-window"])
    assert without_xcb.main() == 0
    monkeypatch.setenv("DISPLAY", ":0")
    assert without_xcb.main() == 1


def test_the_programs_that_tests_compare_with_are_got_where_that_is_possible(
    without_xcb: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(without_xcb, "missing_libraries", list)
    monkeypatch.setattr(without_xcb, "PROGRAMS_OF_TESTS", {"apt-get": "apt", "no-such-program": "judge"})
    monkeypatch.setattr(sys, "argv", ["system_libraries.py", "--for-tests"])
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert without_xcb.main() == 0
    assert capsys.readouterr().err == (
        "Missing for some tests: sudo apt-get install -y --no-install-recommends judge\n"
    )
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert without_xcb.main() == 0
    assert "install -y --no-install-recommends judge" in (tmp_path / "apt-get.log").read_text(encoding="utf-8")
