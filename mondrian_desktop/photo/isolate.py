"""Runs decoders of native code in a process of its own: where one crashes or hangs, one photo fails and no more.

The two processes exchange plain JSON and bytes, never pickled objects: what a hijacked decoder sends is data.
"""

import json
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.beside import done
from mondrian_desktop.photo.detail import Detail
from mondrian_desktop.photo.formats import Decoded
from mondrian_desktop.photo.formats.base import Blocks
from mondrian_desktop.photo.model import Pixels
from mondrian_desktop.photo.original import open_original
from mondrian_desktop.photo.picture import decode_picture, decode_thumbnail, recognize, wait_for_detail
from mondrian_desktop.photo.text import shown_name

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

_LOG = logging.getLogger(__name__)
_LIMIT_S = 120.0
_GOODBYE_S = 2.0
_READY = b"ready"


class DecoderProcess:
    """One process, started at the first need and again after a crash. Any thread may call; calls wait for each other.

    Parameters
    ----------
    limit_s
        After so many seconds a decoder is taken to hang.
    """

    def __init__(self, limit_s: float = _LIMIT_S) -> None:
        self._limit_s = limit_s
        self._lock = threading.Lock()
        self._process: SpawnProcess | None = None
        self._connection: Connection | None = None
        self._closed = False

    def decode(self, path: Path, long_side: int) -> Decoded:
        """Do :func:`~mondrian_desktop.photo.picture.decode_picture` there.

        Raises
        ------
        UserError
            As in this process; and where the decoder crashed or hung.
        """
        head, parts = self._ask("decode", path, long_side)
        pixels, native, tiles = (_array(shape, part) for shape, part in zip(head["shapes"], parts[:3], strict=True))
        if pixels is None or tiles is None:
            raise _crashed(path)
        detail, blocks = Detail(tiles, head["scale"]), Blocks(*parts[3:6])
        return Decoded(pixels, native, head["width"], head["height"], done(detail), blocks, head["source"])

    def thumbnail(self, path: Path, long_side: int) -> Pixels:
        """Do :func:`~mondrian_desktop.photo.picture.decode_thumbnail` there; raises as :meth:`decode`."""
        head, parts = self._ask("thumbnail", path, long_side)
        pixels = _array(head["shapes"][0], parts[0])
        if pixels is None:
            raise _crashed(path)
        return pixels

    def close(self) -> None:
        """End the process, also in the middle of a call (which fails); no call is possible afterwards."""
        self._closed = True
        process = self._process
        if process is not None:
            with suppress(ValueError):  # it ended meanwhile
                process.kill()
        with self._lock:
            self._stop()

    def _ask(self, verb: str, path: Path, long_side: int) -> tuple[dict[str, Any], list[bytes]]:
        with self._lock:
            connection = self._start(path)
            try:
                connection.send_bytes(json.dumps([verb, os.fsencode(path).hex(), long_side]).encode())
                if not connection.poll(self._limit_s):
                    self._stop(kill=True)
                    raise UserError(
                        f"{shown_name(path)} takes too long to decode; it was given up.",
                        "Export it as JPEG or TIFF and open that.",
                    )
                head: dict[str, Any] = json.loads(connection.recv_bytes())
                parts = [connection.recv_bytes() for _ in range(head["parts"])]
            except (OSError, EOFError) as err:
                self._stop()
                raise _crashed(path) from err
        if "error" in head:
            _LOG.info("%s could not be decoded: %s", shown_name(path), head["reason"])
            raise UserError(*head["error"])
        return head, parts

    def _start(self, path: Path) -> Connection:
        if self._closed:
            raise UserError(f"{shown_name(path)} was not read, because the app is closing.")
        if self._process is None or self._connection is None or not self._process.is_alive():
            self._stop()
            context = multiprocessing.get_context("spawn")
            self._connection, theirs = context.Pipe()
            self._process = context.Process(target=serve, args=(theirs,), name="photo-decoder", daemon=True)
            self._process.start()
            theirs.close()
            self._wait_until_ready(self._connection)
        return self._connection

    def _wait_until_ready(self, connection: Connection) -> None:
        """Tell a process that never came up from one that a photo brought down."""
        try:
            if connection.poll(self._limit_s) and connection.recv_bytes() == _READY:
                return
            reason: Exception | None = None
        except (OSError, EOFError) as err:
            reason = err
        self._stop()
        raise UserError(
            "The decoder for HEIC, AVIF and RAW files could not be started.", "Start the app again; JPEG still works."
        ) from reason

    def _stop(self, *, kill: bool = False) -> None:
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            # It ends by itself when the connection does.
            if not self._closed and not kill:
                self._process.join(_GOODBYE_S)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()
            self._process.close()
        self._process = self._connection = None


def _crashed(path: Path) -> UserError:
    return UserError(
        f"{shown_name(path)} made its decoder crash; nothing else is affected.",
        "The file is probably damaged. Export it as JPEG or TIFF and open that.",
    )


def _array(shape: list[int] | None, data: bytes) -> npt.NDArray[np.uint8] | None:
    return None if shape is None else np.frombuffer(data, np.uint8).reshape(shape)


def serve(connection: Connection) -> None:
    """Answer requests until the other side closes. Runs in the decoder's process."""
    # Ctrl-C goes to the whole terminal; the app decides when this process ends. Native libraries write on stderr.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), 2)
    connection.send_bytes(_READY)
    while True:
        try:
            verb, name, long_side = json.loads(connection.recv_bytes())
        except EOFError:
            return
        head, parts = _answer(verb, Path(os.fsdecode(bytes.fromhex(name))), long_side)
        connection.send_bytes(json.dumps({**head, "parts": len(parts)}).encode())
        for part in parts:
            connection.send_bytes(part)


def _answer(verb: str, path: Path, long_side: int) -> tuple[Mapping[str, Any], list[bytes | memoryview]]:
    try:
        with open_original(path) as original:
            known = recognize(original)
            if verb == "thumbnail":
                pixels = decode_thumbnail(original, known, long_side)
                return {"shapes": [pixels.shape]}, [np.ascontiguousarray(pixels).tobytes()]
            decoded = decode_picture(original, known, long_side, None)
            detail = wait_for_detail(original, decoded)
    except UserError as err:
        return {"error": [err.what, err.advice], "reason": repr(err.__cause__)}, []
    arrays = (decoded.pixels, decoded.native, detail.tiles)
    head = {
        "shapes": [None if array is None else array.shape for array in arrays],
        "scale": detail.scale,
        "width": decoded.width,
        "height": decoded.height,
        "source": decoded.source,
    }
    blocks = decoded.blocks
    return head, [
        *(b"" if array is None else array.tobytes() for array in arrays),
        blocks.exif,
        blocks.xmp,
        blocks.iptc,
    ]
