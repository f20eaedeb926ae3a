"""The three stages: the vision encoder learns to measure, the language model to say it, then both learn at once.

What is measured has its fixed place in the image tokens (``MondrianMini.directions``). So the two halves learn apart,
each from exact targets and without the other's cost and mistakes, and meet when both know their part.

Each stage runs for a given time, so that the whole keeps its budget on any machine. How many steps that were is
recorded; a number of steps instead of a time makes a run repeatable. A stage that is interrupted goes on from its last
checkpoint.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from training.batches import Batch, Batches, target_names
from training.color import LUMA
from training.measure import PARTS
from training.model import MondrianMini, Seen, patchify
from training.optimizer import Trainer, schedule
from training.rubric import DIMENSIONS

CORES = 2
"""Whose seconds are counted."""
LOG = "loss.jsonl"
QUESTIONS_EVERY = 2
"""Steps between two batches of questions."""


@dataclass(frozen=True)
class Stage:
    """How one stage runs.

    Attributes
    ----------
    name
        "see", "write" or "both".
    seconds, steps
        It ends after either; 0 steps: no limit. Seconds are those of two cores: one core takes twice as long.
    rate
        Peak learning rate.
    parts, part
        Batches of one step, and pictures of each.
    checkpoint_seconds, check_seconds
        Between checkpoints, and between looks at the held-out pictures.
    """

    name: str
    seconds: float
    rate: float
    parts: int
    part: int
    steps: int = 0
    checkpoint_seconds: float = 120
    check_seconds: float = 600

    @property
    def sees(self) -> bool:
        """Whether pictures are looked at."""
        return self.name != "write"

    @property
    def writes(self) -> bool:
        """Whether answers are written."""
        return self.name != "see"


@dataclass
class _Progress:
    step: int = 0
    elapsed: float = 0.0
    means: dict[str, float] = field(default_factory=dict)

    def share(self, stage: Stage) -> float:
        of_steps = self.step / stage.steps if stage.steps else 0.0
        return max(self.elapsed / stage.seconds, of_steps)


def run(stage: Stage, model: MondrianMini, batches: Batches, check: Batches, folder: Path) -> None:
    """Train ``model`` in place; checkpoints and the log go to ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    finished = folder / f"{stage.name}.pt"
    if finished.exists():
        model.load_state_dict(torch.load(finished, weights_only=True))
        return
    if stage.name == "see":
        start_patches(model, batches)
        start_positions(model)
        start_averages(model)
        start_magnitudes(model)
    progress = _Progress()
    underway = folder / f"{stage.name}.checkpoint.pt"
    saved = torch.load(underway, weights_only=False) if underway.exists() else None
    if saved:
        model.load_state_dict(saved["model"])
    trainer = Trainer(model, _trained_in(stage.name), stage.rate)
    if saved:
        trainer.restore(saved["optimizers"])
        batches.rng.bit_generator.state = saved["rng"]
        progress = _Progress(**saved["progress"])
    _loop(stage, trainer, batches, check, progress, underway, folder / LOG)
    torch.save(model.state_dict(), finished)
    underway.unlink(missing_ok=True)


def seconds_of(stage: str, folder: Path) -> float:
    """Return the seconds of two cores that a stage had run when it last wrote to the log."""
    rows = [json.loads(line) for line in (folder / LOG).read_text("utf-8").splitlines()]
    return max(float(row["seconds"]) for row in rows if row["stage"] == stage)


def _trained_in(stage: str) -> Callable[[str], bool]:
    def names(name: str) -> bool:
        if "patch_embed" in name:
            return False  # see start_patches
        if stage == "see":
            return name.startswith("local") or ("visual" in name and "deepstack" not in name)
        return stage == "both" or "language_model" in name

    return names


