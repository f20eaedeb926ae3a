"""At which sizes the model sees pictures."""

from math import ceil, floor, sqrt

Size = tuple[int, int]
"""Height and width in pixels."""

CELL = 32
"""Side of the square of pixels behind one image token."""

PIXEL_LIMITS = (49152, 82944)
"""Fewest and most pixels of a picture after the processor has scaled it: 48 to 81 image tokens."""

# What the processor makes of 1:1, 5:4, 4:3, 3:2, 16:9 and 2.4:1, and how often the training draws each.
SIZES: dict[Size, float] = {
    (288, 288): 0.10,
    (256, 320): 0.08,
    (224, 320): 0.16,
    (224, 352): 0.20,
    (192, 384): 0.14,
    (160, 416): 0.02,
    (320, 256): 0.06,
    (320, 224): 0.10,
    (352, 224): 0.10,
    (384, 192): 0.03,
    (416, 160): 0.01,
}


def seen(size: Size) -> Size:
    """Return the size to which the processor scales a picture.

    As ``smart_resize`` of transformers' ``image_processing_qwen2_vl``: both sides multiples of 32, within the limits.
    """
    height, width = size
    tall, wide = (max(CELL, round(side / CELL) * CELL) for side in size)
    if tall * wide > PIXEL_LIMITS[1]:
        shrink = sqrt(height * width / PIXEL_LIMITS[1])
        return tuple(max(CELL, floor(side / shrink / CELL) * CELL) for side in size)  # type: ignore[return-value]
    if tall * wide < PIXEL_LIMITS[0]:
        grow = sqrt(PIXEL_LIMITS[0] / (height * width))
        return tuple(ceil(side * grow / CELL) * CELL for side in size)  # type: ignore[return-value]
    return tall, wide
