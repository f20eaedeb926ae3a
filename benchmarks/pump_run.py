"""One run for :mod:`benchmarks.pump`, in a process of its own: importing the library is a part of what is measured.

``python -m benchmarks.pump_run KIND JOB`` prints one JSON object; JOB is a :class:`Job` as JSON.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pictures
from PySide6.QtCore import QCoreApplication, QTimer

from benchmarks.heartbeat import Course, Heart
from benchmarks.report import middle
from mondrian_desktop.engine.mlx import MlxEngine
from mondrian_desktop.engine.protocol import Finished, Image, Message, Phase, Prefill, Request, Token
from mondrian_desktop.pump import Pump, Task
from mondrian_desktop.qt.main_thread import MainThread
from mondrian_desktop.qt.pump_driver import PumpDriver


@dataclass(frozen=True)
class Job:
    """What is asked.

    Attributes
    ----------
    weights
        Folder of the model.
    prompt
        The one message, after the picture.
    photo
        Path of a picture, or empty for one that is drawn.
    tokens
        Largest number of generated tokens.
    rounds
        How often, where one process measures several times.
    """

    weights: str
    prompt: str
    photo: str
    tokens: int
    rounds: int = 1

    def image(self, number: int = 0) -> Image:
        """Return the picture; each number gives one of its own, so that no prefix is shared."""
        if self.photo:
            with Pictures.open(self.photo) as opened:
                picture = opened.convert("RGB")
            picture.thumbnail((1024, 1024))
        else:
            small = np.random.default_rng(7).integers(0, 255, (6, 8, 3), dtype=np.uint8)
            picture = Pictures.fromarray(small).resize((1024, 768), Pictures.Resampling.BICUBIC)
        pixels = np.array(picture)
        pixels[0, 0] = number
        return Image(pixels, f"picture {number}")

    def request(self, number: int = 0) -> Request:
        """Return the request about picture ``number``."""
        message = Message("user", self.prompt, has_image=True)
        return Request(Path(self.weights), (message,), self.image(number), max_tokens=self.tokens)


class Loop:
    """Qt's loop with our pump and our engine in it."""

    def __init__(self) -> None:
        self.app = QCoreApplication.instance() or QCoreApplication([])
        self.engine = MlxEngine()
        self.thread = MainThread()
        self.pump = Pump(self.thread.post)
        self.driver = PumpDriver(self.pump)

    def analyze(self, request: Request, on_event: Callable[[Any, Task], None] | None = None) -> tuple[Course, Finished]:
        """Run ``request`` to its end inside Qt's loop."""
        course = Course()
        last: list[Finished] = []
        tasks: list[Task] = []

        def heard(event: Any) -> None:
            if isinstance(event, Phase):
                course.begin(event.stage.value)
            elif isinstance(event, Token):
                course.token()
            elif isinstance(event, Finished):
                last.append(event)
            if on_event:
                on_event(event, tasks[0])

        def started() -> None:
            tasks.append(self.pump.start(self.engine.generate(request), heard, lambda _: self.app.quit()))

        QTimer.singleShot(50, started)
        self.app.exec()
        if tasks[0].error:
            raise tasks[0].error
        return course, last[0]


def ours(job: Job) -> dict[str, Any]:
    """Load and analyze with the app's own pump and engine."""
    loop, heart = Loop(), Heart()
    course, finished = loop.analyze(job.request())
    return _told(course, heart, finished.text, finished.prompt_tokens)


def naive(job: Job) -> dict[str, Any]:
    """Load and analyze as one would at first: everything in a slot, ``processEvents()`` after each token."""
    app, heart, course = QCoreApplication([]), Heart(), Course()
    texts: list[str] = []
    prompt_tokens: list[int] = []
    request = job.request()

    def slot() -> None:
        course.begin("loading")
        from mlx_vlm import load, stream_generate

        model, processor = load(job.weights)
        _on_cpu(model)
        course.begin("encoding")
        for result in stream_generate(model, processor, *_plain(job, request, model, processor)[0], **_options(job)):
            course.token()
            texts.append(result.text)
            prompt_tokens.append(result.prompt_tokens)
            if len(texts) == 1:
                course.begin("generating")
            app.processEvents()
        app.quit()

    from mondrian_desktop.engine import loading

    loading.use_fast_blas()
    QTimer.singleShot(50, slot)
    app.exec()
    return _told(course, heart, "".join(texts), prompt_tokens[0])


