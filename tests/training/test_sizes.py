import numpy as np
import pytest

from training.sizes import CELL, PIXEL_LIMITS, SIZES, seen


def test_sizes_are_those_of_the_library() -> None:
    processing = pytest.importorskip("transformers.models.qwen2_vl.image_processing_pil_qwen2_vl")
    rng = np.random.default_rng(0)
    for _ in range(300):
        size = tuple(int(side) for side in rng.integers(200, 1300, 2))
        expected = processing.smart_resize(*size, factor=CELL, min_pixels=PIXEL_LIMITS[0], max_pixels=PIXEL_LIMITS[1])
        assert seen(size) == tuple(expected)


@pytest.mark.parametrize("aspect", [1, 5 / 4, 4 / 3, 3 / 2, 16 / 9, 2.4])
def test_common_formats_fall_on_sizes_that_are_trained(aspect: float) -> None:
    long, short = 1024, round(1024 / aspect)
    assert seen((short, long)) in SIZES
    assert seen((long, short)) in SIZES


def test_a_picture_of_a_trained_size_is_left_alone() -> None:
    assert all(seen(size) == size for size in SIZES)
