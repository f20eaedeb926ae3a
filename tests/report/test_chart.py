import re
from xml.etree import ElementTree as ET

import pytest

from mondrian_desktop.report.chart import HEIGHT, WIDTH, radar
from mondrian_desktop.report.model import Score

NAMES = (
    "Composition", "Lighting", "Highlights & Shadows", "Wissenschaftlichkeitsanspruch", "Color Harmony",
    "Depth & Perspective of the whole", "Visual Balance", "Noise", "Placement", "Emotional Impact", "Saturation",
    "Story",
)  # fmt: skip
SVG = "{http://www.w3.org/2000/svg}"
LETTER = 6.6
"""Width of an average letter at the chart's size of type."""


def scores(count: int) -> list[Score]:
    return [Score(name, index * 7 % 10 + 1, "", "") for index, name in enumerate(NAMES[:count])]


def points(svg: ET.Element) -> list[tuple[float, float]]:
    return [(float(each.get("cx", "")), float(each.get("cy", ""))) for each in svg.iter(f"{SVG}circle")]


@pytest.mark.parametrize("count", range(13))
def test_any_number_of_dimensions_fits_the_picture(count: int) -> None:
    svg = ET.fromstring(radar(scores(count)))
    assert len(points(svg)) == count
    for text in svg.iter(f"{SVG}text"):
        x, y, width = float(text.get("x", "")), float(text.get("y", "")), LETTER * len(text.text or "")
        left = {"start": x, "middle": x - width / 2, "end": x - width}[text.get("text-anchor", "")]
        assert left >= -4, text.text
        assert left + width <= WIDTH + 4, text.text
        assert 8 <= y <= HEIGHT, text.text


def test_every_score_is_written_beside_its_name() -> None:
    svg = ET.fromstring(radar(scores(8)))
    said = " ".join(text.text or "" for text in svg.iter(f"{SVG}text"))
    for name in ("Composition\u00a01", "Lighting\u00a08", "Shadows\u00a05"):
        assert name in said


def test_a_higher_score_lies_farther_out() -> None:
    def reach(score: int) -> float:
        svg = ET.fromstring(radar([Score("A", score, "", ""), *scores(4)]))
        x, y = points(svg)[0]
        return float(((x - WIDTH / 2) ** 2 + (y - HEIGHT / 2) ** 2) ** 0.5)

    assert [reach(each) for each in range(1, 11)] == pytest.approx(
        [each * reach(10) / 10 for each in range(1, 11)], abs=0.1
    )


def test_names_are_text_and_nothing_else() -> None:
    text = radar([Score('<script x="">&\x00\x1b\ud800\u202e', 5, "", "")] * 4)
    assert {each.tag.removeprefix(SVG) for each in ET.fromstring(text).iter()} == {
        "svg", "title", "polygon", "line", "circle", "text",
    }  # fmt: skip
    text.encode("utf-8")


def test_nothing_is_loaded() -> None:
    text = radar(scores(8), dark=True).replace("http://www.w3.org/2000/svg", "")
    assert not re.search("href|url|http|style", text)


def test_shape_differs_from_grid_by_more_than_color() -> None:
    svg = ET.fromstring(radar(scores(8)))
    polygons = list(svg.iter(f"{SVG}polygon"))
    (shape,) = [each for each in polygons if each.get("class") == "shape"]
    assert float(shape.get("stroke-width", "")) > max(
        float(e.get("stroke-width", "")) for e in polygons if e is not shape
    )
    assert shape.get("fill") != "none"
