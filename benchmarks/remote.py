"""The promise about servers: four photos at once are done at least 1.5 times as fast as one after the other.

``python -m benchmarks.remote [--quick] [--json]``

The same photos on the same server in one run: mlx-vlm's own with the embedded model, on this machine, through the
app's own engine for servers, at temperature 0; first one at a time, then four at once, in alternating rounds. The
texts have to be the same: with mlx-vlm 0.7.10 they are not, since its batched prefill mixes photos up (docs/studio.md).
With ``--quick`` 8 photos and one round, else 16 photos and two.
"""

import sys
import tempfile
import time
from pathlib import Path

from benchmarks import model_server, report
from benchmarks.report import Figure, figure, middle, note
from mondrian_desktop import paths
from mondrian_desktop.engine.protocol import Finished, Image, Message, Request
from mondrian_desktop.engine.remote import RemoteEngine
from mondrian_desktop.photo.decode import read_photo
from mondrian_desktop.pump import Pump
from mondrian_desktop.weights import catalog
from mondrian_desktop.weights.servers import make

AT_ONCE = 4
FASTER = 1.5


def measure(quick: bool) -> list[Figure]:
    """Return all figures."""
    entry = catalog.find("mini")
    count = 8 if quick else 16
    requests = _requests(entry.prompt.control_line("mentor"), count)
    with tempfile.TemporaryDirectory() as folder:
        model = model_server.full_precision(entry.path, Path(folder))
        with model_server.running(model) as url:
            return _compare(url, model, requests, rounds=1 if quick else 2)


def _compare(url: str, model: Path, requests: list[Request], rounds: int) -> list[Figure]:
    count = len(requests)
    one, four = (RemoteEngine(make("bench", url, str(model), concurrency=many), lambda _: "") for many in (1, AT_ONCE))
    note("warming up …")
    _throughput(four, requests[:AT_ONCE], AT_ONCE)
    singles: list[float] = []
    manies: list[float] = []
    texts: list[list[Finished]] = []
    for _ in range(rounds):
        note(f"{count} photos one at a time, then {AT_ONCE} at once …")
        for engine, rates in ((one, singles), (four, manies)):
            rate, finished = _throughput(engine, requests, engine.concurrency)
            rates.append(rate)
            texts.append(finished)
    differing = sum(len({round_[at].text for round_ in texts}) > 1 for at in range(count))
    tokens = sum(each.generation_tokens for each in texts[0]) / count
    return [
        figure("photos", count),
        figure("generated tokens per photo", tokens),
        figure("photos per second, one at a time", middle(singles)),
        figure(f"photos per second, {AT_ONCE} at once", middle(manies)),
        figure(f"throughput, {AT_ONCE} at once against one", middle(manies) / middle(singles), at_least=FASTER),
        figure("photos with another text in any round", differing, at_most=0),
    ]


def _requests(line: str, count: int) -> list[Request]:
    """Return requests on different photos: the samples, turned and mirrored."""
    photos = [read_photo(path, 512).pixels for path in sorted(paths.resource("samples").glob("*.jpg"))]
    made = []
    for at in range(count):
        pixels = photos[at % len(photos)]
        pixels = [pixels, pixels[:, ::-1], pixels[::-1], pixels[::-1, ::-1]][at // len(photos) % 4]
        made.append(Request(paths.resource("models", "mini"), (Message("user", line, True),), Image(pixels, str(at))))
    return made


def _throughput(engine: RemoteEngine, requests: list[Request], at_once: int) -> tuple[float, list[Finished]]:
    """Return photos per second and the answers, with so many under way at any time."""
    pump = Pump()
    done: dict[int, Finished] = {}
    waiting = list(enumerate(requests))

    def start() -> None:
        if not waiting:
            return
        at, request = waiting.pop(0)

        def heard(event: object) -> None:
            if isinstance(event, Finished):
                done[at] = event

        def ended(task: object) -> None:
            start()

        pump.start(engine.generate(request), heard, ended)

    began_s = time.perf_counter()
    for _ in range(at_once):
        start()
    pump.run()
    took_s = time.perf_counter() - began_s
    if len(done) != len(requests):
        raise RuntimeError("a request failed")
    return len(requests) / took_s, [done[at] for at in range(len(requests))]


if __name__ == "__main__":
    sys.exit(report.run("remote", measure))
