"""Pictures and answers as tensors."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer
from torch import Tensor

from training import rubric, topics
from training.answers import advisors, answer
from training.color import Floats
from training.dataset import Pictures
from training.measure import NAMES, PARTS, Facts, parts
from training.model import patchify
from training.photos import Pixels
from training.recolor import recolored
from training.sizes import CELL, Size
from training.tokenizer import CONTROL, END, prompt

LONGEST = 400
"""Tokens of the longest answer that is trained on."""
UNSURE = 0.2
"""How far measurements are off, in the units of :func:`targets`, where the language model is told them."""

# Exponent, factor, offset.
_SCALE: dict[str, tuple[float, float, float]] = {
    "lightness": (1, 1 / 25, -2),
    "darkest": (1, 1 / 20, -0.7),
    "lightest": (1, 1 / 20, -4),
    "tonal_range": (1, 1 / 25, -2),
    "white": (0.5, 4, -0.5),
    "black": (0.5, 4, -0.5),
    "channel": (0.5, 4, -0.5),
    "cast_a": (1, 1 / 12, 0),
    "cast_b": (1, 1 / 15, 0),
    "colorfulness": (1, 1 / 30, -1.3),
    "hue_a": (1, 1 / 12, 0),
    "hue_b": (1, 1 / 15, 0),
    "chroma": (1, 1 / 14, -1.5),
    "noise": (0.5, 8, -1),
    "weight_x": (1, 3, 0),
    "weight_y": (1, 3, 0),
    "detail": (1, 3, -1),
}


def targets(facts: list[Facts]) -> Floats:
    """Return the regression targets (n, 26): measurements of about unit spread, then the eight exact scores."""
    rows = []
    for each in facts:
        row = [np.sign(v) * abs(v) ** e * f + o for v, (e, f, o) in ((getattr(each, n), s) for n, s in _SCALE.items())]
        row.append(np.log2(max(each.acutance, 0.05)) + 1.5)
        row += [np.clip(reading.exact, 0, 11) / 2.5 - 3 for reading in rubric.readings(each).values()]
        rows.append(row)
    return np.array(rows, np.float32)


def target_names() -> list[str]:
    """Return what the columns of :func:`targets` are."""
    return [*_SCALE, "acutance", *(f"score of {name}" for name in rubric.DIMENSIONS)]


@dataclass
class Batch:
    """A few pictures of one size with their answers, or questions with theirs.

    Attributes
    ----------
    ids
        (B, tokens): ``before`` tokens, then those after the picture.
    labels
        (B, tokens): the id of the next token where it counts, else -1.
    scores
        (B, 8) positions in ``labels`` of the score tokens, and (B, 8) exact scores 1 to 10; None without a picture.
    score_ids
        (10,) token ids of the scores 1 to 10.
    facts, grid
        The targets of :func:`targets`, and the size of the picture in image tokens; None for questions.
    patches, cells, parts
        The picture, the visual weight of its cells (B, cells), and what else is in each (B, cells, 24) as by
        :func:`training.measure.parts`; None where the picture is not seen.
    told
        (B, cells, facts): the targets, a little off and in each cell a little more; None where the picture is seen.
    """

    ids: Tensor
    before: int
    labels: Tensor
    scores: tuple[Tensor, Tensor] | None = None
    score_ids: Tensor = field(default_factory=lambda: torch.zeros(0, dtype=torch.long))
    facts: Tensor | None = None
    grid: tuple[int, int] = (0, 0)
    patches: Tensor | None = None
    cells: Tensor | None = None
    parts: Tensor | None = None
    told: Tensor | None = None


class Batches:
    """Draws batches. The generator's state is all there is to save.

    ``recolor`` is the share of pictures that are shown in other hues.
    """

    def __init__(
        self, groups: dict[Size, Pictures], tokenizer: Tokenizer, rng: np.random.Generator, recolor: float = 0.0
    ) -> None:
        self.groups = groups
        self.recolor = recolor
        self.tokenizer = tokenizer
        self.rng = rng
        self._sizes = list(groups)
        totals = np.array([len(groups[size].facts) for size in self._sizes], float)
        self._shares = totals / totals.sum()
        self._end = tokenizer.token_to_id(END)
        self._score_ids = torch.tensor([tokenizer.token_to_id(str(score)) for score in range(1, 11)])
        self._before_score = _ending_in_score(tokenizer)

    def pictures(self, count: int, *, text: bool = True, seen: bool = True) -> Batch:
        """Return ``count`` pictures of one size, half of them mirrored.

        Without ``text`` no answers to them; where they are not ``seen``, what is known about them instead.
        """
        size = self._sizes[int(self.rng.choice(len(self._sizes), p=self._shares))]
        group = self.groups[size]
        rows = np.sort(self.rng.integers(len(group.facts), size=count))
        mirrored = self.rng.random(count) < 0.5
        facts = group.facts[rows].copy()
        facts[mirrored, NAMES.index("weight_x")] *= -1
        read = [Facts(*(float(value) for value in row)) for row in facts]
        if seen:
            pixels = group.pixels[rows]
            for number in np.flatnonzero(self.rng.random(count) < self.recolor):
                angle = self.rng.uniform(-np.pi, np.pi)
                pixels[number], read[number] = recolored(pixels[number], read[number], angle)
        batch = self._answers(read) if text else Batch(torch.zeros(count, 0, dtype=torch.long), 0, torch.zeros(0))
        batch.grid = (size[0] // CELL, size[1] // CELL)
        batch.facts = torch.from_numpy(targets(read))
        if seen:
            self._show(batch, pixels, group.weights[rows], read, mirrored)
        else:
            batch.told = self._tell(batch.facts, batch.grid[0] * batch.grid[1])
        return batch

    def _show(
        self, batch: Batch, pixels: Pixels, weights: Floats, facts: list[Facts], mirrored: npt.NDArray[np.bool_]
    ) -> None:
        pixels[mirrored] = pixels[mirrored][:, :, ::-1]
        weights[mirrored] = weights[mirrored][:, :, ::-1]
        measured = [
            parts(np.float32(picture) / 255, weight, noisy=each.noise > 0)
            for picture, weight, each in zip(pixels, weights, facts, strict=True)
        ]
        batch.patches = patchify(torch.from_numpy(pixels))
        batch.cells = torch.from_numpy(weights.reshape(len(facts), -1))
        batch.parts = torch.from_numpy(np.stack(measured).reshape(len(facts), -1, len(PARTS)))

    def _tell(self, facts: Tensor, cells: int) -> Tensor:
        off = self.rng.standard_normal((len(facts), 1, facts.shape[1]), np.float32)
        more = self.rng.standard_normal((len(facts), cells, facts.shape[1]), np.float32)
        return facts[:, None] + UNSURE * torch.from_numpy(off + more)

    def questions(self, count: int) -> Batch:
        """Return ``count`` questions without a picture; a fifth of them about something else."""
        known = topics.names()[:-1]
        pairs = []
        for _ in range(count):
            other = self.rng.random() < 0.2
            topic = topics.OTHER if other else known[int(self.rng.integers(len(known)))]
            opening, _ = prompt(topics.question(self.rng, topic), picture=False)
            pairs.append((opening, topics.reply(topic)))
        return self._padded([("", opening, reply) for opening, reply in pairs])

    def _answers(self, facts: list[Facts]) -> Batch:
        voices = advisors()
        texts = []
        for each in facts:
            voice = voices[int(self.rng.integers(len(voices)))]
            before, after = prompt(CONTROL.format(advisor=voice), picture=True)
            texts.append((before, after, answer(each, voice).as_json()))
        batch = self._padded(texts)
        spots = [_score_spots(row.tolist(), self._before_score) for row in batch.ids]
        exact = [[np.clip(r.exact, 1, 10) for r in rubric.readings(each).values()] for each in facts]
        batch.score_ids = self._score_ids
        batch.scores = (torch.tensor(spots), torch.tensor(np.array(exact, np.float32)))
        return batch

    def _padded(self, texts: list[tuple[str, str, str]]) -> Batch:
        """Lay the ids side by side; the last prompt token predicts the first of the answer."""
        encode = self.tokenizer.encode
        rows = [(encode(a).ids, encode(b).ids, [*encode(c).ids, self._end][:LONGEST]) for a, b, c in texts]
        longest = max(len(a) + len(b) + len(c) for a, b, c in rows) - 1
        ids = np.zeros((len(rows), longest), np.int64)
        labels = np.full((len(rows), longest), -1, np.int64)
        for number, (a, b, c) in enumerate(rows):
            whole = a + b + c
            ids[number, : len(whole) - 1] = whole[:-1]
            start = len(a) + len(b) - 1
            labels[number, start : start + len(c)] = c
        return Batch(torch.from_numpy(ids), len(rows[0][0]), torch.from_numpy(labels))


def _ending_in_score(tokenizer: Tokenizer) -> set[int]:
    return {number for text, number in tokenizer.get_vocab().items() if text.endswith('"score":')}


def _score_spots(ids: list[int], before_score: set[int]) -> list[int]:
    """Return where the eight scores are predicted: at the tokens that end in ``"score":``."""
    spots = [place for place, number in enumerate(ids) if number in before_score]
    assert len(spots) == len(rubric.DIMENSIONS), spots
    return spots
