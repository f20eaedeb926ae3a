"""doctor tells paths, a report that somebody copies does not."""

from mondrian_desktop import diagnostics, paths
from mondrian_desktop.critique.advisor import load_advisors
from mondrian_desktop.engine.scripted import ScriptedEngine
from mondrian_desktop.photo.reader import PhotoReader
from mondrian_desktop.pump import Pump
from mondrian_desktop.service import Service
from mondrian_desktop.settings import Settings


def test_paths_are_told_only_where_asked():
    service = Service(ScriptedEngine(), PhotoReader(), load_advisors(), Settings(), Pump())
    try:
        asked = diagnostics.text(service, with_paths=True)
        plain = diagnostics.text(service, with_paths=False)
    finally:
        service.close()
    assert str(paths.data_dir()) in asked
    assert "Device:" in asked
    assert str(paths.data_dir()) not in plain
    assert "mini, " in plain
    assert "/" not in "".join(line for line in plain.splitlines() if line.startswith(("Model", "Setting", "Problem")))
    assert all(line[16:].strip() for line in plain.splitlines())
