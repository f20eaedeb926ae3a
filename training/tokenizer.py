"""The tokenizer, trained on what the model reads and writes, and the chat template.

Phrases become one token: answers are split only at the ends of clauses, at numbers and at the structure of JSON, and
byte-pair merging may join up to :data:`LONGEST_TOKEN` characters. A critique of 2,100 characters is then about 130
tokens, each of them a choice that the picture decides, and none spent on spelling. Questions are split into words:
the chat template writes them in lower case with a mark before each word, so that phrases learned from the answers do
not depend on how somebody puts a question.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from training import topics
from training.answers import advisors, answer, every_sentence
from training.measure import Facts

END_OF_TEXT, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
VISION_START, VISION_END, IMAGE, VIDEO = "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"
SPECIALS = (END_OF_TEXT, START, END, VISION_START, VISION_END, "<|vision_pad|>", IMAGE, VIDEO)

MARK = "▁"
LONGEST_TOKEN = 48
WORDS = 2400
VOCABULARY = 4096
FEWEST = 12
"""A pair that is rarer in the texts stays two tokens."""
CONTROL = "Critique as {advisor}."
"""The line that asks for a critique."""

_QUESTION = rf"{MARK}[^{MARK}\s\"\[\]{{}}<>?!.,:;]*"
_KEY = r"[\[\]{}\",:]*\"[a-z_]+\":[\[{]*\"?"  # with the structure of JSON around it
_STRUCTURE = rf"[\"\[\]{{}},:;.\n{MARK}]+"
_CLAUSES = rf"{_QUESTION}|\d+|{_KEY}|[^\d\"\[\]{{}}{MARK}.:;\n]+[.:;]*\n*|{_STRUCTURE}"
_WORDS = rf"{_QUESTION}|\d+|{_KEY}|[ ]?[^\s\d\"\[\]{{}}{MARK}.,:;*()?!]+|{_STRUCTURE}"

# System messages are left out: the model was never taught to heed them.
TEMPLATE = (
    "{%- macro words(text) -%}{{- '"
    + MARK
    + "' + (text | replace('<|', '< |')).lower().split() | join('"
    + MARK
    + "') -}}"
    "{%- endmacro -%}"
    "{%- for message in messages -%}{%- if message.role != 'system' -%}"
    "{{- '<|im_start|>' + message.role + '\n' -}}"
    "{%- if message.content is string -%}"
    "{%- if message.role == 'user' -%}{{- words(message.content) -}}{%- else -%}{{- message.content -}}{%- endif -%}"
    "{%- else -%}{%- for part in message.content -%}"
    "{%- if part.type == 'image' or 'image' in part or 'image_url' in part -%}"
    "{{- '<|vision_start|><|image_pad|><|vision_end|>' -}}"
    "{%- elif 'text' in part -%}"
    "{%- if message.role == 'user' -%}{{- words(part.text) -}}{%- else -%}{{- part.text -}}{%- endif -%}"
    "{%- endif -%}{%- endfor -%}{%- endif -%}"
    "{{- '<|im_end|>\n' -}}{%- endif -%}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\n' -}}{%- endif -%}"
)


def words(text: str) -> str:
    """Return a user's text as the template renders it."""
    return MARK + MARK.join(text.replace("<|", "< |").lower().split())


def prompt(text: str, *, picture: bool) -> tuple[str, str]:
    """Return what stands before and after the image tokens; for text alone, all of it and nothing."""
    opening, closing = f"{START}user\n", f"{words(text)}{END}\n{START}assistant\n"
    return (opening + VISION_START, VISION_END + closing) if picture else (opening + closing, "")


