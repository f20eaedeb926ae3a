import json

import pytest

from benchmarks.report import Figure, figure, middle, quantile, run


def test_a_goal_is_judged() -> None:
    assert figure("a", 1.02, at_most=1.03) == Figure("a", 1.02, "", "at most 1.03", True)
    assert figure("a", 1.04, at_most=1.03).met is False
    assert figure("a", 9, "%", at_least=10) == Figure("a", 9, "%", "at least 10", False)
    assert figure("a", 9, "ms") == Figure("a", 9, "ms", None, None)


def test_json_is_one_object_of_the_agreed_shape(capsys: pytest.CaptureFixture[str]) -> None:
    seen = []

    def measure(quick: bool) -> list[Figure]:
        seen.append(quick)
        return [figure("gap", 12.5, "ms", at_most=10)]

    assert run("pump", measure, ["--quick", "--json"]) == 0, "a missed goal is no failure"
    told = json.loads(capsys.readouterr().out)
    assert seen == [True]
    assert set(told) == {"benchmark", "machine", "figures"}
    assert told["figures"] == [{"name": "gap", "value": 12.5, "unit": "ms", "goal": "at most 10", "met": False}]


def test_the_table_names_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    run("pump", lambda _: [figure("short", 1), figure("a longer name", 2.5, "ms", at_most=1)], [])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[2].endswith("at most 1: MISSED")


def test_what_cannot_be_measured_raises() -> None:
    def measure(quick: bool) -> list[Figure]:
        raise RuntimeError("the answers differ")

    with pytest.raises(RuntimeError, match="differ"):
        run("pump", measure, [])


def test_medians_and_quantiles() -> None:
    assert middle([3.0, 1.0, 2.0]) == 2.0
    assert quantile([float(at) for at in range(100)], 0.99) == 99.0
    assert quantile([1.0, 2.0, 3.0, 4.0], 0.5) == 3.0
    assert quantile([], 0.99) == 0.0