def _loop(
    stage: Stage, trainer: Trainer, batches: Batches, check: Batches, progress: _Progress, underway: Path, log: Path
) -> None:
    last = perf_counter()
    saved_at = checked_at = progress.elapsed
    while progress.share(stage) < 1:
        losses = _step(stage, trainer, batches, progress)
        now = perf_counter()
        progress.elapsed += (now - last) * torch.get_num_threads() / CORES
        last = now
        progress.step += 1
        for key, value in losses.items():
            progress.means[key] = 0.97 * progress.means.get(key, value) + 0.03 * value
        if progress.step <= 5 or progress.step % 25 == 0:
            _record(log, stage, progress)
        if progress.elapsed - checked_at > stage.check_seconds and stage.sees:
            checked_at = progress.elapsed
            _record(log, stage, progress, {"check": _look(stage, trainer.worker, check)})
            last = perf_counter()  # looking is not training
        if progress.elapsed - saved_at > stage.checkpoint_seconds:
            saved_at = progress.elapsed
            _save(trainer, batches, progress, underway)
    _record(log, stage, progress, {"check": _look(stage, trainer.worker, check)} if stage.sees else {})


def _look(stage: Stage, model: MondrianMini, check: Batches) -> dict[str, float]:
    return check_scores(model, check) if stage.writes else check_facts(model, check)


def _step(stage: Stage, trainer: Trainer, batches: Batches, progress: _Progress) -> dict[str, float]:
    share = progress.share(stage)
    totals: dict[str, float] = {}

    def learn(batch: Batch, factor: float) -> None:
        loss, parts = losses_of(trainer.worker, batch, score_weight=4.0 if share < 0.6 else 8.0)
        (loss * factor).backward()
        trainer.gather()
        for key, value in parts.items():
            totals[key] = totals.get(key, 0.0) + value.item() * (1 if key == "question" else 1 / stage.parts)

    for _ in range(stage.parts):
        learn(batches.pictures(stage.part, text=stage.writes, seen=stage.sees), 1 / stage.parts)
    if stage.writes and progress.step % QUESTIONS_EVERY == 0:
        learn(batches.questions(2 * stage.parts * stage.part), 0.5)
    totals["norm"] = trainer.step(schedule(progress.step, share))
    return totals


def losses_of(model: MondrianMini, batch: Batch, score_weight: float) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the loss of a batch, and its parts for the log."""
    if batch.facts is None:
        text = _text_loss(model.hidden(batch.ids, batch.before, None, (0, 0)), batch, model, score_weight)[0]
        return text, {"question": text.detach()}
    total, parts = torch.zeros(()), {}
    has_text = batch.ids.shape[1] > 0
    if batch.patches is None:
        assert batch.told is not None
        picture = Seen(batch.told.to(_dtype(model)) @ model.directions, [], torch.zeros(0))
    else:
        picture = _seen(model, batch, deepstack=has_text)
        total, parts = _seeing(model, picture, batch)
    if has_text:
        hidden = _without_picture(model.hidden(batch.ids, batch.before, picture, batch.grid), batch)
        text, plain, scores = _text_loss(hidden, batch, model, score_weight)
        total = total + text
        parts |= {"text": plain.detach(), "scores": scores.detach()}
    return total, parts


def _dtype(model: MondrianMini) -> torch.dtype:
    return model.model.language_model.norm.weight.dtype


def _seen(model: MondrianMini, batch: Batch, *, deepstack: bool = True) -> Seen:
    assert batch.patches is not None
    height, width = batch.grid
    seen: Seen = model.model.visual(batch.patches.to(_dtype(model)), 2 * height, 2 * width, deepstack=deepstack)
    return seen


def _without_picture(hidden: Tensor, batch: Batch) -> Tensor:
    after = batch.before + batch.grid[0] * batch.grid[1]
    return torch.cat([hidden[:, : batch.before], hidden[:, after:]], 1)


def _seeing(model: MondrianMini, seen: Seen, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the loss of what was seen, and its parts.

    The measurements stand in the mean of the image tokens, and as far as can be in each of them, and little else does.
    Half-way, each cell knows its visual weight (the divergence from its share counts) and its part of the facts.
    """
    assert batch.facts is not None
    assert batch.cells is not None
    assert batch.parts is not None
    read = seen.tokens @ model.directions.T
    other = (seen.tokens - read @ model.directions).float().square().mean()
    read = read.float()
    facts = F.smooth_l1_loss(read.mean(1), batch.facts, beta=0.5)
    each = F.smooth_l1_loss(read, batch.facts[:, None].expand_as(read), beta=0.5)
    local = model.local(seen.middle).float()
    cells = F.kl_div(F.log_softmax(local[..., 0], -1), batch.cells, reduction="batchmean")
    # Quadratic, so that it is the mean that is learned, of which the mean over the cells is made.
    wrong = torch.where(batch.parts.isnan(), 0, local[..., 1:] - batch.parts) * _part_weights()
    parts = wrong.square().mean() + wrong.mean(1).square().mean()
    logged = {"facts": facts.detach(), "cells": cells.detach(), "parts": parts.detach()}
    return facts + 0.3 * each + 0.1 * other + 0.5 * cells + parts, logged


