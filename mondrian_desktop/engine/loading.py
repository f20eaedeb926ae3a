"""Loads a model in steps: the library in a thread, the weights lazily and then piece by piece on the main thread."""

import ctypes
import gc
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from mondrian_desktop.engine.folder import WeightsFolder
from mondrian_desktop.engine.mask import SchemaTokenizer
from mondrian_desktop.engine.protocol import Load
from mondrian_desktop.engine.slicing import TARGET_S, Slicer
from mondrian_desktop.engine.worker import Worker
from mondrian_desktop.errors import Cancelled, UserError
from mondrian_desktop.pump import Wait
from mondrian_desktop.weights import space

_SLOWEST = 200_000_000
"""Bytes per second at which reading is expected at first, and at least."""

_is_imported = False
"""Set when the import in a worker is done: until then, importing anything of MLX here would wait for it."""


@dataclass(eq=False)
class LoadedModel:
    """A model in memory, with what belongs to it.

    Attributes
    ----------
    folder
        Where it came from.
    model, processor
        As mlx_vlm made them.
    slicer
        Runs its calls in slices.
    schema_tokenizer
        Made when it is first needed.
    """

    folder: WeightsFolder
    model: Any
    processor: Any
    slicer: Slicer[Any]
    schema_tokenizer: SchemaTokenizer | None = None

    @property
    def tokenizer(self) -> Any:
        """The tokenizer proper: some processors are one, others have one."""
        return getattr(self.processor, "tokenizer", self.processor)

    def reset_stopping(self) -> None:
        """Forget the stop tokens that an earlier call added; ``stream_generate`` does not."""
        self.tokenizer.stopping_criteria.reset(getattr(self.model.config, "eos_token_id", None))

    def stop_ids(self) -> list[int]:
        """Return the ids of all tokens that end an answer."""
        return list(self.tokenizer.stopping_criteria.eos_token_ids)


def load(
    folder: WeightsFolder, worker: Worker, clock: Callable[[], float] = time.perf_counter
) -> Generator[Load | Wait, None, LoadedModel]:
    """Load the model in ``folder``; each step takes some 20 ms, but for single tensors that take longer.

    Raises
    ------
    UserError
        Where the type of model is not supported, or files do not belong together or do not fit into memory.
    """
    with explained(folder):
        processor = yield from worker.run("load the tokenizer", lambda: _load_processor(folder))
        model = _load_lazily(folder)
        yield from _evaluate(model, worker, clock)
    return LoadedModel(folder, model, processor, Slicer(model, clock))


def refuse_unfit(folder: WeightsFolder, worker: Worker) -> Generator[Wait, None, None]:
    """Look at what would make loading fail, before any memory is taken or given back.

    Raises
    ------
    UserError
        Where the type of model is not supported, or it needs more memory than a model can use here.
    """
    with explained(folder):
        usable = yield from worker.run("look at the model", lambda: _usable_bytes(folder))
    needed = space.needed_bytes(folder.config, folder.total_bytes)
    if needed > usable:
        raise UserError(
            f"The model in {folder.path} needs about {space.readable_bytes(needed)} of memory, and a model can use "
            f"{space.readable_bytes(usable)} here.",
            "Choose a smaller model.",
        )


def limit_cache() -> None:
    """Have MLX keep less memory for reuse where there is less of it; by itself it keeps nearly all it ever had."""
    import mlx.core as mx

    mx.set_cache_limit(cache_limit_bytes(space.memory_bytes()))


