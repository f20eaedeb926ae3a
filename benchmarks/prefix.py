"""What does the second advisor on the same photo cost? Its time to first token against the first one's.

``python -m benchmarks.prefix [--quick] [--json]``

On a random-weight model of 267 million parameters (``--quick``: a tiny one), asked in the app's own words: system
prompt, picture, facts, advisor. The second advisor's prompt begins like the first one's, up to the advisor; what was
computed of it is used again. Each round has a picture of its own, so that nothing is left of the round before.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import random_weights, report
from benchmarks.report import Figure, figure, middle, note
from mondrian_desktop import paths
from mondrian_desktop.critique.advisor import load_advisors
from mondrian_desktop.critique.prompt import critique_messages
from mondrian_desktop.critique.rubric import load_rubric
from mondrian_desktop.engine.mlx import MlxEngine
from mondrian_desktop.engine.protocol import Finished, Image, Message, Request
from mondrian_desktop.photo.model import Photo
from mondrian_desktop.photo.reader import PhotoReader
from mondrian_desktop.pump import Wait
from mondrian_desktop.weights.catalog import find

_TOKENS = 2


def measure(quick: bool) -> list[Figure]:
    """Return all figures; ``quick``: a smaller model and picture."""
    rounds, side, size = (3, 256, "tiny") if quick else (3, 512, "267m")
    reader = PhotoReader()
    try:
        photo = reader.read(paths.resource("samples", "lake.jpg"), 1024).result()
    finally:
        reader.close()
    with tempfile.TemporaryDirectory() as folder:
        note(f"building random weights, {size} …")
        random_weights.build(Path(folder), "qwen3_vl", size, max_pixels=side * side, seed=3)
        engine = MlxEngine()
        hello = Message("user", "What is this?", has_image=True)
        answer(engine, Request(Path(folder), (hello,), Image(photo.pixels, "warm up"), max_tokens=_TOKENS))
        found = []
        for number in range(rounds):
            note(f"round {number + 1} of {rounds} …")
            found.append(
                [answer(engine, _request(folder, photo, advisor, str(number))) for advisor in ("ansel", "weston")]
            )
        engine.unload()
    return figures(found)


def figures(rounds: Sequence[Sequence[Finished]]) -> list[Figure]:
    """Return the figures of rounds of (first advisor's answer, second advisor's answer)."""
    first = middle([each[0].time_to_first_token_s for each in rounds])
    second = middle([each[1].time_to_first_token_s for each in rounds])
    ratios = [each[1].time_to_first_token_s / each[0].time_to_first_token_s for each in rounds]
    again = rounds[-1][1]
    return [
        figure("first token, second advisor / first", middle(ratios), at_most=0.3),
        figure("first token, first advisor", first, "s"),
        figure("first token, second advisor", second, "s"),
        figure("prompt of the second advisor", again.prompt_tokens, "tokens"),
        figure("of which were computed before", again.cached_tokens, "tokens", at_least=again.prompt_tokens / 2),
    ]


def answer(engine: MlxEngine, request: Request) -> Finished:
    """Return the end of an answer, waiting for workers where the engine does."""
    last = None
    for event in engine.generate(request):
        if isinstance(event, Wait):
            event.future.result()
        last = event
    assert isinstance(last, Finished)
    return last


def _request(folder: str, photo: Photo, advisor: str, key: str) -> Request:
    entry, advisors = find(folder), load_advisors(paths.resource("advisors"), Path(folder) / "none")
    messages = critique_messages(advisors[advisor], load_rubric(entry.rubric), entry, photo)
    pixels = photo.pixels.copy()
    pixels[0, 0] = sum(key.encode()) % 256
    return Request(Path(folder), messages, Image(pixels, f"{photo.key} {key}"), max_tokens=_TOKENS)


if __name__ == "__main__":
    sys.exit(report.run("prefix", measure))
