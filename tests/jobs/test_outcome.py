"""Batches written as documents, through the service."""

import csv
import io
import json

import pytest

from mondrian_desktop.engine.scripted import ScriptedEngine, script
from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.outcome import READ_AT_ONCE
from mondrian_desktop.report import codec
from tests.jobs.scene import SAMPLES, answer, make_service


@pytest.fixture
def service():
    made = make_service(ScriptedEngine(script(answer())))
    yield made
    made.close()


@pytest.fixture
def summary(service, tmp_path):
    torn = tmp_path / "torn.jpg"
    torn.write_bytes(b"no photo")
    batch = service.submit_all([*SAMPLES[:2], torn], name="Iceland")
    service.pump.run()
    return service.history.summary(batch)


def export(service, what, file):
    """Export a summary, or the analyses of these ids; return what is told at the end."""
    told, steps = [], []
    verb = service.export_library if isinstance(what, list) else service.export_batch
    verb(*((file, what) if isinstance(what, list) else (what, file)), steps.append, told.append)
    service.pump.run()
    assert len(told) == 1
    assert steps == sorted(steps)
    return told[0]


def whole(service, analysis_id):
    return codec.to_json(service.history.analysis(analysis_id))


def test_as_a_table(service, summary, tmp_path):
    assert export(service, summary, tmp_path / "scores.csv") is None
    rows = list(csv.DictReader(io.StringIO((tmp_path / "scores.csv").read_text())))
    assert len(rows) == 2
    assert float(rows[0]["overall"]) == pytest.approx(summary.lines[0].score, abs=0.05)


def test_as_json(service, summary, tmp_path):
    assert export(service, summary, tmp_path / "SCORES.JSON") is None
    document = json.loads((tmp_path / "SCORES.JSON").read_text())
    assert list(document) == ["batch", "created", "photos", "distribution", "analyses"]
    assert document["analyses"] == [whole(service, line.analysis_id) for line in summary.lines[:2]]
    assert [photo["state"] for photo in document["photos"]] == ["done", "done", "failed"]
    assert "torn.jpg" in document["photos"][2]["reason"]
    assert len(document["analyses"]) == 2


def test_as_a_contact_sheet(service, summary, tmp_path):
    assert export(service, summary, tmp_path / "sheet.html") is None
    page = (tmp_path / "sheet.html").read_text()
    assert "Iceland" in page
    assert page.count("data:image/jpeg") == 2


def test_a_folder_that_cannot_be_written_is_told_and_the_old_file_stays(service, summary, tmp_path):
    (tmp_path / "scores.csv").mkdir()
    problem = export(service, summary, tmp_path / "scores.csv")
    assert str(problem).startswith("scores.csv could not be written")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["scores.csv", "torn.jpg"]
    assert "could not be written" in str(export(service, summary, tmp_path / "gone" / "scores.csv"))


@pytest.fixture
def many(service, summary):
    """The ids of two analyses, many times over, and of one that is not there."""
    ids = [line.analysis_id for line in summary.lines if line.analysis_id]
    return [*ids, 999, *ids * READ_AT_ONCE]


@pytest.mark.parametrize("count", [0, 1, 2, 3 * READ_AT_ONCE])
def test_a_selection_of_the_library_as_json(service, many, tmp_path, count):
    ids = many[:count] if count < 3 else many
    assert export(service, ids, tmp_path / "out.json") is None
    there = [each for each in ids if each != 999]
    assert json.loads((tmp_path / "out.json").read_text()) == [whole(service, each) for each in there]


def test_a_selection_of_the_library_as_table_and_contact_sheet(service, many, tmp_path):
    assert export(service, many, tmp_path / "out.csv") is None
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text())))
    assert len(rows) == len(many) - 1
    assert export(service, many, tmp_path / "out.html") is None
    page = (tmp_path / "out.html").read_text()
    assert page.count("data:image/jpeg") == len(many) - 1
    assert f"{len(many) - 1} photos" in page
    assert page.endswith("</html>\n")


def test_nothing_is_left_where_it_is_stopped(service, many, tmp_path):
    file, told = tmp_path / "out.json", []
    file.write_text("older")
    stop = service.export_library(file, many, told.append, lambda problem: pytest.fail("it has not ended by itself"))
    service.pump.run(until=lambda: bool(told and told[-1]))
    stop()
    service.pump.run()
    assert told[-1] < len(many)
    assert [each.name for each in tmp_path.iterdir() if each.name != "torn.jpg"] == ["out.json"]
    assert file.read_text() == "older"


def test_an_unknown_suffix_is_refused_at_once(service, many, tmp_path):
    with pytest.raises(UserError, match=r"names no known format. End it with .csv, .json, .html"):
        service.export_library(tmp_path / "out.docx", many, print, print)
