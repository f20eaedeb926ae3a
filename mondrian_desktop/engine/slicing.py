"""One unmodified library call, in slices: a greenlet, and layers that hand control back.

The call runs in a greenlet of its own on the caller's thread. The model's layers, and what they are made of, get
their class swapped for a subclass that, while more than one position is processed (image encoding, prefill),
evaluates its output and switches back to the caller; attributes, ``isinstance`` and parameter paths stay as they
are. In decoding nothing is touched: each result of the call is a slice of its own.

Nothing else may use MLX while a call is paused: the library holds its stream open.
"""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

import greenlet

from mondrian_desktop.engine.protocol import Stage

T = TypeVar("T")

_LANGUAGE = "language_model"

TARGET_S = 0.022
"""Length at which slices aim: short against a frame that somebody notices, long against the cost of evaluating."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Control is back in between: ``done`` layers have been passed since the call began, the last one in ``stage``."""

    stage: Stage
    done: int


@dataclass(frozen=True, slots=True)
class _Point:
    """A place in the model where control can be handed back.

    Attributes
    ----------
    stage
        What runs there.
    kind
        Points of one kind cost about the same.
    is_layer
        Whether it counts as progress; parts of layers do not.
    flush
        Pause here however short the slice is: something of another kind follows.
    pauses
        Whether to pause at all. Not in the last layer of the language model: the library needs no more of it than
        its cache, and evaluates that itself.
    """

    stage: Stage
    kind: str
    is_layer: bool
    flush: bool = False
    pauses: bool = True


class _Pace:
    """Learns what each kind of point costs, so that points can be gathered into slices of about TARGET_S."""

    def __init__(self) -> None:
        self._costs_s: dict[str, float] = {}
        self._passed: list[str] = []

    def passed(self, kind: str) -> bool:
        """Count a point; return whether a pause is due. It is after a kind that was never measured."""
        self._passed.append(kind)
        return kind not in self._costs_s or self._expected_s() >= 0.7 * TARGET_S

    def paused(self, seconds: float) -> None:
        """Learn that everything since the last pause took ``seconds``."""
        last = self._passed[-1]
        if last not in self._costs_s:
            self._costs_s[last] = max(seconds - self._expected_s(), 1e-5)
        else:
            ratio = max(0.25, min(seconds / self._expected_s(), 4.0))
            for kind in set(self._passed):
                self._costs_s[kind] *= (1 + ratio) / 2
        self._passed.clear()

    def restart(self) -> None:
        """Forget the points since the last pause: another call begins."""
        self._passed.clear()

    def _expected_s(self) -> float:
        return sum(self._costs_s.get(kind, 0.0) for kind in self._passed)


class Slicer(Generic[T]):
    """Runs calls of one model in slices.

    Parameters
    ----------
    model
        A model of mlx_vlm, or any module; its layers' classes are swapped once, here.
    clock
        Monotonic seconds.

    Attributes
    ----------
    layers
        Number of layers by stage: of the image encoder, and of the language model.
    """

    def __init__(self, model: Any, clock: Callable[[], float] = time.perf_counter) -> None:
        self.layers = {Stage.ENCODING: 0, Stage.PREFILLING: 0}
        self._clock = clock
        self._pace = _Pace()
        self._instrument(model, "")

    def run(self, call: Callable[[], Iterator[T]]) -> Generator[Slice | T, None, None]:
        """Yield what ``call()`` yields, and a :class:`Slice` whenever its layers hand control back.

        Closing the generator unwinds the call where it stands: its ``finally`` clauses and contexts run.

        Raises
        ------
        RuntimeError
            Where a call is running already: two of them corrupt each other.
        """
        global _running
        if _running is not None:
            raise RuntimeError("two calls of the model at once: they share its state")
        running = _running = _Run(call, self._pace, self._clock)
        try:
            while True:
                item = running.resume()
                if running.has_ended:
                    return
                yield item
        finally:
            _running = None
            running.unwind()

    def _instrument(self, module: Any, path: str) -> bool:
        """Turn the layers below ``module`` into points; return whether there are any."""
        found = False
        for name, value in list(module.items()):
            below = f"{path}.{name}" if path else name
            if layers := _layers(value):
                self._instrument_layers(layers, below)
                found = True
            else:
                for child in value if isinstance(value, list) else [value]:
                    if not hasattr(child, "named_modules"):
                        continue
                    inside = self._instrument(child, below)
                    if not inside and not below.startswith(_LANGUAGE) and _is_composite(child):
                        # Patch embeddings, mergers, connectors: beside the layers, yet as costly as some.
                        _swap(child, _Point(Stage.ENCODING, below, is_layer=False))
                    found = found or inside
        return found

    def _instrument_layers(self, layers: list[Any], path: str) -> None:
        is_language = path.startswith(_LANGUAGE)
        stage = Stage.PREFILLING if is_language else Stage.ENCODING
        self.layers[stage] += len(layers)
        for layer in layers:
            is_last = layer is layers[-1]
            pauses = not (is_language and is_last)
            kind = f"{path}.{type(layer).__name__}"
            for name, part in _parts(layer) if pauses else ():
                _swap(part, _Point(stage, f"{kind}.{name}", is_layer=False))
            _swap(layer, _Point(stage, kind, is_layer=True, flush=is_last, pauses=pauses))


