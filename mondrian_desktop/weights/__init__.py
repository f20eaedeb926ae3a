"""Model files: which exist, where they are, how they get here.

"Weights" are files; "model" is the neural network. Not here: loading them into memory (``engine``).

What the models are: ``catalog``. Where they are: ``places``, ``layout``, ``cache``. Whether they can be loaded:
``check``, ``space``. How they come: ``download`` (what to call), ``events`` (what it tells), ``errand`` (what it does),
``hub`` (with whom), ``manifest`` (what must arrive), ``unfinished`` (what has not yet), ``line`` (what was
asked for), ``tokens`` (who may), ``meter``, ``worker``. How it stands with each, and all that can be done:
``standing``, ``under_way``, ``added``, ``shelf``.
"""
