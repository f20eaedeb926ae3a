import hashlib
import json
import shutil
import subprocess

import pytest

from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.store import Store
from mondrian_desktop.photo.xmp import read_xmp
from mondrian_desktop.settings import SIDECAR_MERGE, SIDECAR_NAMING, SIDECAR_RATING, SIDECARS, Settings
from tests.jobs.scene import SAMPLES, FakeClock, answer, make_service, tokens

needs_exiftool = pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs exiftool, an independent reader")


@pytest.fixture
def photo(tmp_path):
    return shutil.copy(SAMPLES[0], tmp_path / "wren.jpg")


@pytest.fixture
def make(tmp_path):
    """Return a function that makes a service with these settings, by name."""
    made = []

    def make(**values):
        clock = FakeClock()
        settings = Settings(tmp_path / "settings.json", {})
        for name, value in values.items():
            settings.set(
                {"on": SIDECARS, "naming": SIDECAR_NAMING, "how": SIDECAR_MERGE, "rate": SIDECAR_RATING}[name], value
            )
        service = make_service(tokens(answer(8), 5, clock, 0.1), clock, settings=settings, store=Store.open(None))
        made.append(service)
        return service

    yield make
    for service in made:
        service.close()


def analyze(service, photo):
    job = service.submit(photo)
    service.pump.run()
    return service.analysis_id(job.id)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_none_is_written_as_long_as_nobody_wants_one(make, photo):
    service = make()
    analyze(service, photo)
    service.close()
    assert sorted(each.name for each in photo.parent.iterdir() if each.suffix != ".json") == ["wren.jpg"]


def test_each_critique_is_written_where_the_setting_is_on_and_the_photo_is_untouched(make, photo):
    before = digest(photo)
    service = make(on=True)
    analyze(service, photo)
    service.close()
    found = read_xmp(photo.with_suffix(".xmp").read_bytes())
    assert found["caption"] == "A quiet harbor at dusk."
    assert "rating" not in found or not found["rating"]
    assert digest(photo) == before


def test_name_stars_and_what_is_there_already_are_as_the_settings_have_them(make, photo):
    whole = photo.with_name("wren.jpg.xmp")
    whole.write_bytes(
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt>'
        b'<rdf:li xml:lang="x-default">Mine.</rdf:li></rdf:Alt></dc:description></rdf:Description>'
        b"</rdf:RDF></x:xmpmeta>"
    )
    before = whole.read_bytes()
    service = make(naming="photo.ext.xmp", how="skip", rate=True)
    assert service.write_sidecar(analyze(service, photo)).result() == whole
    found = read_xmp(whole.read_bytes())
    assert (found["caption"], found["rating"]) == ("Mine.", 4)
    assert photo.with_name("wren.jpg.xmp.previous").read_bytes() == before


@needs_exiftool
@pytest.mark.parametrize("program", ["lightroom", "darktable", "digikam"])
def test_an_independent_reader_finds_theirs_and_ours(make, photo, program):
    sidecars = SAMPLES[0].parents[2] / "tests" / "report" / "sidecars"
    there = shutil.copy(sidecars / f"{program}.xmp", photo.with_suffix(".xmp"))

    def read():
        done = subprocess.run(["exiftool", "-j", "-struct", "-G1", str(there)], capture_output=True, check=True)
        return json.loads(done.stdout)[0]

    before = read()
    service = make(on=True)
    analyze(service, photo)
    service.close()
    after = read()
    ours = ("XMP-dc:Description", "XMP-dc:Subject", "XMP-mondrian", "System", "ExifTool", "File", "XMP-x:XMPToolkit")
    assert {k: v for k, v in before.items() if not k.startswith(ours)} == {
        k: v for k, v in after.items() if not k.startswith(ours)
    }
    assert "A quiet harbor at dusk." in after["XMP-dc:Description"]


def test_one_that_cannot_be_written_is_told_and_the_critique_stays(make, photo):
    photo.with_suffix(".xmp").write_bytes(b"no XMP at all")
    service = make(on=True)
    told = []
    service.on_trouble(told.append)
    analysis_id = analyze(service, photo)
    service._sidecars.close()
    service.pump.run(until=lambda: bool(told))
    assert "wren.xmp" in told[0].what
    assert service.history.analysis(analysis_id).critique is not None
    assert photo.with_suffix(".xmp").read_bytes() == b"no XMP at all"


def test_a_photo_that_is_gone_gets_none(make, photo):
    service = make()
    analysis_id = analyze(service, photo)
    photo.unlink()
    with pytest.raises(UserError, match="not where it was"):
        service.write_sidecar(analysis_id).result()
    with pytest.raises(UserError, match="no analysis 99"):
        service.write_sidecar(99)
