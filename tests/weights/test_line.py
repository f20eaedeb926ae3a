import json

from mondrian_desktop import paths
from mondrian_desktop.weights import line


def test_keeps_the_order_in_which_was_asked():
    for repo in ("org/b", "org/a", "org/c", "org/b"):
        line.join(repo)
    assert line.everything() == ("org/b", "org/a", "org/c")
    line.leave("org/a")
    line.leave("org/a")
    assert line.everything() == ("org/b", "org/c")


def test_a_damaged_mark_is_passed_over():
    line.join("org/a")
    folder = paths.data_dir() / "downloads"
    for name, text in {
        "empty": "", "list": "[]", "no-repo": '{"repo": "../../x", "asked_ns": 1}',
        "no-time": json.dumps({"repo": "org/b", "asked_ns": "soon"}), "deep": "[" * 100_000,
    }.items():  # fmt: skip
        (folder / f"{name}.asked").write_text(text)
    assert line.everything() == ("org/a",)


def test_where_it_cannot_be_kept_nothing_else_is_held_up(caplog):
    paths.data_dir().mkdir(parents=True, exist_ok=True)
    (paths.data_dir() / "downloads").touch()
    line.join("org/a")
    assert line.everything() == ()
    line.leave("org/a")
    assert "could not be kept" in caplog.text
