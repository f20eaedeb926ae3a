from benchmarks.all import exit_code, markdown


def told(**met):
    figures = [
        {"name": name, "value": 1234.5, "unit": "ms", "goal": "at most 9", "met": each} for name, each in met.items()
    ]
    return {"benchmark": "x", "machine": "Linux", "figures": figures}


def test_a_missed_goal_and_what_could_not_be_measured_end_otherwise() -> None:
    assert exit_code({"pump": told(gap=True, beat=None)}) == 0
    assert exit_code({"pump": told(gap=True), "photo": told(size=False)}) == 1
    assert exit_code({"pump": None, "photo": told(size=False)}) == 2


def test_the_table_has_every_figure_and_what_is_missing() -> None:
    lines = markdown({"pump": told(gap=False), "photo": None}).splitlines()
    assert "| gap | 1,234.5 ms | at most 9 | **no** |" in lines
    assert "| **photo** | could not be measured | | **no** |" in lines
