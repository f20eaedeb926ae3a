"""The words that are sent to a model, and the words read from it.

Here: advisors, rubrics, prompts, the answer's schema, partial and final parsing. Not here: how tokens are made
(``engine``), how a critique looks (``report``). What a model writes is data: parsed, never evaluated.
"""
