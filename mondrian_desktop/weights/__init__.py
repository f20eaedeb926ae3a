"""Model files: which exist, where they are, how they get here.

"Weights" are files; "model" is the neural network. Not here: loading them into memory (``engine``).
"""
