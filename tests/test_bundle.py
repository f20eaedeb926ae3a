"""The packaged app, built here: what is in it, its self-test, and its window on a screen."""

import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks import random_weights
from mondrian_desktop import APP_NAME
from tools import build_app, native_libraries

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(sys.platform != "linux", reason="docs/mac-checklist.md has what is tried on macOS"),
]

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "resources" / "samples" / "lake.jpg"
MOST_BYTES = 400_000_000
BUILDING_S, STARTING_S, RUNNING_S = 600, 120, 300


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, real_home: Path) -> tuple[Path, Path]:
    """Return the folder of the app, and the Python of the environment in which it was built."""
    folder = tmp_path_factory.mktemp("build")
    command = [sys.executable, "-m", "tools.build_app", "--work", folder / "work", "--into", folder / "dist"]
    environment = dict(os.environ, HOME=str(real_home))
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=BUILDING_S)
    assert done.returncode == 0, done.stdout + done.stderr
    # Where a user may put it; nothing in it may know where it was built.
    moved = folder / "Möndrian (new) app"
    (folder / "dist" / APP_NAME).rename(moved)
    return moved, folder / "work" / "environment" / "bin" / "python"


@pytest.fixture(scope="module")
def program(built: tuple[Path, Path]) -> Path:
    return built[0] / APP_NAME


