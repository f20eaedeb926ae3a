import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mondrian_desktop.api.refusal import Refusal
from mondrian_desktop.api.shared import resolve, shared_folders
from mondrian_desktop.settings import Settings


@pytest.fixture
def place(tmp_path):
    """A shared folder with a photo and a link in it, and a secret beside it."""
    shared = tmp_path / "shared"
    (shared / "deep").mkdir(parents=True)
    (shared / "a.jpg").write_text("photo")
    (shared / "deep" / "b.jpg").write_text("photo")
    (tmp_path / "secret.jpg").write_text("secret")
    (tmp_path / "shared2").mkdir()
    (tmp_path / "shared2" / "c.jpg").write_text("not shared, though its name begins alike")
    (shared / "inside.jpg").symlink_to("deep/b.jpg")
    (shared / "outside.jpg").symlink_to(tmp_path / "secret.jpg")
    (shared / "up").symlink_to(tmp_path)
    (shared / "loop").symlink_to("loop")
    os.mkfifo(shared / "pipe.jpg")
    return shared


@pytest.mark.parametrize(
    ("name", "file"),
    [("a.jpg", "a.jpg"), ("deep/b.jpg", "deep/b.jpg"), ("deep/../a.jpg", "a.jpg"), ("inside.jpg", "deep/b.jpg")],
)
def test_what_is_in_a_shared_folder_can_be_named(place, name, file):
    assert resolve(name, [place]) == place / file
    assert resolve(str(place / name), [place]) == place / file


@pytest.mark.parametrize(
    "name",
    [
        "../secret.jpg", "outside.jpg", "up/secret.jpg", "up/shared/../secret.jpg", "loop", "deep", ".", "", "/",
        "pipe.jpg", "missing.jpg", "/etc/passwd", "a\0.jpg", "x" * 5000, "~root/.bashrc", "~nobody-of-this-name/x",
        "../shared2/c.jpg", "a.jpg/../../secret.jpg",
    ],
)  # fmt: skip
def test_everything_else_is_refused_alike(place, name):
    with pytest.raises(Refusal) as refused:
        resolve(name, [place])
    assert (refused.value.status, refused.value.what) == (
        403,
        "This file is not in a folder that is shared with the service.",
    )


def test_nothing_is_shared_by_default(place):
    assert shared_folders(Settings()) == ()
    with pytest.raises(Refusal):
        resolve(str(place / "a.jpg"), shared_folders(Settings()))


def test_a_shared_folder_may_itself_be_a_link(place, tmp_path):
    (tmp_path / "link").symlink_to(place)
    assert resolve("a.jpg", [tmp_path / "link"]) == place / "a.jpg"


def test_several_folders_are_looked_through(place, tmp_path):
    variable = f"{tmp_path / 'missing'}{os.pathsep}{tmp_path / 'shared2'}{os.pathsep} {os.pathsep}{place}"
    folders = shared_folders(Settings(environment={"MONDRIAN_SHARED_FOLDERS": variable}))
    assert len(folders) == 3
    assert resolve("c.jpg", folders[1:]) == tmp_path / "shared2" / "c.jpg"
    assert resolve("a.jpg", folders[1:]) == place / "a.jpg"


@given(st.text(max_size=60))
def test_no_name_does_more_than_be_refused(tmp_path_factory, name):
    folder = tmp_path_factory.getbasetemp()
    try:
        file = resolve(name, [folder])
    except Refusal:
        return
    assert folder.resolve() in file.parents
