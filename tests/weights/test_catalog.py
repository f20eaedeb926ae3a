from pathlib import Path

import pytest

from mondrian_desktop import paths
from mondrian_desktop.critique.rubric import load_rubric
from mondrian_desktop.errors import UserError
from mondrian_desktop.weights.catalog import PromptForm, entries, find


def model_folder(tmp_path: Path, name: str = "my-model") -> Path:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "config.json").write_text("{}", encoding="utf-8")
    return folder


def test_the_built_in_model_is_there() -> None:
    mini = find("mini")
    assert mini.path == paths.resource("models", "mini")
    assert mini.rubric == "technical"
    assert mini.prompt.kind == "control"
    assert mini.note


def test_every_entry_names_a_rubric_and_a_usable_form() -> None:
    assert len({each.id for each in entries()}) == len(entries())
    for each in entries():
        assert load_rubric(each.rubric).dimensions
        assert (each.prompt.kind == "control") == bool(each.prompt.control)


def test_a_folder_is_a_model_that_is_asked_in_words(tmp_path: Path) -> None:
    folder = model_folder(tmp_path)
    entry = find(folder)
    assert (entry.path, entry.name, entry.rubric, entry.prompt.kind) == (
        folder.resolve(),
        "my-model",
        "critique",
        "chat",
    )
    assert entry.supports_schema
    assert find(str(folder)) == entry


def test_the_built_in_models_folder_is_the_built_in_model() -> None:
    assert find(paths.resource("models", "mini")).id == "mini"


def test_a_link_to_its_folder_too(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(paths.resource("models", "mini"))
    assert find(link).id == "mini"


@pytest.mark.parametrize("name", ["none", "", "/no/such/folder"])
def test_an_unknown_name_is_told_with_the_known_ones(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"no model|holds no model"):
        find(name)


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"config\.json is missing"):
        find(tmp_path)


def test_a_control_line_names_the_advisor() -> None:
    form = PromptForm(
        "control", "As {advisor}, as JSON.", {"mentor": "Mentor", "ansel": "Ansel Adams"}, "{advisor}: {question}"
    )
    assert form.control_line("ansel") == "As Ansel Adams, as JSON."
    assert form.control_line("my-own") == "As Mentor, as JSON."
    assert form.question_line("ansel", "What is {advisor}?") == "Ansel Adams: What is {advisor}?"


def test_a_control_line_may_name_nobody() -> None:
    assert (
        PromptForm("control", "Critique this photograph as JSON.").control_line("ansel")
        == "Critique this photograph as JSON."
    )


@pytest.mark.parametrize(
    ("form", "questions", "follow_ups"),
    [
        (PromptForm(), True, True),
        (PromptForm("control", "C."), False, False),
        (PromptForm("control", "C.", {}, "Q: {question}"), True, False),
    ],
)
def test_what_a_form_takes(form: PromptForm, questions: bool, follow_ups: bool) -> None:
    assert (form.takes_questions, form.takes_follow_ups) == (questions, follow_ups)
