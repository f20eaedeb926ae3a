import io
import json
import os
import signal
from pathlib import Path

import jsonschema
import pytest

from mondrian_desktop import paths
from mondrian_desktop.__main__ import main
from mondrian_desktop.cli.main import parse, run_command
from mondrian_desktop.critique.advisor import load_advisors
from mondrian_desktop.critique.rubric import load_rubric
from mondrian_desktop.engine.protocol import FinishReason, Token
from mondrian_desktop.engine.scripted import ScriptedEngine, script
from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.reader import PhotoReader
from mondrian_desktop.pump import Pump
from mondrian_desktop.service import Service
from mondrian_desktop.settings import Settings

SAMPLES = paths.resource("samples")


def answer(score=7):
    names = [dimension.name for dimension in load_rubric("technical").dimensions]
    return json.dumps(
        {
            "image_description": "A lake below snowy mountains.",
            "dimensions": [
                {"name": name, "score": score, "comment": f"{name} is fine.", "recommendation": "Keep it."}
                for name in names
            ],
            "key_strengths": ["Clear air."],
            "priority_improvements": ["Come back at dusk."],
            "technical_notes": "Well exposed.",
        }
    )


class FakeClock:
    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s

    def advance(self):
        self.now_s += 1.0


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def run(capsys, clock, tmp_path):
    """Run a command line against a scripted engine; return (exit code, stdout, stderr)."""

    def run(arguments, *scripts):
        engine = ScriptedEngine(*(scripts or [script(answer(), before_token=clock.advance)]))
        run.engine = engine

        def build():
            advisors = load_advisors(paths.resource("advisors"))
            settings = Settings(tmp_path / "settings.json", {})
            return Service(engine, PhotoReader(), advisors, settings, Pump(clock=clock))

        code = run_command(parse([str(word) for word in arguments]), build)
        return code, *capsys.readouterr()

    return run


def test_prints_the_critique_as_text(run):
    code, out, err = run(["analyze", SAMPLES / "lake.jpg"])
    assert code == 0
    assert "A lake below snowy mountains." in out
    assert "Exposure" in out
    assert "Overall 7.0 of 10" in out
    assert out.index("A lake") < out.index("Placement") < out.index("Overall"), "in the order in which it arrives"
    assert "Generating analysis... (10 tokens, 20.0 tps)" in err


def test_text_appears_while_it_is_written(run, monkeypatch):
    written = []

    class Out(io.StringIO):
        def write(self, text):
            written.append((len(run.engine.requests) and run.engine.closed, text))
            return super().write(text)

    monkeypatch.setattr("sys.stdout", Out())
    run(["analyze", SAMPLES / "lake.jpg"])
    before_the_end = "".join(text for closed, text in written if not closed)
    assert "A lake below snowy mountains." in before_the_end
    assert "Exposure is fine." in before_the_end


def test_the_overall_score_comes_after_all_dimensions_also_where_tokens_come_fast(run):
    _, out, _ = run(["analyze", SAMPLES / "lake.jpg"], script(answer()))
    assert out.index("A lake") < out.index("Placement") < out.index("Overall")


def test_each_block_is_printed_once(run):
    _, out, _ = run(["analyze", SAMPLES / "lake.jpg"])
    assert out.count("Exposure is fine.") == 1
    assert out.count("A lake below") == 1


def test_json_of_one_is_an_object_and_of_several_a_list(run):
    code, out, _ = run(["analyze", SAMPLES / "lake.jpg", "--format", "json"])
    assert code == 0
    assert json.loads(out)["critique"]["overall_score"] == 7.0
    code, out, _ = run(["analyze", SAMPLES / "lake.jpg", SAMPLES / "wren.jpg", "--format", "json"])
    assert [Path(document["photo"]["path"]).name for document in json.loads(out)] == ["lake.jpg", "wren.jpg"]


