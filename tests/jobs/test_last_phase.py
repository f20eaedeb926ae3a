"""The next start says what the app was doing when it died; after a clean end there is nothing to say."""

import os
import signal
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mondrian_desktop.engine.protocol import Phase, Stage
from mondrian_desktop.jobs import last_phase
from mondrian_desktop.jobs.last_phase import LastPhase
from mondrian_desktop.jobs.model import Job, JobState
from mondrian_desktop.jobs.queue import Update

DYING = """
import os, signal, sys
from pathlib import Path
from mondrian_desktop.engine.protocol import Phase, Stage
from mondrian_desktop.jobs.last_phase import LastPhase
from mondrian_desktop.jobs.model import Job
from mondrian_desktop.jobs.queue import Update

marker = LastPhase(Path(sys.argv[1]))
for stage in sys.argv[2:]:
    marker.follow(Update(Job(Path("/secret/wedding.jpg"), "mentor", "/models/qwen-4b"), Phase(Stage(stage))))
os.kill(os.getpid(), signal.SIGKILL)
"""


def die(folder, *stages: str) -> None:
    done = subprocess.run([sys.executable, "-c", DYING, str(folder), *stages], check=False)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        (["reading"], "while reading a photo, with the model qwen-4b."),
        (["reading", "loading", "encoding"], "while looking at a photo"),
        (["generating"], "while writing a critique"),
        ([], "nothing was being analyzed"),
    ],
)
def test_the_next_start_says_what_the_killed_one_was_doing_and_not_to_which_photo(tmp_path, stages, said) -> None:
    die(tmp_path, *stages)
    marker = LastPhase(tmp_path)
    (problem,) = marker.problems
    assert said in problem
    assert "wedding" not in problem
    marker.close()


def test_it_is_said_once(tmp_path) -> None:
    die(tmp_path, "generating")
    LastPhase(tmp_path).close()
    marker = LastPhase(tmp_path)
    assert marker.problems == ()
    marker.close()


def test_a_clean_end_leaves_nothing(tmp_path) -> None:
    marker = LastPhase(tmp_path)
    marker.follow(Update(Job(None, "mentor", "mini"), Phase(Stage.GENERATING)))
    marker.close()
    marker.close()
    assert list(tmp_path.iterdir()) == []


def test_one_that_is_alive_is_left_alone(tmp_path) -> None:
    alive = LastPhase(tmp_path)
    alive.follow(Update(Job(None, "mentor", "mini"), Phase(Stage.GENERATING)))
    (file,) = tmp_path.iterdir()
    file.rename(tmp_path / "phase-1.json")
    other = LastPhase(tmp_path)
    assert other.problems == ()
    assert (tmp_path / "phase-1.json").exists()
    other.close()
    alive.close()


def test_a_job_that_ended_is_not_blamed(tmp_path) -> None:
    marker = LastPhase(tmp_path)
    job = Job(None, "mentor", "mini")
    marker.follow(Update(job, Phase(Stage.GENERATING)))
    marker.follow(Update(job.to(JobState.RUNNING).to(JobState.DONE)))
    assert (tmp_path / f"phase-{os.getpid()}.json").read_text() == "{}"
    marker.close()


def test_where_nothing_can_be_written_the_app_works_all_the_same(tmp_path) -> None:
    (tmp_path / "file").touch()
    marker = LastPhase(tmp_path / "file")
    marker.follow(Update(Job(None, "mentor", "mini"), Phase(Stage.GENERATING)))
    marker.close()
    assert marker.problems == ()


@given(
    st.binary(max_size=200) | st.sampled_from([b"[]", b"null", b'{"stage": []}', b'{"stage": "reading", "model": 3}'])
)
def test_whatever_the_file_says_there_is_a_sentence(content: bytes) -> None:
    assert last_phase._sentence(content).startswith("Mondrian did not end in order last time")
