import base64
import io

import numpy as np
from PIL import Image

from mondrian_desktop.photo.encode import data_uri, jpeg

PIXELS = np.full((24, 32, 3), (200, 40, 90), np.uint8)


def test_a_jpeg_has_the_pixels_and_no_metadata():
    with Image.open(io.BytesIO(jpeg(PIXELS, quality=95))) as image:
        assert image.size == (32, 24)
        assert not image.getexif()
        assert np.abs(np.asarray(image).astype(int) - PIXELS).max() <= 4


def test_a_lower_quality_is_smaller():
    noisy = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    assert len(jpeg(noisy, quality=30)) < len(jpeg(noisy, quality=90))


def test_a_data_uri_is_the_file_in_base64():
    head, _, body = data_uri(PIXELS).partition(",")
    assert head == "data:image/jpeg;base64"
    assert base64.b64decode(body, validate=True) == jpeg(PIXELS)
