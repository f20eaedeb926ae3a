"""Where the packaged app starts.

A child process is this program again, with arguments that say so, and has to become a worker instead of a second app.
PyInstaller sees to that at every start, before anything else; the window would wait for it. build_app.spec makes a
module of what it does, which is imported where there is a child, or something that may have one.
"""

import sys


def prepare() -> None:
    """Have processes that are started from now on become workers."""
    import pyi_rth_multiprocessing  # noqa: F401


if "--multiprocessing-fork" in sys.argv or "-c" in sys.argv:
    prepare()
    import multiprocessing

    # Ends here in a child.
    multiprocessing.freeze_support()

from mondrian_desktop.__main__ import main  # noqa: E402

sys.exit(main(prepare=prepare))
