import os
import subprocess
import sys
from pathlib import Path

import pytest

from mondrian_desktop import whole_file
from mondrian_desktop.whole_file import write_whole

# Dies in the middle of writing, as a process that is killed does.
DIES = """
import os, sys
from pathlib import Path
from mondrian_desktop import whole_file
whole_file.os.fsync = lambda number: os._exit(7)
whole_file.write_whole(Path(sys.argv[1]), "new" * 100_000, is_synced=True)
"""


def test_what_is_written_is_there_and_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "notes.json"
    for content in ("first", b"second \xff", "third, \u5199\u771f and half a pair: \ud83d"):
        write_whole(file, content)
        data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
        assert file.read_bytes() == data
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("letter", ["x", "\u5199", "\U0001f4f7"])
def test_the_longest_name_that_there_can_be_is_written(tmp_path: Path, letter: str) -> None:
    file = tmp_path / (letter * (255 // len(letter.encode())))
    write_whole(file, "all of it")
    assert file.read_text() == "all of it"


def test_where_writing_fails_the_file_that_was_there_stays_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / "notes.json"
    write_whole(file, "old")
    monkeypatch.setattr(whole_file.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(file, "new", is_synced=True)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_process_that_dies_while_it_writes_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "notes.json"
    write_whole(file, "old")
    ended = subprocess.run([sys.executable, "-c", DIES, str(file)], cwd=Path(__file__).parent.parent)
    assert ended.returncode == 7
    assert file.read_text() == "old"
    write_whole(file, "new")
    assert os.listdir(tmp_path) == ["notes.json"], "what was left is written over"  # noqa: PTH208 - the names alone
