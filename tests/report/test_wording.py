import dataclasses
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from mondrian_desktop.report import wording
from mondrian_desktop.report.model import Analysis, Generation, Labels


@pytest.fixture
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_the_footer_tells_the_time_of_this_machine(analysis: Analysis, labels: Labels, new_york: None) -> None:
    late = dataclasses.replace(analysis, created=datetime(2026, 1, 1, 2, 5, tzinfo=UTC))
    assert wording.footer(late, labels) == (
        "Mondrian Mini", "seen at 1024 × 683 pixels", "812 tokens at 44.1 tokens/s", "December 31, 2025, 21:05",
    )  # fmt: skip


def test_the_footer_leaves_out_what_is_not_known(analysis: Analysis) -> None:
    parts = wording.footer(dataclasses.replace(analysis, generation=Generation()))
    assert parts[0] == "mini"
    assert len(parts) == 2


@pytest.mark.parametrize(
    ("given", "seen", "footer", "sentence"),
    [
        (
            (1024, 683),
            (288, 192),
            "given at 1024 × 683, seen at 288 × 192 pixels",
            "made 288 × 192 of it.",
        ),
        ((640, 480), (640, 480), "seen at 640 × 480 pixels", "given the photo at 640 × 480 pixels and saw it so."),
        ((1024, 683), None, "given at 1024 × 683 pixels", "is not known."),
        (None, (288, 192), "seen at 288 × 192 pixels", ""),
    ],
)
def test_the_size_that_was_seen_is_told_as_far_as_it_is_known(
    analysis: Analysis,
    given: tuple[int, int] | None,
    seen: tuple[int, int] | None,
    footer: str,
    sentence: str,
) -> None:
    made = Generation(analysis_size=seen, given_size=given)
    assert footer in wording.footer(dataclasses.replace(analysis, generation=made))
    assert wording.size_sentence(made).endswith(sentence)
    assert bool(sentence) == bool(wording.size_sentence(made))


def test_titles(analysis: Analysis, labels: Labels) -> None:
    assert wording.title(analysis, labels) == "harbor.jpg · Ansel Adams"
    asked = dataclasses.replace(analysis, photo=None, question="What is\nISO?")
    assert wording.title(asked) == "What is ISO? · ansel"


@pytest.mark.parametrize(
    ("reason", "notice"),
    [
        ("stop", ""),
        ("length", "Incomplete: the longest answer allowed was reached after 4 of 8 dimensions."),
        ("cancelled", "Stopped after 4 of 8 dimensions."),
        ("repetition", "Ended early because the model repeated itself after 4 of 8 dimensions."),
        ("something", "Ended early after 4 of 8 dimensions."),
    ],
)
def test_notices(analysis: Analysis, reason: str, notice: str) -> None:
    ended = dataclasses.replace(analysis, generation=Generation(finish_reason=reason))
    assert wording.notice(ended, Labels(dimensions=8)) == notice
    assert (wording.notice(dataclasses.replace(ended, question="Why?")) == "") == (reason == "stop")


def test_the_byline_says_model_even_without_labels(analysis: Analysis) -> None:
    assert wording.byline(analysis) == "Written by a model in the manner of ansel."
