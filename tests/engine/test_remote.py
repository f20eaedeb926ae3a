"""The engine of servers, against one that can do anything wrong. Against a real one: test_real_server.py."""

import base64
import io
import json
import random
import socket

import numpy as np
import pytest
from PIL import Image as Pictures

from mondrian_desktop.engine.protocol import Finished, FinishReason, Image, Message, Phase, Request, Stage, Token
from mondrian_desktop.engine.remote import RemoteEngine
from mondrian_desktop.errors import Cancelled, UserError
from mondrian_desktop.pump import End, Pump
from mondrian_desktop.weights.servers import Server
from tests.engine import chat_server
from tests.engine.chat_server import TEXT, WORDS, ChatServer, delta

MESSAGES = (Message("system", "You teach."), Message("user", "Look.", has_image=True), Message("user", "As JSON."))


@pytest.fixture
def serve():
    made = []

    def serve(*plays, **more):
        made.append(ChatServer(*plays, **more))
        return made[-1]

    yield serve
    for each in made:
        each.close()


def engine(server, *, key="", stall_s=20.0, **more):
    url = server if isinstance(server, str) else server.url
    entry = Server("studio", url, "qwen", **more)
    return RemoteEngine(entry, lambda _: key, backoff_s=0.001, connect_s=5.0, stall_s=stall_s)


def request(**more):
    pixels = np.full((48, 96, 3), 120, np.uint8)
    return Request(**{"weights": None, "messages": MESSAGES, "image": Image(pixels, "key"), "max_tokens": 100, **more})


def chatter(count):
    """Return so many events whose text does not repeat itself."""
    dice = random.Random(0)
    return b"".join(f"data: {json.dumps(delta(dice.randbytes(400).hex()))}\n\n".encode() for _ in range(count))


class Run:
    """A request in the hands of a pump."""

    def __init__(self, events):
        self.events = []
        self.pump = Pump(budget_s=0.0)
        self.task = self.pump.start(events, self.events.append)

    def to_end(self):
        self.pump.run()
        if self.task.error:
            raise self.task.error
        return self

    def until_text(self):
        self.pump.run(until=lambda: any(isinstance(each, Token) for each in self.events))
        return self

    def until_asked(self, server):
        self.pump.run(until=lambda: Phase(Stage.ENCODING) in self.events)
        assert server.asked.wait(5)

    def cancel(self):
        self.pump.cancel(self.task)
        return self.to_end()

    @property
    def text(self):
        return "".join(each.text for each in self.events if isinstance(each, Token))

    @property
    def finished(self):
        assert isinstance(self.events[-1], Finished)
        assert sum(isinstance(each, Finished) for each in self.events) == 1
        return self.events[-1]


def answered(server, **more):
    return Run(engine(server, **more).generate(request())).to_end()


def problem(server, **more):
    with pytest.raises(UserError) as caught:
        answered(server, **more)
    assert caught.value.advice
    return caught.value.what


def test_an_answer_is_streamed_with_phases_counts_and_reason(serve):
    run = answered(serve())
    stages = [each.stage for each in run.events if isinstance(each, Phase)]
    assert stages == [Stage.READING, Stage.ENCODING, Stage.GENERATING]
    assert [each.text for each in run.events if isinstance(each, Token)] == list(WORDS)
    counts = [each.generation_tokens for each in run.events if isinstance(each, Token)]
    assert counts == sorted(counts)
    done = run.finished
    assert (done.text, done.finish_reason) == (TEXT, FinishReason.STOP)
    assert (done.prompt_tokens, done.cached_tokens, done.generation_tokens) == (73, 8, 11)
    assert done.generation_tps > 0
    assert done.time_to_first_token_s > 0
    assert done.image_size == (96, 48)


