"""What the self-test asks of the engine: one operation, and the code behind every model of the catalogue."""

import json

import pytest

from mondrian_desktop.engine import probe
from mondrian_desktop.weights.catalog import entries

TYPES = sorted({entry.model_type for entry in entries()})


def test_one_operation_is_computed() -> None:
    assert probe.one_operation() in ("CPU", "Metal")


@pytest.mark.parametrize("model_type", TYPES)
def test_the_code_behind_a_catalogued_model_can_be_imported(model_type: str) -> None:
    assert probe.import_library()
    # Its Model, configuration, vision and language, and two classes that prepare text and pictures.
    assert probe.import_model_type(model_type) >= 6


def test_a_type_that_nobody_knows_is_refused() -> None:
    probe.import_library()
    with pytest.raises(ValueError, match="not supported"):
        probe.import_model_type("no_such_model")


def test_the_catalogue_names_the_built_in_model_s_own_type() -> None:
    mini = next(entry for entry in entries() if entry.id == "mini")
    assert json.loads((mini.path / "config.json").read_text())["model_type"] == mini.model_type
