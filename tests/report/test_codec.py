import dataclasses
import json
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mondrian_desktop.engine.protocol import FinishReason
from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.model import Exif, Measurements
from mondrian_desktop.report.codec import SCHEMA, from_json, json_schema, to_json
from mondrian_desktop.report.model import Analysis, Critique, Exchange, Generation, PhotoRef, Score

PUBLISHED = Path(__file__).parents[2] / "docs" / "analysis.schema.json"

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
NUMBERS = st.floats(0, 1e9, allow_nan=False)
COUNTS = st.integers(0, 10**12)
SIZES = st.tuples(st.integers(1, 10**5), st.integers(1, 10**5))
EXIFS = st.builds(
    Exif,
    camera=st.none() | TEXTS,
    aperture_f=st.none() | NUMBERS,
    iso=st.none() | COUNTS,
    keywords=st.lists(TEXTS).map(tuple),
)
MEASURED = st.builds(
    Measurements,
    histogram_luma=st.lists(COUNTS, max_size=4).map(tuple),
    mean_lightness=NUMBERS,
    noise_sigma=st.none() | NUMBERS,
)
CRITIQUES = st.builds(
    Critique,
    TEXTS,
    st.lists(st.builds(Score, TEXTS, st.integers(1, 10), TEXTS, TEXTS), max_size=9).map(tuple),
    st.none() | st.integers(10, 100).map(lambda tenths: tenths / 10),
    st.lists(TEXTS, max_size=3).map(tuple),
    st.lists(TEXTS, max_size=3).map(tuple),
    TEXTS,
)
NAMES = st.text(st.characters(exclude_characters="/\x00", exclude_categories=["Cs"]), min_size=1, max_size=30)
PHOTOS = st.builds(
    lambda name, size, exif: PhotoRef(Path("/photos") / name, "ab" * 32, *size, exif), NAMES, SIZES, EXIFS
)
MADE = st.builds(
    Generation,
    COUNTS,
    COUNTS,
    NUMBERS,
    NUMBERS,
    NUMBERS,
    st.sampled_from([*map(str, FinishReason)]),
    COUNTS,
    st.none() | SIZES,
)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1970, 1, 2), datetime(9998, 1, 1), timezones=ZONES)
ANALYSES = st.builds(
    Analysis,
    st.none() | PHOTOS,
    TEXTS, TEXTS, TEXTS, TEXTS,
    st.none() | CRITIQUES,
    st.none() | MEASURED,
    MADE,
    TEXTS,
    TIMES,
    TEXTS,
    st.lists(st.builds(Exchange, TEXTS, TEXTS), max_size=2).map(tuple),
)  # fmt: skip


VALIDATOR = jsonschema.Draft202012Validator(json_schema())


@settings(max_examples=40)
@given(ANALYSES)
def test_what_is_written_is_read_back_and_fits_the_schema(analysis: Analysis) -> None:
    document = json.loads(json.dumps(to_json(analysis), allow_nan=False))
    assert from_json(document) == analysis
    VALIDATOR.validate(document)


def test_the_schema_is_published() -> None:
    published = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    assert published == json_schema(), (
        "write it again: python -c 'import json; from mondrian_desktop.report.codec import json_schema; "
        "print(json.dumps(json_schema(), indent=2))' > docs/analysis.schema.json"
    )
    jsonschema.Draft202012Validator.check_schema(published)


def test_the_shape_of_the_document(analysis: Analysis) -> None:
    document = to_json(analysis)
    assert list(document) == [
        "schema", "photo", "advisor", "rubric", "model", "question", "critique", "facts", "generation", "raw_text",
        "thinking", "conversation", "created",
    ]  # fmt: skip
    assert document["schema"] == SCHEMA
    assert set(document["photo"]) == {"path", "content_hash", "size", "exif"}
    assert document["photo"]["size"] == [6000, 4000]
    assert list(document["critique"]) == [
        "image_description", "dimensions", "overall_score", "key_strengths", "priority_improvements", "technical_notes",
    ]  # fmt: skip
    assert list(document["critique"]["dimensions"][0]) == ["name", "score", "comment", "recommendation"]
    assert set(document["generation"]) == {
        "prompt_tokens", "generation_tokens", "prompt_tps", "generation_tps", "time_to_first_token_s", "finish_reason",
        "peak_memory_bytes", "analysis_size", "given_size",
    }  # fmt: skip


def test_a_finish_reason_of_the_engine_is_plain_text(analysis: Analysis) -> None:
    made = dataclasses.replace(analysis.generation, finish_reason=FinishReason.LENGTH)
    document = to_json(dataclasses.replace(analysis, generation=made))
    assert json.loads(json.dumps(document))["generation"]["finish_reason"] == "length"


def test_half_characters_do_not_break_the_document(analysis: Analysis) -> None:
    document = to_json(dataclasses.replace(analysis, raw_text="a\ud800b", question="\udfff"))
    json.dumps(document, ensure_ascii=False).encode("utf-8")
    assert from_json(document).raw_text == "a?b"


def test_a_file_name_that_is_not_utf8_is_found_again(analysis: Analysis) -> None:
    assert analysis.photo is not None
    path = Path(os.fsdecode(b"/photos/caf\xe9 %41.jpg"))
    document = to_json(dataclasses.replace(analysis, photo=dataclasses.replace(analysis.photo, path=path)))
    json.dumps(document, ensure_ascii=False).encode("utf-8")
    read = from_json(document)
    assert read.photo is not None
    assert read.photo.path == path


def test_keys_of_a_later_writer_are_ignored(analysis: Analysis) -> None:
    document = to_json(analysis)
    document["stars"] = 5
    document["facts"]["beauty"] = 1.0
    document["critique"]["dimensions"][0]["mood"] = "blue"
    assert from_json(document) == analysis


@pytest.mark.parametrize("version", [None, "mondrian.analysis/2", "other/1", 1, ""])
def test_another_schema_is_refused(analysis: Analysis, version: object) -> None:
    with pytest.raises(UserError, match="not an analysis that this version can read"):
        from_json({**to_json(analysis), "schema": version})


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [
        ("critique", {"image_description": 5}, "critique"),
        ("created", "yesterday", "created"),
        ("created", "2026-01-01T00:00:00", "created"),
        ("photo", [], "photo"),
        ("generation", None, "generation"),
        ("raw_text", None, "raw_text"),
        ("facts", {"mean_lightness": "dark"}, "facts.mean_lightness"),
    ],
)
def test_damage_is_told_with_its_place(analysis: Analysis, key: str, value: object, place: str) -> None:
    with pytest.raises(UserError, match=f"damaged at {place}"):
        from_json({**to_json(analysis), key: value})


def test_a_score_outside_the_scale_is_refused(analysis: Analysis) -> None:
    document = to_json(analysis)
    document["critique"]["dimensions"][0]["score"] = 11
    with pytest.raises(UserError, match="damaged at critique"):
        from_json(document)
    assert analysis.created.tzinfo is UTC
