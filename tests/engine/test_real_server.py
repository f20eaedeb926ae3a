"""The engine of servers against a real one: mlx-vlm's own, with the embedded model, on this machine."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image as Pictures

from benchmarks import model_server
from mondrian_desktop import paths
from mondrian_desktop.critique.parse import parse
from mondrian_desktop.critique.rubric import load_rubric
from mondrian_desktop.engine.mlx import MlxEngine
from mondrian_desktop.engine.protocol import Finished, FinishReason, Image, Message, Request, Token
from mondrian_desktop.engine.remote import JPEG_QUALITY, RemoteEngine
from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.decode import read_photo
from mondrian_desktop.photo.encode import jpeg
from mondrian_desktop.pump import Pump
from mondrian_desktop.weights import catalog
from mondrian_desktop.weights.servers import make
from tests.engine.conftest import drained


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return model_server.full_precision(paths.resource("models", "mini"), tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def url(model):
    # More at once, and mlx-vlm 0.7.10 mixes photos up in its batched prefill: docs/studio.md.
    with model_server.running(model, "--api-key", "sk-test", "--max-num-seqs", "1") as url:
        yield url


@pytest.fixture
def engine(url, model):
    return RemoteEngine(make("real", url, str(model)), lambda _: "sk-test")


def as_sent(pixels, path):
    """Return the pixels that a server sees: what is sent is a JPEG."""
    path.write_bytes(jpeg(pixels, JPEG_QUALITY))
    return np.asarray(Pictures.open(path))


@pytest.fixture(scope="module")
def requests(tmp_path_factory, model):
    folder = tmp_path_factory.mktemp("sent")
    line = catalog.find("mini").prompt.control_line("mentor")
    samples = sorted(paths.resource("samples").glob("*.jpg"))[:4]
    pictures = [read_photo(path, 512).pixels for path in samples]
    return [
        (
            Request(model, (Message("user", line, has_image=True),), Image(pixels, f"{at}")),
            as_sent(pixels, folder / f"{at}.jpg"),
        )
        for at, pixels in enumerate(pictures)
    ]


def test_a_server_answers_as_the_engine_on_this_machine_does(engine, requests):
    local = MlxEngine()
    texts = set()
    for request, sent in requests[:2]:
        there = drained(engine.generate(request)).finished
        here = drained(local.generate(replace(request, image=Image(sent, f"sent {request.image.key}")))).finished
        assert there.text == here.text
        assert there.finish_reason is here.finish_reason is FinishReason.STOP
        assert (there.prompt_tokens, there.generation_tokens) == (here.prompt_tokens, here.generation_tokens)
        assert parse(there.text, load_rubric("technical")) is not None
        texts.add(there.text)
    assert len(texts) == 2
    local.unload()


def test_several_at_once_get_the_answers_that_they_get_alone(engine, requests):
    alone = [drained(engine.generate(request)).text for request, _ in requests]
    pump, together = Pump(), {}
    for at, (request, _) in enumerate(requests):
        pump.start(engine.generate(request), lambda event, at=at: together.__setitem__(at, event))
    pump.run()
    assert all(isinstance(each, Finished) for each in together.values())
    assert [together[at].text for at in range(len(requests))] == alone


def test_cancelling_keeps_the_beginning_and_leaves_the_server_well(engine, requests):
    pump, events = Pump(budget_s=0.0), []
    whole = drained(engine.generate(requests[0][0])).text
    task = pump.start(engine.generate(requests[0][0]), events.append)
    pump.run(until=lambda: any(isinstance(each, Token) for each in events))
    pump.cancel(task)
    pump.run()
    assert events[-1].finish_reason is FinishReason.CANCELLED
    assert 0 < len(events[-1].text) < len(whole)
    assert whole.startswith(events[-1].text)
    assert drained(engine.generate(requests[0][0])).text == whole


def test_a_wrong_key_is_told(url, model, requests):
    engine = RemoteEngine(make("real", url, str(model)), lambda _: "sk-wrong")
    with pytest.raises(UserError, match="did not accept the key"):
        drained(engine.generate(requests[0][0]))
