import json
import sys

import pytest

from mondrian_desktop import paths
from mondrian_desktop.errors import UserError
from mondrian_desktop.weights import catalog, server_keys, servers, tokens
from mondrian_desktop.weights.servers import Reach, base_url, make
from tests.weights.test_tokens import KEPT, Keyring


def file():
    return paths.data_dir() / "servers.json"


def server(name="studio", url="https://gpu.example.com", **more):
    return make(name, url, "Qwen/Qwen3-VL-8B", **more)


@pytest.fixture
def keychain(monkeypatch):
    monkeypatch.setitem(tokens.BACKENDS, sys.platform, Keyring.__module__)
    monkeypatch.setattr(Keyring, "locked", False)
    KEPT.clear()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("https://gpu.example.com", "https://gpu.example.com/v1"),
        ("gpu.example.com", "https://gpu.example.com/v1"),
        ("HTTPS://GPU.example.com:8000/v1/", "https://gpu.example.com:8000/v1"),
        ("http://localhost:11434", "http://localhost:11434/v1"),
        ("localhost:8080", "http://localhost:8080/v1"),
        ("192.168.1.20:8000", "http://192.168.1.20:8000/v1"),
        ("[::1]:8000", "http://[::1]:8000/v1"),
        ("https://gpu.example.com/api/v1/chat/completions", "https://gpu.example.com/api/v1"),
        ("http://gpu-room.local:1234/v1", "http://gpu-room.local:1234/v1"),
    ],
)
def test_an_address_is_understood_as_it_is_typed(typed, meant):
    assert base_url(typed) == meant
    assert base_url(meant) == meant


@pytest.mark.parametrize(
    "typed",
    ["", "https://", "ftp://gpu.example.com", "https://a b", "https://gpu.example.com:99999", "https://[::1", "file:///x",
     "https://gpu.example.com/v1?key=1", "javascript://x", "https://gpu\n.example.com", "https://m\u00fcller.example"],
)  # fmt: skip
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(UserError, match="not the address of a server"):
        base_url(typed)


@pytest.mark.parametrize(
    "url", ["http://8.8.8.8", "http://172.32.0.1", "http://[2001:4860::1]", "http://[::ffff:8.8.8.8]"]
)
def test_no_photo_goes_unencrypted_through_the_internet(url):
    with pytest.raises(UserError, match="unencrypted"):
        base_url(url)


def test_a_password_in_the_address_is_refused_and_not_repeated():
    with pytest.raises(UserError, match="password") as caught:
        base_url("https://ann:secret@gpu.example.com")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "far"),
    [("localhost", Reach.LOOPBACK), ("127.0.0.5", Reach.LOOPBACK), ("::1", Reach.LOOPBACK), ("10.1.2.3", Reach.PRIVATE),
     ("fe80::1%en0", Reach.PRIVATE), ("::ffff:10.0.0.1", Reach.PRIVATE), ("8.8.8.8", Reach.PUBLIC),
     ("gpu.local", Reach.NAMED), ("localhost.evil.example", Reach.NAMED), ("127.0.0.1.example", Reach.NAMED)],
)  # fmt: skip
def test_how_far_an_address_is(host, far):
    assert servers.reach(host) is far


def test_an_unencrypted_connection_needs_consent_except_on_this_machine():
    servers.add(server(url="http://127.0.0.1:8080"))
    with pytest.raises(UserError, match="anybody in the same network can see the photos"):
        servers.add(server(url="http://192.168.1.20:8000"))
    assert [each.host for each in servers.book().servers] == ["127.0.0.1:8080"]
    servers.add(server(url="http://192.168.1.20:8000", allow_http=True))
    assert [each.host for each in servers.book().servers] == ["192.168.1.20:8000"]


def test_there_is_no_server_until_one_is_added():
    assert servers.book() == servers.Book()
    assert servers.find("studio") is None


