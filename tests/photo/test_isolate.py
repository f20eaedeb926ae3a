"""The decoders' own process: crashes and hangs fail one photo, the next one is read."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.decode import read_photo, read_thumbnail
from mondrian_desktop.photo.isolate import DecoderProcess
from tests.photo import make

HEIC = Path(__file__).parent / "data" / "upright.heic"


@pytest.fixture
def process() -> Iterator[DecoderProcess]:
    process = DecoderProcess()
    yield process
    process.close()
    assert pids() == []


def pids() -> list[int]:
    """The decoder processes that run."""
    children = (child for child in multiprocessing.active_children() if child.name == "photo-decoder")
    return [child.pid for child in children if child.pid is not None]


def test_one_process_serves_all_calls(process: DecoderProcess) -> None:
    assert pids() == []
    assert read_photo(HEIC, process=process).format == "HEIF"
    first = pids()
    assert len(first) == 1
    assert first != [os.getpid()]
    read_photo(HEIC, process=process)
    read_thumbnail(HEIC, 64, process)
    assert pids() == first


def test_a_jpeg_or_png_needs_no_process(process: DecoderProcess, tmp_path: Path) -> None:
    for suffix in ("jpg", "png", "tif", "webp", "gif", "bmp"):
        make.corners().save(tmp_path / f"photo.{suffix}")
        read_photo(tmp_path / f"photo.{suffix}", process=process)
    assert pids() == []


def test_a_process_that_died_between_calls_is_started_again(process: DecoderProcess) -> None:
    read_photo(HEIC, process=process)
    (first,) = pids()
    os.kill(first, signal.SIGKILL)
    multiprocessing.active_children()[0].join()
    assert read_photo(HEIC, process=process).format == "HEIF"
    assert pids() != [first]


class Noting:
    """A connection that tells when a request is on its way."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.sent = threading.Event()

    def send_bytes(self, data: bytes) -> None:
        self._connection.send_bytes(data)
        self.sent.set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def begin(process: DecoderProcess, pool: ThreadPoolExecutor) -> tuple[int, Future[Any]]:
    """Start a call that the process has received but cannot answer, because it is stopped."""
    read_photo(HEIC, process=process)
    (pid,) = pids()
    os.kill(pid, signal.SIGSTOP)
    noting = Noting(process._connection)
    process._connection = noting
    future = pool.submit(read_photo, HEIC, 512, process)
    assert noting.sent.wait(30)
    return pid, future


@pytest.mark.parametrize("blow", [signal.SIGSEGV, signal.SIGKILL])
def test_a_crash_fails_one_photo_only(process: DecoderProcess, blow: signal.Signals) -> None:
    with ThreadPoolExecutor(1) as pool:
        pid, future = begin(process, pool)
        os.kill(pid, blow)
        os.kill(pid, signal.SIGCONT)
        with pytest.raises(UserError, match=r"“upright\.heic” made its decoder crash") as caught:
            future.result(60)
    assert caught.value.advice
    assert read_photo(HEIC, process=process).format == "HEIF"
    assert pids() != [pid]


def test_a_decoder_that_hangs_is_given_up() -> None:
    process = DecoderProcess(limit_s=20)
    try:
        with ThreadPoolExecutor(1) as pool:
            read_photo(HEIC, process=process)
            process._limit_s = 0.2
            pid, future = begin_stopped(process, pool)
            with pytest.raises(UserError, match="takes too long"):
                future.result(60)
        process._limit_s = 20
        assert read_photo(HEIC, process=process).format == "HEIF"
        assert pids() != [pid]
    finally:
        process.close()


def begin_stopped(process: DecoderProcess, pool: ThreadPoolExecutor) -> tuple[int, Future[Any]]:
    (pid,) = pids()
    os.kill(pid, signal.SIGSTOP)
    return pid, pool.submit(read_photo, HEIC, 512, process)


def test_closing_ends_a_call_in_its_middle() -> None:
    process = DecoderProcess()
    with ThreadPoolExecutor(1) as pool:
        pid, future = begin(process, pool)
        process.close()
        with pytest.raises(UserError, match="crash"):
            future.result(60)
        assert pid not in pids()


def test_a_closed_one_starts_nothing() -> None:
    process = DecoderProcess()
    process.close()
    process.close()
    with pytest.raises(UserError, match="closing"):
        read_photo(HEIC, process=process)
    assert pids() == []


def test_a_process_that_does_not_come_up_is_not_the_photo_s_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    process = DecoderProcess()
    # A program that ends at once stands in for a broken installation.
    context = multiprocessing.get_context("spawn")
    monkeypatch.setattr(multiprocessing.spawn, "get_executable", lambda: b"/bin/false")
    monkeypatch.setattr(multiprocessing, "get_context", lambda _: context)
    try:
        with pytest.raises(UserError, match="could not be started") as caught:
            read_photo(HEIC, process=process)
    finally:
        process.close()
    assert "upright" not in str(caught.value)


def test_errors_come_back_as_they_are(process: DecoderProcess, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.heic"
    damaged.write_bytes(HEIC.read_bytes()[:600])
    with pytest.raises(UserError, match=r"“damaged\.heic”") as caught:
        read_photo(damaged, process=process)
    assert caught.value.advice
    assert len(pids()) == 1


def test_many_threads_share_one_process(process: DecoderProcess) -> None:
    with ThreadPoolExecutor(8) as pool:
        photos = list(pool.map(lambda _: read_photo(HEIC, 512, process), range(16)))
    assert {photo.content_hash for photo in photos} == {photos[0].content_hash}
    assert all((photo.pixels == photos[0].pixels).all() for photo in photos)
    assert len(pids()) == 1


def test_names_that_are_no_text_reach_the_process(process: DecoderProcess, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode("Zürich \udcff.heic".encode("utf-8", "surrogateescape"))
    path.write_bytes(HEIC.read_bytes())
    assert read_photo(path, process=process).width == 120


def test_ctrl_c_in_the_terminal_does_not_reach_it(process: DecoderProcess) -> None:
    read_photo(HEIC, process=process)
    (pid,) = pids()
    os.kill(pid, signal.SIGINT)
    read_photo(HEIC, process=process)
    assert pids() == [pid]
