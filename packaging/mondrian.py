"""Where the packaged app starts."""

import multiprocessing

# Before anything else: a child process is this program again, and has to become a worker instead of a second app.
multiprocessing.freeze_support()

import sys  # noqa: E402

from mondrian_desktop.__main__ import main  # noqa: E402

sys.exit(main())
