"""Tokenizers trained on the spot, in the two forms that the catalogue's models use."""

import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_RUN = re.compile(r"(\W)\1{2,}")


def corpus(characters: int) -> Iterator[str]:
    """Yield sources of Python's standard library, about ``characters`` in all: text that is always at hand.

    Indents and ruled lines are cut short: a token of forty blanks is an answer that repeats itself.
    """
    taken = 0
    for file in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py")):
        text = file.read_text(encoding="utf-8", errors="ignore")
        yield _RUN.sub(r"\1\1", text)
        taken += len(text)
        if taken > characters:
            return


def byte_level(vocabulary: int, specials: list[str], characters: int) -> Tokenizer:
    """Return a trained byte-level BPE tokenizer, as Qwen and SmolVLM use it, with at most ``vocabulary`` entries."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="isolated", invert=False),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(specials),
        show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    tokenizer.train_from_iterator(corpus(characters), trainer)
    return _with_specials(tokenizer, specials)


def byte_fallback(vocabulary: int, specials: list[str], characters: int) -> Tokenizer:
    """Return a trained BPE tokenizer in SentencePiece's form (visible spaces, byte fallback), as Gemma uses it."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))  # noqa: S106 - a token of text
    tokenizer.normalizer = normalizers.Replace(" ", "\u2581")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", behavior="merged_with_previous", invert=False)
    tokenizer.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()])
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(specials),
        show_progress=False,
        special_tokens=["<unk>", *(f"<0x{byte:02X}>" for byte in range(256))],
    )
    words = (word for text in corpus(characters) for word in text.replace("\n", " ").split(" "))
    tokenizer.train_from_iterator((f"\u2581{word}" for word in words), trainer)
    return _with_specials(tokenizer, specials)


def _with_specials(tokenizer: Tokenizer, specials: list[str]) -> Tokenizer:
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in specials])
    return tokenizer
