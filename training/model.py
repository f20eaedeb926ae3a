"""Qwen3-VL at a small size, for training: batches of pictures of one size, parameter names as in transformers.

Written for two processor cores. Everything runs in the type of the weights (bfloat16 in training, where the
processor can), so that the elementwise work between the matrix products, which is what takes the time, moves half the
bytes.

Sources: transformers ``models/qwen3_vl/modeling_qwen3_vl.py`` for the architecture; the test of the exported weights
compares token ids with mlx-vlm.
"""

from dataclasses import asdict, dataclass
from functools import cache
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


@dataclass(frozen=True)
class Config:
    """Sizes.

    ``deepstack`` are the vision layers whose output is added to the first text layers, ``middle`` is the one after
    which it is known what lies in each cell; ``facts`` and ``parts`` count the measurements of a picture and of a cell.
    """

    vision_width: int = 192
    vision_layers: int = 6
    vision_heads: int = 3
    vision_hidden: int = 768
    positions: int = 256
    deepstack: tuple[int, ...] = (1, 3)
    middle: int = 3
    width: int = 256
    layers: int = 6
    heads: int = 4
    key_heads: int = 2
    head_size: int = 64
    hidden: int = 640
    vocabulary: int = 4096
    rope_theta: float = 10000.0
    rope_sections: tuple[int, int, int] = (12, 10, 10)
    patch: int = 16
    merge: int = 2
    facts: int = 26
    parts: int = 24

    def as_dict(self) -> dict[str, object]:
        """Return the fields, for a checkpoint."""
        return asdict(self)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn the vectors of ``x`` (…, N, size) by the angles of their positions."""
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat((-second, first), -1) * sin


def attend(q: Tensor, k: Tensor, v: Tensor, *, causal: bool) -> Tensor:
    """Return softmax(q k^T / sqrt(size)) v, each (B, heads, N, size).

    Written out: in bfloat16 on a processor this takes 0.6 of the time of the fused function, mostly in its gradient.
    """
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
    if causal and q.shape[2] > 1:
        scores = scores + torch.full(scores.shape[-2:], -1e4, dtype=scores.dtype).triu(1)
    return torch.softmax(scores, -1) @ v


class RMSNorm(nn.Module):
    """Root mean square norm."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))

    def forward(self, x: Tensor) -> Tensor:
        """Normalize the last axis."""
        return F.rms_norm(x, (x.shape[-1],), self.weight, 1e-6)


class VisionAttention(nn.Module):
    """Every patch looks at every patch."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.heads = c.vision_heads
        self.qkv = nn.Linear(c.vision_width, 3 * c.vision_width)
        self.proj = nn.Linear(c.vision_width, c.vision_width)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """(B, N, width) -> the same."""
        b, n, d = x.shape
        q, k, v = self.qkv(x).view(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        out = attend(rotate(q, cos, sin), rotate(k, cos, sin), v, causal=False)
        return self.proj(out.transpose(1, 2).reshape(b, n, d))


class VisionMLP(nn.Module):
    """Two layers with a tanh-approximated GELU between them."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.linear_fc1 = nn.Linear(c.vision_width, c.vision_hidden)
        self.linear_fc2 = nn.Linear(c.vision_hidden, c.vision_width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, N, width) -> the same."""
        return self.linear_fc2(F.gelu(self.linear_fc1(x), approximate="tanh"))


class VisionBlock(nn.Module):
    """One layer of the vision encoder."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(c.vision_width, eps=1e-6)
        self.norm2 = nn.LayerNorm(c.vision_width, eps=1e-6)
        self.attn = VisionAttention(c)
        self.mlp = VisionMLP(c)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """(B, N, width) -> the same."""
        x = x + self.attn(self.norm1(x), cos, sin)
        return x + self.mlp(self.norm2(x))


