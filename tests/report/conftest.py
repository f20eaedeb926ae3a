"""Analyses to render: an ordinary one, and one in which every text is hostile."""

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from mondrian_desktop.photo.measure import measure
from mondrian_desktop.photo.model import Exif
from mondrian_desktop.report.model import Analysis, Critique, Exchange, Generation, Labels, PhotoRef, Score

HOSTILE = (
    '<script>alert(1)</script><img src=file:///etc/passwd onerror="x()">'
    "[a](javascript:alert(1)) ![b](http://tracker.example/x.png) <javascript:alert(2)> [c]: data:text/html,x\n"
    "\n<iframe src='//evil'></iframe>\x1b[31mred\x1b]0;title\x07\x9b1m\x00\u202e\u2066gnp.exe\u2069 &lt;b&gt; `` ``` "
    "|a|b| </td></table></style>-->]]> {{x}} ${y} %n"
)
LONG = "x" * 100_000


@pytest.fixture
def analysis() -> Analysis:
    names = ("Composition", "Lighting", "Focus & Sharpness", "Color Harmony")
    dimensions = tuple(
        Score(name, score, f"Comment on {name}.", f"Try {name}.")
        for name, score in zip(names, (9, 7, 4, 8), strict=True)
    )
    critique = Critique(
        "A boat in a harbor.", dimensions, 7.1, ("The light.", "The layers."), ("The mast.",), "Well exposed."
    )
    exif = Exif(camera="FUJIFILM X-T5", focal_length_mm=23, aperture_f=8, shutter_s=1 / 250, iso=200)
    photo = PhotoRef(Path("/photos/harbor.jpg"), "ab" * 32, 6000, 4000, exif)
    made = Generation(900, 812, 400.0, 44.1, 1.2, "stop", 10**9, (1024, 683))
    pixels = np.linspace(0, 255, 64 * 96 * 3).reshape(64, 96, 3).astype(np.uint8)
    created = datetime(2026, 3, 5, 18, 4, tzinfo=UTC)
    return Analysis(photo, "ansel", "critique", "mini", "", critique, measure(pixels), made, "{}", created)


@pytest.fixture
def labels() -> Labels:
    return Labels(
        "Ansel Adams", "Mondrian Mini", "Written by a model in the manner of Ansel Adams.", "Reads exposure.", 4
    )


@pytest.fixture(
    params=[HOSTILE, LONG, "=cmd|' /C calc'!A0", "\ud800\udc00\udfff"], ids=["markup", "long", "formula", "halves"]
)
def hostile(request: pytest.FixtureRequest, analysis: Analysis) -> Analysis:
    return spoiled(analysis, request.param)


@pytest.fixture
def hostile_text(hostile: Analysis) -> Analysis:
    return dataclasses.replace(hostile, critique=None)


@pytest.fixture
def hostile_labels(hostile: Analysis) -> Labels:
    text = hostile.raw_text
    return Labels(text, text, text, text, 4)


def spoiled(analysis: Analysis, text: str) -> Analysis:
    """Return the analysis with every text that comes from a model or a file replaced."""
    critique = Critique(text, tuple(Score(text, n, text, text) for n in (9, 7, 4, 8)), 7.1, (text,) * 3, (text,), text)
    photo = PhotoRef(
        Path("/photos") / text.replace("/", "_").replace("\x00", "_"), "ab" * 32, 6000, 4000, Exif(camera=text)
    )
    return dataclasses.replace(
        analysis, photo=photo, critique=critique, raw_text=text, thinking=text, question=text, advisor=text, model=text,
        conversation=(Exchange(text, text, thinking=text),),
    )  # fmt: skip
