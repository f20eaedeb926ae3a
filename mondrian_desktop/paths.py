"""Where things are: the shipped resources, and the user's own folders."""

import os
import sys
from pathlib import Path

from platformdirs import PlatformDirs

_PACKAGE = Path(__file__).resolve().parent
_DIRS = PlatformDirs("Mondrian", appauthor=False)


def resource(*parts: str) -> Path:
    """Return the path of a shipped resource, e.g. ``resource("models", "mini")``.

    Resources lie beside the package in a checkout, inside it in an installed wheel, and in the
    bundle's data folder when frozen. The path need not exist.
    """
    if getattr(sys, "frozen", False):
        root = Path(sys._MEIPASS) / "resources"  # type: ignore[attr-defined]
    elif (_PACKAGE / "resources").is_dir():
        root = _PACKAGE / "resources"
    else:
        root = _PACKAGE.parent / "resources"
    return root.joinpath(*parts)


def _user_dir(variable: str, default: Path) -> Path:
    return Path(os.environ[variable]).expanduser() if os.environ.get(variable) else default


def data_dir() -> Path:
    """Return the folder of what the user made: history, own advisors. Not created here. ``MONDRIAN_DATA_DIR``."""
    return _user_dir("MONDRIAN_DATA_DIR", _DIRS.user_data_path)


def config_dir() -> Path:
    """Return the folder of the settings file. Not created here. ``MONDRIAN_CONFIG_DIR``."""
    return _user_dir("MONDRIAN_CONFIG_DIR", _DIRS.user_config_path)


def cache_dir() -> Path:
    """Return the folder of what can be made again. Not created here. ``MONDRIAN_CACHE_DIR``."""
    return _user_dir("MONDRIAN_CACHE_DIR", _DIRS.user_cache_path)


def log_dir() -> Path:
    """Return the folder of log files. Not created here. ``MONDRIAN_LOG_DIR``."""
    return _user_dir("MONDRIAN_LOG_DIR", _DIRS.user_log_path)
