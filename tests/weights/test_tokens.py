import subprocess
import sys
from importlib import import_module

import keyring.backend
import pytest
from keyring.errors import KeyringLocked, PasswordSetError

from mondrian_desktop.errors import UserError
from mondrian_desktop.weights import tokens

HOST = "huggingface.co"
KEPT: dict[tuple[str, str], str] = {}


class Keyring(keyring.backend.KeyringBackend):
    """A keychain in memory; found under the name of this module."""

    viable = True
    priority = 1
    locked = False

    def get_password(self, service, username):
        if Keyring.locked:
            raise KeyringLocked
        return KEPT.get((service, username))

    def set_password(self, service, username, password):
        if Keyring.locked:
            raise PasswordSetError
        KEPT[service, username] = password

    def delete_password(self, service, username):
        del KEPT[service, username]


@pytest.fixture
def keychain(monkeypatch):
    monkeypatch.setitem(tokens.BACKENDS, sys.platform, __name__)
    monkeypatch.setattr(Keyring, "locked", False)
    KEPT.clear()
    return Keyring


def test_a_token_is_kept_in_the_keychain_for_its_host_alone(keychain):
    tokens.save(HOST, " hf_abc\n")
    assert tokens.read(HOST) == "hf_abc"
    assert tokens.read("other.example") == ""
    assert KEPT == {(tokens.SERVICE, HOST): "hf_abc"}


def test_a_token_is_in_no_file(keychain, own_folders):
    tokens.save(HOST, "hf_abc")
    assert not any(b"hf_abc" in file.read_bytes() for file in own_folders.rglob("*") if file.is_file())


@pytest.mark.parametrize("how", [lambda: tokens.forget(HOST), lambda: tokens.save(HOST, " ")])
def test_a_token_can_be_removed_more_than_once(keychain, how):
    tokens.save(HOST, "hf_abc")
    how()
    how()
    assert not KEPT
    assert tokens.read(HOST) == ""


def test_the_variable_that_the_hub_s_tools_know_goes_first(keychain, monkeypatch):
    tokens.save(HOST, "hf_abc")
    monkeypatch.setenv("HF_TOKEN", "hf_variable")
    assert tokens.read(HOST) == "hf_variable"


@pytest.mark.parametrize("text", ["hf_a b", "hf_ä", "hf_\0", "a\nb"])
def test_what_cannot_be_a_token_is_refused(keychain, text):
    with pytest.raises(UserError, match="not an access token"):
        tokens.save(HOST, text)
    assert not KEPT


def test_a_locked_keychain_counts_as_empty_and_says_so_when_written(keychain, monkeypatch):
    tokens.save(HOST, "hf_abc")
    monkeypatch.setattr(Keyring, "locked", True)
    assert tokens.read(HOST) == ""
    for action in (lambda: tokens.save(HOST, "hf_new"), lambda: tokens.forget(HOST)):
        with pytest.raises(UserError, match="keychain") as caught:
            action()
        assert "Unlock" in caught.value.advice
    assert "hf_new" not in str(caught.value)


def test_a_machine_without_a_keychain_works_without_a_token(monkeypatch):
    monkeypatch.setattr(tokens, "BACKENDS", {})
    assert tokens.read(HOST) == ""
    with pytest.raises(UserError, match="keychain"):
        tokens.save(HOST, "hf_abc")
    with pytest.raises(UserError, match="keychain"):
        tokens.forget(HOST)


@pytest.mark.parametrize("name", sorted(tokens.BACKENDS.values()))
def test_the_named_backends_exist(name):
    assert issubclass(import_module(name).Keyring, keyring.backend.KeyringBackend)


def test_no_backend_is_looked_for():
    script = "import sys, mondrian_desktop.weights.tokens; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "keyring.backends.chainer" not in done.stdout
