import dataclasses
import re

from mondrian_desktop.report.model import Analysis, Labels
from mondrian_desktop.report.pane import initials, panel
from mondrian_desktop.report.panel import comparison


def with_scores(analysis: Analysis, *scores: int, overall: float | None) -> Analysis:
    assert analysis.critique is not None
    dimensions = tuple(
        dataclasses.replace(each, score=score)
        for each, score in zip(analysis.critique.dimensions, scores, strict=False)
    )
    return dataclasses.replace(
        analysis, critique=dataclasses.replace(analysis.critique, dimensions=dimensions, overall_score=overall)
    )


def test_rows_with_spread(analysis: Analysis) -> None:
    first = with_scores(analysis, 9, 7, 4, 8, overall=7.1)
    second = with_scores(analysis, 6, 7, overall=None)
    rows = comparison([first, second, dataclasses.replace(analysis, critique=None)])
    assert [row.name for row in rows] == ["Composition", "Lighting", "Focus & Sharpness", "Color Harmony", "Overall"]
    assert rows[0].scores == (9, 6, None)
    assert (rows[0].spread, rows[0].mean) == (3, 7.5)
    assert rows[0].cells() == ("9", "6", "–")
    assert rows[2].spread is None
    assert rows[2].spread_text() == "–"
    assert rows[-1].cells() == ("7.1", "–", "–")
    assert rows[-1].is_overall


def test_nothing_to_compare(analysis: Analysis) -> None:
    assert comparison([]) == ()
    assert comparison([dataclasses.replace(analysis, critique=None)]) == ()


def test_the_table_in_the_pane(analysis: Analysis) -> None:
    text = panel([with_scores(analysis, 9, overall=9.0), with_scores(analysis, 5, overall=5.0)], {}, dark=True)
    assert text.count("<tr>") == 3
    assert ">9</td>" in text
    assert "<b>5.0</b>" in text
    assert ">4.0<" in text


def test_where_it_is_narrow_advisors_are_rows_and_dimensions_are_initials(analysis: Analysis) -> None:
    several = [
        with_scores(analysis, 9, 7, 4, 8, overall=9.0),
        dataclasses.replace(analysis, advisor="weston", critique=None),
    ]
    text = panel(several, {"ansel": Labels("Ansel Adams")}, False, is_narrow=True)
    head, *rows = text.split("<tr>")[1:]
    assert re.findall("<b>(.*?)</b>", head) == ["Co", "Li", "FS", "CH", "Overall"]
    assert len(rows) == 3
    assert "Ansel Adams" in rows[0]
    assert re.findall(r">(?:<b>)?([\d.\u2013]+)<", rows[0]) == ["9", "7", "4", "8", "9.0"]
    assert re.findall(r">(?:<b>)?([\d.\u2013]+)<", rows[1]) == ["\u2013"] * 5
    assert "Spread" in rows[2]
    assert "<b>FS</b>&nbsp;Focus&nbsp;&amp;&nbsp;Sharpness" in rows[2]


def test_initials_tell_apart() -> None:
    names = ["Visual Balance", "Depth & Perspective", "Vast Beauty", "Lighting", "", "Very Blue"]
    assert initials(names) == ["VB", "DP", "VB2", "Li", "?", "VB3"]
