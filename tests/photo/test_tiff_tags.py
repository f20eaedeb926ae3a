"""The TIFF structure: both byte orders, BigTIFF, and every way to lie about offsets and counts."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mondrian_desktop.photo.tiff_tags import Tags, read_tags, read_thumbnail
from tests.photo import make

EXIF = make.exif()


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_byte_orders_say_the_same(order: str) -> None:
    tags = read_tags(make.exif(order=order))
    assert tags.main[0x0110] == b"NIKON Z 6\0"
    assert tags.exif[0x829A] == (1 / 250,)
    assert tags.exif[0x8827] == (200,)
    assert tags.exif[0x9204] == (-0.7,)


def test_a_file_is_read_like_a_block() -> None:
    assert read_tags(io.BytesIO(EXIF[6:])) == read_tags(EXIF)


def test_big_tiff_is_read() -> None:
    entry = struct.pack("<HHQ", 0x0112, 3, 1) + struct.pack("<Q", 6)
    text = struct.pack("<HHQQ", 0x0110, 2, 12, 16 + 8 + 40 + 8)
    data = (
        b"II" + struct.pack("<HHHQ", 43, 8, 0, 16) + struct.pack("<Q", 2) + text + entry + bytes(8) + b"Some camera\0"
    )
    tags = read_tags(data)
    assert tags.main == {0x0110: b"Some camera\0", 0x0112: (6,)}


def test_the_thumbnail_is_the_second_directory_s() -> None:
    assert read_thumbnail(make.exif(thumbnail=b"\xff\xd8\xff thumbnail")) == b"\xff\xd8\xff thumbnail"
    assert read_thumbnail(EXIF) == b""
    assert read_thumbnail(b"") == b""


def test_cr3_boxes_are_read() -> None:
    def box(name: bytes, content: bytes) -> bytes:
        return struct.pack(">L", 8 + len(content)) + name + content

    camera, exposure = make.tiff({0x0110: (make.ASCII, "Canon EOS R5")}), make.tiff({0x8827: (make.SHORT, 400)})
    file = box(b"ftyp", b"crx \0\0\0\1crx isom") + box(b"moov", box(b"CMT1", camera) + box(b"CMT2", exposure))
    tags = read_tags(io.BytesIO(file))
    assert tags.main == {0x0110: b"Canon EOS R5\0"}
    assert tags.exif == {0x8827: (400,)}


@given(st.binary(max_size=200))
def test_any_bytes_give_tags_or_none(data: bytes) -> None:
    for start in (
        b"",
        b"II*\0\x08\0\0\0",
        b"MM\0*\0\0\0\x08",
        b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0",
        b"\0\0\0\x18ftypcrx CMT1",
    ):
        assert isinstance(read_tags(start + data), Tags)
        assert isinstance(read_thumbnail(start + data), bytes)


@given(st.data())
def test_flipped_bytes_never_raise(data: st.DataObject) -> None:
    mutated = bytearray(make.exif(thumbnail=b"\xff\xd8\xff thumbnail"))
    for _ in range(data.draw(st.integers(1, 8))):
        mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    assert isinstance(read_tags(bytes(mutated)), Tags)
    read_thumbnail(bytes(mutated))


def test_truncated_blocks_keep_what_is_whole() -> None:
    whole = read_tags(EXIF)
    for length in range(len(EXIF)):
        tags = read_tags(EXIF[:length])
        assert set(tags.main.items()) <= set(whole.main.items())
        assert set(tags.exif.items()) <= set(whole.exif.items())


def test_a_directory_that_points_to_itself_ends() -> None:
    data = b"II*\0\x08\0\0\0" + struct.pack("<H", 1) + struct.pack("<HHLL", 0x8769, 4, 1, 8) + bytes(4)
    assert read_tags(data).exif == {0x8769: (8,)}


class Counting(io.BytesIO):
    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        assert size is not None
        assert size <= 4 << 20
        return super().read(size)


@pytest.mark.parametrize("count", [1, 0xFFFF, 0xFFFFFFFF])
@pytest.mark.parametrize("kind", [2, 3, 5, 7, 12])
def test_lies_about_counts_cost_little(kind: int, count: int) -> None:
    entries = b"".join(struct.pack("<HHLL", tag, kind, count, 8) for tag in range(0xFFFF // 4))
    file = Counting(b"II*\0\x08\0\0\0" + struct.pack("<H", 0xFFFF // 4) + entries)
    read_tags(file)
    assert file.reads < 2000


def test_rationals_without_denominator_are_no_numbers() -> None:
    data = (
        b"II*\0\x08\0\0\0"
        + struct.pack("<H", 1)
        + struct.pack("<HHLL", 0x011A, 5, 1, 26)
        + bytes(4)
        + struct.pack("<LL", 5, 0)
    )
    (value,) = read_tags(data).main[0x011A]
    assert value != value
