"""Of what the app is made: from the packages that are here, and as the packaged app has it."""

import json

from mondrian_desktop import licenses, paths
from mondrian_desktop.licenses import Component, ThirdParty, third_party

PART = Component("codec", "1.0", "MIT", "https://codec.example", ("Do as you like.", "No warranty."))


def test_here_it_is_what_the_app_needs_to_run_each_with_a_text():
    found = {each.name.lower(): each for each in third_party().parts}
    assert {"python", "pyside6_essentials", "mlx-vlm", "numpy", "transformers"} <= set(found)
    assert not {"pytest", "ruff", "mypy", "hypothesis", "mondrian-desktop"} & set(found)
    assert all(each.texts for each in found.values())


def test_the_packaged_app_s_is_read_as_it_was_written(tmp_path, monkeypatch):
    written = ThirdParty((PART,), {"libheif": "LGPL-3.0-or-later"})
    (tmp_path / licenses.PREPARED).write_text(written.as_json(), encoding="utf-8")
    shipped = paths.resource
    monkeypatch.setattr(
        paths, "resource", lambda *parts: tmp_path / parts[-1] if parts[-1] == licenses.PREPARED else shipped(*parts)
    )
    assert third_party() == written
    assert json.loads(written.as_json())["libraries"] == {"libheif": "LGPL-3.0-or-later"}


def test_as_text_it_has_notice_lists_and_every_text():
    text = ThirdParty((PART,), {"libheif": "LGPL-3.0-or-later"}).as_text()
    for words in ("Qt and Qt for Python", "codec  1.0", "libheif  LGPL", "Do as you like.", "No warranty."):
        assert words in text
