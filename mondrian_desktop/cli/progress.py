"""Progress on stderr: a bar on a terminal, plain lines otherwise."""

from typing import Any, TextIO

from tqdm import tqdm

from mondrian_desktop.engine.protocol import Load, Phase, Prefill, Stage
from mondrian_desktop.jobs.model import JobState
from mondrian_desktop.jobs.queue import Update
from mondrian_desktop.jobs.run import Partial, Thinking
from mondrian_desktop.report.clean import clean_line

STAGES = {
    Stage.READING: "Reading the photo",
    Stage.LOADING: "Loading the model",
    Stage.ENCODING: "Looking at the photo",
    Stage.PREFILLING: "Preparing the critique",
    Stage.GENERATING: "Writing",
}
"""What is said of each stage."""


class Progress:
    """Tells on ``stream`` how far the running job is."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._told: set[Stage] = set()
        self._bar = _bar(stream) if stream.isatty() else None

    def update(self, update: Update) -> None:
        """Take in one update."""
        if update.event is None and update.job.state is JobState.RUNNING and update.job.path:
            self._told.clear()
            self._line(clean_line(update.job.path.name, limit=60))
        match update.event:
            case Phase(stage) if stage not in self._told:
                # Reading comes twice: the file, and the picture as the model wants it.
                self._told.add(stage)
                self._line(STAGES[stage])
            case Thinking(text=text):
                self._line(text)
            case Load(done, total) | Prefill(done, total):
                self._fraction(done / total if total else 0.0)
            case Partial(progress=share):
                self._fraction(share)

    def clear(self) -> None:
        """Take the bar off the screen, so that a line can be printed; the next update brings it back."""
        if self._bar is not None:
            self._bar.clear()

    def close(self) -> None:
        """Take the bar away for good."""
        if self._bar is not None:
            self._bar.close()

    def _line(self, text: str) -> None:
        if self._bar is None:
            self._stream.write(text + "\n")
            self._stream.flush()
        else:
            self._bar.set_description_str(text)

    def _fraction(self, share: float) -> None:
        if self._bar is not None:
            self._bar.n = round(share * 100)
            self._bar.refresh()


def _bar(stream: TextIO) -> "tqdm[Any]":
    layout = "{desc} |{bar:24}| {percentage:3.0f}%  {elapsed}"
    return tqdm(total=100, file=stream, leave=False, bar_format=layout, dynamic_ncols=True)
