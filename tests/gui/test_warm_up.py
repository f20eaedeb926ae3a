import sys

from mondrian_desktop.gui import warm_up


def test_what_cannot_be_imported_beforehand_holds_up_nothing_else(monkeypatch, tmp_path):
    (tmp_path / "warmed_up.py").write_text(f"open({str(tmp_path / 'seen')!r}, 'w').close()\n", encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(warm_up, "_MODULES", ("mondrian_desktop.no_such_module", "warmed_up"))
    warm_up.start().join()
    assert (tmp_path / "seen").exists()