def test_nothing_but_pixels_of_the_promised_size_and_the_words_is_sent(serve):
    server = serve()
    Run(engine(server, picture_size=64).generate(request(schema={"type": "object"}))).to_end()
    [body] = server.bodies
    assert body["model"] == "qwen"
    assert [each["role"] for each in body["messages"]] == ["system", "user"]
    picture, *texts = body["messages"][1]["content"]
    assert [each["text"] for each in texts] == ["Look.", "As JSON."]
    data = base64.b64decode(picture["image_url"]["url"].removeprefix("data:image/jpeg;base64,"))
    opened = Pictures.open(io.BytesIO(data))
    assert opened.size == (64, 32)
    assert not opened.getexif()
    assert set(opened.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert (body["temperature"], body["max_tokens"], body["stream"]) == (0.0, 100, True)


def test_a_server_is_told_whether_to_think_and_has_room_for_it(serve):
    server = serve()
    for thinking in ("auto", "on", "off"):
        Run(engine(server).generate(request(thinking=thinking, thinking_tokens=50))).to_end()
    asked = [(body.get("chat_template_kwargs"), body["max_tokens"]) for body in server.bodies]
    assert asked == [(None, 100), ({"enable_thinking": True}, 150), ({"enable_thinking": False}, 100)]


def test_the_key_goes_to_the_server(serve):
    server = serve()
    answered(server, key="sk-1")
    answered(server)
    assert [headers.get("Authorization") for _, headers, _ in server.requests] == ["Bearer sk-1", None]


@pytest.mark.parametrize("dropped", ["response_format", "stream_options", "chat_template_kwargs"])
def test_what_a_server_does_not_take_is_left_out_from_then_on(serve, dropped):
    refusal = chat_server.status(400, {"error": {"message": f"{dropped} is not supported"}})

    def picky(handler):
        (refusal if dropped in handler.desk.requests[-1][2] else chat_server.good)(handler)

    server = serve(otherwise=picky)
    same = engine(server)
    for _ in range(2):
        assert Run(same.generate(request(schema={"type": "object"}))).to_end().finished.text == TEXT
    assert [dropped in body for body in server.bodies].count(True) <= 2
    assert dropped not in server.bodies[-1]


def test_a_server_that_fails_over_the_schema_is_asked_without(serve):
    server = serve(chat_server.status(500))
    assert Run(engine(server).generate(request(schema={"type": "object"}))).to_end().finished.text == TEXT
    assert ["response_format" in body for body in server.bodies] == [True, False]


def test_a_refusal_that_nothing_helps_against_is_told_in_the_server_s_words(serve):
    refusal = chat_server.status(400, {"error": {"message": "qwen is not a \x1b[31mmultimodal model"}})
    said = problem(serve(otherwise=refusal))
    assert said.endswith("It says: qwen is not a multimodal model")


@pytest.mark.parametrize(
    "fault",
    [chat_server.status(429), chat_server.status(500), chat_server.status(503, Retry_After="0"), chat_server.hang_up,
     chat_server.drop(0), events := chat_server.events({"error": {"message": "out of memory"}})],
)  # fmt: skip
def test_what_may_pass_is_tried_again(serve, fault):
    server = serve(fault, fault)
    run = answered(server)
    assert (run.text, run.finished.text) == (TEXT, TEXT)
    assert len(server.requests) == 3


@pytest.mark.parametrize("after", [1, 3, 5])
def test_an_answer_that_broke_off_is_asked_for_again_and_no_word_comes_twice(serve, after):
    server = serve(chat_server.drop(after), chat_server.drop(2))
    run = answered(server)
    assert (run.text, run.finished.text) == (TEXT, TEXT)
    assert len(server.requests) == 3


def test_a_second_answer_in_other_words_is_the_whole_result(serve):
    run = answered(serve(chat_server.drop(3), chat_server.words(["Boats."])))
    assert run.finished.text == "Boats."


@pytest.mark.parametrize(
    ("play", "said"),
    [
        (chat_server.status(401), "did not accept the key"),
        (chat_server.status(403), "did not accept the key"),
        (chat_server.status(404, {"detail": "no such model"}), "has no model qwen"),
        (chat_server.status(413), "too large"),
        (chat_server.status(418), "refused the request"),
        (chat_server.raw(b"<html>It works</html>", "text/html"), "could not be understood"),
        (chat_server.raw(b'{"choices": [{"mess'), "could not be understood"),
        (chat_server.raw(b"[" * 100_000), "could not be understood"),
        (chat_server.raw(b"{}"), "could not be understood"),
        (chat_server.events('{"choices": [{"del'), "could not be understood"),
        (chat_server.events("3"), "could not be understood"),
    ],
)
def test_what_will_not_pass_is_told_at_once(serve, play, said):
    server = serve(otherwise=play)
    assert said in problem(server)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("play", "said"),
    [(chat_server.status(429), "is busy"), (chat_server.status(500, {"error": "no GPU"}), "It says: no GPU"),
     (chat_server.hang_up, "was lost"), (chat_server.drop(2), "in the middle of its answer")],
)  # fmt: skip
def test_in_the_end_it_is_given_up(serve, play, said):
    server = serve(otherwise=play)
    assert said in problem(server)
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    "play",
    [chat_server.flood("application/json", b" " * 65536), chat_server.flood("text/event-stream", b"data: x" * 9000),
     chat_server.flood("text/event-stream", b": hm\n" * 9000),
     chat_server.flood("text/event-stream", chatter(200))],
)  # fmt: skip
def test_100_mb_are_not_taken(serve, play):
    assert "far more than an answer" in problem(serve(otherwise=play))


