"""What is kept, how much, and what goes."""

import logging
import signal
import subprocess
import sys

from mondrian_desktop import log, paths
from mondrian_desktop.jobs.holdings import erase_files, holdings
from mondrian_desktop.jobs.last_phase import LastPhase


def put(file, size=10):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x" * size)
    return file


def sizes():
    return {each.name: sum(each.measure()) for each in holdings()}


def test_every_folder_of_the_app_is_accounted_for(tmp_path):
    assert set(sizes().values()) == {0}
    put(paths.data_dir() / "history.db", 100)
    put(paths.data_dir() / "history.v1.backup.db", 20)
    put(paths.data_dir() / "history.sessions" / "one", 3)
    put(paths.data_dir() / "uploads" / "a.jpg", 40)
    put(paths.data_dir() / "advisors" / "own.toml", 5)
    put(paths.config_dir() / "settings.json", 6)
    put(paths.log_dir() / "mondrian.log", 7)
    put(paths.cache_dir() / "deep" / "er", 8)
    put(paths.data_dir() / "downloads" / "org--name.asked", 1)
    put(paths.data_dir() / "models" / "own" / "config.json", 10)
    put(paths.data_dir() / "models.json", 100)
    put(paths.data_dir() / "servers.json", 1000)
    found = sizes()
    assert found["Models"] == 1111
    assert found["History"] == 123
    assert found["Photos sent to the service"] == 40
    assert (found["Your advisors"], found["Settings"], found["Log"], found["Cache"]) == (5, 6, 7, 8)


def test_links_are_counted_and_not_followed(tmp_path):
    put(tmp_path / "elsewhere" / "photo.jpg", 1000)
    (paths.data_dir() / "uploads").mkdir(parents=True)
    (paths.data_dir() / "uploads" / "link").symlink_to(tmp_path / "elsewhere")
    assert sizes()["Photos sent to the service"] < 1000
    erase_files()
    assert (tmp_path / "elsewhere" / "photo.jpg").exists()


def test_deleting_takes_what_was_made_of_photos_and_leaves_what_the_user_made():
    gone = [
        put(paths.data_dir() / "uploads" / "a.jpg"),
        put(paths.log_dir() / "mondrian.log.1"),
        put(paths.cache_dir() / "deep" / "er"),
    ]
    kept = [
        put(paths.data_dir() / "advisors" / "own.toml"),
        put(paths.config_dir() / "settings.json"),
        put(paths.data_dir() / "models" / "a" / "config.json"),
        put(paths.data_dir() / "history.db"),
    ]
    erase_files()
    assert [file for file in gone if file.exists()] == []
    assert all(file.exists() for file in kept)


def test_the_log_goes_on_in_a_new_file():
    log.start()
    logger = logging.getLogger("mondrian_desktop.test")
    logger.info("secret")
    erase_files()
    assert not log.file().exists()
    logger.info("after")
    assert "secret" not in log.file().read_text()
    assert "after" in log.file().read_text()


DYING = """
import os, signal
from mondrian_desktop import paths
from mondrian_desktop.engine.protocol import Phase, Stage
from mondrian_desktop.jobs.holdings import erase_files
from mondrian_desktop.jobs.last_phase import LastPhase
from mondrian_desktop.jobs.model import Job
from mondrian_desktop.jobs.queue import Update

marker = LastPhase(paths.log_dir())
erase_files()
marker.follow(Update(Job(None, "mentor", "mini"), Phase(Stage.GENERATING)))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_the_app_was_doing_when_it_died_is_told_also_where_all_was_deleted_before():
    died = subprocess.run([sys.executable, "-c", DYING], check=False)
    assert died.returncode == -signal.SIGKILL
    marker = LastPhase(paths.log_dir())
    (problem,) = marker.problems
    assert "while writing a critique" in problem
    marker.close()
