import csv
import dataclasses
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mondrian_desktop.report.csv import inert, render
from mondrian_desktop.report.model import Analysis, Labels


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_a_row_per_analysis_and_a_column_per_dimension(analysis: Analysis, labels: Labels) -> None:
    (row,) = rows(render([analysis], {"ansel": labels}))
    assert row["photo"] == "/photos/harbor.jpg"
    assert row["advisor"] == "Ansel Adams"
    assert row["overall"] == "7.1"
    assert row["Focus & Sharpness"] == "4"
    assert row["strengths"] == "The light.; The layers."
    assert row["finish"] == "stop"
    assert row["created"] == "2026-03-05T18:04:00+00:00"


def test_different_rubrics_share_a_table(analysis: Analysis) -> None:
    assert analysis.critique is not None
    noise = dataclasses.replace(analysis.critique.dimensions[0], name="Noise")
    other = dataclasses.replace(analysis, critique=dataclasses.replace(analysis.critique, dimensions=(noise,)))
    none = dataclasses.replace(analysis, critique=None, raw_text="Plain.", photo=None)
    first, second, third = rows(render([analysis, other, none]))
    assert (first["Noise"], second["Noise"], third["Noise"]) == ("", "9", "")
    assert (first["Lighting"], second["Lighting"]) == ("7", "")
    assert (third["description"], third["photo"], third["overall"]) == ("Plain.", "", "")


def test_nothing_gives_the_header_alone() -> None:
    assert rows(render([])) == []
    assert render([]).startswith("photo,advisor,")


def test_hostile_text_is_inert(hostile: Analysis) -> None:
    text = render([hostile, hostile])
    text.encode("utf-8")
    assert len(rows(text)) == 2
    for line in csv.reader(io.StringIO(text, newline="")):
        for cell in line:
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "|", "%"))
            assert not set(cell) & set("\x00\x1b\u202e\n")


@pytest.mark.parametrize(
    "text",
    [
        "=cmd|' /C calc'!A0",
        "+1",
        "-1+2",
        "@SUM(A1)",
        "\t=1",
        "\r\n=1",
        " =1",
        "\x00=1",
        "\u200e=1",
        "\uff1d1",
        "\u200b=1",
    ],
)
def test_a_formula_is_marked_as_text(text: str) -> None:
    assert inert(text).startswith("'")


@given(st.text(max_size=50))
def test_no_cell_begins_a_formula(text: str) -> None:
    cell = inert(text)
    assert not cell.strip().startswith(("=", "+", "-", "@"))
