import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mondrian_desktop.weights.meter import Meter
from mondrian_desktop.weights.space import (
    GIB,
    Fit,
    fit,
    free_bytes,
    memory_bytes,
    needed_bytes,
    readable_bytes,
    usable_bytes,
)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1 KB"),
        (6e8, "600 MB"),
        (3_110_000_000, "3.1 GB"),
        (5.25e10, "52.5 GB"),
    ],
)
def test_bytes_are_written_as_the_mac_writes_them(count, text):
    assert readable_bytes(count) == text


@pytest.mark.parametrize(("total", "usable"), [(8, 4.7), (16, 11.84), (24, 17.76)])
def test_usable_memory_is_what_others_measured(total, usable):
    assert usable_bytes(total * GIB) / GIB == pytest.approx(usable, abs=0.05)


def test_this_machine_has_memory_and_disk(tmp_path):
    assert memory_bytes() > GIB
    assert free_bytes(tmp_path) > 0
    there = os.statvfs(tmp_path)
    assert free_bytes(tmp_path / "not" / "yet" / "there") == pytest.approx(there.f_bavail * there.f_frsize, rel=0.05)


@pytest.mark.parametrize(
    ("needed", "expected"), [(0, Fit.YES), (80, Fit.YES), (81, Fit.TIGHT), (100, Fit.TIGHT), (101, Fit.NO)]
)
def test_fit(needed, expected):
    assert fit(needed, 100) is expected


def test_needed_memory_is_weights_cache_and_working_room():
    text = {"num_hidden_layers": 36, "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128}
    assert needed_bytes({"text_config": text}, 3_000_000_000) == 3_000_000_000 + 147_456 * 4_096 + 1_000_000_000
    no_groups = {"num_hidden_layers": 2, "num_attention_heads": 4, "hidden_size": 256}
    assert needed_bytes(no_groups, 0) == 2 * 4 * 64 * 4 * 4_096 + 1_000_000_000


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "text_config",
                "num_hidden_layers",
                "num_attention_heads",
                "num_key_value_heads",
                "head_dim",
                "hidden_size",
            ]
        ),
        st.none() | st.integers() | st.text() | st.floats() | st.lists(st.integers()) | st.booleans(),
    )
)
def test_no_configuration_breaks_the_estimate(config):
    assert needed_bytes(config, 5) >= 1_000_000_005


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


def run(meter, clock, speeds, step_s=0.1, total=0):
    for bytes_per_s in speeds:
        clock.now_s += step_s
        total += bytes_per_s * step_s
        meter.add(int(total))
    return total


def test_no_speed_is_told_before_a_second_has_passed():
    clock = Clock()
    meter = Meter(clock)
    meter.restart(0)
    run(meter, clock, [1000] * 9)
    assert meter.speed() is None
    run(meter, clock, [1000] * 2)
    assert meter.speed() is not None


def test_a_steady_speed_is_told_exactly():
    clock = Clock()
    meter = Meter(clock)
    meter.restart(0)
    run(meter, clock, [1000] * 300)
    assert meter.speed() == pytest.approx(1000, rel=0.01)


def test_the_speed_follows_within_seconds_and_forgets_what_was_before():
    clock = Clock()
    meter = Meter(clock)
    meter.restart(0)
    run(meter, clock, [1_000_000] * 300)
    meter.restart(0)
    run(meter, clock, [1000] * 100)
    assert meter.speed() == pytest.approx(1000, rel=0.05)


def test_a_long_window_needs_samples_that_go_back_that_far():
    clock = Clock()
    meter = Meter(clock, memory_s=60)
    meter.restart(0)
    total = run(meter, clock, [1000] * 590)
    assert meter.speed_over(60) is None
    run(meter, clock, [1000] * 20, total=total)
    assert meter.speed_over(60) == pytest.approx(1000, rel=0.01)


def test_a_day_of_samples_takes_no_more_room_than_its_window():
    clock = Clock()
    meter = Meter(clock)
    meter.restart(0)
    run(meter, clock, [10] * 20_000)
    assert len(meter._samples) < 50
