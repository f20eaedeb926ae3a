import io
from pathlib import Path

from mondrian_desktop.cli.progress import Progress
from mondrian_desktop.engine.protocol import Load, Phase, Prefill, Stage
from mondrian_desktop.jobs.model import Job, JobState
from mondrian_desktop.jobs.queue import Update
from mondrian_desktop.jobs.run import Partial, Thinking
from mondrian_desktop.report.model import Critique

JOB = Job(Path("lake.jpg"), "mentor", "mini").to(JobState.RUNNING)
EVENTS = (
    None,
    Phase(Stage.READING),
    Phase(Stage.LOADING),
    Load(5, 10),
    Phase(Stage.READING),
    Prefill(1, 4),
    Phase(Stage.GENERATING),
    Partial(Critique(), 0.7),
    Thinking("Generating analysis... (150 tokens, 44.1 tps)", 150, 44.1, 3.0),
)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def shown(stream, job=JOB):
    progress = Progress(stream)
    for event in EVENTS:
        progress.update(Update(job, event))
    progress.close()
    return stream.getvalue()


def test_tells_each_stage_once_and_the_thinking_line_as_it_is():
    assert shown(io.StringIO()).splitlines() == [
        "lake.jpg",
        "Reading the photo",
        "Loading the model",
        "Writing",
        "Generating analysis... (150 tokens, 44.1 tps)",
    ]


def test_draws_a_bar_on_a_terminal_that_follows_the_critique():
    text = shown(Terminal())
    assert "Generating analysis... (150 tokens, 44.1 tps)" in text
    assert " 70%" in text
    assert "\n" not in text.strip("\n")


def test_a_hostile_name_stays_on_its_line():
    job = Job(Path("a\n\x1b[2Jb.jpg"), "mentor", "mini").to(JobState.RUNNING)
    assert shown(io.StringIO(), job).splitlines()[0] == "a b.jpg"
