"""What the self-test tries: each part of the app that packaging can break, as its own small check."""

import json
import multiprocessing
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict
from functools import partial
from multiprocessing import resource_tracker
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from mondrian_desktop import paths
from mondrian_desktop.cli.self_test import Check
from mondrian_desktop.display import Painting
from mondrian_desktop.engine.protocol import Token
from mondrian_desktop.jobs.run import Analyzed
from mondrian_desktop.photo.reader import PhotoReader
from mondrian_desktop.report.model import Critique
from mondrian_desktop.service import Service
from mondrian_desktop.weights.catalog import entries

if TYPE_CHECKING:
    from mondrian_desktop.jobs.queue import Update
    from mondrian_desktop.photo.model import Photo
    from mondrian_desktop.report.model import Analysis, Labels

MODEL = "mini"
_HEAVY = frozenset({"mlx_vlm", "transformers", "fastapi"})
_LEAST_PIECES = 20
_DECODING_S, _ANSWERING_S = 120.0, 30.0


class Broken(Exception):  # noqa: N818 - what it says is a finding, and goes into the table
    """Something does not do what it should."""


class Probe(Protocol):
    """Tries the engine: :mod:`mondrian_desktop.engine.probe`."""

    def one_operation(self) -> str:
        """Return on what it computes."""
        ...

    def import_library(self) -> str:
        """Return the library's version."""
        ...

    def import_model_type(self, model_type: str) -> int:
        """Return how many parts it has."""
        ...


class Checks:
    """The checks, in an order in which one can use what an earlier one made.

    Parameters
    ----------
    build
        Makes a service; its history should be nobody's.
    probe
        Tries the engine.
    paintings
        Of the empty window, and of the window with everything in it.
    """

    def __init__(self, build: Callable[[], Service], probe: Probe, paintings: Sequence[Painting]) -> None:
        self._build = build
        self._probe = probe
        self._empty, self._furnished = paintings
        self._written: tuple[Analysis, Photo, Labels] | None = None

    def all(self) -> list[Check]:
        """Return them in order."""
        return [
            Check("Window painted", self.window, self._empty.at),
            Check("Window furnished", self.furnished, self._furnished.at),
            # Before anything else has imported a part of it: benchmarks/startup.py takes its time.
            Check("Model library imported", self.library),
            Check("One operation by MLX", self._probe.one_operation),
            Check("Critique by built-in model", self.critique),
            *(Check(f"Model type {name}", partial(self.model_type, name)) for name in model_types()),
            Check("HEIC, AVIF, RAW decoders", decoders),
            Check("Report as PDF", self.pdf),
            Check("HTTP service", self.http_service),
        ]

    def window(self) -> str:
        """Tell whether the window was painted before the rest of the app was loaded."""
        return _painted(self._empty, {*_HEAVY, "mondrian_desktop.service", "sqlite3"}, "before the rest of the app")

    def furnished(self) -> str:
        """Tell whether the window was painted with everything in it before anything heavy was loaded."""
        return _painted(self._furnished, _HEAVY, "before the model library")

    def library(self) -> str:
        """Import the model library as the first analysis does."""
        with _spawning():
            return f"mlx-vlm {self._probe.import_library()}"

    def model_type(self, name: str) -> str:
        """Import the code behind a type of model."""
        return f"{self._probe.import_model_type(name)} parts"

    def critique(self) -> str:
        """Have a sample photo analyzed, hold the critique to its schema, and look for a process that it started."""
        updates: list[Update] = []
        with _spawning(), closing(self._build()) as service:
            service.subscribe(updates.append)
            job = service.submit(paths.resource("samples", "lake.jpg"), model=MODEL)
            service.pump.run()
            _expect(not (reason := service.job(job.id).reason), reason)
            _expect(not _tracker_runs(), "the first analysis started a second process")
            found = next(update.event for update in updates if isinstance(update.event, Analyzed))
            labels = service.labels(found.analysis)
        analysis, pieces = found.analysis, sum(isinstance(update.event, Token) for update in updates)
        _follows_schema(analysis)
        _expect(analysis.generation.finish_reason == "stop", f"it ended by {analysis.generation.finish_reason}")
        _expect(pieces > _LEAST_PIECES, f"its text came in {pieces} pieces")
        if found.photo is not None:
            self._written = analysis, found.photo, labels
        return f"{pieces} pieces, {analysis.generation.generation_tps:.0f} tokens/s, no second process"

    def pdf(self) -> str:
        """Write the report of :meth:`critique` as PDF; needs a QApplication."""
        # Qt is no part of the command line; the self-test has a window.
        from mondrian_desktop.qt.pdf import drawing, picture, write_pdf
        from mondrian_desktop.report import pane
        from mondrian_desktop.report.chart import radar

        if self._written is None:
            raise Broken("there is no critique to write")
        analysis, photo, labels = self._written
        scores = analysis.critique.dimensions if analysis.critique else ()
        images = {pane.CHART: drawing(radar(scores), 1200), pane.PHOTO: picture(photo.pixels)}
        _expect(not any(image.isNull() for image in images.values()), "chart or photo cannot be drawn")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "report.pdf"
            pages = write_pdf(pane.paper(analysis, labels), file, images, title=photo.path.name)
            size = file.stat().st_size
        _expect(pages == 1, f"it takes {pages} pages")
        return f"1 page, {size // 1000} kB"

    def http_service(self) -> str:
        """Start the service on a free port and ask it for its health and for the advisors."""
        # FastAPI and uvicorn take a while to import, and the app does without until the service is started.
        from mondrian_desktop.api.server import Server

        with closing(self._build()) as service, closing(Server(service, "127.0.0.1", 0)) as server:
            with ThreadPoolExecutor(1) as pool:
                answers = pool.submit(lambda: [_asked(f"{server.url}/{path}") for path in ("health", "advisors")])
                answers.add_done_callback(lambda _: service.pump.post(lambda: None))
                service.pump.run(until=answers.done)
            health, advisors = answers.result()
        _expect(health["status"] == "UP", f"its health is {health['status']}")
        return f"up, {len(advisors['advisors'])} advisors"


