import json
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.xmp import read_xmp
from mondrian_desktop.report.model import Analysis, Critique, Generation, Score
from mondrian_desktop.report.sidecar import Naming, sidecar_of, write_sidecar
from mondrian_desktop.report.xmp import Merge, Words, merge, words

SIDECARS = sorted(Path(__file__).with_name("sidecars").glob("*.xmp"))
NEW = Words("A wren sings on a wet branch.", ("strong lighting", "work on focus & sharpness"))
OWN = ("XMP-dc:Description", "XMP-dc:Subject", "XMP-xmp:Rating", "XMP-mondrian", "XMP-x:XMPToolkit")
needs_exiftool = pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs exiftool, an independent reader")


def exiftool(data, tmp_path):
    """Return everything that exiftool finds, structures as structures."""
    file = tmp_path / "read.xmp"
    file.write_bytes(data)
    command = ["exiftool", "-j", "-struct", "-G1", "-n", "-a", "-XMP:all", "-validate", "-warning", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (found,) = json.loads(done.stdout)
    del found["SourceFile"]
    return found


def analysis(scores=((8, "Lighting"), (6, "Composition"), (3, "Focus & Sharpness")), overall=7.0):
    dimensions = tuple(Score(name, score, "Seen.", "Try.") for score, name in scores)
    critique = Critique("A wren sings.", dimensions, overall)
    return Analysis(None, "mentor", "critique", "mini", "", critique, None, Generation(), "{}", datetime.now(UTC))


def test_a_new_sidecar_has_what_is_said():
    found = read_xmp(merge(None, Words("A wren.", ("bird", "strong lighting"), 4)))
    assert (found["caption"], found["keywords"], found["rating"]) == ("A wren.", ("bird", "strong lighting"), 4)


@needs_exiftool
def test_an_independent_reader_finds_it_and_complains_of_nothing(tmp_path):
    found = exiftool(merge(None, Words('Größe & <Licht> "x"\nzweite Zeile', ("a & b", "ärger"), 2)), tmp_path)
    assert found["XMP-dc:Description"] == 'Größe & <Licht> "x"\nzweite Zeile'
    assert found["XMP-dc:Subject"] == ["a & b", "ärger"]
    assert found["XMP-xmp:Rating"] == 2
    assert "Warning" not in json.dumps(found)


@needs_exiftool
@pytest.mark.parametrize("how", Merge)
@pytest.mark.parametrize("file", SIDECARS, ids=lambda file: file.stem)
def test_no_foreign_property_is_lost(tmp_path, file, how):
    before = exiftool(file.read_bytes(), tmp_path)
    after = exiftool(merge(file.read_bytes(), Words(NEW.description, NEW.keywords, 5), how), tmp_path)
    assert len(before) > 8
    for name, value in before.items():
        if not name.startswith(OWN):
            assert after[name] == value, name
    assert {name for name in after if not name.startswith(OWN)} == {name for name in before if not name.startswith(OWN)}


@needs_exiftool
def test_what_is_there_is_kept_beside_what_is_new(tmp_path):
    after = exiftool(merge(SIDECARS[-1].read_bytes(), Words(NEW.description, NEW.keywords, 5)), tmp_path)
    assert after["XMP-dc:Description"] == "First wren of the year.\n\nA wren sings on a wet branch."
    assert after["XMP-dc:Description-de-DE"] == "Erster Zaunkönig des Jahres."
    assert after["XMP-dc:Subject"] == ["bird", "Åland & sea", *NEW.keywords]
    assert after["XMP-xmp:Rating"] == 3


@needs_exiftool
def test_what_is_there_can_be_left_alone_or_replaced(tmp_path):
    lightroom = SIDECARS[-1].read_bytes()
    skipped = exiftool(merge(lightroom, Words(NEW.description, NEW.keywords, 5), Merge.SKIP), tmp_path)
    assert skipped["XMP-dc:Description"] == "First wren of the year."
    assert skipped["XMP-dc:Subject"] == ["bird", "Åland & sea"]
    assert skipped["XMP-xmp:Rating"] == 3
    replaced = exiftool(merge(lightroom, Words(NEW.description, NEW.keywords, 5), Merge.OVERWRITE), tmp_path)
    assert replaced["XMP-dc:Description"] == NEW.description
    assert replaced["XMP-dc:Description-de-DE"] == "Erster Zaunkönig des Jahres."
    assert replaced["XMP-dc:Subject"] == list(NEW.keywords)
    assert replaced["XMP-xmp:Rating"] == 5


@pytest.mark.parametrize("file", SIDECARS, ids=lambda file: file.stem)
@pytest.mark.parametrize("how", Merge)
def test_the_same_again_changes_nothing(file, how):
    once = merge(file.read_bytes(), NEW, how)
    assert merge(once, NEW, how) == once


@pytest.mark.parametrize("existing", [None, *(file.read_bytes() for file in SIDECARS)], ids=lambda each: str(each)[:20])
def test_a_later_critique_replaces_the_earlier_ones_words_and_nobody_elses(existing):
    first = merge(existing, NEW)
    second = merge(first, Words("A wren on a stone.", ("strong lighting", "strong composition")))
    direct = merge(existing, Words("A wren on a stone.", ("strong lighting", "strong composition")))
    for field in ("caption", "keywords", "rating"):
        assert read_xmp(second)[field] == read_xmp(direct)[field]


@pytest.mark.parametrize(("there", "after"), [("0", 4), ("-1", -1), ("3", 3)])
@pytest.mark.parametrize("how", [Merge.APPEND, Merge.SKIP])
def test_zero_stars_are_no_rating_and_rejected_is_one(there, after, how):
    sidecar = merge(None, Words("A wren.", (), 1)).replace(b">1<", f">{there}<".encode())
    assert read_xmp(sidecar)["rating"] == int(there)
    assert read_xmp(merge(sidecar, Words("A wren.", (), 4), how))["rating"] == after


def test_a_photographers_own_keyword_that_is_ours_too_is_not_doubled():
    mine = merge(None, Words("", ("Strong Lighting", "bird")))
    theirs = mine.replace(b"mondrian", b"otherone").replace(b"otherone-desktop:xmp:1", b"another:program")
    assert read_xmp(merge(theirs, NEW))["keywords"] == ("Strong Lighting", "bird", "work on focus & sharpness")


@given(
    description=st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=50),
    keywords=st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20), max_size=4),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_said_comes_back(description, keywords):
    first = merge(None, Words(description, tuple(keywords)))
    assert merge(first, Words(description, tuple(keywords))) == first
    for file in SIDECARS:
        merge(merge(file.read_bytes(), Words(description, tuple(keywords))), NEW)


