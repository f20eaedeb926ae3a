"""Folders of random-weight vision-language models, for tests and benchmarks; nothing is downloaded.

``python -m benchmarks.random_weights FOLDER [--architecture qwen3_vl] [--size tiny]``

The deviation of the weights matters: with the usual initialization every answer repeats one token, and tests
that compare token ids pass vacuously. At about 0.3 the answers vary.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import random_tokenizer

ARCHITECTURES = ("qwen3_vl", "qwen2_5_vl", "qwen3_5", "gemma4", "smolvlm")

_QWEN_SPECIALS = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>",
    "<|image_pad|>", "<|video_pad|>",
]  # fmt: skip
_QWEN_TEMPLATE = (
    "{%- for message in messages %}{{- '<|im_start|>' + message.role + '\\n' }}"
    "{%- if message.content is string %}{{- message.content }}{%- else %}{%- for part in message.content %}"
    "{%- if part.type == 'image' %}{{- '<|vision_start|><|image_pad|><|vision_end|>' }}"
    "{%- elif 'text' in part %}{{- part.text }}{%- endif %}{%- endfor %}{%- endif %}{{- '<|im_end|>\\n' }}"
    "{%- endfor %}{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"
)
_THOUGHTS = {
    "always": "{%- if add_generation_prompt %}{{- '<think>\\n' }}{%- endif %}",
    "told": "{%- if add_generation_prompt and not enable_thinking %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}",
}
"""How templates of Qwen's have their models think: as they are asked, or as they please."""
_SMOL_SPECIALS = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<end_of_utterance>", "<fake_token_around_image>", "<image>",
    "<global-img>", *(f"<row_{row}_col_{column}>" for row in range(1, 7) for column in range(1, 7)),
]  # fmt: skip
_SMOL_TEMPLATE = (
    "<|im_start|>{%- for message in messages %}{{- message.role | capitalize }}:"
    "{%- if message.content is string %}{{- ' ' + message.content }}{%- else %}{%- for part in message.content %}"
    "{%- if part.type == 'image' %}{{- '<image>' }}{%- elif 'text' in part %}{{- ' ' + part.text }}{%- endif %}"
    "{%- endfor %}{%- endif %}{{- '<end_of_utterance>\\n' }}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- 'Assistant:' }}{%- endif %}"
)
_GEMMA_SPECIALS = ["<pad>", "<eos>", "<bos>", "<|turn>", "<turn|>", "<|image|>", "<|image>", "<image|>", "<|video|>"]
_GEMMA_TEMPLATE = (
    "{{- bos_token }}{%- for message in messages %}{{- '<|turn>' + message.role + '\\n' }}"
    "{%- if message.content is string %}{{- message.content }}{%- else %}{%- for part in message.content %}"
    "{%- if part.type == 'image' %}{{- '<|image|>' }}{%- elif 'text' in part %}{{- part.text }}{%- endif %}"
    "{%- endfor %}{%- endif %}{{- '<turn|>\\n' }}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|turn>model\\n' }}{%- endif %}"
)


@dataclass(frozen=True)
class Size:
    """Dimensions of one size of model: those of the text model, then those of the vision model."""

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    vision_hidden: int
    vision_layers: int
    vision_heads: int
    vision_intermediate: int
    vocabulary: int
    rows: int
    corpus: int


SIZES = {
    "tiny": Size(64, 4, 4, 2, 16, 128, 64, 3, 4, 128, vocabulary=1200, rows=0, corpus=200_000),
    # SmolVLM-256M's layers; as qwen3_vl, with its mergers, 267 million parameters.
    "267m": Size(576, 30, 9, 3, 64, 1536, 768, 12, 12, 3072, vocabulary=12_000, rows=49_152, corpus=2_000_000),
}


@dataclass(frozen=True)
class _Draw:
    seed: int
    deviation: float
    dtype: str
    live_rows: int
    bits: int


@dataclass(frozen=True)
class _Files:
    config: dict[str, Any]
    preprocessor: dict[str, Any]
    processor: dict[str, Any] | None = None


