"""IPTC records and Photoshop's resources around them."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from mondrian_desktop.photo.iptc import read_iptc, records_of_photoshop


def record(tag: int, value: bytes, number: int = 2) -> bytes:
    return struct.pack(">BBBH", 0x1C, number, tag, len(value)) + value


RECORDS = (
    record(90, b"\x1b%G", 1)
    + record(25, b"lake")
    + record(25, "Dämmerung".encode())
    + record(120, b"Abend am See")
    + record(5, b"Calm")
)


def resources(records: bytes) -> bytes:
    def resource(number: int, name: bytes, data: bytes) -> bytes:
        padded = bytes([len(name)]) + name + b"\0" * ((len(name) + 1) % 2)
        return (
            b"8BIM" + struct.pack(">H", number) + padded + struct.pack(">L", len(data)) + data + b"\0" * (len(data) % 2)
        )

    return resource(0x03ED, b"", b"odd") + resource(0x0404, b"name", records) + resource(0x0425, b"", bytes(16))


def test_records_are_read() -> None:
    assert read_iptc(RECORDS) == {"caption": "Abend am See", "title": "Calm", "keywords": ("lake", "Dämmerung")}


def test_records_are_found_among_photoshop_s_resources() -> None:
    assert records_of_photoshop(resources(RECORDS)) == RECORDS
    assert records_of_photoshop(b"Photoshop 3.0\0" + resources(RECORDS)) == RECORDS
    assert records_of_photoshop(b"") == b""


def test_latin_1_is_read_where_nothing_else_is_declared() -> None:
    assert read_iptc(record(120, "Café".encode("latin-1")))["caption"] == "Café"


def test_what_is_left_out_is_none() -> None:
    assert read_iptc(b"") == {"caption": None, "title": None, "keywords": None}


@given(st.binary(max_size=200))
def test_any_bytes_do_no_harm(data: bytes) -> None:
    assert set(read_iptc(RECORDS[:20] + data)) == {"caption", "title", "keywords"}
    assert isinstance(records_of_photoshop(b"8BIM" + data), bytes)
    assert isinstance(records_of_photoshop(resources(RECORDS)[:30] + data), bytes)


def test_truncated_resources_do_no_harm() -> None:
    whole = resources(RECORDS)
    for length in range(len(whole)):
        read_iptc(records_of_photoshop(whole[:length]))