class Merger(nn.Module):
    """Four patches -> one image token. ``post`` norms after joining them, as the deepstack mergers do."""

    def __init__(self, c: Config, *, post: bool) -> None:
        super().__init__()
        self.size = c.vision_width * c.merge**2
        self.post = post
        self.norm = nn.LayerNorm(self.size if post else c.vision_width, eps=1e-6)
        self.linear_fc1 = nn.Linear(self.size, self.size)
        self.linear_fc2 = nn.Linear(self.size, c.width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, N, vision width) -> (B, N / 4, width)."""
        joined = (x.shape[0], -1, self.size)
        x = self.norm(x.reshape(joined)) if self.post else self.norm(x).reshape(joined)
        return self.linear_fc2(F.gelu(self.linear_fc1(x)))


class PatchEmbed(nn.Module):
    """A patch's pixels -> a vector. Both frames that the architecture knows are the same picture here."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.proj = nn.Conv3d(3, c.vision_width, (2, c.patch, c.patch), (2, c.patch, c.patch))

    def forward(self, x: Tensor) -> Tensor:
        """(B, N, 3 * patch * patch) -> (B, N, vision width)."""
        weight = self.proj.weight
        return F.linear(x, weight.sum(2).reshape(weight.shape[0], -1), self.proj.bias)


