"""Show Log and Copy Diagnostics."""

from PySide6.QtGui import QGuiApplication

import mondrian_desktop
from mondrian_desktop import log, paths
from mondrian_desktop.gui import mac
from mondrian_desktop.settings import MAX_TOKENS, MODEL, SHARED_FOLDERS


def test_the_log_is_shown_where_it_is(stand, monkeypatch):
    shown = []
    monkeypatch.setattr(mac, "reveal", shown.append)
    stand.trigger("log")
    assert shown == []
    assert "Nothing has been logged" in stand.window.notice.text
    paths.log_dir().mkdir(parents=True, exist_ok=True)
    log.file().write_text("a line")
    stand.trigger("log")
    assert shown == [log.file()]


def test_diagnostics_have_what_a_report_needs_and_no_path_and_no_photo(stand, make_photo, own_folders, tmp_path):
    stand.open(make_photo("wedding.jpg"), analyze=True)
    stand.wait_for_states("Done")
    stand.service.settings.set(MAX_TOKENS, 900)
    stand.service.settings.set(MODEL, str(tmp_path / "weights"))
    stand.service.settings.set(SHARED_FOLDERS, str(tmp_path))
    stand.service.settings.problems.append(f"{tmp_path} is damaged.")
    stand.trigger("diagnostics")
    copied = QGuiApplication.clipboard().text()
    assert mondrian_desktop.__version__ in copied
    assert "max_tokens = 900" in copied
    assert "model = (changed)" in copied
    assert "Problems:       1" in copied
    for secret in ("wedding", str(tmp_path), str(own_folders), str(paths.resource()), "harbor"):
        assert secret not in copied
    assert "Copied" in stand.window.notice.text
