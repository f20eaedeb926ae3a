"""Weights, configuration, tokenizer and processor settings in the form that transformers and mlx-vlm load.

``config.json`` is written by hand: transformers 5 reads ``rope_parameters``, mlx-vlm reads ``rope_theta`` and
``rope_scaling``, and what transformers' own ``save_pretrained`` writes is rejected by mlx-vlm.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

from training.model import Config, MondrianMini
from training.sizes import PIXEL_LIMITS
from training.tokenizer import END, END_OF_TEXT, IMAGE, VIDEO, VISION_END, VISION_START

LARGEST_BYTES = 24_000_000


def export(model: MondrianMini, tokenizer_folder: Path, out: Path) -> int:
    """Write the model to ``out`` and return the bytes of all its files.

    Raises
    ------
    ValueError
        Where it is larger than 24 MB.
    """
    out.mkdir(parents=True, exist_ok=True)
    weights = {
        name: value.to(torch.bfloat16).contiguous()
        for name, value in model.state_dict().items()
        if name.startswith("model.")
    }
    save_file(weights, out / "model.safetensors", metadata={"format": "pt"})
    tokenizer = Tokenizer.from_file(str(tokenizer_folder / "tokenizer.json"))
    for name, content in _files(model.config, tokenizer).items():
        (out / name).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.json"):
        shutil.copy(tokenizer_folder / name, out / name)
    total = sum(file.stat().st_size for file in out.iterdir())
    if total > LARGEST_BYTES:
        raise ValueError(f"{out} has {total} bytes, more than {LARGEST_BYTES}")
    return total


def _files(c: Config, tokenizer: Tokenizer) -> dict[str, dict[str, Any]]:
    number = tokenizer.token_to_id
    ends = [number(END), number(END_OF_TEXT)]
    return {
        "config.json": {
            "model_type": "qwen3_vl",
            "architectures": ["Qwen3VLForConditionalGeneration"],
            "image_token_id": number(IMAGE),
            "video_token_id": number(VIDEO),
            "vision_start_token_id": number(VISION_START),
            "vision_end_token_id": number(VISION_END),
            "tie_word_embeddings": True,
            "vocab_size": c.vocabulary,
            "eos_token_id": ends,
            "pad_token_id": number(END_OF_TEXT),
            "dtype": "bfloat16",
            "text_config": _text(c),
            "vision_config": _vision(c),
        },
        "generation_config.json": {"eos_token_id": ends, "pad_token_id": number(END_OF_TEXT), "do_sample": False},
        "preprocessor_config.json": {
            "image_processor_type": "Qwen2VLImageProcessor",
            "processor_class": "Qwen3VLProcessor",
            "patch_size": c.patch,
            "temporal_patch_size": 2,
            "merge_size": c.merge,
            "size": {"shortest_edge": PIXEL_LIMITS[0], "longest_edge": PIXEL_LIMITS[1]},
            "image_mean": [0.5] * 3,
            "image_std": [0.5] * 3,
            "do_convert_rgb": True,
            "do_rescale": True,
            "do_normalize": True,
            "rescale_factor": 1 / 255,
        },
    }


def _text(c: Config) -> dict[str, Any]:
    sections = {"mrope_section": list(c.rope_sections), "mrope_interleaved": True}
    return {
        "model_type": "qwen3_vl_text",
        "hidden_size": c.width,
        "num_hidden_layers": c.layers,
        "num_attention_heads": c.heads,
        "num_key_value_heads": c.key_heads,
        "head_dim": c.head_size,
        "intermediate_size": c.hidden,
        "rms_norm_eps": 1e-6,
        "vocab_size": c.vocabulary,
        "max_position_embeddings": 4096,
        "tie_word_embeddings": True,
        "hidden_act": "silu",
        "attention_bias": False,
        "attention_dropout": 0.0,
        "dtype": "bfloat16",
        "rope_parameters": {"rope_type": "default", "rope_theta": c.rope_theta, **sections},
        "rope_theta": c.rope_theta,
        "rope_scaling": {"type": "default", "rope_type": "default", **sections},
    }


def _vision(c: Config) -> dict[str, Any]:
    return {
        "model_type": "qwen3_vl",
        "depth": c.vision_layers,
        "hidden_size": c.vision_width,
        "num_heads": c.vision_heads,
        "intermediate_size": c.vision_hidden,
        "out_hidden_size": c.width,
        "patch_size": c.patch,
        "spatial_merge_size": c.merge,
        "temporal_patch_size": 2,
        "in_channels": 3,
        "num_position_embeddings": c.positions,
        "deepstack_visual_indexes": list(c.deepstack),
        "hidden_act": "gelu_pytorch_tanh",
    }