def test_namespaces_are_found_under_any_prefix_and_no_prefix_is_taken_twice():
    odd = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="urn:other">
      <rdf:Description rdf:about="" xmlns:core="http://purl.org/dc/elements/1.1/" dc:kept="yes">
      <core:subject><rdf:Bag><rdf:li>bird</rdf:li></rdf:Bag></core:subject></rdf:Description></rdf:RDF>"""
    merged = merge(odd, NEW)
    assert read_xmp(merged)["keywords"] == ("bird", *NEW.keywords)
    assert b'dc:kept="yes"' in merged
    assert read_xmp(merged)["caption"] == NEW.description


def test_properties_written_as_attributes_are_understood():
    compact = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
      <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:subject="bird" dc:description="Mine."
      xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="2"/></rdf:RDF></x:xmpmeta>"""
    found = read_xmp(merge(compact, Words("Ours.", ("light",), 5)))
    assert found["caption"].split() == ["Mine.", "Ours."]
    assert (found["keywords"], found["rating"]) == (("bird", "light"), 2)
    assert read_xmp(merge(compact, Words("", (), 5), Merge.OVERWRITE))["rating"] == 5


def test_comments_line_breaks_and_unknown_parts_stay():
    odd = (
        b'<?xml version="1.0"?>\n<!-- mine -->\n<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        b'xmlns:q="urn:q" q:a="one&#10;two&#9;three"><q:b><![CDATA[<raw>]]></q:b><?note keep?></rdf:Description>'
        b"</rdf:RDF></x:xmpmeta>"
    )
    merged = merge(odd, NEW)
    for part in (b"<!-- mine -->", b"one&#10;two&#9;three", b"<![CDATA[<raw>]]>", b"<?note keep?>", b"<?xml version"):
        assert part in merged
    assert merge(merged, NEW) == merged


def test_utf_16_is_read():
    text = SIDECARS[0].read_text(encoding="utf-8").replace('encoding="UTF-8"', 'encoding="UTF-16"')
    assert read_xmp(merge(text.encode("utf-16"), NEW))["caption"] == NEW.description


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no xml",
        b"<a/>",
        b"\xff\xfe\x00",
        b"<rdf:RDF",
        b'<!DOCTYPE x [<!ENTITY a "b">]><x/>',
        b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
        b"\x89PNG\r\n",
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>",
        b"<" * 100_000,
        b"<a>" * 200_000,
    ],
    ids=lambda data: data[:12],
)
def test_what_is_not_xmp_is_refused(data):
    with pytest.raises(UserError, match="not XMP"):
        merge(data, NEW)


def test_a_critique_becomes_words():
    found = words(analysis())
    assert found == Words("A wren sings.", ("strong lighting", "work on focus & sharpness"), None)
    assert words(analysis(), with_rating=True).rating == 4