def test_servers_are_kept_replaced_and_removed():
    servers.add(server())
    servers.add(server("ollama", "http://localhost:11434", concurrency=1, picture_size=512, schema=False))
    servers.add(server(concurrency=16))
    assert {each.id: each.concurrency for each in servers.book().servers} == {"ollama": 1, "studio": 16}
    assert servers.remove("studio").id == "studio"
    assert servers.find("ollama") == server(
        "ollama", "http://localhost:11434", concurrency=1, picture_size=512, schema=False
    )
    with pytest.raises(UserError, match="no server") as caught:
        servers.remove("studio")
    assert "ollama" in caught.value.advice


@pytest.mark.parametrize(
    "values",
    [{"name": ""}, {"name": "a b"}, {"name": "../x"}, {"name": "x" * 33}, {"concurrency": 0}, {"concurrency": 65},
     {"picture_size": 10}, {"picture_size": 9000}],
)  # fmt: skip
def test_values_out_of_range_are_refused(values):
    with pytest.raises(UserError):
        server(**values)


@pytest.mark.parametrize("model", ["", "  ", "a\nb", "x" * 201])
def test_a_server_s_model_has_a_name(model):
    with pytest.raises(UserError, match="model"):
        make("studio", "https://gpu.example.com", model)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"servers": 3}', "[" * 100_000])
def test_a_damaged_file_is_told_and_not_overwritten(content):
    file().parent.mkdir(parents=True)
    file().write_text(content)
    assert servers.book().servers == ()
    assert "damaged" in servers.book().problems[0]
    with pytest.raises(UserError, match="damaged"):
        servers.add(server())
    assert file().read_text() == content


@pytest.mark.parametrize(
    "entry",
    [3, {}, {"id": "x"}, {"id": "x", "url": "http://8.8.8.8", "model": "m"}, {"id": "x", "url": 3, "model": "m"},
     {"id": "x", "url": "https://a.example", "model": "m", "from": "a later version"}],
)  # fmt: skip
def test_an_entry_that_is_not_understood_is_told_and_kept(entry):
    servers.add(server())
    stored = json.loads(file().read_text())
    file().write_text(json.dumps({"servers": [entry, *stored["servers"]]}))
    assert [each.id for each in servers.book().servers] == ["studio"]
    assert len(servers.book().problems) == 1
    servers.add(server("other"))
    assert json.loads(file().read_text())["servers"][0] == entry


def test_a_folder_that_cannot_be_written_is_told(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("MONDRIAN_DATA_DIR", str(tmp_path / "file"))
    with pytest.raises(UserError, match="could not be saved"):
        servers.add(server())


def test_a_server_is_found_in_the_place_of_a_model():
    servers.add(server())
    entry = catalog.find("studio")
    assert (entry.kind, entry.server, entry.name) == ("server", server(), "Qwen3-VL-8B on gpu.example.com")
    assert entry.note == "Photos leave this Mac: they are sent to gpu.example.com."
    assert not entry.is_installed
    assert catalog.find("mini").kind == "weights"
    assert all(each.kind == "weights" for each in catalog.entries())


def test_a_key_is_kept_for_one_origin_alone_and_in_no_file(keychain, own_folders):
    servers.add(server())
    server_keys.save(server(), "sk-1")
    assert server_keys.read(server()) == "sk-1"
    for other in ("https://gpu.example.com:8443", "https://other.example", "http://localhost:80"):
        assert server_keys.read(server(url=other)) == ""
    assert not any(b"sk-1" in each.read_bytes() for each in own_folders.rglob("*") if each.is_file())
    server_keys.forget(server())
    assert not KEPT


def test_a_key_can_come_from_the_environment(keychain, monkeypatch):
    monkeypatch.setenv("MONDRIAN_SERVER_KEY_GPU_ROOM", "sk-2")
    assert server_keys.read(server("gpu-room")) == "sk-2"
    assert server_keys.read(server()) == ""


def test_the_hub_s_token_goes_to_no_server(keychain, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_abc")
    assert server_keys.read(server()) == ""


def test_what_cannot_be_a_key_is_refused(keychain):
    with pytest.raises(UserError, match="not a key"):
        server_keys.save(server(), "a b")
