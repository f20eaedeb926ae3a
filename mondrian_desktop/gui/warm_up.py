"""What the window did not wait for, and what should be there when somebody needs it on the main thread."""

import importlib
import logging
import threading

_MODULES = ("mondrian_desktop.photo.decode", "mondrian_desktop.report.codec", "mondrian_desktop.critique.schema")


_log = logging.getLogger(__name__)


def start() -> threading.Thread:
    """Import it in a thread of its own, after the first painting; return that thread, which ends by itself.

    Python hands its lock on every few milliseconds: the window stays alive meanwhile, which it does not where the
    same import happens in the middle of an analysis.
    """
    thread = threading.Thread(target=_import_all, name="warm-up", daemon=True)
    thread.start()
    return thread


def _import_all() -> None:
    for module in _MODULES:
        try:
            importlib.import_module(module)
        except ImportError as err:
            # Qt for Python looks into every module that is imported, and may find pydantic's in the middle of its own
            # import. Whoever needs the module imports it again, and is told then where it really cannot be.
            _log.info("%s was not imported beforehand: %s", module, err)
