"""One module per measured promise, run as ``python -m benchmarks.NAME [--quick] [--json]``.

Each prints the figures of one run with their goals (see :mod:`benchmarks.report`). Comparisons are ratios within
one run, interleaved, medians of several rounds. Not here: tests, which say whether something is right.
"""