def in_merge_order(x: Tensor, height: int, width: int) -> Tensor:
    """Reorder the rows of ``x`` (height * width, …) so that the four patches of an image token are neighbors."""
    rest = x.shape[1:]
    return x.reshape(height // 2, 2, width // 2, 2, *rest).transpose(1, 2).reshape(height * width, *rest)


@cache
def vision_positions(height: int, width: int, c: Config) -> tuple[Tensor, Tensor, Tensor]:
    """Return interpolation weights of the learned positions, and the rotary cosines and sines, of a patch grid.

    Shapes (N, positions), (N, head size), (N, head size) for N = height * width patches, float32.
    """
    side = int(c.positions**0.5)
    y, x = torch.linspace(0, side - 1, height), torch.linspace(0, side - 1, width)
    weights = torch.zeros(height * width, side * side)
    rows = torch.arange(height * width)
    for down in (0, 1):
        for right in (0, 1):
            iy = (y.int() + down).clamp(max=side - 1).long()
            ix = (x.int() + right).clamp(max=side - 1).long()
            fy, fx = y - y.int(), x - x.int()
            share = (fy if down else 1 - fy)[:, None] * (fx if right else 1 - fx)
            weights[rows, (iy[:, None] * side + ix).flatten()] += share.flatten()
    size = c.vision_width // c.vision_heads
    inverse = 1 / 10000 ** (torch.arange(0, size // 2, 2).float() / (size // 2))
    row = torch.arange(height).repeat_interleave(width)[:, None] * inverse
    column = torch.arange(width).repeat(height)[:, None] * inverse
    angles = torch.cat([row, column], -1)
    angles = in_merge_order(torch.cat([angles, angles], -1), height, width)
    return in_merge_order(weights, height, width), angles.cos(), angles.sin()


class Seen(NamedTuple):
    """A picture as the vision encoder sees it.

    Attributes
    ----------
    tokens
        (B, cells, width): the image tokens.
    deep
        What is added to the first text layers at their places, each of the same shape; may be empty.
    middle
        (B, cells, 4 * vision width): the patches of each cell half-way.
    """

    tokens: Tensor
    deep: list[Tensor]
    middle: Tensor


class Vision(nn.Module):
    """The vision encoder."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.config = c
        self.patch_embed = PatchEmbed(c)
        self.pos_embed = nn.Embedding(c.positions, c.vision_width)
        self.blocks = nn.ModuleList(VisionBlock(c) for _ in range(c.vision_layers))
        self.merger = Merger(c, post=False)
        self.deepstack_merger_list = nn.ModuleList(Merger(c, post=True) for _ in c.deepstack)

    def forward(self, patches: Tensor, height: int, width: int, *, deepstack: bool = True) -> Seen:
        """(B, N, pixels of a patch) -> what is seen in them, N / 4 cells."""
        weights, cos, sin = (t.to(patches.dtype) for t in vision_positions(height, width, self.config))
        x = self.patch_embed(patches) + weights @ self.pos_embed.weight
        deep: list[Tensor] = []
        middle = x
        for number, block in enumerate(self.blocks):
            x = block(x, cos, sin)
            if number == self.config.middle:
                middle = x.reshape(x.shape[0], -1, 4 * x.shape[2])
            if deepstack and number in self.config.deepstack:
                deep.append(self.deepstack_merger_list[len(deep)](x))
        return Seen(self.merger(x), deep, middle)


Cache = list[Tensor]
"""Keys and values of one text layer so far; empty before the first call."""


class TextAttention(nn.Module):
    """Causal attention, two query heads to a key head."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.config = c
        self.q_proj = nn.Linear(c.width, c.heads * c.head_size, bias=False)
        self.k_proj = nn.Linear(c.width, c.key_heads * c.head_size, bias=False)
        self.v_proj = nn.Linear(c.width, c.key_heads * c.head_size, bias=False)
        self.o_proj = nn.Linear(c.heads * c.head_size, c.width, bias=False)
        self.q_norm = RMSNorm(c.head_size)
        self.k_norm = RMSNorm(c.head_size)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, kept: Cache | None = None) -> Tensor:
        """(B, N, width) -> the same; with ``kept`` the earlier positions are seen too, and these are added to it."""
        b, n, _ = x.shape
        size = self.config.head_size
        q = rotate(self.q_norm(self.q_proj(x).view(b, n, -1, size)).transpose(1, 2), cos, sin)
        k = rotate(self.k_norm(self.k_proj(x).view(b, n, -1, size)).transpose(1, 2), cos, sin)
        v = self.v_proj(x).view(b, n, -1, size).transpose(1, 2)
        if kept is not None:
            if kept:
                k, v = torch.cat([kept[0], k], 2), torch.cat([kept[1], v], 2)
            kept[:] = [k, v]
        group = self.config.heads // self.config.key_heads
        k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
        out = attend(q, k, v, causal=True)
        return self.o_proj(out.transpose(1, 2).reshape(b, n, -1))


class TextMLP(nn.Module):
    """Gated with SiLU."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(c.width, c.hidden, bias=False)
        self.up_proj = nn.Linear(c.width, c.hidden, bias=False)
        self.down_proj = nn.Linear(c.hidden, c.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, N, width) -> the same."""
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class TextBlock(nn.Module):
    """One layer of the language model."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.self_attn = TextAttention(c)
        self.mlp = TextMLP(c)
        self.input_layernorm = RMSNorm(c.width)
        self.post_attention_layernorm = RMSNorm(c.width)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, kept: Cache | None = None) -> Tensor:
        """(B, N, width) -> the same."""
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, kept)
        return x + self.mlp(self.post_attention_layernorm(x))


class Text(nn.Module):
    """The language model without its head, which shares the embedding."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.config = c
        self.embed_tokens = nn.Embedding(c.vocabulary, c.width)
        self.layers = nn.ModuleList(TextBlock(c) for _ in range(c.layers))
        self.norm = RMSNorm(c.width)

    def rope(self, positions: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """(3, N) positions in time, down and across -> cosines and sines (N, head size), sections interleaved."""
        size = self.config.head_size
        angles = positions[..., None].float() / self.config.rope_theta ** (torch.arange(0, size, 2).float() / size)
        mixed = angles[0].clone()
        for axis in (1, 2):
            stop = self.config.rope_sections[axis] * 3
            mixed[:, axis:stop:3] = angles[axis, :, axis:stop:3]
        mixed = torch.cat([mixed, mixed], -1)
        return mixed.cos().to(dtype), mixed.sin().to(dtype)


class Inner(nn.Module):
    """Only for the parameter names."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.visual = Vision(c)
        self.language_model = Text(c)


class MondrianMini(nn.Module):
    """The model, and what exists only in training.

    ``directions`` are where the measurements stand in an image token: fixed, orthogonal, (facts, width). The vision
    encoder learns to write them there and the language model to read them, each without waiting for the other.
    ``local`` reads off half-way what lies in each cell: its visual weight and its part of the facts.
    """

    directions: Tensor

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.config = c
        self.model = Inner(c)
        joined = 4 * c.vision_width
        self.local = nn.Sequential(nn.LayerNorm(joined), nn.Linear(joined, 1 + c.parts))
        for name, parameter in self.named_parameters():
            _initialize(name, parameter)
        axes = torch.randn(c.width, c.facts, generator=torch.Generator().manual_seed(26))
        self.register_buffer("directions", torch.linalg.qr(axes)[0].T.contiguous(), persistent=False)

    def positions(self, before: int, height: int, width: int, after: int) -> Tensor:
        """Return (3, N) positions of ``before`` tokens, height x width image tokens, ``after`` tokens."""
        cells = height * width
        picture = torch.stack(
            [
                torch.full((cells,), before),
                before + torch.arange(height).repeat_interleave(width),
                before + torch.arange(width).repeat(height),
            ]
        )
        start = before + max(height, width) if cells else before
        parts = [torch.arange(before).expand(3, -1), picture, (torch.arange(after) + start).expand(3, -1)]
        return torch.cat(parts, 1)

    def hidden(
        self, ids: Tensor, before: int, picture: Seen | None, grid: tuple[int, int],
        kept: list[Cache] | None = None,
    ) -> Tensor:  # fmt: skip
        """Return the last hidden states (B, N, width) of ``before`` tokens, the picture's tokens, and the other ids.

        Parameters
        ----------
        ids
            (B, tokens) without those of the picture.
        picture, grid
            What was seen, and its (height, width) in image tokens; None and (0, 0) for text alone.
        """
        text = self.model.language_model
        x = text.embed_tokens(ids)
        deep: list[Tensor] = []
        cells = grid[0] * grid[1]
        if picture is not None:
            deep = picture.deep
            x = torch.cat([x[:, :before], picture.tokens, x[:, before:]], 1)
        cos, sin = text.rope(self.positions(before, *grid, ids.shape[1] - before), x.dtype)
        for number, layer in enumerate(text.layers):
            x = layer(x, cos, sin, kept[number] if kept else None)
            if number < len(deep):
                padded = F.pad(deep[number], (0, 0, before, x.shape[1] - before - cells))
                x = x + padded
        return text.norm(x)

    def logits(self, hidden: Tensor) -> Tensor:
        """(…, width) -> (…, vocabulary)."""
        return F.linear(hidden, self.model.language_model.embed_tokens.weight)


def _initialize(name: str, parameter: nn.Parameter) -> None:
    """Matrices by their fan-in, those that write into the residual stream at half of it; biases zero.

    What goes past the image tokens (deepstack) says nothing until the whole is trained, and at first each patch
    looks at itself alone.
    """
    if name.endswith("bias") or "attn.proj" in name or ("deepstack" in name and "linear_fc2" in name):
        nn.init.zeros_(parameter)
    elif parameter.ndim == 2:
        writes = any(part in name for part in ("o_proj", "down_proj", "mlp.linear_fc2"))
        std = 0.02 if "embed" in name else parameter.shape[1] ** -0.5 * (0.5 if writes else 1.0)
        nn.init.normal_(parameter, std=std)
    elif parameter.ndim > 2:
        nn.init.normal_(parameter, std=0.02)


def patchify(pixels: Tensor) -> Tensor:
    """(B, H, W, 3) uint8 -> (B, patches in merge order, 768) in -1 to 1, as the Qwen2-VL image processor does."""
    b, h, w, _ = pixels.shape
    x = (pixels.float() / 255 - 0.5) / 0.5
    x = x.reshape(b, h // 32, 2, 16, w // 32, 2, 16, 3).permute(0, 1, 4, 2, 5, 7, 3, 6)
    return x.reshape(b, h * w // 256, 768)
