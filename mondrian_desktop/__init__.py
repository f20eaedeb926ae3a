"""Mondrian Desktop: honest, private critique of photographs, on your own Mac.

Where does it go?

========== =====================================================================
photo      Reads a file: decoding, EXIF, measured facts. No model, no Qt.
critique   Words sent to or read from the model: advisors, rubrics, prompts, parsing.
engine     How tokens are made: mlx-vlm in slices, and the protocol it fulfils.
weights    Which model files exist, where they are, and how they get here.
report     What the user reads: the Analysis and its renderings.
jobs       When and in what order: jobs, queue, store, one job as a generator.
pump       Steps generators inside a time budget.
service    The verbs that every front end shares.
qt         Qt without a widget.
gui        Pixels.
api        The local HTTP service.
cli        The command line.
bootstrap  The composition root: the only module that names the concrete engine.
========== =====================================================================

Imports point down this list, never up; import-linter checks it (pyproject.toml).
docs/architecture.md tells the rest. This module imports nothing.
"""

__version__ = "0.1.0"
APP_NAME = "Mondrian"
APP_ID = "io.github.mondrian-desktop"
