"""What was computed for the beginning of a prompt, kept for the next request on the same photo."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class PrefixKey:
    """Whose prefix it is. The library compares token ids only, and those are the same for any two photos of a size.

    Attributes
    ----------
    weights
        Folder of the model.
    image_key
        Key of the request's image, or None without one.
    pixels
        Digest of the picture as the model gets it: whatever shaped it, the photo, the analysis size, the processor's
        limits, is in there.
    """

    weights: Path
    image_key: str | None
    pixels: str


class PrefixStore:
    """Holds one prefix at most: it is as large as a photo's worth of tokens in every layer.

    A prefix is taken out to be used, and comes back only after a request that ended well: what a cancelled or
    failed request leaves behind is stale.
    """

    def __init__(self) -> None:
        self._key: PrefixKey | None = None
        self._state: Any = None

    def take(self, key: PrefixKey) -> Any:
        """Return the state kept under ``key``, or None; nothing is kept afterwards."""
        state = self._state if self._key == key else None
        self.drop()
        return state

    def keep(self, key: PrefixKey, state: Any) -> None:
        """Keep ``state`` for the next request with this key, in place of any other."""
        self._key, self._state = key, state

    def drop(self) -> None:
        """Keep nothing."""
        self._key = self._state = None