def model_types() -> list[str]:
    """Return every architecture in the catalogue, once."""
    return sorted({entry.model_type for entry in entries()})


def _painted(painting: Painting, later: Set[str], told: str) -> str:
    """Return ``told`` where a painting was done before any of the modules ``later`` was imported."""
    _expect(painting.at is not None, "the window was not painted")
    early = sorted(later & painting.loaded)
    _expect(not early, f"loaded before the window: {', '.join(early)}")
    return told


def decoders() -> str:
    """Read a HEIC, an AVIF and a RAW file, in the decoders' own process as always, and look at their colors."""
    sizes = []
    with closing(PhotoReader()) as reader:
        for file in sorted(paths.resource("self_test").glob("corners.*")):
            photo = reader.read(file).result(_DECODING_S)
            height, width = photo.pixels.shape[:2]
            red, green, blue = photo.pixels[height // 10, width // 10].tolist()
            _expect(red > 2 * max(green, blue), f"{file.name} is not red in its upper left corner")
            sizes.append(f"{file.suffix[1:]} {photo.width}x{photo.height}")
    _expect(len(sizes) == 3, f"only {sizes} are there")
    return ", ".join(sizes)


def _follows_schema(analysis: "Analysis") -> None:
    """Hold text and critique to what the rubric asks for: JSON; every dimension scored, with words, in order."""
    # Pydantic takes a while to import, and the app's start does without.
    from mondrian_desktop.critique.rubric import load_rubric
    from mondrian_desktop.critique.schema import answer_model

    json.loads(analysis.raw_text)
    _expect(analysis.critique is not None, "its text has no structure")
    critique = asdict(analysis.critique or Critique())
    _expect(critique.pop("overall_score") is not None, "it has no overall score")
    answer_model(load_rubric(analysis.rubric)).model_validate(critique)


@contextmanager
def _spawning() -> Iterator[None]:
    """Let locks and processes be made as on macOS, where a lock between processes starts one that tracks it."""
    before = multiprocessing.get_start_method(allow_none=True)
    multiprocessing.set_start_method("spawn", force=True)
    try:
        yield
    finally:
        multiprocessing.set_start_method(before, force=True)


def _tracker_runs() -> bool:
    tracker: Any = resource_tracker._resource_tracker
    return tracker._pid is not None


def _asked(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=_ANSWERING_S) as answer:  # noqa: S310 - our own service
        return json.load(answer)


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Broken(otherwise)
