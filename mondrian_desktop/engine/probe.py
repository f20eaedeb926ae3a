"""Tries the engine's parts one by one, for the self-test of the packaged app; imports MLX late, like its neighbors."""

import importlib
import pkgutil
from typing import Any

from mondrian_desktop.engine import loading


def import_library() -> str:
    """Import mlx_vlm as the first analysis does, and return its version."""
    loading.import_library()
    import mlx_vlm

    return str(mlx_vlm.__version__)


def one_operation() -> str:
    """Compute a product of matrices, which takes a kernel on Metal, and return on what it was computed.

    Raises
    ------
    ArithmeticError
        Where the result is wrong.
    """
    loading.use_fast_blas()
    import mlx.core as mx

    numbers = mx.arange(64 * 64, dtype=mx.float32).reshape(64, 64) / 64
    wrong: Any = (numbers @ mx.eye(64) - numbers).abs().max().item()
    if wrong:
        raise ArithmeticError(f"MLX computes wrongly: the result is off by {wrong}")
    device: Any = mx.default_device()
    return "Metal" if device.type == mx.gpu else "CPU"


def supports(model_type: str) -> bool:
    """Return whether mlx_vlm can load models of this ``model_type`` of a config.json. Slow at first: for a worker."""
    loading.import_library()
    from mlx_vlm.utils import get_model_and_args

    try:
        get_model_and_args({"model_type": model_type})
    except (ValueError, ImportError):
        return False
    return True


def import_model_type(model_type: str) -> int:
    """Import everything that mlx_vlm and transformers have for a ``model_type`` of a config.json; return how much.

    Raises
    ------
    ValueError, ImportError, AttributeError
        Where one of them does not know the type, or a module of it cannot be imported.
    """
    from mlx_vlm.utils import get_model_and_args

    package, _ = get_model_and_args({"model_type": model_type})
    # In the packaged app, too, this sees what lies in the archive: PyInstaller sees to it.
    modules = [found.name for found in pkgutil.iter_modules(package.__path__, package.__name__ + ".")]
    for module in modules:
        importlib.import_module(module)
    return len([package.Model, *modules, *_preparing(model_type)])


def _preparing(model_type: str) -> list[type]:
    """Return the classes of transformers that prepare text and pictures for this type."""
    import transformers
    from transformers.models.auto.image_processing_auto import IMAGE_PROCESSOR_MAPPING_NAMES as IMAGES
    from transformers.models.auto.processing_auto import PROCESSOR_MAPPING_NAMES as PROCESSORS

    names = [PROCESSORS.get(model_type), IMAGES.get(model_type, {}).get("pil")]
    return [getattr(transformers, name) for name in names if name]
