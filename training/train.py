"""The two stages: the vision encoder learns to measure, then the whole model learns to say what it sees.

Each stage runs for a given time, so that the whole keeps its budget on any machine. How many steps that were is
recorded; a number of steps instead of a time makes a run repeatable. A stage that is interrupted goes on from its last
checkpoint.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from training.batches import Batch, Batches
from training.model import MondrianMini, patchify
from training.optimizer import Trainer, schedule
from training.rubric import DIMENSIONS

AUXILIARY = 0.3
CORES = 2
"""Whose seconds are counted."""
LOG = "loss.jsonl"
QUESTIONS_EVERY = 2
"""Steps of stage B between two batches of questions."""


@dataclass(frozen=True)
class Stage:
    """How one stage runs.

    Attributes
    ----------
    name
        "a" or "b".
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
    if stage.name == "a":
        start_patches(model, batches)
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
        vision = "visual" in name and "deepstack" not in name
        return stage == "b" or vision or name.startswith(("facts", "weight"))

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
        if progress.elapsed - checked_at > stage.check_seconds and stage.name == "b":
            checked_at = progress.elapsed
            _record(log, stage, progress, {"check": check_scores(trainer.worker, check)})
            last = perf_counter()  # looking is not training
        if progress.elapsed - saved_at > stage.checkpoint_seconds:
            saved_at = progress.elapsed
            _save(trainer, batches, progress, underway)
    _record(log, stage, progress, {"check": check_scores(trainer.worker, check)} if stage.name == "b" else {})


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
        learn(batches.pictures(stage.part, text=stage.name == "b"), 1 / stage.parts)
    if stage.name == "b" and progress.step % QUESTIONS_EVERY == 0:
        learn(batches.questions(2 * stage.part), 0.5)
    totals["norm"] = trainer.step(schedule(progress.step, share))
    return totals


def losses_of(model: MondrianMini, batch: Batch, score_weight: float) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the loss of a batch, and its parts for the log."""
    if batch.patches is None:
        text = _text_loss(model.hidden(batch.ids, batch.before, None, (0, 0)), batch, model, score_weight)[0]
        return text, {"question": text.detach()}
    grid = batch.grid
    has_text = batch.ids.shape[1] > 0
    picture = model.model.visual(batch.patches.to(_dtype(model)), grid[0] * 2, grid[1] * 2, deepstack=has_text)
    facts, cells = _auxiliary(model, picture[0], batch)
    parts = {"facts": facts.detach(), "cells": cells.detach()}
    if not has_text:
        return facts + 0.5 * cells, parts
    hidden = model.hidden(batch.ids, batch.before, picture, grid)
    after = batch.before + grid[0] * grid[1]
    text, plain, scores = _text_loss(
        torch.cat([hidden[:, : batch.before], hidden[:, after:]], 1), batch, model, score_weight
    )
    parts |= {"text": plain.detach(), "scores": scores.detach()}
    return text + AUXILIARY * (facts + 0.5 * cells), parts


def _dtype(model: MondrianMini) -> torch.dtype:
    return model.model.language_model.norm.weight.dtype


def _auxiliary(model: MondrianMini, tokens: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    """Return the losses of measuring the picture, and of weighing its cells (the divergence from their shares)."""
    assert batch.facts is not None
    assert batch.cells is not None
    facts = F.smooth_l1_loss(model.facts(tokens.mean(1)).float(), batch.facts, beta=0.5)
    shares = F.log_softmax(model.weight(tokens).squeeze(-1).float(), -1)
    return facts, F.kl_div(shares, batch.cells, reduction="batchmean")


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


def check_scores(model: MondrianMini, batches: Batches, count: int = 96, part: int = 8) -> dict[str, float]:
    """Return the mean absolute error of each score on pictures from held-out photographs, words given."""
    state = batches.rng.bit_generator.state
    errors = []
    with torch.no_grad():
        for _ in range(count // part):
            batch = batches.pictures(part)
            assert batch.patches is not None
            assert batch.scores is not None
            picture = model.model.visual(batch.patches.to(_dtype(model)), batch.grid[0] * 2, batch.grid[1] * 2)
            hidden = model.hidden(batch.ids, batch.before, picture, batch.grid)
            after = batch.before + batch.grid[0] * batch.grid[1]
            hidden = torch.cat([hidden[:, : batch.before], hidden[:, after:]], 1)
            spots, exact = batch.scores
            logits = model.logits(hidden[torch.arange(part)[:, None], spots])[..., batch.score_ids]
            errors.append((logits.argmax(-1) + 1 - exact).abs())
    batches.rng.bit_generator.state = state
    means = torch.cat(errors).mean(0)
    return {name: round(float(value), 3) for name, value in zip(DIMENSIONS, means, strict=True)}


def start_patches(model: MondrianMini, batches: Batches) -> None:
    """Set the patch embedding from the statistics of real patches.

    The 64 strongest directions, whitened, and 128 random mixtures of weaker ones in three bands, amplified: otherwise
    the mean color of a patch drowns fine structure in the first norm, and noise stays invisible for the whole training.
    """
    generator = torch.Generator().manual_seed(int(batches.rng.integers(2**31)))
    samples = []
    for group in batches.groups.values():
        rows = np.sort(batches.rng.integers(len(group.pixels), size=60))
        samples.append(patchify(torch.from_numpy(group.pixels[rows])).reshape(-1, 768))
    patches = torch.cat(samples)
    spread, directions = torch.linalg.eigh((patches.T @ patches / len(patches)).double())
    spread, directions = spread.flip(0).float(), directions.flip(1).float()
    filters = [directions[:, :64] * (0.5 / (spread[:64] + 1e-4).sqrt())]
    for first, last, count in ((64, 200, 32), (200, 450, 48), (450, 768, 48)):
        mixture = torch.linalg.qr(torch.randn(last - first, count, generator=generator))[0]
        band = directions[:, first:last] @ mixture
        filters.append(band * (0.4 / (patches @ band).std(0).clamp(min=0.1)))
    weight = torch.cat(filters, 1).T.reshape(-1, 3, 1, 16, 16)
    with torch.no_grad():
        # Half for each of the two frames, which are the same picture.
        model.model.visual.patch_embed.proj.weight.copy_(weight.expand(-1, -1, 2, -1, -1) / 2)


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