def build(
    folder: Path,
    architecture: str = "qwen3_vl",
    size: str = "tiny",
    *,
    seed: int = 0,
    deviation: float = 0.3,
    dtype: str = "float32",
    max_pixels: int = 65_536,
    extra_rows: int = 0,
    bits: int = 0,
    thinks: str = "",
) -> int:
    """Write a complete model folder with random weights and return its number of parameters.

    Parameters
    ----------
    folder
        Is made, with its parents.
    architecture, size
        One of :data:`ARCHITECTURES` and one of :data:`SIZES`.
    seed
        Equal seeds give equal weights.
    deviation
        Standard deviation of the matrices; about 0.3 gives answers that vary.
    dtype
        Name of the stored type: "float32", "bfloat16", "float16".
    max_pixels
        Upper limit of the picture's area, where the architecture has one.
    extra_rows
        Rows of the embedding beyond the tokenizer's vocabulary, as real models have them.
    bits
        Quantize the language model to this many bits, as downloads are; 0 leaves it as it is.
    thinks
        For Qwen's: "always", "told", or empty for a model that does not think before it answers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    dimensions = SIZES[size]
    ids, entries = _write_tokenizer(folder, architecture, dimensions, thinks)
    rows = max(dimensions.rows, entries + extra_rows)
    files = _CONFIGS[architecture](dimensions, ids, rows, max_pixels)
    _write_json(folder / "config.json", files.config)
    _write_json(folder / "preprocessor_config.json", files.preprocessor)
    if files.processor is not None:
        _write_json(folder / "processor_config.json", files.processor)
    _write_json(folder / "generation_config.json", {"eos_token_id": files.config["eos_token_id"], "do_sample": False})
    return _write_weights(folder, files.config, _Draw(seed, deviation, dtype, entries + extra_rows, bits))


def _write_json(file: Path, content: dict[str, Any]) -> None:
    file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _write_tokenizer(folder: Path, architecture: str, size: Size, thinks: str) -> tuple[dict[str, int], int]:
    """Write the tokenizer's files; return the ids of its special tokens and its number of entries."""
    make = random_tokenizer.byte_level
    names: dict[str, Any] = {"unk_token": None, "bos_token": None}
    if architecture == "smolvlm":
        specials, template, names["eos_token"], names["pad_token"] = (
            _SMOL_SPECIALS, _SMOL_TEMPLATE, "<end_of_utterance>", "<|im_end|>",
        )  # fmt: skip
    elif architecture == "gemma4":
        make = random_tokenizer.byte_fallback
        specials, template = _GEMMA_SPECIALS, _GEMMA_TEMPLATE
        names = {"unk_token": "<unk>", "bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>"}
        names["extra_special_tokens"] = {
            "image_token": "<|image|>", "boi_token": "<|image>", "eoi_token": "<image|>", "video_token": "<|video|>",
        }  # fmt: skip
    else:
        specials, template, names["eos_token"], names["pad_token"] = (
            _QWEN_SPECIALS, _QWEN_TEMPLATE, "<|im_end|>", "<|endoftext|>",
        )  # fmt: skip
        if thinks:
            specials, template = [*specials, "<think>", "</think>"], template + _THOUGHTS[thinks]
    tokenizer = make(size.vocabulary, specials, size.corpus)
    tokenizer.save(str(folder / "tokenizer.json"))
    _write_json(
        folder / "tokenizer_config.json",
        {
            # Qwen2Tokenizer silently replaces the pre-tokenizer.
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": 32_768,
            "clean_up_tokenization_spaces": False,
            "chat_template": template,
            **names,
        },
    )
    _write_json(folder / "chat_template.json", {"chat_template": template})
    entries = tokenizer.get_vocab()
    return {text: entries[text] for text in specials}, len(entries)


