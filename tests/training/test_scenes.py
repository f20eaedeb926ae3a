import numpy as np
import pytest

from training import measure, scenes
from training.photos import ROOT
from training.scenes import Studio
from training.sizes import CELL, SIZES


@pytest.fixture(scope="module")
def studio() -> Studio:
    from PIL import Image

    files = sorted((ROOT / "resources" / "samples").glob("*.jpg"))[:2]
    photos = [np.asarray(Image.open(file).convert("RGB")) for file in files]
    return Studio.open(photos, np.random.default_rng(1), textures=4)


@pytest.mark.parametrize("kind", [scenes.crop, scenes.composite, scenes.scene, scenes.textured, scenes.keyed])
def test_every_kind_gives_a_picture_of_the_size_asked_for(studio: Studio, kind: scenes.Kind) -> None:
    rng = np.random.default_rng(2)
    for size in ((224, 352), (416, 160)):
        picture = kind(studio, rng, size)
        assert picture.shape == (*size, 3)
        assert picture.dtype == np.float32
        assert np.isfinite(picture).all()
        assert picture.std() > 0.005


def test_the_same_seed_gives_the_same_picture(studio: Studio) -> None:
    one, another = (scenes.base(studio, np.random.default_rng(7), (288, 288)) for _ in range(2))
    assert np.array_equal(one, another)


def test_sizes_are_whole_cells_and_their_shares_are_one() -> None:
    assert all(side % CELL == 0 for size in SIZES for side in size)
    assert sum(SIZES.values()) == pytest.approx(1)
    drawn = {scenes.draw_size(np.random.default_rng(seed)) for seed in range(500)}
    assert drawn == set(SIZES)


def test_clean_texture_has_no_noise_and_much_detail(studio: Studio) -> None:
    rng = np.random.default_rng(3)
    found = [measure.measure(scenes.textured(studio, rng, (224, 352)), (0, 0), 0.0)[0] for _ in range(8)]
    assert all(facts.noise == 0 for facts in found)
    assert np.median([facts.detail for facts in found]) > 0.4
