"""Token ids that the exported weights must give, made by the training code.

``tests/training/test_reference.py`` compares mlx-vlm's greedy ids with these, so a change of the library that changes
what the model says does not go unnoticed.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor

from training.model import Cache, Config, MondrianMini, patchify
from training.photos import ROOT
from training.pictures import reference_picture
from training.tokenizer import CONTROL, END, prompt

FILE = ROOT / "tests" / "training" / "reference.json"


def load_exported(folder: Path) -> tuple[MondrianMini, Tokenizer]:
    """Return the exported model in float32, for the training code, and its tokenizer."""
    text = json.loads((folder / "config.json").read_text("utf-8"))["text_config"]
    model = MondrianMini(Config(vocabulary=text["vocab_size"]))
    stored = {name: value.float() for name, value in load_file(folder / "model.safetensors").items()}
    missing = model.load_state_dict(stored, strict=False)
    assert not missing.unexpected_keys
    assert all(not name.startswith("model.") for name in missing.missing_keys)
    return model.eval(), Tokenizer.from_file(str(folder / "tokenizer.json"))


@torch.no_grad()
def greedy(
    model: MondrianMini, tokenizer: Tokenizer, text: str, pixels: Tensor | None = None, longest: int = 400
) -> list[int]:
    """Return the most likely ids of an answer, without its end.

    Parameters
    ----------
    pixels
        (1, H, W, 3) uint8 at a size that the processor leaves alone; None for a question.
    """
    before, after = prompt(text, picture=pixels is not None)
    opening = tokenizer.encode(before).ids
    ids = torch.tensor([opening + tokenizer.encode(after).ids])
    picture, grid = None, (0, 0)
    if pixels is not None:
        height, width = pixels.shape[1] // 16, pixels.shape[2] // 16
        picture, grid = model.model.visual(patchify(pixels), height, width), (height // 2, width // 2)
    language = model.model.language_model
    kept: list[Cache] = [[] for _ in language.layers]
    hidden = model.hidden(ids, len(opening), picture, grid, kept)
    position = len(opening) + max(grid) + ids.shape[1] - len(opening)
    end = tokenizer.token_to_id(END)
    out: list[int] = []
    while len(out) < longest:
        following = int(model.logits(hidden[:, -1]).argmax())
        if following == end:
            break
        out.append(following)
        cos, sin = language.rope(torch.full((3, 1), position), torch.float32)
        hidden = language.embed_tokens(torch.tensor([[following]]))
        for layer, cache in zip(language.layers, kept, strict=True):
            hidden = layer(hidden, cos, sin, cache)
        hidden = language.norm(hidden)
        position += 1
    return out


def write(folder: Path, file: Path = FILE) -> None:
    """Store ids for two pictures, two advisors and two questions."""
    model, tokenizer = load_exported(folder)
    cases = []
    for name, advisor in (("lake.jpg", "mentor"), ("dandelion.jpg", "ansel")):
        pixels = torch.from_numpy(reference_picture(name).copy())[None]
        text = CONTROL.format(advisor=advisor)
        cases.append({"picture": name, "text": text, "ids": greedy(model, tokenizer, text, pixels)})
    for text in ("What is depth of field?", "What is the capital of France?"):
        cases.append({"picture": None, "text": text, "ids": greedy(model, tokenizer, text)})
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(cases) + "\n", encoding="utf-8")