@cache
def _part_weights() -> Tensor:
    """Return the root of how much each of :data:`training.measure.PARTS` counts: sharpness is learned last."""
    counts = {"acutance": 4.0, "acutance given": 4.0, "weight x given": 2.0, "weight y given": 2.0}
    return torch.tensor([counts.get(name, 1.0) for name in PARTS]).sqrt()


def _text_loss(hidden: Tensor, batch: Batch, model: MondrianMini, score_weight: float) -> tuple[Tensor, Tensor, Tensor]:
    """Return the weighted loss of the answer, the mean loss of its other tokens, and that of its scores.

    A score between two whole numbers counts for both in proportion: 7.4 is six parts 7 and four parts 8.
    """
    counts = batch.labels >= 0
    if batch.scores is not None:
        spots, exact = batch.scores
        counts = counts.scatter(1, spots, torch.zeros_like(spots, dtype=torch.bool))
    logits = model.logits(hidden[counts]).float()
    plain = F.cross_entropy(logits, batch.labels[counts])
    if batch.scores is None:
        return plain, plain, plain
    rows = torch.arange(len(spots))[:, None]
    wanted = model.logits(hidden[rows, spots]).float().log_softmax(-1)
    lower = exact.floor()
    above = exact - lower
    ids = batch.score_ids
    low, high = ids[lower.long() - 1], ids[lower.long().clamp(max=9)]
    near = wanted.gather(-1, low[..., None]).squeeze(-1) * (1 - above)
    far = wanted.gather(-1, high[..., None]).squeeze(-1) * above
    scores = -(near + far).mean()
    total, many = counts.sum(), spots.numel() * score_weight
    return (plain * total + scores * many) / (total + many), plain, scores