def test_several_advisors_by_list_and_all(run):
    _, out, _ = run(["analyze", SAMPLES / "lake.jpg", "--advisor", "ansel,weston", "--format", "json"])
    assert [document["advisor"] for document in json.loads(out)] == ["ansel", "weston"]
    _, out, _ = run(["analyze", SAMPLES / "lake.jpg", "--advisor", "all", "--format", "json"])
    documents = json.loads(out)
    assert [document["advisor"] for document in documents] == list(load_advisors(paths.resource("advisors")))
    assert len(documents) == 10
    schema = json.loads((Path(__file__).parents[2] / "docs" / "analysis.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    for document in documents:
        validator.validate(document)


def test_what_is_said_of_a_photo_fits_the_published_schema_however_it_ended(run):
    schema = json.loads((Path(__file__).parents[2] / "docs" / "analysis.schema.json").read_text(encoding="utf-8"))
    endings = (
        script(answer()[:200], finish_reason=FinishReason.LENGTH),
        script("I like it."),
        script(f"<think>Well.</think>{answer()}"),
    )
    for ending in endings:
        code, out, _ = run(["analyze", SAMPLES / "lake.jpg", "--format", "json"], ending)
        document = json.loads(out)
        jsonschema.validate(document, schema)
        assert code == 0
        assert document["thinking"] == ("Well." if "<think>" in document["raw_text"] else "")


def test_a_failed_photo_is_told_and_the_others_go_on(run, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no photo")
    code, out, err = run(["analyze", broken, SAMPLES / "lake.jpg", "--format", "json"])
    assert code == 1
    assert "broken.jpg" in err
    documents = json.loads(out)
    assert len(documents) == 1


def test_json_stays_a_list_when_only_one_of_several_succeeds(run, tmp_path):
    code, out, _ = run(["analyze", tmp_path / "missing.jpg", SAMPLES / "lake.jpg", "--format", "json"])
    assert code == 1
    assert isinstance(json.loads(out), list)


def test_an_engine_that_refuses_fails_the_photo_with_its_sentence(run):
    code, out, err = run(["analyze", SAMPLES / "lake.jpg"], [UserError("The weights are incomplete.", "Get them.")])
    assert code == 1
    assert "The weights are incomplete. Get them." in err
    assert out == ""


@pytest.mark.parametrize(("fmt", "suffix"), [("text", "txt"), ("json", "json"), ("md", "md"), ("html", "html")])
def test_output_writes_one_file_a_critique_and_overwrites_nothing(run, tmp_path, fmt, suffix):
    folder = tmp_path / "made" / "here"
    for _ in range(2):
        code, out, _ = run(["analyze", SAMPLES / "lake.jpg", "--format", fmt, "--output", folder])
        assert code == 0
        assert out == ""
    names = sorted(file.name for file in folder.iterdir())
    assert names == [f"lake.mentor-2.{suffix}", f"lake.mentor.{suffix}"]
    assert "A lake below snowy mountains" in (folder / names[0]).read_text(encoding="utf-8")


def test_html_holds_the_photo(run):
    _, out, _ = run(["analyze", SAMPLES / "lake.jpg", "--format", "html"])
    assert "data:image/jpeg;base64," in out


@pytest.mark.usefixtures("qapp")  # or the command would make an application without windows, for all later tests
def test_a_pdf_is_a_file_with_the_photo(run, tmp_path):
    code, out, _ = run(["analyze", SAMPLES / "lake.jpg", "--format", "pdf", "--output", tmp_path])
    assert (code, out) == (0, "")
    data = (tmp_path / "lake.mentor.pdf").read_bytes()
    assert data.startswith(b"%PDF-")
    assert b"/Image" in data
    code, out, err = run(["analyze", SAMPLES / "lake.jpg", "--format", "pdf"])
    assert code != 0
    assert "--output" in err


def test_output_of_a_name_of_255_bytes(run, tmp_path):
    photo = tmp_path / ("é" * 125 + ".jpg")
    photo.write_bytes((SAMPLES / "lake.jpg").read_bytes())
    code, _, _ = run(["analyze", photo, "--format", "json", "--output", tmp_path / "out"])
    assert code == 0
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_an_output_folder_that_cannot_be_made_is_bad_usage(run, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = run(["analyze", SAMPLES / "lake.jpg", "--output", tmp_path / "file" / "folder"])
    assert code == 2
    assert "cannot be made" in err


def test_an_unknown_advisor_is_bad_usage(run):
    code, _, err = run(["analyze", SAMPLES / "lake.jpg", "--advisor", "nobody"])
    assert code == 2
    assert "nobody" in err
    assert "ansel" in err


def test_an_unknown_model_is_bad_usage(run):
    code, _, err = run(["analyze", SAMPLES / "lake.jpg", "--model", "no-such-model"])
    assert code == 2
    assert "no-such-model" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["analyze"],
        ["analyze", "a.jpg", "--format", "xml"],
        ["analyze", "a.jpg", "--interval", "0.01"],
        ["analyze", "a.jpg", "--interval", "often"],
        ["analyze", "a.jpg", "--max-tokens", "1"],
        ["analyze", "a.jpg", "--thinking", "hard"],
        ["ask"],
        ["--no-such-option"],
        ["analyse", "a.jpg"],
    ],
)
def test_bad_usage_exits_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as exit_:
        parse(arguments)
    assert exit_.value.code == 2


def test_options_reach_the_request(run):
    run(["analyze", SAMPLES / "lake.jpg", "--max-tokens", "99", "--seed", "7", "--no-stream", "--thinking", "on"])
    request = run.engine.requests[0]
    assert (request.max_tokens, request.seed, request.stream, request.thinking) == (99, 7, False, "on")


def test_the_interval_sets_how_often_progress_is_told(run, clock):
    _, _, err = run(["analyze", SAMPLES / "lake.jpg", "--interval", "2"])
    often = err.count("Generating analysis...")
    _, _, err = run(["analyze", SAMPLES / "lake.jpg", "--interval", "60"])
    assert err.count("Generating analysis...") == 2, "the first token and the end"
    assert often == 1 + 4 + 1


def test_ctrl_c_keeps_what_was_written(run, clock):
    steps = script(answer(), before_token=clock.advance)
    seventh_token = [n for n, step in enumerate(steps) if isinstance(step, Token)][6]
    steps.insert(seventh_token, lambda: os.kill(os.getpid(), signal.SIGINT))
    code, out, _ = run(["analyze", SAMPLES / "lake.jpg", SAMPLES / "wren.jpg", "--format", "json"], steps)
    assert code == 130
    (document,) = json.loads(out)
    assert document["generation"]["finish_reason"] == FinishReason.CANCELLED
    assert document["critique"]["image_description"] == "A lake below snowy mountains."
    assert len(run.engine.requests) == 1, "the second photo is not started"


def test_an_answer_without_structure_is_printed_as_it_is(run, clock):
    text = "A calm picture.\n\nMore sky would help."
    _, out, _ = run(["analyze", SAMPLES / "lake.jpg"], script(text, before_token=clock.advance))
    assert "More sky would help." in out


def test_hostile_model_output_stays_inert_on_the_terminal(run, clock):
    hostile = answer().replace("A lake", "\\u001b[2J\\u001b]0;owned\\u0007\\u202eA lake")
    _, out, _ = run(["analyze", SAMPLES / "lake.jpg"], script(hostile, before_token=clock.advance))
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_window_is_what_happens_without_a_command():
    assert parse([]).command == "window"
    assert parse(["a.jpg", "b.jpg"]).photos == [Path("a.jpg"), Path("b.jpg")]


def without_a_display(monkeypatch):
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("sys.platform", "linux")


def test_demo_without_a_display_says_so_and_analyzes(monkeypatch, capsys):
    without_a_display(monkeypatch)
    options = parse(["demo"])
    assert options.command == "analyze"
    assert options.photos[0].is_file()
    assert "no display" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["photo.jpg"]])
def test_a_window_without_a_display_is_refused_in_a_sentence(monkeypatch, capsys, arguments):
    without_a_display(monkeypatch)
    assert main(arguments) == 2
    assert "no display" in capsys.readouterr().err


def test_demo_with_a_display_opens_the_window(monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("DISPLAY", ":0")
    options = parse(["demo"])
    assert options.command == "window"
    assert options.analyze
    assert options.photos[0].is_file()
