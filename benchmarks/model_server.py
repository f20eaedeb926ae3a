"""mlx-vlm's own server, ``python -m mlx_vlm.server``, on this machine: a real one for the tests and the benchmark."""

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

START_S = 120.0
# The server imports the reader and writer of a speech package that this project leaves out (pyproject.toml,
# exclude-dependencies); nothing of it is called for pictures.
_STAND_IN = "read = write = None\n"


@contextmanager
def running(model: Path, *options: str) -> Iterator[str]:
    """Start the server with ``model`` loaded and yield its base address; it is ended with the block.

    Raises
    ------
    RuntimeError
        Where it ends by itself or does not answer; with what it said last.
    """
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "mlx_audio"
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "audio_io.py").write_text(_STAND_IN, encoding="utf-8")
        port = _free_port()
        command = [sys.executable, "-m", "mlx_vlm.server", "--host", "127.0.0.1", "--port", str(port)]
        log = Path(folder) / "log"
        with log.open("wb") as out:
            server = subprocess.Popen(
                [*command, "--model", str(model), "--log-level", "WARNING", *options],
                stdout=out, stderr=subprocess.STDOUT, env=_environment(folder),
            )  # fmt: skip
            try:
                _wait(server, port, log)
                yield f"http://127.0.0.1:{port}/v1"
            finally:
                server.terminate()
                try:
                    server.wait(10)
                except subprocess.TimeoutExpired:
                    server.kill()
                    server.wait()


def full_precision(model: Path, folder: Path) -> Path:
    """Return a copy of ``model`` in float32.

    The app computes so where there is no GPU (engine/loading.py); the server computes in the weights' own bfloat16,
    which is slow there, and rounds so much that now and then another word is the likeliest.
    """
    from mondrian_desktop.engine import loading

    loading.use_fast_blas()
    import mlx.core as mx

    copy = folder / "float32"
    shutil.copytree(model, copy)
    for file in copy.glob("*.safetensors"):
        loaded: Any = mx.load(str(file))
        weights = {name: each.astype(mx.float32) for name, each in loaded.items()}
        mx.save_safetensors(str(file), weights, {"format": "mlx"})
    config = copy / "config.json"
    config.write_text(config.read_text("utf-8").replace('"bfloat16"', '"float32"'), "utf-8")
    return copy


def _environment(folder: str) -> dict[str, str]:
    environment = os.environ | {"PYTHONPATH": folder, "HF_HUB_OFFLINE": "1", "MLX_DISABLE_COMPILE": "1"}
    # As in engine/loading.py: the reference BLAS of the Linux wheel is slow.
    wheels = sorted(Path(sysconfig.get_paths()["platlib"]).glob("opencv_python*.libs/libopenblas*.so*"))
    if sys.platform == "linux" and wheels:
        environment |= {"LD_PRELOAD": str(wheels[0]), "OPENBLAS_NUM_THREADS": "1"}
    return environment


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end_s = time.monotonic() + START_S
    while time.monotonic() < end_s:
        if server.poll() is not None:
            break
        try:
            with urlopen(f"http://127.0.0.1:{port}/v1/models", timeout=5):
                return
        except HTTPError:
            # It wants a key, and so it answers.
            return
        except (URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-2000:]}")
