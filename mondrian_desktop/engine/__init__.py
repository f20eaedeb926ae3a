"""How tokens are made.

Here: the protocol of an engine, its implementations, and the guards on their output. Not here: which words are
sent (``critique``), what is done with the answer (``critique.parse``, ``report``), and when (``jobs``).
"""
