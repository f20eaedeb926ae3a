from pathlib import Path

from mondrian_desktop.engine.prefix import PrefixKey, PrefixStore

KEY = PrefixKey(Path("model"), "photo", "pixels")


def test_gives_back_what_was_kept_once() -> None:
    store = PrefixStore()
    store.keep(KEY, "state")
    assert store.take(KEY) == "state"
    assert store.take(KEY) is None


def test_forgets_what_another_key_asked_past() -> None:
    store = PrefixStore()
    store.keep(KEY, "state")
    assert store.take(PrefixKey(Path("model"), "photo", "other pixels")) is None
    assert store.take(KEY) is None


def test_drops() -> None:
    store = PrefixStore()
    store.keep(KEY, "state")
    store.drop()
    assert store.take(KEY) is None