@pytest.mark.parametrize(
    ("overall", "stars"), [(1.0, 1), (3.0, 2), (5.0, 2), (7.4, 4), (9.9, 5), (10.0, 5), (None, None)]
)
def test_stars_follow_the_overall_score(overall, stars):
    assert words(analysis(overall=overall), with_rating=True).rating == stars


def test_an_answer_without_structure_has_no_words():
    plain = Analysis(None, "mentor", "critique", "mini", "", None, None, Generation(), "Nice.", datetime.now(UTC))
    assert words(plain) == Words()


def test_hostile_words_stay_words():
    bad = "x\x00\x1b[31m </rdf:li><evil/> ]]> \u202e\ud800"
    found = words(replace(analysis(((9, bad),)), critique=Critique(bad, (Score(bad, 9, "", ""),), 9.0)))
    merged = merge(None, found)
    assert b"<evil/>" not in merged
    assert read_xmp(merged)["keywords"] == ("strong x </rdf:li><evil/> ]]>",)
    assert read_xmp(merged)["caption"] == "x </rdf:li><evil/> ]]>"


@pytest.fixture
def photo(tmp_path):
    photo = tmp_path / "DSC_4711.NEF"
    photo.write_bytes(b"raw")
    return photo


@pytest.mark.parametrize(("naming", "name"), [(Naming.STEM, "DSC_4711.xmp"), (Naming.WHOLE, "DSC_4711.NEF.xmp")])
def test_a_sidecar_is_named_as_chosen_and_the_photo_untouched(photo, naming, name):
    before = photo.stat()
    assert write_sidecar(photo, NEW, naming) == photo.with_name(name)
    assert read_xmp(photo.with_name(name).read_bytes())["caption"] == NEW.description
    after = photo.stat()
    assert (photo.read_bytes(), after.st_mtime_ns, after.st_ino) == (b"raw", before.st_mtime_ns, before.st_ino)
    assert sorted(file.name for file in photo.parent.iterdir()) == sorted([photo.name, name])


def test_the_version_before_is_kept(photo):
    sidecar = sidecar_of(photo, Naming.STEM)
    shutil.copy(SIDECARS[0], sidecar)
    sidecar.chmod(0o640)
    write_sidecar(photo, NEW)
    assert sidecar.with_name("DSC_4711.xmp.previous").read_bytes() == SIDECARS[0].read_bytes()
    assert sidecar.stat().st_mode & 0o777 == 0o640
    second = sidecar.read_bytes()
    write_sidecar(photo, Words("Another."))
    assert sidecar.with_name("DSC_4711.xmp.previous-2").read_bytes() == second
    assert sidecar.with_name("DSC_4711.xmp.previous").read_bytes() == SIDECARS[0].read_bytes()


def test_where_nothing_changes_nothing_is_written(photo):
    sidecar = write_sidecar(photo, NEW)
    before = sidecar.stat()
    write_sidecar(photo, NEW)
    assert sidecar.stat().st_mtime_ns == before.st_mtime_ns
    assert len(list(photo.parent.iterdir())) == 2


def test_a_sidecar_in_capitals_is_the_sidecar(photo):
    capitals = photo.with_suffix(".XMP")
    shutil.copy(SIDECARS[0], capitals)
    assert write_sidecar(photo, NEW) == capitals


def test_a_linked_sidecar_is_written_where_it_is(photo, tmp_path):
    real = tmp_path / "elsewhere" / "real.xmp"
    real.parent.mkdir()
    shutil.copy(SIDECARS[0], real)
    photo.with_suffix(".xmp").symlink_to(real)
    write_sidecar(photo, NEW)
    assert photo.with_suffix(".xmp").is_symlink()
    assert read_xmp(real.read_bytes())["caption"] == NEW.description


def test_what_is_not_a_sidecar_is_left_alone_and_named(photo):
    sidecar = photo.with_suffix(".xmp")
    sidecar.write_bytes(b"mine")
    with pytest.raises(UserError, match=r"DSC_4711.*not XMP"):
        write_sidecar(photo, NEW)
    assert sidecar.read_bytes() == b"mine"
    assert len(list(photo.parent.iterdir())) == 2


def test_a_photo_that_is_gone_gets_no_sidecar(photo):
    photo.unlink()
    with pytest.raises(UserError, match="not where it was"):
        write_sidecar(photo, NEW)
    assert list(photo.parent.iterdir()) == []


def test_a_disk_that_fails_leaves_the_old_one(photo, monkeypatch):
    sidecar = photo.with_suffix(".xmp")
    shutil.copy(SIDECARS[0], sidecar)

    def fail(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(UserError, match="No space left"):
        write_sidecar(photo, NEW)
    assert sidecar.read_bytes() == SIDECARS[0].read_bytes()
    assert len(list(photo.parent.iterdir())) == 2
