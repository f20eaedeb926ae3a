"""Room: free disk, the machine's memory, and what a model needs of them."""

import os
import shutil
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

GIB = 1 << 30

WORKING_SHARE = 0.74
"""Share of the memory that Metal lets a Mac's GPU keep in use: 11.84 of 16, 17.76 of 24 GiB.
https://github.com/AlexsJones/llmfit/pull/754, https://github.com/sgl-project/sglang/pull/29949"""

SYSTEM_BYTES = int(2.5 * GIB)
SYSTEM_SHARE = 0.10
"""What macOS keeps for itself, fixed and by size: https://github.com/janhq/jan/pull/7842"""

WORKING_BYTES = 1_000_000_000
"""For the picture's encoding, activations and buffers."""

CONTEXT_TOKENS = 4_096
"""Prompt, picture and answer of one critique have room in this."""

SPARE_BYTES = 500_000_000
"""Free disk that a download leaves alone."""

COMFORTABLE = 0.80
"""Up to this share of the usable memory, other apps stay as they are."""


class Fit(Enum):
    """How a model fits the memory."""

    YES = "fits"
    TIGHT = "fits if other apps are closed"
    NO = "does not fit"


def readable_bytes(count: float) -> str:
    """Return a number of bytes as macOS writes it: decimal, "3.1 GB", "600 MB"."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if count >= size:
            return f"{count / size:.1f} {unit}" if unit == "GB" else f"{count / size:.0f} {unit}"
    return f"{count:.0f} bytes"


def free_bytes(folder: Path) -> int:
    """Return the free bytes of the disk on which ``folder`` is, or will be.

    OSError where not even its topmost parent can be read.
    """
    existing = folder.expanduser().absolute()
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    return shutil.disk_usage(existing).free


def memory_bytes() -> int:
    """Return the machine's memory."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def usable_bytes(total_bytes: int) -> int:
    """Return how much of a Mac's memory a model can use, where the GPU's own limit is not known."""
    return int(min(total_bytes * WORKING_SHARE, total_bytes * (1 - SYSTEM_SHARE) - SYSTEM_BYTES))


def fit(needed_bytes: int, usable: int) -> Fit:
    """Return how a model that needs so much fits into so much usable memory; 0 needed counts as fitting."""
    if needed_bytes > usable:
        return Fit.NO
    return Fit.YES if needed_bytes <= usable * COMFORTABLE else Fit.TIGHT


def needed_bytes(config: Mapping[str, Any], weights_bytes: int) -> int:
    """Return an estimate of the memory that a model needs for one picture.

    Weights, keys and values of :data:`CONTEXT_TOKENS` tokens at two bytes each, and working room. A configuration
    that does not tell its layers counts as one without a cache.
    """
    text = config.get("text_config")
    text = text if isinstance(text, Mapping) else config
    heads = _count(text, "num_attention_heads")
    kv_heads = _count(text, "num_key_value_heads") or heads
    head_dim = _count(text, "head_dim") or (_count(text, "hidden_size") // heads if heads else 0)
    per_token = _count(text, "num_hidden_layers") * kv_heads * head_dim * 2 * 2
    return weights_bytes + per_token * CONTEXT_TOKENS + WORKING_BYTES


def _count(config: Mapping[str, Any], key: str) -> int:
    value = config.get(key)
    return value if isinstance(value, int) and 0 < value < 1_000_000 else 0
