import re

from mondrian_desktop.report.contact import Frame, Mark, count, render

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)> javascript:x \x1b[31m \u202e'


def test_every_photo_has_its_frame_in_the_given_order():
    frames = [
        Frame("b.jpg", (Mark("Mentor", 9.0), Mark("Ansel Adams", 4.0))),
        Frame("a.jpg", (Mark("", None, "It is empty."),)),
    ]
    page = render("Iceland", frames, {})
    assert page.index("b.jpg") < page.index("9.0") < page.index("Ansel Adams") < page.index("a.jpg")
    assert page.count("<li>") == 2
    assert "Strong" in page
    assert "Work on this" in page
    assert "It is empty." in page
    assert "How often" not in page


def test_scores_are_spread_over_a_table():
    page = render("Iceland", [], {"Lighting": {4: 2, 9: 1}})
    cells = re.findall(r"<td>(\d*)</td>", page)
    assert cells == ["", "", "", "2", "", "", "", "", "1", ""]


def test_pictures_are_inside_the_page():
    page = render("Iceland", [Frame("a.jpg", picture=b"\xff\xd8\xff")], {})
    assert 'src="data:image/jpeg;base64,/9j/"' in page


def test_it_loads_nothing_and_whatever_comes_is_text():
    frames = [Frame(HOSTILE, (Mark(HOSTILE, 5.0, HOSTILE),), b"x")]
    page = render(HOSTILE, frames, {HOSTILE: {5: 1}}, HOSTILE)
    assert "<script" not in page
    assert "onerror=alert(1)>" not in page.replace("&gt;", "")
    assert re.findall(r"<img [^>]*src=\"(?!data:image/jpeg)", page) == []
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "default-src 'none'" in page
    assert "http" not in page.replace('http-equiv="Content-Security-Policy"', "")


def test_the_count_is_in_words():
    assert count([]) == "0 photos, 0 critiques"
    assert count([Frame("a", (Mark("x", 4.0),))]) == "1 photo, 1 critique, 4.0 on average"
    assert count([Frame("a", (Mark("x", 4.0), Mark("y", 7.0))), Frame("b")]) == "2 photos, 2 critiques, 5.5 on average"
