"""The photos of the soak, good and bad: each good one is new to the history, until it is used a second time."""

import random
import shutil
from pathlib import Path

from PIL import Image

from mondrian_desktop import paths

_LONG_NAME = "a long name " * 18 + ".jpg"


class Zoo:
    """A folder of photos and of what is none.

    Attributes
    ----------
    folder, shoot, watched, exports
        Where photos lie, a folder of several, one into which new ones come, and where the app may write.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shoot, self.watched, self.exports = (folder / name for name in ("shoot", "arriving", "exports"))
        for each in (folder, self.shoot, self.shoot / "second card", self.watched, self.exports):
            each.mkdir(parents=True, exist_ok=True)
        self._encoded: list[bytes] = []
        for sample in sorted(paths.resource("samples").glob("*.jpg")):
            with Image.open(sample) as opened:
                small = opened.convert("RGB")
            small.thumbnail((900, 900))
            small.save(folder / "small.jpg", quality=88)
            self._encoded.append((folder / "small.jpg").read_bytes())
        self._made = 0
        self._good: list[Path] = []
        self.bad = self._make_bad()
        for _ in range(3):
            self._write(self.shoot)
        self._write(self.shoot / "second card")
        (self.shoot / "torn too.jpg").write_bytes(self._encoded[0][:9000])

    def photos(self, dice: random.Random, count: int) -> list[Path]:
        """Return good photos, new and known ones."""
        return [
            self._write(self.folder) if len(self._good) < 6 or dice.random() < 0.4 else dice.choice(self._good)
            for _ in range(count)
        ]

    def arrive(self) -> Path:
        """Put a new photo into the watched folder."""
        return self._write(self.watched)

    def vanish(self, dice: random.Random) -> Path | None:
        """Delete a photo that may be open, or write another one over it."""
        good = [each for each in self._good if each.parent == self.folder]
        if len(good) < 8:
            return None
        gone = dice.choice(good)
        if dice.random() < 0.5:
            gone.unlink(missing_ok=True)
            self._good.remove(gone)
        else:
            gone.write_bytes(self._new())
        return gone

    def _write(self, folder: Path) -> Path:
        content = self._new()
        file = folder / f"DSC_{self._made:05}.jpg"
        file.write_bytes(content)
        self._good.append(file)
        return file

    def _new(self) -> bytes:
        """Return a JPEG that nobody has seen: one of the samples with a comment of its own."""
        self._made += 1
        data = self._encoded[self._made % len(self._encoded)]
        told = f"photo {self._made}".encode()
        return data[:2] + b"\xff\xfe" + (len(told) + 2).to_bytes(2, "big") + told + data[2:]

    def _make_bad(self) -> list[Path]:
        contents = {
            "torn.jpg": self._encoded[0][:20_000],
            "empty.jpg": b"",
            "words.jpg": b"no photo at all",
            "notes.txt": b"no photo",
            "head only.png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\xff\xff\x00\x00\xff\xff\x08\x02\x00\x00\x00",
            "new\nline & <b>bold.jpg": self._encoded[1],
            "caf\u00e9 \U0001f4f7 \u202egpj.jpg": self._encoded[2],
            _LONG_NAME: self._encoded[0],
        }
        for name, content in contents.items():
            (self.folder / name).write_bytes(content)
        (self.folder / "folder.jpg").mkdir(exist_ok=True)
        shutil.copy(self.folder / "torn.jpg", self.folder / "no suffix")
        named = [*contents, "folder.jpg", "no suffix", "gone.jpg"]
        return [self.folder / name for name in named]
