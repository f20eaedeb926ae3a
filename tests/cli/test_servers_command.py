import io
import json
import re

import pytest

from mondrian_desktop.cli.main import parse, run_command
from mondrian_desktop.engine.remote import RemoteEngine
from mondrian_desktop.engine.router import Router
from mondrian_desktop.engine.scripted import ScriptedEngine, script
from mondrian_desktop.jobs import server_watch
from mondrian_desktop.jobs.store import Store
from mondrian_desktop.weights import servers, tokens
from tests.engine import chat_server
from tests.engine.chat_server import ChatServer
from tests.jobs.scene import SAMPLES, answer, make_service


@pytest.fixture
def run(capsys):
    def run(*words, engine=None):
        code = run_command(parse(words), lambda: make_service(engine or ScriptedEngine(script(answer()))))
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def serve():
    made = []

    def serve(*plays, **more):
        made.append(ChatServer(*plays, **more))
        return made[-1]

    yield serve
    for each in made:
        each.close()


LISTED = json.dumps({"data": [{"id": "qwen"}, {"id": "llava"}]}).encode()


def test_without_servers_it_says_that_no_photo_leaves(run):
    assert run("servers", "list") == (0, "There is no server: no photo leaves this machine.\n", "")
    assert json.loads(run("servers", "list", "--json")[1]) == []


def test_adding_says_plainly_where_photos_go(run):
    code, out, _ = run("servers", "add", "gpu", "https://gpu.example.com", "qwen", "--concurrency", "8")
    assert code == 0
    assert out.startswith("Photos leave this Mac: they are sent to gpu.example.com.")
    assert "--model gpu" in out
    assert "qwen at https://gpu.example.com/v1 (8 at once, 1024 px)" in run("servers", "list")[1]
    assert json.loads(run("servers", "list", "--json")[1])[0]["url"] == "https://gpu.example.com/v1"
    assert "Nothing is sent to gpu.example.com any more" in run("servers", "remove", "gpu")[1]
    assert servers.book().servers == ()


def test_an_unencrypted_server_is_taken_after_a_warning_only(run):
    code, _, err = run("servers", "add", "gpu", "192.168.1.20:8000", "qwen")
    assert code == 2
    assert "anybody in the same network can see the photos" in err
    assert servers.book().servers == ()
    code, out, _ = run("servers", "add", "gpu", "192.168.1.20:8000", "qwen", "--allow-http")
    assert code == 0
    assert "anybody in the same network" in out


