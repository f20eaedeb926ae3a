"""Turns a request into what the model takes: the templated prompt, its token ids, the prepared picture."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mondrian_desktop.engine import thinking
from mondrian_desktop.engine.loading import LoadedModel
from mondrian_desktop.engine.prefix import PrefixKey
from mondrian_desktop.engine.protocol import Image, Message, Request, Stage
from mondrian_desktop.engine.thinking import Marks
from mondrian_desktop.errors import UserError


@dataclass(frozen=True, eq=False)
class Prompt:
    """A request as the model takes it.

    Attributes
    ----------
    text
        The messages in the model's own template.
    inputs
        Keyword arguments for the library: ``input_ids`` (1, tokens) int, ``pixel_values``, ``mask`` and whatever
        else the architecture needs; evaluated arrays.
    ids
        The token ids, with those that stand for the picture.
    key
        Under which what is computed for it may be used again.
    image_size
        (width, height) in pixels at which the model sees the picture, or None where that is not known.
    marks
        Between what the model thinks before it answers, or None where it does not.
    """

    text: str
    inputs: dict[str, Any]
    ids: list[int]
    key: PrefixKey
    image_size: tuple[int, int] | None
    marks: Marks | None = None

    @property
    def opened(self) -> str:
        """What the answer's text lacks because the prompt ends with it."""
        return self.marks.start if self.marks and self.marks.is_open else ""


def read(loaded: LoadedModel, request: Request) -> Prompt:
    """Prepare ``request``: 20 ms for a small picture, most of a second for 12 megapixels. Works in any thread.

    Raises
    ------
    UserError
        Where the model takes no pictures, or the prompt is longer than it can read.
    ValueError
        Where messages and image do not belong together: a mistake of ours.
    """
    if (request.image is not None) != any(message.has_image for message in request.messages):
        raise ValueError("an image needs exactly one message that has it")
    text, marks = _text(loaded, request)
    inputs = _inputs(loaded, text, request.image)
    ids: list[int] = inputs["input_ids"].flatten().tolist()
    _check_length(loaded, len(ids))
    key = PrefixKey(request.weights, request.image.key if request.image else None, _digest(inputs.get("pixel_values")))
    size = _image_size(loaded.processor, inputs) if request.image else None
    return Prompt(text, inputs, ids, key, size, marks)


def _text(loaded: LoadedModel, request: Request) -> tuple[str, Marks | None]:
    """Return the templated prompt, and how the model thinks, if it does."""
    turns = _turns(request.messages)
    text = _template(loaded, turns, request.image)
    is_told = False
    if request.thinking == "on":
        told = _template(loaded, turns, request.image, enable_thinking=True)
        text, is_told = told, told != text
    return thinking.arrange(loaded.tokenizer, text, request.thinking, is_told=is_told)


def _turns(messages: Iterable[Message]) -> list[dict[str, Any]]:
    """Return ``messages`` in the library's form; neighbours of one role become one turn: many templates want that."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        parts: list[dict[str, str]] = [{"type": "image"}] if message.has_image else []
        if message.text:
            parts.append({"type": "text", "text": message.text})
        if turns and turns[-1]["role"] == message.role:
            turns[-1]["content"] += parts
        else:
            turns.append({"role": message.role, "content": parts})
    for turn in turns:
        if not any(part["type"] == "image" for part in turn["content"]):
            turn["content"] = "\n\n".join(part["text"] for part in turn["content"])
    return turns


def _template(loaded: LoadedModel, turns: Sequence[dict[str, Any]], image: Image | None, **told: bool) -> str:
    import jinja2
    from mlx_vlm.prompt_utils import apply_chat_template

    def applied(turns: Sequence[dict[str, Any]]) -> str:
        config = loaded.model.config
        return str(apply_chat_template(loaded.processor, config, list(turns), num_images=1 if image else 0, **told))

    try:
        return applied(turns)
    except jinja2.TemplateError:
        if len(turns) < 2 or turns[0]["role"] != "system":
            raise
        # Some templates refuse a system turn: its text then opens the first user's.
        system, first = turns[0]["content"], turns[1]["content"]
        parts = first if isinstance(first, list) else [{"type": "text", "text": first}]
        return applied([{"role": "user", "content": [{"type": "text", "text": system}, *parts]}, *turns[2:]])


def _inputs(loaded: LoadedModel, text: str, image: Image | None) -> dict[str, Any]:
    import mlx.core as mx
    from mlx_vlm.utils import prepare_inputs, should_add_special_tokens
    from PIL import Image as Pictures

    config, processor = loaded.model.config, loaded.processor
    try:
        made = prepare_inputs(
            processor,
            # A picture, never a path or an address: those the library would open or fetch.
            images=[Pictures.fromarray(image.pixels)] if image else None,
            prompts=text,
            image_token_index=getattr(config, "image_token_index", None),
            add_special_tokens=should_add_special_tokens(config.model_type, processor),
        )
    except ValueError as err:
        if image and "aspect ratio" in str(err):
            height, width = image.pixels.shape[:2]
            raise UserError(
                f"The photo is too narrow for this model ({width} by {height} pixels).", "Crop it, or use another one."
            ) from err
        if image and not loaded.slicer.layers[Stage.ENCODING]:
            raise _text_only(loaded) from err
        if "Failed to process inputs" in str(err):
            # What the model's own processor raised, whatever it was: its settings come from the folder.
            raise UserError(
                f"The model in {loaded.folder.path} could not take the request: {err}.",
                "Download the model again, or choose another one.",
            ) from err
        raise
    if image and made.get("pixel_values") is None:
        raise _text_only(loaded)
    made["mask"] = made.pop("attention_mask", None)
    # Graphs cannot cross threads, evaluated arrays can.
    mx.eval(made)
    return dict(made)


def _text_only(loaded: LoadedModel) -> UserError:
    return UserError(f"The model in {loaded.folder.path} reads text only.", "Choose a model that sees pictures.")


def _check_length(loaded: LoadedModel, tokens: int) -> None:
    config = getattr(loaded.model.config, "text_config", loaded.model.config)
    limit = getattr(config, "max_position_embeddings", None)
    if isinstance(limit, int) and tokens >= limit:
        raise UserError(
            f"Photo and instructions take {tokens} tokens; this model reads {limit} at most.",
            "Choose a smaller analysis size or another model.",
        )


def _digest(pixel_values: Any) -> str:
    """Return a digest of the picture as the model gets it: it covers the photo and every setting that shaped it."""
    digest = hashlib.blake2b(digest_size=16)
    for array in pixel_values if isinstance(pixel_values, list) else [pixel_values]:
        if array is not None:
            digest.update(repr((array.shape, str(array.dtype))).encode())
            digest.update(memoryview(array).tobytes())
    return digest.hexdigest()


def _image_size(processor: Any, inputs: dict[str, Any]) -> tuple[int, int] | None:
    """Return the (width, height) that the processor made of the whole picture, where its output tells."""
    settings = getattr(processor, "image_processor", None)
    if getattr(settings, "do_center_crop", False) or getattr(settings, "do_pad", False):
        return None
    grid = inputs.get("image_grid_thw")
    if grid is not None:
        patch = int(processor.image_processor.patch_size)
        _, rows, columns = (int(side) for side in grid[0].tolist())
        return columns * patch, rows * patch
    shape: tuple[int, ...] = getattr(inputs.get("pixel_values"), "shape", ())
    # (1, 3, height, width). Five dimensions are tiles, whose sum is not the picture.
    return (shape[3], shape[2]) if len(shape) == 4 and shape[0] == 1 else None
