from datetime import UTC, datetime, timedelta

from mondrian_desktop.critique.rubric import load_rubric
from mondrian_desktop.jobs.growth import lines, weakness
from mondrian_desktop.jobs.history import Point

RUBRIC = load_rubric("technical")
NAMES = [each.name for each in RUBRIC.dimensions]


def critiques(*tables):
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        Point(number, start + timedelta(days=number), name, table.get(name, 8))
        for number, table in enumerate(tables, start=1)
        for name in NAMES
    ]


def test_each_dimension_is_a_line_in_the_order_of_time() -> None:
    found = lines(critiques({"Noise": 3}, {"Noise": 5}), RUBRIC)
    assert list(found) == NAMES
    assert [point.score for point in found["Noise"]] == [3, 5]


def test_names_that_the_rubric_does_not_know_are_left_out() -> None:
    stray = [Point(1, datetime(2026, 1, 1, tzinfo=UTC), "Charm", 2)]
    assert lines(stray, RUBRIC) == {}
    assert weakness(stray * 5, RUBRIC) is None


def test_what_is_lowest_most_often_is_the_weakness_and_has_an_assignment() -> None:
    found = weakness(critiques({"Noise": 4, "Exposure": 3}, {"Noise": 5}, {"Noise": 4}, {"Exposure": 2}), RUBRIC)
    assert found is not None
    assert (found.dimension.name, found.times, found.of) == ("Noise", 3, 4)
    assert found.mean == (4 + 5 + 4 + 8) / 4
    assert found.dimension.assignment


def test_only_the_latest_count() -> None:
    old, new = {"Noise": 2}, {"Contrast": 3}
    found = weakness(critiques(*[old] * 30, *[new] * 5), RUBRIC, latest=5)
    assert found is not None
    assert found.dimension.name == "Contrast"


def test_too_few_critiques_and_equal_scores_have_no_weakness() -> None:
    assert weakness(critiques({"Noise": 2}, {"Noise": 2}), RUBRIC) is None
    assert weakness(critiques({}, {}, {}), RUBRIC) is None


def test_every_dimension_of_every_rubric_has_an_assignment() -> None:
    assert all(each.assignment for name in ("critique", "technical") for each in load_rubric(name).dimensions)
