"""Which tokens may come next so that the answer fulfils a JSON schema. Pure numpy: the engine applies the mask."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


class SchemaTokenizer:
    """A model's tokenizer in the form that grammars need; building it takes most of a second, so keep it.

    Parameters
    ----------
    tokenizer
        A fast tokenizer of transformers.
    stop_ids
        Ids of all tokens with which the model may end an answer.
    """

    def __init__(self, tokenizer: Any, stop_ids: Sequence[int]) -> None:
        import llguidance.hf

        self.native = llguidance.hf.from_tokenizer(tokenizer, eos_token=list(stop_ids) or None)


class SchemaMask:
    """The state of one answer under a schema.

    Whitespace is fixed, not free: a model at a loss would otherwise write blanks for ever.

    Raises
    ------
    ValueError
        Where the schema is not one, or uses what the grammar cannot express: a mistake of ours.
    """

    def __init__(self, tokenizer: SchemaTokenizer, schema: Mapping[str, Any]) -> None:
        import llguidance
        import llguidance.numpy

        grammar = llguidance.LLMatcher.grammar_from_json_schema(
            json.dumps(schema), defaults={"whitespace_flexible": False}
        )
        self._numpy = llguidance.numpy
        self._matcher = llguidance.LLMatcher(tokenizer.native, grammar)
        self._bits = llguidance.numpy.allocate_token_bitmask(1, tokenizer.native.vocab_size)
        self._raise_error()

    def allowed(self, last_token: int | None, size: int) -> npt.NDArray[np.bool_]:
        """Return which of ``size`` tokens may come next, after ``last_token``; None before the first.

        After the end of the answer only the stop tokens are left. Ids beyond the tokenizer's are never allowed.
        """
        if last_token is not None and not self._matcher.is_stopped():
            self._matcher.consume_token(last_token)
            self._raise_error()
        self._numpy.fill_next_token_bitmask(self._matcher, self._bits, 0)
        bits = np.unpackbits(self._bits.view(np.uint8)[0], bitorder="little")
        allowed = np.zeros(size, bool)
        allowed[: bits.size] = bits[:size]
        return allowed

    def _raise_error(self) -> None:
        if error := self._matcher.get_error():
            raise ValueError(error)
