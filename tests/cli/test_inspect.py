"""``mondrian-desktop inspect``: text and JSON, one photo and several, failures beside successes."""

import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mondrian_desktop.cli.inspect import inspect
from tests.photo.test_location import SYDNEY, photo_at


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 90, 3)).astype(np.uint8)).save(path)
    return path


def run(*paths: Path, as_json: bool = False) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = inspect(list(paths), as_json=as_json, out=out, err=err)
    return code, out.getvalue(), err.getvalue()


def test_text_names_the_photo_and_its_facts(photo: Path) -> None:
    code, out, err = run(photo)
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == str(photo)
    assert "  PNG, 90 x 60 pixels" in out
    assert "stops" in out
    assert out.endswith(".\n")


def test_json_of_one_photo_is_an_object(photo: Path) -> None:
    code, out, err = run(photo, as_json=True)
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert document["path"] == str(photo)
    assert document["width"] == 90


def test_json_of_several_is_a_list_and_a_failed_one_an_entry(photo: Path, tmp_path: Path) -> None:
    code, out, err = run(photo, tmp_path / "gone.jpg", photo, photo, as_json=True)
    assert code == 1
    documents = json.loads(out)
    assert [document.get("width") for document in documents] == [90, None, 90, 90]
    assert set(documents[1]) == {"path", "error", "advice"}
    assert documents[1]["path"] == str(tmp_path / "gone.jpg")
    assert "was not found" in documents[1]["error"]
    assert "gone.jpg" in err


def test_json_of_one_failed_photo_is_its_entry(tmp_path: Path) -> None:
    code, out, _ = run(tmp_path / "gone.jpg", as_json=True)
    assert code == 1
    assert "was not found" in json.loads(out)["error"]


def test_text_of_failures_goes_to_stderr_and_the_others_go_on(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(photo.read_bytes()[:100])
    code, out, err = run(tmp_path / "gone.jpg", photo, tmp_path / "broken.jpg", photo)
    assert code == 1
    assert out.count("PNG, 90 x 60 pixels") == 2
    assert err.count("\n") == 2
    assert all(line.startswith("mondrian-desktop: “") for line in err.splitlines())


def test_names_that_are_no_text_are_printed(photo: Path, tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"\xff.png")
    odd.write_bytes(photo.read_bytes())
    for as_json in (False, True):
        code, out, _ = run(odd, as_json=as_json)
        assert code == 0
        out.encode()


def test_hostile_names_do_not_reach_the_terminal(photo: Path, tmp_path: Path) -> None:
    for name in ("a\x1b[2J.png", "b\nmondrian-desktop: fine.png"):
        (tmp_path / name).write_bytes(photo.read_bytes())
        code, out, _ = run(tmp_path / name)
        assert code == 0
        assert "\x1b" not in out
        assert len([line for line in out.splitlines() if not line.startswith("  ")]) == 1


def test_where_it_was_taken_is_told_only_when_asked(tmp_path: Path, photo: Path) -> None:
    taken = photo_at(tmp_path / "taken.jpg", SYDNEY)
    told = []
    for as_json, with_location in ((False, False), (True, False), (False, True), (True, True)):
        out = io.StringIO()
        paths = [taken, photo]
        assert inspect(paths, as_json=as_json, out=out, err=io.StringIO(), with_location=with_location) == 0
        told.append(out.getvalue())
    assert "Location: stored in the file" in told[0]
    assert not any("151.2" in text or "33.85" in text for text in told[:2])
    assert "  Taken at: -33.85690, 151.21510\n" in told[2]
    one, other = json.loads(told[3])
    assert one["location"] == {"latitude": pytest.approx(-33.8569), "longitude": pytest.approx(151.2151)}
    assert other["location"] is None