def _mrope_section(head_dim: int) -> list[int]:
    side = head_dim // 2 * 20 // 64
    return [head_dim // 2 - 2 * side, side, side]


def _text(size: Size, rows: int) -> dict[str, Any]:
    return {
        "hidden_size": size.hidden, "num_hidden_layers": size.layers, "num_attention_heads": size.heads,
        "num_key_value_heads": size.kv_heads, "head_dim": size.head_dim, "intermediate_size": size.intermediate,
        "rms_norm_eps": 1e-6, "vocab_size": rows, "rope_theta": 5e6, "max_position_embeddings": 32_768,
        "tie_word_embeddings": True, "hidden_act": "silu",
    }  # fmt: skip


def _qwen(model_type: str, ids: dict[str, int], rows: int) -> dict[str, Any]:
    return {
        "model_type": model_type, "image_token_id": ids["<|image_pad|>"], "video_token_id": ids["<|video_pad|>"],
        "vision_start_token_id": ids["<|vision_start|>"], "vision_end_token_id": ids["<|vision_end|>"],
        "vocab_size": rows, "tie_word_embeddings": True, "eos_token_id": [ids["<|im_end|>"], ids["<|endoftext|>"]],
    }  # fmt: skip


def _qwen_vision(size: Size, model_type: str) -> dict[str, Any]:
    return {
        "model_type": model_type, "depth": size.vision_layers, "hidden_size": size.vision_hidden,
        "num_heads": size.vision_heads, "intermediate_size": size.vision_intermediate,
        "out_hidden_size": size.hidden, "spatial_merge_size": 2, "temporal_patch_size": 2,
    }  # fmt: skip


def _qwen3_vl(size: Size, ids: dict[str, int], rows: int, max_pixels: int) -> _Files:
    deep = [0] if size.vision_layers < 4 else [size.vision_layers // 4 * quarter for quarter in (1, 2, 3)]
    rope = {"type": "default", "mrope_section": _mrope_section(size.head_dim), "mrope_interleaved": True}
    text = _text(size, rows) | {"model_type": "qwen3_vl_text", "attention_bias": False, "rope_scaling": rope}
    vision = _qwen_vision(size, "qwen3_vl") | {
        "patch_size": 16, "in_channels": 3, "num_position_embeddings": 2304, "deepstack_visual_indexes": deep,
    }  # fmt: skip
    config = _qwen("qwen3_vl", ids, rows) | {"text_config": text, "vision_config": vision}
    return _Files(config, _qwen_pixels("Qwen3VLProcessor", 16, max_pixels))


def _qwen2_5_vl(size: Size, ids: dict[str, int], rows: int, max_pixels: int) -> _Files:
    text = _text(size, rows) | {"rope_scaling": {"type": "mrope", "mrope_section": _mrope_section(size.head_dim)}}
    del text["head_dim"]
    vision = _qwen_vision(size, "qwen2_5_vl") | {
        "patch_size": 14, "spatial_patch_size": 14, "in_chans": 3, "window_size": 112,
        "fullatt_block_indexes": [size.vision_layers - 1],
    }  # fmt: skip
    config = text | _qwen("qwen2_5_vl", ids, rows) | {"vision_config": vision}
    return _Files(config, _qwen_pixels("Qwen2_5_VLProcessor", 14, max_pixels))


def _qwen3_5(size: Size, ids: dict[str, int], rows: int, max_pixels: int) -> _Files:
    rope = {
        "type": "default", "rope_theta": 100_000, "partial_rotary_factor": 0.5,
        "mrope_section": _mrope_section(size.head_dim // 2),
    }  # fmt: skip
    text = _text(size, rows) | {
        "model_type": "qwen3_5_text", "linear_num_value_heads": size.heads, "linear_num_key_heads": size.kv_heads,
        "linear_key_head_dim": 32, "linear_value_head_dim": 32, "linear_conv_kernel_dim": 4,
        "full_attention_interval": 2, "rope_parameters": rope, "eos_token_id": ids["<|im_end|>"],
    }  # fmt: skip
    vision = _qwen_vision(size, "qwen3_5") | {
        "patch_size": 16, "in_channels": 3, "num_position_embeddings": 2304, "deepstack_visual_indexes": [],
    }  # fmt: skip
    config = _qwen("qwen3_5", ids, rows) | {"text_config": text, "vision_config": vision}
    return _Files(config, _qwen_pixels("Qwen3VLProcessor", 16, max_pixels))


def _qwen_pixels(processor: str, patch: int, max_pixels: int) -> dict[str, Any]:
    return {
        "image_processor_type": "Qwen2VLImageProcessor", "processor_class": processor, "patch_size": patch,
        "temporal_patch_size": 2, "merge_size": 2, "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
        "size": {"shortest_edge": 4 * patch * patch * 4, "longest_edge": max_pixels},
        "min_pixels": 4 * patch * patch * 4, "max_pixels": max_pixels,
    }  # fmt: skip


def _gemma4(size: Size, ids: dict[str, int], rows: int, max_pixels: int) -> _Files:
    text = _text(size, rows) | {
        "model_type": "gemma4_text", "global_head_dim": 2 * size.head_dim, "vocab_size_per_layer_input": rows,
        "hidden_size_per_layer_input": 16, "num_kv_shared_layers": 1, "sliding_window": 512,
        "layer_types": ["full_attention" if layer % 2 else "sliding_attention" for layer in range(size.layers)],
        "hidden_activation": "gelu_pytorch_tanh",
        "use_bidirectional_attention": "vision",
    }  # fmt: skip
    vision = {
        "model_type": "gemma4_vision", "hidden_size": size.vision_hidden, "intermediate_size": size.vision_intermediate,
        "num_hidden_layers": size.vision_layers, "num_attention_heads": size.vision_heads,
        "num_key_value_heads": size.vision_heads, "head_dim": size.vision_hidden // size.vision_heads,
        "global_head_dim": size.vision_hidden // size.vision_heads, "patch_size": 16, "position_embedding_size": 256,
        "default_output_length": 70, "pooling_kernel_size": 3,
    }  # fmt: skip
    config = {
        "model_type": "gemma4", "text_config": text, "vision_config": vision, "audio_config": None,
        "vocab_size": rows, "image_token_id": ids["<|image|>"], "boi_token_id": ids["<|image>"],
        "eoi_token_id": ids["<image|>"], "video_token_id": ids["<|video|>"], "audio_token_id": rows + 1,
        "pad_token_id": ids["<pad>"], "hidden_size": size.hidden, "vision_soft_tokens_per_image": 70,
        "eos_token_id": [ids["<eos>"], ids["<turn|>"]],
    }  # fmt: skip
    pixels = {"patch_size": 16, "max_soft_tokens": max(1, max_pixels // (48 * 48)), "pooling_kernel_size": 3}
    return _Files(config, pixels)


def _smolvlm(size: Size, ids: dict[str, int], rows: int, max_pixels: int) -> _Files:
    side, scale = (64, 2) if size.layers < 10 else (512, 4)
    text = _text(size, rows) | {"model_type": "llama", "rope_theta": 1e5}
    vision = {
        "model_type": "smolvlm_vision", "hidden_size": size.vision_hidden, "num_attention_heads": size.vision_heads,
        "patch_size": 16, "image_size": side, "num_hidden_layers": size.vision_layers,
        "intermediate_size": size.vision_intermediate, "num_channels": 3,
    }  # fmt: skip
    config = {
        "model_type": "smolvlm", "text_config": text, "vision_config": vision, "image_token_id": ids["<image>"],
        "scale_factor": scale, "vocab_size": rows, "eos_token_id": ids["<end_of_utterance>"],
    }  # fmt: skip
    longest = max(side, int(max_pixels**0.5) // side * side)
    pixels = {
        "image_processor_type": "SmolVLMImageProcessor", "processor_class": "SmolVLMProcessor",
        "do_convert_rgb": True, "do_resize": True, "do_rescale": True, "do_normalize": True, "do_pad": True,
        "do_image_splitting": True, "resample": 1, "size": {"longest_edge": longest},
        "max_image_size": {"longest_edge": side}, "rescale_factor": 1 / 255, "image_mean": [0.5] * 3,
        "image_std": [0.5] * 3,
    }  # fmt: skip
    return _Files(
        config, pixels, {"image_seq_len": (side // 16) ** 2 // scale**2, "processor_class": "SmolVLMProcessor"}
    )


_CONFIGS: dict[str, Callable[[Size, dict[str, int], int, int], _Files]] = {
    "qwen3_vl": _qwen3_vl,
    "qwen2_5_vl": _qwen2_5_vl,
    "qwen3_5": _qwen3_5,
    "gemma4": _gemma4,
    "smolvlm": _smolvlm,
}


def _write_weights(folder: Path, config: dict[str, Any], draw: _Draw) -> int:
    import mlx.core as mx
    from mlx import nn
    from mlx.utils import tree_flatten, tree_map_with_path
    from mlx_vlm.utils import get_model_and_args, update_module_configs

    mx.random.seed(draw.seed)
    modules, _ = get_model_and_args(config=config)
    settings: dict[str, Any] = {"text_config": {}, "vision_config": {}, "audio_config": {}} | config
    model_config = modules.ModelConfig.from_dict(settings)
    model = modules.Model(update_module_configs(model_config, modules, settings, ["text", "vision"]))

    def drawn(path: str, value: Any) -> Any:
        if value.ndim == 2:
            value = mx.random.normal(value.shape) * draw.deviation
        if path.endswith("embed_tokens.weight"):
            # Rows without a token are never sampled. Gemma multiplies its embeddings by the root of their length:
            # at full deviation every token predicts itself.
            value = mx.where(mx.arange(value.shape[0])[:, None] < draw.live_rows, value, 0)
            value = value * (0.1 if config["model_type"] == "gemma4" else 1)
        return value.astype(getattr(mx, draw.dtype))

    model.update(tree_map_with_path(drawn, model.parameters()))
    if draw.bits:
        nn.quantize(
            model.language_model,
            group_size=32,
            bits=draw.bits,
            class_predicate=lambda _, module: hasattr(module, "to_quantized") and module.weight.shape[-1] % 32 == 0,
        )
        _write_json(folder / "config.json", config | {"quantization": {"group_size": 32, "bits": draw.bits}})
    weights = dict(tree_flatten(model.parameters()))
    mx.eval(weights)
    mx.save_safetensors(str(folder / "model.safetensors"), weights, metadata={"format": "mlx"})
    return sum(value.size for value in weights.values())


def main(arguments: list[str] | None = None) -> int:
    """Build one folder from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--architecture", choices=ARCHITECTURES, default="qwen3_vl")
    parser.add_argument("--size", choices=tuple(SIZES), default="tiny")
    parser.add_argument("--dtype", choices=("float32", "bfloat16", "float16"), default="float32")
    parser.add_argument("--max-pixels", type=int, default=65_536)
    chosen = parser.parse_args(arguments)
    count = build(chosen.folder, chosen.architecture, chosen.size, dtype=chosen.dtype, max_pixels=chosen.max_pixels)
    print(f"{chosen.folder}: {chosen.architecture}, {count / 1e6:.1f} million parameters")
    return 0


if __name__ == "__main__":
    sys.exit(main())