class _Run:
    """One call under way."""

    def __init__(self, call: Callable[[], Iterator[Any]], pace: _Pace, clock: Callable[[], float]) -> None:
        self._call = call
        self._pace = pace
        pace.restart()
        self._clock = clock
        self._greenlet = greenlet.greenlet(self._drain)
        self._resumed_s = 0.0
        self._layers_passed = 0
        self._slicing = True
        self._has_breathed = False

    @property
    def has_ended(self) -> bool:
        return bool(self._greenlet.dead)

    def resume(self) -> Any:
        """Let the call go on until it pauses, yields, ends or raises."""
        self._greenlet.parent = greenlet.getcurrent()
        self._resumed_s = self._clock()
        return self._greenlet.switch()

    def unwind(self) -> None:
        if not self._greenlet.dead:
            self._slicing = False
            self._greenlet.parent = greenlet.getcurrent()
            self._greenlet.throw(greenlet.GreenletExit)

    def passed(self, point: _Point, inputs: tuple[Any, ...], output: Any) -> None:
        """Be told that the call has passed ``point``; may hand control back to whoever resumed it."""
        if not self._slicing or greenlet.getcurrent() is not self._greenlet:
            return
        if not _is_sequence(inputs):
            self._breathe()
            return
        self._layers_passed += point.is_layer
        is_due = point.pauses and (self._pace.passed(point.kind) or point.flush)
        if not is_due or not _evaluate(output):
            return
        self._pace.paused(self._clock() - self._resumed_s)
        self._hand_over(Slice(point.stage, self._layers_passed))

    def _breathe(self) -> None:
        """Hand control back once before the first token: the rest of the prompt was computed just now."""
        if self._layers_passed and not self._has_breathed:
            self._has_breathed = True
            self._hand_over(Slice(Stage.PREFILLING, self._layers_passed))

    def _drain(self) -> None:
        results = self._call()
        with closing(results) if isinstance(results, Generator) else closing(_Nothing()):
            for result in results:
                # Decoding from here on: its layers need not ask any more.
                self._slicing = False
                self._hand_over(result)

    def _hand_over(self, item: Any) -> None:
        caller = self._greenlet.parent
        assert caller is not None, "every resume() names who resumed"  # noqa: S101
        caller.switch(item)


class _Nothing:
    def close(self) -> None:
        pass


_running: _Run | None = None


def _layers(value: Any) -> list[Any]:
    """Return ``value`` where it is a list of like, composite modules; else an empty list."""
    if not isinstance(value, list) or len(value) < 2:
        return []
    alike = len({type(each) for each in value}) == 1
    return value if alike and hasattr(value[0], "named_modules") and _is_composite(value[0]) else []


def _parts(layer: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a layer is made of, attention and the like, each after its own matrices; all with names."""
    for name, part in layer.items():
        if hasattr(part, "named_modules") and _is_composite(part):
            for inner, child in part.items():
                if getattr(getattr(child, "weight", None), "ndim", 0) == 2:
                    yield f"{name}.{inner}", child
            yield name, part


def _is_composite(module: Any) -> bool:
    """Return whether ``module`` has modules inside."""
    return any(
        hasattr(child, "named_modules")
        for value in module.values()
        for child in (value if isinstance(value, list) else [value])
    )


def _is_sequence(inputs: tuple[Any, ...]) -> bool:
    """Return whether the first array among ``inputs`` has more than one position: (…, positions, channels)."""
    for each in inputs:
        shape = getattr(each, "shape", None)
        if shape is not None and len(shape) >= 2:
            return bool(shape[-2] > 1)
    return False


def _evaluate(output: Any) -> bool:
    """Compute ``output``; return False, with nothing done, inside ``mx.compile`` and the like."""
    import mlx.core as mx

    try:
        mx.eval(output)
    except ValueError as err:
        if "function transformations" in str(err):
            return False
        raise
    return True


def _swap(module: Any, point: _Point) -> None:
    # In the instance's dictionary, not among the module's items: parameters and paths stay as they are.
    object.__setattr__(module, "_slicing_point", point)
    module.__class__ = _sliced(module.__class__)


@cache
def _sliced(cls: Any) -> Any:
    """Return ``cls`` with a call that reports when it is done."""

    class Sliced(cls):  # type: ignore[misc]
        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            output = super().__call__(*args, **kwargs)
            if _running is not None:
                _running.passed(self._slicing_point, (*args, *kwargs.values()), output)
            return output

    Sliced.__name__, Sliced.__qualname__, Sliced.__module__ = cls.__name__, cls.__qualname__, cls.__module__
    return Sliced