def cache_limit_bytes(memory_bytes: int) -> int:
    """Return how much memory may be kept for reuse: a thirty-second, from 256 MiB to 4 GiB."""
    return min(max(memory_bytes // 32, 256 << 20), 4 << 30)


def _usable_bytes(folder: WeightsFolder) -> int:
    """Return how much memory a model can use, as Metal says, or as a rule where there is none; for a worker.

    ValueError where the library does not know the type of model.
    """
    import_library()
    import mlx.core as mx
    from mlx_vlm.utils import get_model_and_args

    get_model_and_args(dict(folder.config))
    info: dict[str, Any] = mx.device_info() if mx.metal.is_available() else {}
    return int(info.get("max_recommended_working_set_size") or space.usable_bytes(space.memory_bytes()))


def use_fast_blas() -> None:
    """Make MLX use OpenBLAS on Linux; to be called before MLX is imported. Harmless where there is none.

    WORKAROUND https://pypi.org/project/mlx-cpu/ 0.32.4: the wheel bundles the reference BLAS, at a fifteenth of the
    speed. The symbols of a library that is loaded first, and globally, are found first. Can go when the wheel
    brings a better one.
    """
    if sys.platform != "linux":
        return
    packages = Path(getattr(sys, "_MEIPASS", sysconfig.get_paths()["platlib"]))
    wheels = sorted(packages.glob("opencv_python*.libs/libopenblas*.so*"))
    for name in [*map(str, wheels), "libopenblas.so.0"]:
        try:
            ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL)
        except OSError:
            continue
        return


def clear_cache() -> None:
    """Give back the memory that MLX keeps for reuse; the library does not where its generators are closed early."""
    if _is_imported:
        import mlx.core as mx

        mx.clear_cache()


def is_out_of_memory(err: BaseException) -> bool:
    """Return whether ``err`` is the library's way of saying that memory is used up."""
    text = str(err).lower()
    return isinstance(err, MemoryError) or (
        isinstance(err, RuntimeError)
        and any(sign in text for sign in ("malloc", "out of memory", "outofmemory", "insufficient memory"))
    )


@contextmanager
def explained(folder: WeightsFolder) -> Iterator[None]:
    """Turn what the library raises over a model folder into a UserError; the cause stays attached."""
    path = folder.path
    try:
        yield
    except (UserError, Cancelled, GeneratorExit):
        # First of all: what is looked up further down may wait for an import that goes on in a worker.
        raise
    except (MemoryError, RuntimeError) as err:
        if is_out_of_memory(err):
            raise UserError(
                f"The model in {path} does not fit into memory.", "Choose a smaller model, or close other programs."
            ) from err
        raise UserError(f"The weights in {path} are damaged: {_line(err)}.", "Download the model again.") from err
    except _errors_of_a_bad_folder() as err:
        if "not supported" in str(err) and "Model type" in str(err):
            raise UserError(
                f"Models of type “{folder.config['model_type']}” are not supported ({path}).", "Choose another model."
            ) from err
        raise UserError(
            f"The files in {path} do not make a model: {_line(err)}.", "Download the model again, or choose another."
        ) from err


def _errors_of_a_bad_folder() -> tuple[type[Exception], ...]:
    """Return what the library raises over files that it does not understand; looked up only when it has raised."""
    from huggingface_hub.errors import StrictDataclassError

    return (AttributeError, ImportError, LookupError, OSError, TypeError, ValueError, StrictDataclassError)


def _line(err: BaseException) -> str:
    lines = str(err).strip().splitlines() or [type(err).__name__]
    return lines[0][:200].rstrip(".: ")


def _load_processor(folder: WeightsFolder) -> Any:
    """Import the library and the model's own modules, and load tokenizer and image processor; for a worker."""
    import_library()
    from mlx_vlm.utils import get_model_and_args, load_image_processor, load_processor

    # Never the folder as model_path: the library would run program code that it may hold.
    get_model_and_args(dict(folder.config))
    processor = load_processor(folder.path, True, trust_remote_code=False)
    image_processor = load_image_processor(folder.path, trust_remote_code=False)
    if image_processor is not None:
        processor.image_processor = image_processor
    _guard_detokenizer(processor)
    return processor


def import_library() -> None:
    """Import mlx_vlm, so that no helper process starts and the collector lets its objects be; once, in any thread."""
    global _is_imported
    if _is_imported:
        return
    use_fast_blas()
    import tqdm

    # Its default lock starts a helper process, which in a frozen app is a second app.
    tqdm.tqdm.set_lock(threading.RLock())
    was_enabled = gc.isenabled()
    # Two seconds of allocations that stay: the collector would go through them all again and again.
    gc.disable()
    try:
        import mlx_vlm  # noqa: F401
    finally:
        # And never again: a full collection over transformers' objects takes 0.1 s, in the middle of a token.
        gc.freeze()
        if was_enabled:
            gc.enable()
    _is_imported = True


def _load_lazily(folder: WeightsFolder) -> Any:
    """Build the model on weights that are not read yet, and fit it to the device."""
    import mlx.core as mx
    from mlx_vlm.utils import load_model

    is_cpu = mx.default_device().type == mx.cpu
    if is_cpu:
        # Compiling starts a C++ compiler (0.5 to 2 s at the first token, where there is one) and gains nothing.
        mx.disable_compile()
    model = load_model(folder.path, lazy=True)
    if is_cpu and not any(leaf.dtype == mx.uint32 for leaf in _leaves(model)):
        # Half precision runs at about one token a second on a CPU. Quantized weights stay as they are.
        model.set_dtype(mx.float32)
    return model


def _leaves(model: Any) -> list[Any]:
    from mlx.utils import tree_flatten

    return [leaf for _, leaf in tree_flatten(model.parameters())]


def _evaluate(model: Any, worker: Worker, clock: Callable[[], float]) -> Generator[Load | Wait, None, None]:
    """Read the weights in pieces that take about TARGET_S; a tensor that takes longer is read in the background."""
    import mlx.core as mx

    leaves = _leaves(model)
    total = sum(leaf.nbytes for leaf in leaves)
    done, bytes_per_s = 0, _SLOWEST
    piece: list[Any] = []
    yield Load(0, total)
    for number, leaf in enumerate(leaves, start=1):
        piece.append(leaf)
        size = sum(each.nbytes for each in piece)
        expected_s = size / bytes_per_s
        if expected_s < TARGET_S and number < len(leaves):
            continue
        began_s = clock()
        mx.async_eval(piece)  # type: ignore[no-untyped-call]
        if expected_s > 2 * TARGET_S:
            # MLX reads in a thread of its own and does not tell when it is done: asking any earlier would block.
            yield from worker.run("wait for the disk", partial(time.sleep, 0.9 * expected_s))
        mx.eval(piece)
        bytes_per_s = max(_SLOWEST, min(size / max(clock() - began_s, 1e-6), 2 * bytes_per_s))
        done += size
        piece = []
        yield Load(done, total)


def _guard_detokenizer(processor: Any) -> None:
    """Make the detokenizer pass over ids that have no text: rows of the embedding beyond the vocabulary."""
    detokenizer = getattr(processor, "detokenizer", None)
    if detokenizer is not None:
        detokenizer.__class__ = _guarded(detokenizer.__class__)


@cache
def _guarded(cls: Any) -> Any:
    class Guarded(cls):  # type: ignore[misc]
        def add_token(self, token: int, skip_special_token_ids: Any = ()) -> None:
            texts = getattr(self, "tokenmap", None)
            if texts is not None:
                text = texts[token] if 0 <= token < len(texts) else None
                known = getattr(self, "_byte_decoder", None)
                if not text or (known is not None and any(character not in known for character in text)):
                    return
            super().add_token(token, skip_special_token_ids=skip_special_token_ids)

    Guarded.__name__, Guarded.__qualname__, Guarded.__module__ = cls.__name__, cls.__qualname__, cls.__module__
    return Guarded
