import hashlib
import json
import struct

from mondrian_desktop.weights import places

REPO = "org/name"
WEIGHTS = "model.safetensors"
FETCHED = {"config.json", "model.safetensors", "tokenizer.json", "tokenizer.model", "chat_template.jinja"}


def safetensors(size=64, header=None):
    """Return a file of weights with one tensor of so many bytes."""
    header = header or {
        "w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]},
        "__metadata__": {"format": "pt"},
    }
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(size)


CONFIG = {
    "model_type": "qwen3_vl",
    "vision_config": {"depth": 24},
    "text_config": {"num_hidden_layers": 36, "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128},
}


def model_files(size=64):
    """Return what is in the folder of a model whose weights have so many bytes."""
    return {
        "config.json": json.dumps(CONFIG).encode(),
        "tokenizer.json": b"{}",
        "preprocessor_config.json": b"{}",
        "model.safetensors": safetensors(size),
    }


def partial(repo):
    """Return where the part of the weights is kept that has come so far."""
    return places.partial(places.hub_cache(), REPO, hashlib.sha256(repo.files[WEIGHTS]).hexdigest())


def files_in(folder):
    """Return what the files in a folder hold, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}