@pytest.mark.parametrize(
    "words",
    [("add", "mini", "https://a.example", "m"), ("add", "a b", "https://a.example", "m"), ("add", "x", "ftp://a", "m"),
     ("remove", "nobody"), ("check", "nobody")],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(run, words):
    code, out, err = run("servers", *words)
    assert (code, out) == (2, "")
    assert err.startswith("mondrian-desktop: ")


def test_a_key_is_read_from_standard_input_and_never_shown(run, monkeypatch):
    kept = []
    monkeypatch.setattr(tokens, "save", lambda *words, **more: kept.append(words))
    monkeypatch.setattr("sys.stdin", io.StringIO("sk-1\n"))
    _, out, err = run("servers", "add", "gpu", "https://gpu.example.com", "qwen", "--key")
    assert kept == [("https://gpu.example.com", "sk-1")]
    assert "sk-1" not in out + err + (servers._file()).read_text()


def test_a_server_that_is_well(run, serve):
    server = serve(chat_server.raw(LISTED))
    run("servers", "add", "gpu", server.url, "qwen")
    code, out, _ = run("servers", "check", "gpu")
    assert code == 0
    assert "qwen looks at pictures there" in out
    assert out.startswith("Photos are sent to a server on this Mac")


@pytest.mark.parametrize(
    ("plays", "said"),
    [
        ([chat_server.status(401)], "did not accept the key"),
        ([chat_server.status(500)], "has a fault"),
        ([chat_server.raw(b"<html>")], "could not be understood"),
        ([chat_server.raw(b'{"data": [{"id": "llava"}]}')], "has no model qwen. It has: llava."),
        ([chat_server.raw(LISTED), chat_server.status(400, {"detail": "text only"})], "It says: text only"),
        ([chat_server.raw(LISTED), chat_server.drop(1)], "in the middle of its answer"),
        ([chat_server.status(302, Location="https://elsewhere.example/")], "redirects to another address"),
    ],
)
def test_what_is_wrong_with_a_server_is_told_in_a_sentence(run, serve, plays, said):
    server = serve(*plays)
    run("servers", "add", "gpu", server.url, "qwen")
    code, out, _ = run("servers", "check", "gpu")
    assert code == 1
    assert said in out


def test_a_photo_is_analyzed_by_a_server_without_what_its_file_says(run, serve):
    server = serve(otherwise=chat_server.words([answer()]))
    run("servers", "add", "gpu", server.url, "qwen")
    engine = Router(ScriptedEngine(()), lambda each: RemoteEngine(each, lambda _: ""))
    code, out, _ = run("analyze", str(SAMPLES[0]), "--model", "gpu", "--format", "json", engine=engine)
    assert code == 0
    assert json.loads(out)["model"] == "gpu"
    sent = json.dumps(server.bodies)
    assert SAMPLES[0].stem not in sent
    assert not any(label in sent for label in ("Camera:", "Lens:", "Taken:", "Title:", "Keywords:"))
    assert "Measured on the picture" in sent


def test_a_batch_keeps_as_many_photos_at_a_server_as_it_takes(run, serve, tmp_path):
    server = serve(otherwise=chat_server.words([answer()]))
    run("servers", "add", "gpu", server.url, "qwen", "--concurrency", "3")
    engine = Router(ScriptedEngine(()), lambda each: RemoteEngine(each, lambda _: ""))
    gate = _Gate(3)
    server.otherwise = gate.play
    folder = str(SAMPLES[0].parent)
    code, _, _ = run("batch", folder, "--model", "gpu", engine=engine)
    assert code == 0
    assert server.most == 3
    assert len(server.bodies) == len(SAMPLES)


class _Gate:
    """Answers nobody before so many wait: they have to be there at once."""

    def __init__(self, count):
        import threading

        self._met = threading.Event()
        self._count = count

    def play(self, handler):
        if handler.desk.running >= self._count:
            self._met.set()
        assert self._met.wait(20)
        chat_server.words([answer()])(handler)


def remote():
    return Router(ScriptedEngine(script(answer())), lambda server: RemoteEngine(server, lambda _: "", backoff_s=0.001))


def test_a_batch_waits_for_a_server_that_went_away_and_says_so(run, serve, tmp_path, monkeypatch):
    monkeypatch.setattr(server_watch, "FIRST_S", 0.01)
    server = serve(*[chat_server.hang_up] * 4, otherwise=chat_server.words([answer()]))
    run("servers", "add", "gpu", server.url, "qwen", "--concurrency", "1")
    for sample in SAMPLES[:2]:
        (tmp_path / sample.name).write_bytes(sample.read_bytes())
    code, _, err = run("batch", str(tmp_path), "--model", "gpu", engine=remote())
    assert code == 0
    assert err.count("was lost. What waits for it is kept, and goes on when it answers. Ctrl-C stops waiting.") == 1
    assert "[2/2]" in err
    tries = [line for line in err.splitlines() if line.startswith("Waiting for")]
    assert tries
    for line in tries:
        assert re.fullmatch(rf"Waiting for 127\.0\.0\.1:{server.port} · next try at \d\d:\d\d:\d\d", line)
    # The sentence first, then when, then what came of it.
    lines = err.splitlines()
    assert "Ctrl-C stops waiting." in lines[lines.index(tries[0]) - 1]
    assert lines.index(tries[-1]) < next(n for n, line in enumerate(lines) if "[2/2]" in line)


def test_photos_on_the_command_line_do_not_wait_for_a_server(capsys, serve, tmp_path):
    server = serve(otherwise=chat_server.hang_up)
    servers.add(servers.make("gpu", server.url, "qwen", concurrency=1))
    file = tmp_path / "history.db"
    words = ["analyze", str(SAMPLES[0]), str(SAMPLES[1]), "--model", "gpu"]
    assert run_command(parse(words), lambda: make_service(remote(), store=Store.open(file))) == 1
    assert capsys.readouterr().err.count("was lost") == 1
    store = Store.open(file)
    assert store.unfinished() == ()
    store.close()
