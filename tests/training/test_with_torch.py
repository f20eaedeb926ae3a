"""Needs PyTorch: run in the training's environment (``.venv-training/bin/python -m pytest tests/training``)."""

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is in the training's own environment only")
pytest.importorskip("safetensors")

import torch

from training import export, optimizer, reference, tokenizer, train
from training.answers import advisors, answer
from training.batches import Batches
from training.dataset import Pictures
from training.exam import as_seen
from training.measure import measure
from training.model import Config, MondrianMini, patchify
from training.photos import ROOT
from training.train import Stage

SIZE = (224, 352)


@pytest.fixture(scope="module")
def batches(tmp_path_factory: pytest.TempPathFactory) -> Batches:
    from PIL import Image

    pixels = np.asarray(Image.open(ROOT / "resources/samples/lake.jpg").convert("RGB").resize((704, 448)))
    picture = as_seen(pixels)
    facts, cells = measure(picture, (0.0, 0.0), 0.0)
    stored = np.repeat((picture * 255).astype(np.uint8)[None], 4, 0)
    rows = np.array([facts.as_row()] * 4, np.float32)
    texts = [answer(facts, advisor).as_json() for advisor in advisors()] * 4
    texts += [str(number) for number in range(101)] * 20
    known = tokenizer.train(texts, tmp_path_factory.mktemp("tokenizer"))
    return Batches({SIZE: Pictures(stored, rows, np.stack([cells] * 4))}, known, np.random.default_rng(0))


def fresh(batches: Batches) -> MondrianMini:
    torch.manual_seed(0)
    batches.rng.bit_generator.state = np.random.default_rng(3).bit_generator.state
    return MondrianMini(Config())


@pytest.mark.parametrize("name", ["see", "write", "both"])
def test_an_interrupted_stage_ends_as_if_it_had_not_been(
    batches: Batches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(train, "_look", lambda *_: {})
    stage = Stage(name, 1e9, 3e-3, parts=1, part=2, steps=4, checkpoint_seconds=0)
    whole = fresh(batches)
    train.run(stage, whole, batches, batches, tmp_path / "whole")
    step, taken = train._step, []

    def interrupted(*arguments: object) -> dict[str, float]:
        if len(taken) == 2:
            raise KeyboardInterrupt
        taken.append(1)
        return step(*arguments)

    monkeypatch.setattr(train, "_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train.run(stage, fresh(batches), batches, batches, tmp_path / "parts")
    monkeypatch.setattr(train, "_step", step)
    resumed = fresh(batches)
    train.run(stage, resumed, batches, batches, tmp_path / "parts")
    assert all(torch.equal(one, two) for one, two in zip(whole.parameters(), resumed.parameters(), strict=True))
    last = json.loads((tmp_path / "parts" / train.LOG).read_text("utf-8").splitlines()[-1])
    assert train.seconds_of(name, tmp_path / "parts") == last["seconds"] > 0


@pytest.mark.parametrize(("name", "less"), [("see", 0.1), ("write", 0.5), ("both", 0.5)])
def test_a_few_steps_lower_the_loss(batches: Batches, tmp_path: Path, name: str, less: float) -> None:
    model = fresh(batches)
    stage = Stage(name, 1e9, 3e-3, parts=1, part=4, steps=12)
    batch = batches.pictures(4, text=stage.writes, seen=stage.sees)
    before = train.losses_of(model, batch, 4.0)[0].item()
    train.run(stage, model, batches, batches, tmp_path)
    assert train.losses_of(model, batch, 4.0)[0].item() < before - less


def test_each_half_learns_apart(batches: Batches, tmp_path: Path) -> None:
    start = {name: value.clone() for name, value in fresh(batches).state_dict().items()}
    for stage, half in (("see", "visual"), ("write", "language_model")):
        model = fresh(batches)
        train.run(Stage(stage, 1e9, 3e-3, parts=1, part=2, steps=1), model, batches, batches, tmp_path / stage)
        moved = {name for name, value in model.state_dict().items() if not torch.equal(value, start[name])}
        assert moved
        assert all(half in name or name.startswith("local") for name in moved)


def test_an_exact_measurement_reads_back(batches: Batches) -> None:
    model = fresh(batches)
    told = batches.pictures(2, text=False, seen=False).told
    assert told is not None
    assert torch.allclose(told @ model.directions @ model.directions.T, told, atol=1e-4)


def test_scores_between_two_numbers_count_for_both(batches: Batches) -> None:
    batch = batches.pictures(2)
    assert batch.scores is not None
    spots, exact = batch.scores
    assert spots.shape == exact.shape == (2, 8)
    said = batch.labels.gather(1, spots)
    assert torch.isin(said, batch.score_ids).all()
    scores = (said[..., None] == batch.score_ids).int().argmax(-1) + 1
    assert ((scores - exact).abs() <= 0.5001).all()


def test_cached_generation_is_the_same_as_recomputing(batches: Batches, tmp_path: Path) -> None:
    model = fresh(batches)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(2.0)
    tokenizer.save(batches.tokenizer, tmp_path / "tokenizer")
    export.export(model, tmp_path / "tokenizer", tmp_path / "weights")
    exported, known = reference.load_exported(tmp_path / "weights")
    pixels = torch.from_numpy(batches.groups[SIZE].pixels[:1])
    text = tokenizer.CONTROL.format(advisor="ansel")
    ids = reference.greedy(exported, known, text, pixels, longest=12)
    before, after = (known.encode(part).ids for part in tokenizer.prompt(text, picture=True))
    picture = exported.model.visual(patchify(pixels), 14, 22)
    with torch.no_grad():
        for length in range(len(ids)):
            whole = torch.tensor([before + after + ids[:length]])
            hidden = exported.hidden(whole, len(before), picture, (7, 11))
            assert int(exported.logits(hidden[:, -1]).argmax()) == ids[length]


@pytest.mark.parametrize("shape", [(40, 90), (90, 40), (64, 64)])
def test_momentum_is_made_orthogonal_as_in_the_library(shape: tuple[int, int]) -> None:
    from torch.optim._muon import DEFAULT_A, DEFAULT_B, DEFAULT_C, EPS, _zeropower_via_newtonschulz

    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    ours = optimizer.orthogonal(matrix)
    theirs = _zeropower_via_newtonschulz(matrix, (DEFAULT_A, DEFAULT_B, DEFAULT_C), 5, EPS).float()
    assert (ours - theirs).norm() < 0.02 * theirs.norm()  # theirs is computed in bfloat16
    assert torch.linalg.svdvals(ours).min() > 0.3


def test_a_step_moves_every_matrix_as_the_library_would() -> None:
    generator = torch.Generator().manual_seed(2)
    start, gradients = torch.randn(32, 48, generator=generator), torch.randn(3, 32, 48, generator=generator)
    ours, theirs = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.clone())
    options = {"momentum": 0.95, "weight_decay": 0.01, "adjust_lr_fn": "match_rms_adamw"}
    both = optimizer.Muon([ours], 0.01), torch.optim.Muon([theirs], lr=0.01, **options)
    for gradient in gradients:
        for parameter, each in zip((ours, theirs), both, strict=True):
            parameter.grad = gradient.clone()
            each.step()
    assert (ours - theirs).abs().max() < 0.02 * (ours - start).abs().max()
