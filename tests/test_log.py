"""The log file: written where it belongs, once, and closed."""

import logging

from mondrian_desktop import log, paths

LOGGER = logging.getLogger("mondrian_desktop.tests")


def test_a_line_is_written_once_however_often_the_log_is_started() -> None:
    log.start()
    log.start()
    LOGGER.info("hello")
    log.stop()
    LOGGER.info("not any more")
    lines = (paths.log_dir() / "mondrian.log").read_text().splitlines()
    assert [line.rpartition(": ")[2] for line in lines] == ["hello"]


def test_stopping_leaves_the_handlers_of_others() -> None:
    package = logging.getLogger("mondrian_desktop")
    other = logging.NullHandler()
    package.addHandler(other)
    try:
        log.start(verbose=True)
        log.stop()
        assert package.handlers == [other]
    finally:
        package.removeHandler(other)