def against_blocking(job: Job) -> dict[str, Any]:
    """Time the pumped analysis against the library's blocking ``generate``, in turn, on the same loaded model.

    No heart beats here: hundreds of timer events a second are no part of the app.
    """
    import mlx_vlm

    loop = Loop()
    loop.analyze(job.request(200))
    loaded = loop.engine._loaded
    assert loaded is not None
    ratios = []
    for number in range(job.rounds + 1):
        request = job.request(number)
        began_s = time.perf_counter()
        _, finished = loop.analyze(request)
        # The loop waits 50 ms before it starts, which are no part of the analysis.
        pumped_s = time.perf_counter() - began_s - 0.05
        arguments, prompt = _plain(job, request, loaded.model, loaded.processor)
        began_s = time.perf_counter()
        result = mlx_vlm.generate(loaded.model, loaded.processor, *arguments, **_options(job))
        blocking_s = time.perf_counter() - began_s
        if result.text != finished.text:
            raise RuntimeError(f"the answers differ after {prompt!r}: {finished.text!r}, {result.text!r}")
        # The first round warms up: slices find their length, caches fill.
        if number:
            ratios.append(pumped_s / blocking_s)
    return {"ratio": middle(ratios), "blocking_s": blocking_s, "tokens": finished.generation_tokens}


def cancel(job: Job) -> dict[str, Any]:
    """Measure how much still happens after a cancellation: while decoding, and while the prompt is processed."""
    loop = Loop()
    course, _ = loop.analyze(job.request(200))
    found: dict[str, Any] = {"token_s": course.token_s()}
    for name, kind, place in (("token", Token, 5), ("slice", Prefill, 3)):
        steps, delays_s = [], []
        for number in range(job.rounds):
            seen, asked_s = 0, 0.0

            def heard(event: Any, task: Task, kind: type = kind, place: int = place) -> None:
                nonlocal seen, asked_s
                seen += isinstance(event, kind)
                if seen == place and not asked_s:
                    asked_s = time.perf_counter()
                    loop.pump.cancel(task)

            loop.analyze(job.request(number), heard)
            delays_s.append(time.perf_counter() - asked_s)
            steps.append(seen - place)
        found[name] = {"steps": max(steps), "delay_s": middle(delays_s)}
    return found


def _plain(job: Job, request: Request, model: Any, processor: Any) -> tuple[list[Any], str]:
    from mlx_vlm.prompt_utils import apply_chat_template

    assert request.image is not None
    turn = {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": job.prompt}]}
    prompt = apply_chat_template(processor, model.config, [turn], num_images=1)
    return [prompt, [Pictures.fromarray(request.image.pixels)]], prompt


def _options(job: Job) -> dict[str, Any]:
    return {"max_tokens": job.tokens, "temperature": 0.0}


def _on_cpu(model: Any) -> None:
    """Do for the naive loop what the engine does on a CPU, so that only the loops differ."""
    import mlx.core as mx

    if mx.default_device().type == mx.cpu:
        mx.disable_compile()
        model.set_dtype(mx.float32)


def _told(course: Course, heart: Heart, text: str, prompt_tokens: int) -> dict[str, Any]:
    return {
        "gaps_s": course.gaps_s(heart.beats_s),
        "token_s": course.token_s(),
        "tokens": len(course.tokens_s),
        "first_token_s": course.tokens_s[0] - course.stages[0][0],
        "prompt_tokens": prompt_tokens,
        "text": text,
    }


KINDS = {"ours": ours, "naive": naive, "against_blocking": against_blocking, "cancel": cancel}


def as_json(job: Job) -> str:
    """Return ``job`` in the form in which the command line takes it."""
    return json.dumps(asdict(job))


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    print(json.dumps(KINDS[sys.argv[1]](Job(**json.loads(sys.argv[2])))))
