"""Resources beside the package, in a wheel and in a frozen app; the user's folders where the environment says."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mondrian_desktop import paths

FOLDERS = {
    "MONDRIAN_DATA_DIR": paths.data_dir,
    "MONDRIAN_CONFIG_DIR": paths.config_dir,
    "MONDRIAN_CACHE_DIR": paths.cache_dir,
    "MONDRIAN_LOG_DIR": paths.log_dir,
}


def test_resources_of_a_checkout() -> None:
    assert paths.resource("models", "mini", "config.json").is_file()
    assert paths.resource().parent == Path(paths.__file__).resolve().parent.parent


def test_resources_of_an_installed_wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "resources").mkdir()
    monkeypatch.setattr(paths, "_PACKAGE", tmp_path)
    assert paths.resource("samples") == tmp_path / "resources" / "samples"


def test_resources_of_a_frozen_app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert paths.resource("samples") == tmp_path / "resources" / "samples"


@pytest.mark.parametrize(("variable", "folder"), FOLDERS.items())
def test_the_environment_names_the_folder(
    monkeypatch: pytest.MonkeyPatch, own_folders: Path, variable: str, folder: Callable[[], Path]
) -> None:
    monkeypatch.setenv(variable, "~/elsewhere")
    assert folder() == own_folders / "elsewhere"
    monkeypatch.setenv(variable, "")
    assert own_folders in folder().parents


def test_folders_are_not_made_by_asking(own_folders: Path) -> None:
    for folder in FOLDERS.values():
        folder()
    assert not list(own_folders.iterdir())


def test_folders_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in FOLDERS:
        monkeypatch.delenv(variable)
    if sys.platform != "darwin":  # there, data and configuration share one folder by custom
        assert len({folder() for folder in FOLDERS.values()}) == len(FOLDERS)
    assert all(folder().is_absolute() for folder in FOLDERS.values())
