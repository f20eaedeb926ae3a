"""A batch that is killed at random moments and started again: every analysis exactly once."""

import pytest

from tests.jobs.killing import Killing, make_photos


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    make_photos(folder)
    return folder


def test_a_batch_killed_ten_times_has_every_analysis_once(tmp_path, photos):
    killing = Killing(tmp_path, photos, "scripted", seed=1)
    killing.run(kills=10, longest_s=0.8)
    assert killing.kills == 10


@pytest.mark.nightly
def test_a_batch_killed_a_hundred_times_has_every_analysis_once(tmp_path, photos):
    killing = Killing(tmp_path, photos, "scripted", seed=2)
    killing.run(kills=100, longest_s=0.8)
    assert killing.kills == 100


@pytest.mark.nightly
def test_a_batch_on_the_embedded_model_killed_a_hundred_times_has_every_analysis_once(tmp_path, photos):
    killing = Killing(tmp_path, photos, "mini", seed=3)
    killing.run(kills=100)
    assert killing.kills == 100