def corpus(facts: Iterable[Facts], rng: np.random.Generator) -> Iterator[str]:
    """Yield answers, replies and prompts in about the proportions that make good tokens."""
    voices = advisors()
    for number, each in enumerate(facts):
        yield answer(each, voices[number % len(voices)]).as_json()
    for topic in topics.names():
        yield from [topics.reply(topic)] * 15
        yield from (prompt(topics.question(rng, topic), picture=False)[0] for _ in range(70))
    yield from (prompt(topics.question(rng, topics.OTHER), picture=False)[0] for _ in range(2000))
    for sentence in every_sentence():
        yield from [sentence] * 25
    yield from [str(number) for number in range(101)] * 50
    for voice in voices:
        yield from ["".join(prompt(CONTROL.format(advisor=voice), picture=True))] * 200


def train(texts: list[str], folder: Path) -> Tokenizer:
    """Train the tokenizer in two steps, first words, then phrases of whole words, and write its files."""
    word_vocabulary, word_merges = _words(texts)
    first = _assemble(word_vocabulary, word_merges)
    vocabulary, merges = _phrases(first, texts, word_vocabulary, word_merges)
    tokenizer = _assemble(vocabulary, merges)
    tokenizer.add_special_tokens([AddedToken(each, special=True, normalized=False) for each in SPECIALS])
    save(tokenizer, folder)
    return tokenizer


def _split(pattern: str) -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def _assemble(vocabulary: dict[str, int], merges: list[tuple[str, str]]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = _split(_CLAUSES)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _words(texts: list[str]) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Return vocabulary and merges of words and parts of words."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = _split(_WORDS)
    trainer = trainers.BpeTrainer(
        vocab_size=WORDS,
        show_progress=False,
        min_frequency=4,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    tokenizer.train_from_iterator(texts, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return dict(model["vocab"]), [(left, right) for left, right in model["merges"]]


def _phrases(
    first: Tokenizer, texts: list[str], vocabulary: dict[str, int], merges: list[tuple[str, str]]
) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Return vocabulary and merges with the most frequent pairs of tokens joined until the vocabulary is full."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(piece for piece, _ in first.pre_tokenizer.pre_tokenize_str(text))
    pieces = [(first.model.tokenize(piece), count) for piece, count in sorted(counts.items())]
    clauses = [([token.value for token in tokens], count) for tokens, count in pieces]
    pairs: Counter[tuple[str, str]] = Counter()
    where: defaultdict[tuple[str, str], set[int]] = defaultdict(set)

    def count(number: int, sign: int) -> None:
        tokens, times = clauses[number]
        for pair in pairwise(tokens):
            pairs[pair] += sign * times
            where[pair].add(number)

    for number in range(len(clauses)):
        count(number, 1)
    vocabulary, merges = dict(vocabulary), list(merges)
    while len(vocabulary) < VOCABULARY - len(SPECIALS):
        fits = ((times, pair) for pair, times in pairs.items() if len(pair[0]) + len(pair[1]) <= LONGEST_TOKEN)
        times, best = max(fits, default=(0, ("", "")))
        if times < FEWEST:
            break
        merges.append(best)
        vocabulary.setdefault("".join(best), len(vocabulary))
        for number in sorted(where.pop(best)):
            count(number, -1)
            clauses[number] = (_merged(clauses[number][0], best), clauses[number][1])
            count(number, 1)
        pairs = +pairs
    return vocabulary, merges


def _merged(tokens: list[str], pair: tuple[str, str]) -> list[str]:
    out: list[str] = []
    at = 0
    while at < len(tokens):
        if tuple(tokens[at : at + 2]) == pair:
            out.append("".join(pair))
            at += 2
        else:
            out.append(tokens[at])
            at += 1
    return out


def save(tokenizer: Tokenizer, folder: Path) -> None:
    """Write ``tokenizer.json``, its configuration and the chat template.

    The class is ``PreTrainedTokenizerFast``: ``Qwen2Tokenizer`` would silently put its own splitting in.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    configuration = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": END,
        "pad_token": END_OF_TEXT,
        "unk_token": None,
        "bos_token": None,
        "model_max_length": 4096,
        "clean_up_tokenization_spaces": False,
        "chat_template": TEMPLATE,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(configuration, indent=1), encoding="utf-8")
    (folder / "chat_template.json").write_text(json.dumps({"chat_template": TEMPLATE}), encoding="utf-8")
