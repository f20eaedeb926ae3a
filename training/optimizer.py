"""Muon for the matrices, AdamW for the rest, on full-precision masters of weights that may be of half precision."""

import copy
import math
from typing import Any

import torch
from torch import Tensor, nn

from training.model import MondrianMini

_WIDEST = 512


def compute_type() -> torch.dtype:
    """Return bfloat16 where the processor has instructions for it; elsewhere it is emulated, a hundred times slower."""
    return torch.bfloat16 if torch.ops.mkldnn._is_mkldnn_bf16_supported() else torch.float32


class Trainer:
    """A model in float32 that is stepped, and its copy that computes, in :func:`compute_type`.

    Gradients of several small batches are added up in float32: small batches stay in the processor's cache.

    Parameters
    ----------
    master
        The float32 model.
    names
        Predicate on parameter names: which of them this stage trains.
    rate
        Peak learning rate of Muon; AdamW takes half of it.
    """

    def __init__(self, master: MondrianMini, names: Any, rate: float) -> None:
        self.master = master
        self.worker = copy.deepcopy(master).to(compute_type())
        pairs = zip(master.named_parameters(), self.worker.parameters(), strict=True)
        chosen = [(name, full, half) for (name, full), half in pairs if names(name)]
        for name, parameter in self.worker.named_parameters():
            parameter.requires_grad_(names(name))
        self._full = [full for _, full, _ in chosen]
        self._half = [half for _, _, half in chosen]
        matrices = [full for name, full, _ in chosen if _is_matrix(name, full)]
        rest = [full for name, full, _ in chosen if not _is_matrix(name, full)]
        self._optimizers: list[torch.optim.Optimizer] = [
            torch.optim.AdamW(rest, lr=rate * 0.5, betas=(0.9, 0.98), weight_decay=0.0),
            Muon(matrices, rate),
        ]
        self._peaks = [group["lr"] for optimizer in self._optimizers for group in optimizer.param_groups]
        for parameter in self._full:
            parameter.grad = torch.zeros_like(parameter)

    def gather(self) -> None:
        """Add the worker's gradients to the master's."""
        have = [(full, half) for full, half in zip(self._full, self._half, strict=True) if half.grad is not None]
        for full, half in have:
            assert full.grad is not None
            full.grad.add_(half.grad)
            half.grad = None

    def step(self, factor: float) -> float:
        """Take a step at ``factor`` of the peak learning rate, and return the norm of the gradient before clipping."""
        groups = [group for optimizer in self._optimizers for group in optimizer.param_groups]
        for group, peak in zip(groups, self._peaks, strict=True):
            group["lr"] = peak * factor
        norm = float(nn.utils.clip_grad_norm_(self._full, 1.0))
        for optimizer in self._optimizers:
            optimizer.step()
        torch._foreach_zero_([parameter.grad for parameter in self._full])
        with torch.no_grad():
            torch._foreach_copy_(self._half, self._full)
        return norm

    def state(self) -> list[dict[str, Any]]:
        """Return what is needed to go on, without the weights."""
        return [optimizer.state_dict() for optimizer in self._optimizers]

    def restore(self, states: list[dict[str, Any]]) -> None:
        """Go on from :meth:`state`."""
        for optimizer, state in zip(self._optimizers, states, strict=True):
            optimizer.load_state_dict(state)


class Muon(torch.optim.Optimizer):
    """Momentum, made orthogonal: every direction of a matrix moves equally far.

    As ``torch.optim.Muon`` with ``match_rms_adamw``, which always computes in bfloat16: emulated, that takes longer
    than everything else together.

    Source: Jordan et al., Muon (2024); the coefficients are theirs.
    """

    def __init__(self, matrices: list[nn.Parameter], lr: float) -> None:
        super().__init__(matrices, {"lr": lr, "momentum": 0.95, "weight_decay": 0.01})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Take a step along the gradients."""
        for group in self.param_groups:
            for matrix in group["params"]:
                state = self.state[matrix]
                if not state:
                    state["momentum_buffer"] = torch.zeros_like(matrix)
                average = state["momentum_buffer"].lerp_(matrix.grad, 1 - group["momentum"])
                update = orthogonal(matrix.grad.lerp(average, group["momentum"]).to(compute_type()))
                matrix.mul_(1 - group["lr"] * group["weight_decay"])
                matrix.add_(update, alpha=-group["lr"] * 0.2 * math.sqrt(max(matrix.shape)))


def orthogonal(matrix: Tensor, rounds: int = 5) -> Tensor:
    """Return ``matrix`` with all its singular values near 1 (0.7 to 1.2), by Newton and Schulz's iteration."""
    tall = matrix.shape[0] > matrix.shape[1]
    out = matrix.T if tall else matrix
    out = out / out.norm().clamp(min=1e-7)
    for _ in range(rounds):
        square = out @ out.T
        out = torch.addmm(out, torch.addmm(square, square, square, beta=-4.7750, alpha=2.0315), out, beta=3.4445)
    return out.T if tall else out


def schedule(step: int, progress: float) -> float:
    """Return the factor of the learning rate: 40 steps up, level for a quarter, then down along a cosine to 0.03."""
    warm = min(1.0, (step + 1) / 40)
    if progress < 0.25:
        return warm
    return warm * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * min(1.0, (progress - 0.25) / 0.75))))


def _is_matrix(name: str, parameter: nn.Parameter) -> bool:
    # Muon's cost grows with the cube of the shorter side: the mergers' squares of 768 would cost as much as all others.
    auxiliary = name.startswith("local")
    return parameter.ndim == 2 and min(parameter.shape) <= _WIDEST and "embed" not in name and not auxiliary
