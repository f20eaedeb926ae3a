from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from training import exam, figures, photos
from training.answers import answer
from training.exam import Case
from training.figures import Answered


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    from PIL import Image

    pixels = np.asarray(Image.open(photos.ROOT / "resources/samples/lake.jpg").convert("RGB"))
    return list(exam._of_photo("lake", pixels, np.random.default_rng(0)))


def answered(cases: list[Case], text_of: Callable[[Case], str], finish: str = "stop") -> list[Answered]:
    pairs = [(case, text_of(case)) for case in cases]
    return [Answered(case, text, finish, 120, 100.0, 0.1, figures.parse(text)) for case, text in pairs]


def test_the_cases_cover_ladders_views_and_mirrors(lake: list[Case]) -> None:
    assert len({case.name for case in lake}) == len(lake) == 2 + 8 * 3 + 8
    assert all(case.pixels.dtype == np.uint8 for case in lake)


def test_true_answers_get_full_marks(lake: list[Case]) -> None:
    found = figures.whole(answered(lake, lambda case: answer(case.facts, "mentor").as_json()))
    assert found["valid"] == found["stops_by_itself"] == 1
    assert {each["mean"] for each in found["error"].values()} == {0}
    assert {each["accuracy"] for each in found["order"].values()} == {1}
    assert found["contradictions"]["share"] == 0
    assert found["contradictions"]["sentences_never_taught"] == 0
    assert found["placement"]["right"] == 1


def test_one_answer_for_all_is_found_out(lake: list[Case]) -> None:
    same = answer(lake[0].facts, "mentor").as_json()
    found = figures.whole(answered(lake, lambda _: same))
    assert found["distinct_texts"] == 1
    assert {each["accuracy"] for each in found["order"].values()} == {0.5}
    assert found["contradictions"]["share"] > 0.05
    assert found["error"]["Noise"]["mean"] >= found["error"]["Noise"]["best_constant"]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"dimensions": []}', '{"dimensions": 3}', "9" * 5000])
def test_what_is_no_critique_is_not_valid(lake: list[Case], text: str) -> None:
    assert figures.parse(text) is None
    found = figures.whole(answered(lake[:2], lambda _: text, finish="length"))
    assert found["valid"] == found["stops_by_itself"] == 0


def test_scores_outside_the_scale_are_not_valid(lake: list[Case]) -> None:
    text = answer(lake[0].facts, "mentor").as_json()
    assert figures.parse(text)
    assert figures.parse(text.replace('"score":10', '"score":11')) is None


def test_held_out_photographs_are_not_trained_on(tmp_path: Path) -> None:
    trained = {file for source in photos.sources() for file in source.split["train"]}
    held_out = {file for source in photos.sources() for file in source.split["heldout"]}
    assert not trained & held_out
    assert len(held_out) >= 10
    samples = {file.name for file in (photos.ROOT / "resources" / "samples").glob("*.jpg")}
    assert samples <= held_out
