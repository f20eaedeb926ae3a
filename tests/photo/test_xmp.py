"""XMP as Lightroom, darktable and cameras write it, and XML that means harm."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mondrian_desktop.photo.exif import read_exif
from mondrian_desktop.photo.xmp import MAX_BYTES, read_xmp
from tests.photo import make

PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:aux="http://ns.adobe.com/exif/1.0/aux/"
 xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmp:Rating="3" xmp:CreatorTool="darktable 4.6"
 exif:DateTimeOriginal="2024-05-01T12:30:00+02:00" exif:FNumber="28/10" exif:ExposureTime="1/125" aux:Lens="50mm"
 exif:GPSLatitude="47,22.6N" exif:GPSLongitude="8,32.5E" tiff:Model="X-T5">
<dc:subject><rdf:Bag><rdf:li>lake</rdf:li><rdf:li>dusk</rdf:li><rdf:li>lake</rdf:li></rdf:Bag></dc:subject>
<dc:description><rdf:Alt><rdf:li xml:lang="de">Abend</rdf:li><rdf:li xml:lang="x-default">Evening at the lake</rdf:li>
</rdf:Alt></dc:description>
<dc:title><rdf:Alt><rdf:li>Calm</rdf:li></rdf:Alt></dc:title>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_packet_is_read(encoding: str) -> None:
    assert read_xmp(PACKET.encode(encoding)) == {
        "lens": "50mm",
        "focal_length_mm": None,
        "aperture_f": 2.8,
        "shutter_s": 1 / 125,
        "exposure_compensation_ev": None,
        "camera": "X-T5",
        "software": "darktable 4.6",
        "taken": "2024-05-01T12:30:00+02:00",
        "rating": 3,
        "keywords": ("lake", "dusk"),
        "title": "Calm",
        "caption": "Evening at the lake",
        "has_location": True,
    }


def test_properties_as_elements_are_the_same() -> None:
    packet = PACKET.replace(' xmp:Rating="3"', "").replace("<dc:title>", "<xmp:Rating>3</xmp:Rating><dc:title>")
    assert read_xmp(packet.encode()) == read_xmp(PACKET.encode())


def test_a_declared_encoding_does_not_matter() -> None:
    for declaration in ('<?xml version="1.0" encoding="UTF-8"?>', "<?xml version='1.0' encoding='latin-1'?>"):
        body = PACKET[PACKET.index("<x:xmpmeta") : PACKET.index("<?xpacket end")]
        assert read_xmp((declaration + body).encode())["rating"] == 3


@pytest.mark.parametrize(
    ("rating", "found"),
    [("0", 0), ("-1", -1), ("5", 5), ("6", None), ("-2", None), ("many", None), ("", None), ("nan", None)],
)
def test_ratings_are_bounded(rating: str, found: int | None) -> None:
    assert read_xmp(PACKET.replace('Rating="3"', f'Rating="{rating}"').encode())["rating"] == found


def test_a_sidecar_counts_before_the_embedded_for_what_people_write_and_after_it_for_the_camera() -> None:
    sidecar = PACKET.replace('Rating="3"', 'Rating="5"').encode()
    found = read_exif(make.exif(), xmp_packet=PACKET.encode(), sidecar=sidecar)
    assert found.rating == 5
    assert found.camera == "Nikon Z 6"
    assert found.aperture_f == 8
    assert found.caption == "Evening at the lake"
    assert found.has_location


def test_entities_are_refused_and_cost_nothing() -> None:
    levels = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))
    bomb = f'<!DOCTYPE x [<!ENTITY e0 "boom">{levels}]><x>&e11;</x>'
    for encoding in ("utf-8", "utf-16"):
        started = time.process_time()
        assert read_xmp(bomb.encode(encoding)) == {}
        assert time.process_time() - started < 5


def test_files_cannot_be_included() -> None:
    assert read_xmp(b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>') == {}


@pytest.mark.parametrize("packet", [b"", b"<", b"not xml", b"<a><b></a>", b"\xff\xfe", b"\0" * 100, b"<?xml", b"&x;"])
def test_what_is_no_xml_is_nothing(packet: bytes) -> None:
    assert read_xmp(packet) == {}


def test_huge_packets_are_not_parsed() -> None:
    assert read_xmp(PACKET.encode() + b" " * MAX_BYTES) == {}


def test_deep_nesting_does_no_harm() -> None:
    read_xmp(b"<a>" * 100_000)
    read_xmp(b"<a>" * 20_000 + b"</a>" * 20_000)


@given(st.binary(max_size=300))
def test_any_bytes_do_no_harm(data: bytes) -> None:
    assert isinstance(read_xmp(data), dict)


@given(st.data())
def test_mutated_packets_do_no_harm(data: st.DataObject) -> None:
    mutated = bytearray(PACKET.encode())
    for _ in range(data.draw(st.integers(1, 8))):
        mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    assert isinstance(read_xmp(bytes(mutated)), dict)
