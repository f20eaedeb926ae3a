"""What a batch gains: the app's own against a shell loop of ``python -m mlx_vlm.generate`` over the same photos.

``python -m benchmarks.batch [--quick] [--json]``

Same photos, prompt, float32 weights, BLAS and numbers of tokens; both from the start of the first process to the end of
the last. On the embedded model and on a random-weight model of 267 million parameters: total time, time to the first
result, time per token, peak memory. 40 photos each; with ``--quick`` 4.
"""

import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks import random_weights, report
from benchmarks.report import Figure, figure, note
from mondrian_desktop import paths
from mondrian_desktop.critique.advisor import load_advisors
from mondrian_desktop.critique.prompt import critique_messages
from mondrian_desktop.critique.rubric import load_rubric
from mondrian_desktop.photo.decode import read_photo
from mondrian_desktop.weights.catalog import find

_SIDE = 512
"""Long side in pixels at which the large model sees a picture."""
_LARGE_TOKENS = 24


@dataclass(frozen=True)
class Course:
    """One way to the end: seconds, tokens that were generated, and the largest process in bytes."""

    total_s: float
    first_s: float
    tokens: int
    generation_tps: float
    peak: int
    texts: tuple[str, ...]


def measure(quick: bool) -> list[Figure]:
    """Return all figures."""
    count = 4 if quick else 40
    with tempfile.TemporaryDirectory() as folder:
        photos = make_photos(Path(folder) / "photos", count)
        mini = Path(folder) / "mini"
        _as_float32(paths.resource("models", "mini"), mini)
        note("building 267 million random weights …")
        large = Path(folder) / "large"
        random_weights.build(large, "qwen3_vl", "267m", max_pixels=_SIDE * _SIDE, seed=3)
        found = []
        for name, model, weights, tokens in (("mini", "mini", mini, 1500), ("267M", str(large), large, _LARGE_TOKENS)):
            home = Path(folder) / f"home {name}"
            note(f"{name}: the app's batch of {count} …")
            ours = batch(photos, model, tokens, home)
            note(f"{name}: the loop of {count} …")
            theirs = loop(photos, model, weights, tokens)
            found += _figures(name, ours, theirs)
        return found


def _figures(name: str, ours: Course, theirs: Course) -> list[Figure]:
    total = ours.total_s / theirs.total_s
    per_token = (ours.total_s / ours.tokens) / (theirs.total_s / theirs.tokens)
    is_mini = name == "mini"
    return [
        figure(f"{name}: total, batch / loop", total, at_most=0.5 if is_mini else None),
        figure(f"{name}: time per token, batch / loop", per_token, at_most=None if is_mini else 1.0),
        figure(f"{name}: a decoded token, batch / loop", theirs.generation_tps / ours.generation_tps),
        figure(f"{name}: time to the first result, batch / loop", ours.first_s / theirs.first_s),
        figure(f"{name}: peak memory, batch / loop", ours.peak / theirs.peak),
        figure(f"{name}: tokens, batch", ours.tokens, "tokens"),
        figure(f"{name}: tokens, loop", theirs.tokens, "tokens"),
        figure(f"{name}: total, batch", ours.total_s, "s"),
        figure(f"{name}: total, loop", theirs.total_s, "s"),
    ]


