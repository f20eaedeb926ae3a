"""The slicer on small networks of its own, with a clock of its own."""

from collections.abc import Callable, Iterator
from typing import Any

import greenlet
import mlx.core as mx
import mlx.nn as nn
import pytest

from mondrian_desktop.engine.protocol import Stage
from mondrian_desktop.engine.slicing import TARGET_S, Slice, Slicer


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 8))
        self.mlp = nn.Sequential(nn.Linear(8, 16), nn.Linear(16, 8))

    def __call__(self, x: mx.array) -> mx.array:
        x = x + mx.tanh(self.attention(x))
        return x + mx.tanh(self.mlp(x))


class Tower(nn.Module):
    def __init__(self, layers: int) -> None:
        super().__init__()
        self.layers = [Block() for _ in range(layers)]

    def __call__(self, x: mx.array) -> mx.array:
        for layer in self.layers:
            x = layer(x)
        return x


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.vision_tower = Tower(4)
        self.merger = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 8))
        self.language_model = Tower(5)

    def __call__(self, x: mx.array) -> mx.array:
        return self.language_model(self.merger(self.vision_tower(x)))


@pytest.fixture
def model() -> Model:
    mx.random.seed(0)
    return Model()


def generating(model: Model, prompt: mx.array, steps: int = 3) -> Iterator[list[float]]:
    """Stand in for the library's call: one pass over all positions, then a few over one."""
    yield model(prompt)[:, -1].tolist()
    for _ in range(steps):
        yield model.language_model(prompt[:, :1]).tolist()


PROMPT = mx.arange(48).reshape(1, 6, 8) / 48


def test_yields_what_the_call_yields_with_slices_in_between(model: Model) -> None:
    expected = list(generating(model, PROMPT))
    items = list(Slicer(model).run(lambda: generating(model, PROMPT)))
    assert [item for item in items if not isinstance(item, Slice)] == expected
    slices = [item for item in items if isinstance(item, Slice)]
    assert {piece.stage for piece in slices} == {Stage.ENCODING, Stage.PREFILLING}
    assert [piece.done for piece in slices] == sorted(piece.done for piece in slices)


def test_counts_layers_by_stage(model: Model) -> None:
    assert Slicer(model).layers == {Stage.ENCODING: 4, Stage.PREFILLING: 5}


def test_leaves_classes_parameters_and_names_as_they_were(model: Model) -> None:
    names = [name for name, _ in nn.utils.tree_flatten(model.parameters())]
    Slicer(model)
    assert [name for name, _ in nn.utils.tree_flatten(model.parameters())] == names
    for block in model.vision_tower.layers:
        assert isinstance(block, Block)
        assert type(block).__name__ == "Block"


def test_decoding_is_not_sliced(model: Model) -> None:
    items = list(Slicer(model).run(lambda: generating(model, PROMPT, steps=20)))
    first = next(at for at, item in enumerate(items) if not isinstance(item, Slice))
    assert not any(isinstance(item, Slice) for item in items[first:])


def clock_at(cost_s: float) -> Callable[[], float]:
    """Return a clock by which every look at it, so every slice, costs the same."""
    now_s = 0.0

    def clock() -> float:
        nonlocal now_s
        now_s += cost_s
        return now_s

    return clock


@pytest.mark.parametrize(("cost_s", "fewest", "most"), [(TARGET_S * 2, 21, 30), (TARGET_S / 100, 1, 3)])
def test_slow_layers_pause_each_time_and_fast_ones_rarely(model: Model, cost_s: float, fewest: int, most: int) -> None:
    slicer = Slicer(model, clock_at(cost_s))
    for _ in range(12):
        items = list(slicer.run(lambda: generating(model, PROMPT)))
    assert fewest <= sum(isinstance(item, Slice) for item in items) <= most


def test_inside_compile_it_neither_evaluates_nor_switches(model: Model) -> None:
    expected = model(PROMPT).tolist()
    mx.enable_compile()
    try:

        def call() -> Iterator[Any]:
            compiled = mx.compile(lambda x: model.language_model(model.vision_tower(x)) * 1)
            yield model.language_model(model.vision_tower(PROMPT)).flatten().tolist()
            yield compiled(PROMPT).flatten().tolist()

        items = list(Slicer(model).run(call))
    finally:
        mx.disable_compile()
    results = [item for item in items if not isinstance(item, Slice)]
    assert results[0] == pytest.approx(results[1])
    assert expected == model(PROMPT).tolist()


def test_compiled_first_it_still_neither_evaluates_nor_switches(model: Model) -> None:
    mx.enable_compile()
    try:
        items = list(Slicer(model).run(lambda: iter([mx.compile(lambda x: model.vision_tower(x))(PROMPT).shape])))
    finally:
        mx.disable_compile()
    assert items == [(1, 6, 8)]


def test_closing_unwinds_the_call_where_it_stands(model: Model) -> None:
    unwound: list[str] = []

    def call() -> Iterator[Any]:
        try:
            with mx.stream(mx.cpu):
                yield from generating(model, PROMPT)
        finally:
            unwound.append("finally")

    before = mx.default_stream(mx.default_device())
    run = Slicer(model).run(call)
    assert isinstance(next(run), Slice)
    run.close()
    assert unwound == ["finally"]
    assert mx.default_stream(mx.default_device()) == before


def test_an_error_in_the_call_comes_out_and_the_next_call_works(model: Model) -> None:
    slicer = Slicer(model)

    def failing() -> Iterator[Any]:
        yield model(PROMPT).shape
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        list(slicer.run(failing))
    assert len([item for item in slicer.run(lambda: generating(model, PROMPT)) if not isinstance(item, Slice)]) == 4


def test_two_calls_at_once_are_refused(model: Model) -> None:
    slicer = Slicer(model)
    run = slicer.run(lambda: generating(model, PROMPT))
    next(run)
    with pytest.raises(RuntimeError, match="two calls"):
        next(Slicer(model).run(lambda: generating(model, PROMPT)))
    assert [item for item in run if not isinstance(item, Slice)] == list(generating(model, PROMPT))


def test_can_be_stepped_from_different_greenlets(model: Model) -> None:
    run = Slicer(model).run(lambda: generating(model, PROMPT))
    items = [next(run), greenlet.greenlet(lambda: next(run)).switch(), *run]
    assert [item for item in items if not isinstance(item, Slice)] == list(generating(model, PROMPT))


def test_layers_used_outside_a_call_just_work(model: Model) -> None:
    expected = model(PROMPT).tolist()
    slicer = Slicer(model)
    assert model(PROMPT).tolist() == expected
    run = slicer.run(lambda: generating(model, PROMPT))
    next(run)
    assert model(PROMPT).tolist() == expected
    run.close()