def test_nobody_answers():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert "not running there" in problem(f"http://127.0.0.1:{port}/v1")


@pytest.mark.parametrize("play", [chat_server.mute, chat_server.stall()])
def test_a_connection_on_which_nothing_comes_is_given_up(serve, play):
    assert "Nothing came" in problem(serve(otherwise=play), stall_s=0.05)


def test_cancelling_closes_the_connection_and_keeps_what_was_written(serve):
    server = serve(chat_server.stall(after=3))
    run = Run(engine(server).generate(request())).until_text()
    run.pump.run(until=lambda: run.text == "".join(WORDS[:3]))
    done = run.cancel().finished
    assert (done.text, done.finish_reason, done.generation_tokens) == ("".join(WORDS[:3]), FinishReason.CANCELLED, 3)
    assert server.hung_up.wait(5)
    assert run.task.end is End.CANCELLED


def test_cancelling_before_the_first_word_leaves_nothing(serve):
    server = serve(otherwise=chat_server.mute)
    run = Run(engine(server).generate(request()))
    run.until_asked(server)
    assert run.cancel().finished.text == ""


def test_cancelling_ends_a_pause_before_the_next_attempt(serve):
    server = serve(otherwise=chat_server.status(429, Retry_After="3600"))
    run = Run(engine(server).generate(request()))
    run.until_asked(server)
    assert run.cancel().finished.text == ""
    assert len(server.requests) == 1


def test_closing_ends_the_request_without_a_word(serve):
    server = serve(chat_server.stall(after=1))
    run = Run(engine(server).generate(request())).until_text()
    run.pump.close()
    assert server.hung_up.wait(5)
    assert not any(isinstance(each, Finished) for each in run.events)


def test_a_generator_that_is_cancelled_at_its_last_event_has_ended(serve):
    events = engine(serve()).generate(request())
    run = []
    for event in events:
        if isinstance(event, Finished):
            break
        getattr(event, "future", None) and event.future.exception()
        run.append(event)
    with pytest.raises(Cancelled):
        events.throw(Cancelled())


@pytest.mark.parametrize(
    ("reason", "meant"),
    [("stop", FinishReason.STOP), ("length", FinishReason.LENGTH), ("eos_token", FinishReason.STOP),
     (None, FinishReason.STOP)],
)  # fmt: skip
def test_reasons_are_understood(serve, reason, meant):
    assert answered(serve(chat_server.words(reason=reason, usage=None))).finished.finish_reason is meant


def test_a_server_that_does_not_count_is_counted_for(serve):
    assert answered(serve(chat_server.words(usage=None))).finished.generation_tokens == len(WORDS)


def test_an_answer_that_repeats_itself_is_ended(serve):
    done = answered(serve(chat_server.words(["The sky is blue and wide. "] * 1000))).finished
    assert done.finish_reason is FinishReason.REPETITION
    assert len(done.text) < 500