def make_photos(folder: Path, count: int) -> list[Path]:
    """Write ``count`` different crops of the sample photos and return them."""
    folder.mkdir()
    samples = sorted(paths.resource("samples").glob("*.jpg"))
    made = []
    for number in range(count):
        with Image.open(samples[number % len(samples)]) as opened:
            width, height = opened.size
            inset = 4 * (number // len(samples))
            crop = opened.convert("RGB").crop((inset, inset, width - inset, height - inset))
        made.append(folder / f"{number:02}.jpg")
        crop.save(made[-1], quality=92)
    return made


def batch(photos: list[Path], model: str, tokens: int, home: Path) -> Course:
    """Run the app's command over the folder of ``photos``."""
    environment = {f"MONDRIAN_{kind.upper()}_DIR": str(home / kind) for kind in ("data", "config", "cache", "log")}
    command = [
        sys.executable, "-m", "mondrian_desktop", "batch", str(photos[0].parent), "--model", model,
        "--max-tokens", str(tokens), "--output", str(home / "out"), "--interval", "60",
    ]  # fmt: skip
    began = time.perf_counter()
    first_s = 0.0
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("[1/") and not first_s:
            first_s = time.perf_counter() - began
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"the batch ended with {status}")
    total_s = time.perf_counter() - began
    told = json.loads((home / "out" / "batch.json").read_text(encoding="utf-8"))["analyses"]
    generations: list[dict[str, Any]] = [each["generation"] for each in told]
    counted = sum(each["generation_tokens"] for each in generations)
    decoding_s = sum(each["generation_tokens"] / each["generation_tps"] for each in generations)
    texts = tuple(each["raw_text"] for each in told)
    return Course(total_s, first_s, counted, counted / decoding_s, used.ru_maxrss * _rss_unit(), texts)


def loop(photos: list[Path], model: str, weights: Path, tokens: int) -> Course:
    """Run the library's own command once for each photo."""
    environment = {**os.environ, "MLX_DISABLE_COMPILE": "1", "HF_HUB_OFFLINE": "1", **_fast_blas()}
    began = time.perf_counter()
    first_s, counted, decoding_s, peak = 0.0, 0, 0.0, 0
    texts = []
    for photo in photos:
        system, prompt = _prompt(photo, model)
        command = [
            sys.executable, "-m", "mlx_vlm.generate", "--model", str(weights), "--image", str(photo),
            "--prompt", prompt, "--max-tokens", str(tokens), "--temperature", "0", "--verbose",
            *(["--system", system] if system else []),
        ]  # fmt: skip
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert process.stdout is not None
        told = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        if status:
            raise RuntimeError(f"the library's command ended with {status}: {told[-500:]}")
        first_s = first_s or time.perf_counter() - began
        found = re.search(r"Generation: (\d+) tokens, ([\d.]+) tokens-per-sec", told)
        if found is None:
            raise RuntimeError(f"the library's command told no figures: {told[-500:]}")
        counted += int(found[1])
        decoding_s += int(found[1]) / float(found[2])
        peak = max(peak, used.ru_maxrss * _rss_unit())
        texts.append(told)
    return Course(time.perf_counter() - began, first_s, counted, counted / decoding_s, peak, tuple(texts))


def _prompt(photo: Path, model: str) -> tuple[str, str]:
    """Return system prompt and prompt as the app would send them."""
    entry = find(model)
    messages = critique_messages(load_advisors()["mentor"], load_rubric(entry.rubric), entry, read_photo(photo))
    texts = {message.role: message.text for message in messages}
    return texts.get("system", ""), texts["user"]


def _as_float32(source: Path, target: Path) -> None:
    """Copy a model with its weights in float32, in which both sides compute on a CPU."""
    script = (
        "import shutil, sys; import mlx.core as mx; shutil.copytree(sys.argv[1], sys.argv[2]);"
        "file = sys.argv[2] + '/model.safetensors'; weights = mx.load(file);"
        "mx.save_safetensors(file, {k: v.astype(mx.float32) for k, v in weights.items()}, metadata={'format': 'mlx'})"
    )
    subprocess.run([sys.executable, "-c", script, str(source), str(target)], check=True)


def _fast_blas() -> dict[str, str]:
    """Return the environment that gives the library's command the BLAS that the app's engine uses."""
    packages = Path(sysconfig.get_paths()["platlib"])
    found = sorted(packages.glob("opencv_python*.libs/libopenblas*.so*"))
    return {"LD_PRELOAD": str(found[0])} if found else {}


def _rss_unit() -> int:
    # https://man7.org/linux/man-pages/man2/getrusage.2.html: kilobytes; bytes on macOS.
    return 1 if sys.platform == "darwin" else 1024


if __name__ == "__main__":
    sys.exit(report.run("batch", measure))
