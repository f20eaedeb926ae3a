import ipaddress
import random
import socket

import pytest

from mondrian_desktop.pump import Pump
from mondrian_desktop.weights.catalog import from_repo
from mondrian_desktop.weights.download import download
from mondrian_desktop.weights.events import Patience
from tests.weights.hub_server import HubServer, Repo
from tests.weights.made import REPO, model_files


@pytest.fixture(autouse=True)
def no_other_host(monkeypatch):
    """Fail at the first step towards another machine."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def only_here(self, address):
        assert self.family == socket.AF_UNIX or ipaddress.ip_address(address[0]).is_loopback, address
        return connect(self, address)

    def only_numbers(name, *args, **kwargs):
        ipaddress.ip_address(name)
        return look_up(name, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", only_here)
    monkeypatch.setattr(socket, "getaddrinfo", only_numbers)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    """No proxy, no token and no cache of the developer's."""
    names = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "HF_TOKEN", "HF_HOME", "HF_HUB_CACHE")
    for name in (*names, *(name.upper() for name in names), "HUGGINGFACE_HUB_CACHE", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def weights():
    return random.Random(1).randbytes(1_500_000)


@pytest.fixture
def repo(weights):
    return Repo(
        {
            "README.md": b"# A model",
            "config.json": b'{"model_type": "qwen3_vl", "vision_config": {}}',
            "model.safetensors": weights,
            "modeling.py": b"raise SystemExit",
            "onnx/model.safetensors": b"elsewhere",
            "pytorch_model.bin": b"pickle",
            "tokenizer.json": b'{"version": "1.0"}',
            "tokenizer.model": b"\x0a\x0b",
            "chat_template.jinja": b"{{ messages }}",
        }
    )


@pytest.fixture
def hub(repo, monkeypatch):
    server = HubServer({REPO: repo})
    monkeypatch.setenv("HF_ENDPOINT", server.address)
    yield server
    server.close()


@pytest.fixture
def make_model():
    """Return a function that writes a whole model into a folder; ``changes`` replaces or (None) leaves out files."""

    def make(folder, changes=None):
        files = model_files() | (changes or {})
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            if content is not None:
                (folder / name).write_bytes(content)
        return folder

    return make


@pytest.fixture
def patience():
    return Patience(connect_s=5, stall_s=0.25, attempts=4, first_delay_s=0.001, longest_delay_s=0.002)


@pytest.fixture
def drive():
    """Return a function that lets a pump run a generator of events to its end and returns the events."""

    def run(events, until=None):
        """``until(event)``: whether to cancel at this event."""
        pump, seen = Pump(), []

        def listen(event):
            seen.append(event)
            if until and until(event):
                pump.cancel(task)

        task = pump.start(events, listen)
        pump.run()
        if task.error:
            raise task.error
        return seen

    return run


@pytest.fixture
def entry():
    return from_repo(REPO)


@pytest.fixture
def fetch(drive, patience):
    """Return a function that downloads an entry and returns the events."""

    def fetch(entry, until=None, **changes):
        return drive(download(entry, **({"patience": patience} | changes)), until)

    return fetch