def check_facts(model: MondrianMini, batches: Batches, count: int = 96, part: int = 8) -> dict[str, float]:
    """Return for each measurement how much of its variance on pictures from held-out photographs is explained."""
    state = batches.rng.bit_generator.state
    found, wanted = [], []
    with torch.no_grad():
        for _ in range(count // part):
            batch = batches.pictures(part, text=False)
            assert batch.facts is not None
            found.append(_seen(model, batch, deepstack=False).tokens.mean(1).float() @ model.directions.T.float())
            wanted.append(batch.facts)
    batches.rng.bit_generator.state = state
    truth = torch.cat(wanted)
    shares = 1 - (torch.cat(found) - truth).square().mean(0) / truth.var(0)
    return {name: round(float(share), 3) for name, share in zip(target_names(), shares, strict=True)}


def check_scores(model: MondrianMini, batches: Batches, count: int = 96, part: int = 8) -> dict[str, float]:
    """Return the mean absolute error of each score on pictures from held-out photographs, words given."""
    state = batches.rng.bit_generator.state
    errors = []
    with torch.no_grad():
        for _ in range(count // part):
            batch = batches.pictures(part)
            assert batch.scores is not None
            hidden = _without_picture(model.hidden(batch.ids, batch.before, _seen(model, batch), batch.grid), batch)
            spots, exact = batch.scores
            logits = model.logits(hidden[torch.arange(part)[:, None], spots])[..., batch.score_ids]
            errors.append((logits.argmax(-1) + 1 - exact).abs())
    batches.rng.bit_generator.state = state
    means = torch.cat(errors).mean(0)
    return {name: round(float(value), 3) for name, value in zip(DIMENSIONS, means, strict=True)}


def start_patches(model: MondrianMini, batches: Batches) -> None:
    """Set the patch embedding from the statistics of real patches; it is not trained.

    All 768 values of a patch move together with its brightness, so a small step of each weight adds up to a filter
    that sees little else: trained, after a hundred steps every filter did, and noise was as invisible as without
    this start.

    The 64 strongest directions, whitened, are brightness, color and coarse form. 96 steps of luma between neighbors,
    across and down at many places, are what sharpness is measured by: mixtures of the whole patch tell how much fine
    structure there is, but not how steep its one edge. 32 random mixtures of weak directions show colored noise. The
    last two are amplified: otherwise the mean color of a patch drowns them in the first norm.
    """
    generator = torch.Generator().manual_seed(int(batches.rng.integers(2**31)))
    samples = []
    for group in batches.groups.values():
        rows = np.sort(batches.rng.integers(len(group.pixels), size=60))
        samples.append(patchify(torch.from_numpy(group.pixels[rows])).reshape(-1, 768))
    patches = torch.cat(samples)
    spread, directions = torch.linalg.eigh((patches.T @ patches / len(patches)).double())
    spread, directions = spread.flip(0).float(), directions.flip(1).float()
    strongest = directions[:, :64] * (0.5 / (spread[:64] + 1e-4).sqrt())
    weak = directions[:, 200:] @ torch.linalg.qr(torch.randn(568, 32, generator=generator))[0]
    weak *= 0.4 / (patches @ weak).std(0).clamp(min=0.1)
    weight = torch.cat([strongest, 6 * _steps_of_luma(), weak], 1).T.reshape(-1, 3, 1, 16, 16)
    with torch.no_grad():
        # Half for each of the two frames, which are the same picture.
        model.model.visual.patch_embed.proj.weight.copy_(weight.expand(-1, -1, 2, -1, -1) / 2)


def _steps_of_luma() -> Tensor:
    """Return filters (768, 96), central differences as in :func:`training.measure.edge_maps`.

    In the direction of the step no place is left out; along an edge, which is longer than a pixel, some are.
    """
    filters = torch.zeros(2, 8, 6, 3, 16, 16)
    for i, along in enumerate((1, 3, 5, 7, 9, 11, 13, 14)):
        for j, beside in enumerate((1, 4, 6, 9, 11, 14)):
            for side in (-1, 1):
                filters[0, i, j, :, beside, along + side] = torch.from_numpy(side * 0.5 * LUMA)
                filters[1, i, j, :, along + side, beside] = torch.from_numpy(side * 0.5 * LUMA)
    return filters.reshape(96, 768).T


def start_positions(model: MondrianMini) -> None:
    """Set the positions so that two directions tell across and down: where something is can then be averaged."""
    embedding = model.model.visual.pos_embed.weight
    side = int(len(embedding) ** 0.5)
    places = torch.linspace(-1, 1, side)
    directions = torch.randn(2, embedding.shape[1], generator=torch.Generator().manual_seed(2)) * 0.3
    down, across = places.repeat_interleave(side)[:, None], places.repeat(side)[:, None]
    with torch.no_grad():
        embedding.add_(down * directions[0] + across * directions[1])


def start_averages(model: MondrianMini) -> None:
    """Set one attention head of each vision layer to look everywhere evenly: most facts are means over the picture."""
    size = model.config.vision_width // model.config.vision_heads
    with torch.no_grad():
        for block in model.model.visual.blocks:
            block.attn.qkv.weight[:size].zero_()


def start_magnitudes(model: MondrianMini) -> None:
    """Let half of the first hidden layer begin as magnitudes of what the filters find: what sharpness is read off."""
    layer = model.model.visual.blocks[0].mlp.linear_fc1
    width = layer.in_features
    with torch.no_grad():
        layer.weight[: 2 * width] = torch.cat([2 * torch.eye(width), -2 * torch.eye(width)])


def _record(log: Path, stage: Stage, progress: _Progress, more: dict[str, Any] | None = None) -> None:
    seconds = round(progress.elapsed, 1)
    row: dict[str, Any] = {"stage": stage.name, "step": progress.step, "seconds": seconds}
    row |= {key: round(value, 4) for key, value in progress.means.items()} | (more or {})
    with log.open("a", encoding="utf-8") as out:
        out.write(json.dumps(row) + "\n")
    print(json.dumps(row), flush=True)


def _save(trainer: Trainer, batches: Batches, progress: _Progress, file: Path) -> None:
    partial = file.with_suffix(".part")
    state = {
        "model": trainer.master.state_dict(),
        "optimizers": trainer.state(),
        "rng": batches.rng.bit_generator.state,
        "progress": vars(progress),
    }
    torch.save(state, partial)
    partial.rename(file)