def test_thinking_is_marked_as_models_mark_it_themselves(serve):
    thoughts = [delta(None, reasoning_content="Look at "), delta(None, reasoning="the edges.")]
    server = serve(chat_server.events(*thoughts, delta("A harbor."), delta(None, "stop"), "[DONE]"))
    assert answered(server).finished.text == "<think>Look at the edges.</think>A harbor."


def test_an_answer_in_one_piece_is_taken(serve):
    whole = {
        "choices": [{"message": {"content": [{"type": "text", "text": TEXT}]}}],
        "usage": {"completion_tokens": 11},
    }
    server = serve(otherwise=chat_server.raw(json.dumps(whole).encode()))
    for stream in (True, False):
        run = Run(engine(server).generate(request(stream=stream))).to_end()
        assert (run.text, run.finished.text, run.finished.generation_tokens) == (TEXT, TEXT, 11)
    assert [body["stream"] for body in server.bodies] == [True, False]


@pytest.mark.parametrize(
    "odd",
    [delta("", "stop", tool_calls=None), {"choices": [None]}, {"choices": "x"}, {"usage": [], "timings": "x"},
     {"choices": [{"delta": {"content": {"a": 1}}}]}, {"usage": {"completion_tokens": -4, "prompt_tokens": 1e999}},
     {"timings": {"prompt_per_second": float("nan")}}],
)  # fmt: skip
def test_odd_events_do_no_harm(serve, odd):
    server = serve(chat_server.events(odd, *map(delta, WORDS), delta(None, "stop"), "[DONE]"))
    assert answered(server).finished.text == TEXT


def test_half_a_character_becomes_a_question_mark(serve):
    server = serve(chat_server.events(delta("a\ud800b"), delta(None, "stop")))
    assert answered(server).finished.text == "a?b"


def test_a_filtered_photo_is_told(serve):
    assert "refused to describe" in problem(serve(chat_server.words([], "content_filter")))


@pytest.mark.parametrize(
    "location", ["https://elsewhere.example/v1/chat/completions", "//127.0.0.2/v1", "http://localhost:1/"]
)
def test_a_redirection_to_another_address_is_refused(serve, location):
    server = serve(otherwise=chat_server.status(307, Location=location))
    assert "redirects to another address" in problem(server, key="sk-1")
    assert len(server.requests) == 1


def test_a_redirection_within_the_server_is_followed(serve):
    server = serve(chat_server.status(307, Location="/v1/chat/completions/"))
    assert answered(server).finished.text == TEXT
    assert [path for path, _, _ in server.requests] == ["/v1/chat/completions", "/v1/chat/completions/"]
    assert server.bodies[0] == server.bodies[1]


def test_redirections_in_circles_end(serve):
    assert "circles" in problem(serve(otherwise=chat_server.status(308, Location="/v1/chat/completions")))


def test_a_name_that_leads_elsewhere_gets_no_photo_unencrypted(serve, monkeypatch):
    server = serve()
    port = server.url.rpartition(":")[2]
    found = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *more, **rest: found("127.0.0.1", *more, **rest))
    monkeypatch.setattr("mondrian_desktop.engine.chat.reach", lambda host: "the internet")
    assert "no photo is sent" in problem(f"http://gpu.local:{port}", allow_http=True)
    assert server.requests == []


def test_a_server_whose_certificate_nobody_trusts_gets_no_photo(serve):
    server = serve(encrypted=True)
    assert "could not prove that it is" in problem(server)
    assert server.requests == []


def test_the_certificate_is_all_that_was_wrong(serve, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(chat_server.SELF_SIGNED))
    assert answered(serve(encrypted=True)).finished.text == TEXT


def test_a_server_that_speaks_no_tls_gets_no_photo(serve):
    server = serve()
    said = problem(server.url.replace("http:", "https:"))
    # It speaks no TLS at all: nothing is sent in the clear instead.
    assert "not running there" in said or "could not prove" in said or "lost" in said
    assert server.bodies == []
