"""Batches written as documents, through the service."""

import csv
import io
import json

import pytest

from mondrian_desktop.engine.scripted import ScriptedEngine, script
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


def export(service, summary, file):
    told = []
    service.export_batch(summary, file, told.append)
    service.pump.run()
    assert len(told) == 1
    return told[0]


def test_as_a_table(service, summary, tmp_path):
    assert export(service, summary, tmp_path / "scores.csv") is None
    rows = list(csv.DictReader(io.StringIO((tmp_path / "scores.csv").read_text())))
    assert len(rows) == 2
    assert float(rows[0]["overall"]) == pytest.approx(summary.lines[0].score, abs=0.05)


def test_as_json(service, summary, tmp_path):
    assert export(service, summary, tmp_path / "SCORES.JSON") is None
    document = json.loads((tmp_path / "SCORES.JSON").read_text())
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
