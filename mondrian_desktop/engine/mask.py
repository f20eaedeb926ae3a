"""Which tokens may come next so that the answer fulfils a JSON schema. Pure numpy: the engine applies the mask."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class SchemaTokenizer:
    """A model's vocabulary in the form that grammars need; building it takes a while, so keep it.

    The usual way, ``llguidance.hf.from_tokenizer``, holds Python's lock for seconds on a vocabulary of 150,000,
    which freezes the window even from a worker. The texts of the tokens are enough, and take a tenth of a second.

    Parameters
    ----------
    tokenizer
        A fast tokenizer of transformers.
    stop_ids
        Ids of all tokens with which the model may end an answer.
    """

    def __init__(self, tokenizer: Any, stop_ids: Sequence[int]) -> None:
        import llguidance

        vocabulary = _Vocabulary(tokenizer, stop_ids)
        # Slices would make masks faster, and take as long again.
        self.native = llguidance.LLTokenizer(vocabulary, eos_token=list(stop_ids), slices=[])


class _Vocabulary:
    """What llguidance asks of a tokenizer: see ``llguidance._tokenizer.TokenizerWrapper``."""

    is_tokenizer_wrapper = True
    bos_token_id = None

    def __init__(self, tokenizer: Any, stop_ids: Sequence[int]) -> None:
        entries = tokenizer.get_vocab()
        added = {index: token for index, token in tokenizer.added_tokens_decoder.items() if token.special}
        self.eos_token_id = stop_ids[0]
        self.special_token_ids = sorted({*added, *tokenizer.all_special_ids, *stop_ids})
        self.tokens = [b""] * (max(entries.values()) + 1)
        decoder = tokenizer.backend_tokenizer.decoder
        in_bytes = _token_bytes(json.loads(decoder.__getstate__()) if decoder else {})
        for text, index in entries.items():
            self.tokens[index] = text.encode() if index in added else in_bytes(text)
        self._tokenizer = tokenizer

    def __call__(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False)
        return ids


def _token_bytes(decoder: Mapping[str, Any]) -> Callable[[str], bytes]:
    """Return a function from an entry of the vocabulary to the bytes that it stands for.

    Sources: GPT-2's ``bytes_to_unicode`` (byte-level), SentencePiece's byte fallback and visible spaces.
    """
    steps = decoder.get("decoders", [decoder])
    if any(step.get("type") == "ByteLevel" for step in steps):
        shown = [*range(ord("!"), ord("~") + 1), *range(ord("\u00a1"), ord("\u00ac") + 1), *range(0xAE, 0x100)]
        hidden = [byte for byte in range(256) if byte not in shown]
        table = {chr(byte): byte for byte in shown} | {chr(256 + at): byte for at, byte in enumerate(hidden)}

        def byte_level(text: str) -> bytes:
            try:
                return bytes([table[character] for character in text])
            except KeyError:
                return text.encode()

        return byte_level

    def byte_fallback(text: str) -> bytes:
        if len(text) == 6 and text.startswith("<0x") and text.endswith(">"):
            return bytes([int(text[3:5], 16)])
        return text.replace("\u2581", " ").encode()

    return byte_fallback


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

    def allowed(self, last_token: int | None, size: int) -> "npt.NDArray[np.bool_]":
        """Return which of ``size`` tokens may come next, after ``last_token``; None before the first.

        After the end of the answer only the stop tokens are left. Ids beyond the tokenizer's are never allowed.
        """
        import numpy as np

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
