import pytest

from benchmarks.heartbeat import Course


def test_gaps_are_told_by_the_stage_in_which_they_begin() -> None:
    course = Course([(10.0, "loading"), (11.0, "generating")], [11.5, 12.0, 12.5])
    beats = [9.0, 9.9, 10.2, 10.9, 11.4, 12.4, 12.6, 13.0]
    gaps = course.gaps_s(beats)
    assert gaps["loading"] == pytest.approx([0.2, 0.7, 0.5])
    assert gaps["generating"] == pytest.approx([1.0, 0.2])
    assert gaps["all"] == pytest.approx([0.2, 0.7, 0.5, 1.0, 0.2])
    assert course.token_s() == pytest.approx(0.5)


def test_a_loop_that_never_beats_before_the_first_token_is_one_gap() -> None:
    course = Course([(10.0, "loading"), (13.0, "generating")], [13.0, 13.1])
    assert course.gaps_s([9.9, 13.05, 13.2])["loading"] == pytest.approx([3.05])