@pytest.fixture(scope="module")
def paths(built: tuple[Path, Path]) -> list[str]:
    """Return everything in the bundle, by its path there."""
    inside = built[0] / "_internal"
    return [file.relative_to(inside).as_posix() for file in inside.rglob("*")]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which nothing of this checkout can be found."""
    own = {name: os.environ[name] for name in os.environ if name.startswith("MONDRIAN_")}
    return {**own, "PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8", "QT_QPA_PLATFORM": "offscreen"}


class Screen:
    """A display without a screen, whose pixels can be read."""

    def __init__(self, folder: Path) -> None:
        command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x800x24", "-fbdir", folder, "-nolisten", "tcp"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout is not None
        self.display = f":{self._process.stdout.readline().strip()}"
        self._file = folder / "Xvfb_screen0"

    def pixels(self) -> np.ndarray:
        """(800, 1280, 4) uint8, from the file in the format of X11/XWDFile.h."""
        data = self._file.read_bytes()
        head = struct.unpack(">25L", data[:100])
        size, width, height, line, colors = head[0], head[4], head[5], head[12], head[19]
        start = size + 12 * colors
        return np.frombuffer(data, np.uint8, height * line, start).reshape(height, line // 4, 4)[:, :width]

    def close(self) -> None:
        self._process.terminate()
        # Reads what is left, and closes the pipe.
        self._process.communicate()


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    if not shutil.which("Xvfb"):
        pytest.skip("Xvfb is not installed")
    screen = Screen(tmp_path)
    yield screen
    screen.close()


def children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def test_it_is_no_larger_than_promised(built: tuple[Path, Path]) -> None:
    assert build_app.size(built[0]) <= MOST_BYTES


def test_every_link_in_it_leads_somewhere(built: tuple[Path, Path]) -> None:
    assert [file for file in built[0].rglob("*") if file.is_symlink() and not file.exists()] == []


def test_nothing_in_it_came_unnoticed(paths: list[str]) -> None:
    assert native_libraries.unknown(paths) == []
    assert "shiboken6/files.dir/shibokensupport/signature/loader.pyc" in paths
    assert not any(re.search(r"(^|/)(torch|cv2|scipy|pytest|pandas)/", path) for path in paths)


def test_the_licenses_of_all_packages_are_in_it(built: tuple[Path, Path], paths: list[str]) -> None:
    text = (built[0] / "_internal" / "resources" / "licenses" / "third-party.txt").read_text(encoding="utf-8")
    packages = {path.split("-")[0] for path in paths if path.endswith(".dist-info")}
    assert len(packages) > 40
    named = {line.split()[0].replace("-", "_").replace(".", "_").lower() for line in text.splitlines() if line.strip()}
    assert {each.replace("-", "_").replace(".", "_").lower() for each in packages} <= named
    for words in ("GNU LESSER GENERAL PUBLIC LICENSE", "GNU GENERAL PUBLIC LICENSE", "libheif", "You may replace them"):
        assert words in text


def test_metal_kernels_end_up_beside_the_link_to_libmlx_in_an_app_for_macos(built: tuple[Path, Path]) -> None:
    """PyInstaller's own arrangement of a .app is a pure function: asked here, whatever the system."""
    script = """if True:
        import json, pathlib, sys, tempfile
        from PyInstaller.building.osx import BUNDLE
        from tools import bundle
        mlx = pathlib.Path(tempfile.mkdtemp()) / "mlx"
        (mlx / "lib").mkdir(parents=True)
        (mlx / "lib" / "mlx.metallib").touch()
        data, links = bundle.metallib(mlx)
        library = [("mlx/lib/libmlx.dylib", "/x", "BINARY"), ("libmlx.dylib", "mlx/lib/libmlx.dylib", "SYMLINK")]
        arranged = BUNDLE._process_bundle_toc(BUNDLE.__new__(BUNDLE), [*data, *links, *library])
        print(json.dumps({path: target for path, target, _ in arranged}))
    """
    done = subprocess.run([built[1], "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    arranged = json.loads(done.stdout)
    assert arranged["Contents/Frameworks/libmlx.dylib"] == "mlx/lib/libmlx.dylib"
    assert arranged["Contents/Frameworks/mlx.metallib"] == "mlx/lib/mlx.metallib"
    assert arranged["Contents/Frameworks/mlx/lib/mlx.metallib"] == "../../../Resources/mlx/lib/mlx.metallib"
    assert arranged["Contents/Resources/mlx/lib/mlx.metallib"].endswith("/mlx/lib/mlx.metallib")


def test_everything_works_in_it_on_a_screen(program: Path, environment: dict[str, str], screen: Screen) -> None:
    command = [program, "--self-test", "--json"]
    on_screen = {**environment, "DISPLAY": screen.display, "QT_QPA_PLATFORM": "xcb"}
    done = subprocess.run(command, cwd="/", env=on_screen, capture_output=True, text=True, timeout=RUNNING_S)
    assert done.stdout.startswith("["), done.stdout + done.stderr
    outcomes = {each["name"]: each for each in json.loads(done.stdout)}
    assert [f"{each['name']}: {each['detail']}" for each in outcomes.values() if not each["ok"]] == []
    assert done.returncode == 0
    assert len(outcomes) >= 11


def test_its_window_shows_the_photo_and_one_process_analyzes_it(
    program: Path, environment: dict[str, str], screen: Screen
) -> None:
    on_screen = {**environment, "DISPLAY": screen.display, "QT_QPA_PLATFORM": "xcb"}
    empty = screen.pixels()
    process = subprocess.Popen([program, "window", "--analyze", SAMPLE], cwd="/", env=on_screen)
    started: set[int] = set()
    history = Path(environment["MONDRIAN_DATA_DIR"]) / "history.db"
    try:
        deadline = time.monotonic() + STARTING_S
        while b'"key_strengths"' not in written(history) and not ends_within(process, 0.05):
            started |= set(children(process.pid))
            assert time.monotonic() < deadline, "the critique was not kept"
        assert process.poll() is None, "the app ended by itself"
        shown = screen.pixels()
        process.send_signal(signal.SIGINT)
        assert ends_within(process, STARTING_S)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert started == set()
    changed = np.any(shown != empty, axis=-1)
    assert changed.mean() > 0.5, "no window on the screen"
    # The lake under its sky: a photo has blues that the window itself has not.
    blue = (shown[..., 0] > shown[..., 2].astype(int) + 40) & changed
    assert blue.mean() > 0.03, "no photo in the window"


def ends_within(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait for the end of a process; return whether it came in time."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def written(history: Path) -> bytes:
    """Return the store's file with what is still beside it."""
    return b"".join(file.read_bytes() for file in history.parent.glob(f"{history.name}*"))


def test_the_command_line_in_it_writes_a_critique(program: Path, environment: dict[str, str], tmp_path: Path) -> None:
    command = [program, "analyze", SAMPLE, "--format", "json"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=STARTING_S)
    assert done.returncode == 0, done.stderr
    analysis = json.loads(done.stdout)
    assert len(analysis["critique"]["dimensions"]) >= 5
    assert analysis["generation"]["finish_reason"] == "stop"


@pytest.mark.parametrize("architecture", ["qwen3_5", "gemma4", "smolvlm"])
def test_a_model_of_another_architecture_answers_in_it(
    program: Path, environment: dict[str, str], tmp_path: Path, architecture: str
) -> None:
    """Random weights write nonsense; what counts is that tokenizer, processor and model were all there."""
    weights = tmp_path / architecture
    random_weights.build(weights, architecture, "tiny", max_pixels=256 * 256)
    command = [program, "analyze", SAMPLE, "--format", "json", "--max-tokens", "16", "--model", weights]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=RUNNING_S)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["generation"]["generation_tokens"] > 0


def test_the_fast_blas_is_the_one_in_it(program: Path, environment: dict[str, str]) -> None:
    traced = {**environment, "LD_DEBUG": "files"}
    done = subprocess.run([program, "doctor"], env=traced, capture_output=True, text=True, timeout=STARTING_S)
    loaded = [line for line in done.stderr.splitlines() if "calling init" in line and "libopenblas" in line]
    assert any(f"{program.parent}/_internal/opencv_python.libs/" in line for line in loaded), loaded
