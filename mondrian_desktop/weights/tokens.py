"""The access token for gated models and the keys of servers: in the system's keychain, never in a file or the log."""

import importlib
import os
import sys
from typing import Any

from keyring.errors import KeyringError, NoKeyringError

from mondrian_desktop.errors import UserError

SERVICE = "Mondrian Desktop model hub"
"""Name of the entry in the keychain; its account is the hub's host, so that no other host is ever sent the token."""

BACKENDS = {"darwin": "keyring.backends.macOS", "linux": "keyring.backends.SecretService"}
"""Named one by one: keyring finds its backends by metadata that a frozen app does not have."""

ADVICE = "Unlock the keychain and allow access. Until then the variable HF_TOKEN can hold the token."


def read(host: str) -> str:
    """Return the token for ``host`` from the variable ``HF_TOKEN`` or the keychain; empty where there is none.

    May wait for the user to allow it: call it from a worker. A keychain that cannot be read counts as empty: most
    models need no token.
    """
    return os.environ.get("HF_TOKEN", "").strip() or stored(SERVICE, host)


def stored(service: str, account: str) -> str:
    """Return what the keychain holds; empty where there is nothing, or it cannot be read. May wait for the user."""
    try:
        return str(_keychain().get_password(service, account) or "")
    except (KeyringError, ImportError):
        return ""


def save(host: str, token: str, *, service: str = SERVICE, what: str = "access token") -> None:
    """Keep ``token`` for ``host`` in the keychain; an empty one removes what is there.

    ``what`` is how people call it.

    Raises
    ------
    UserError
        Where the token cannot be one, or the keychain is not to be had.
    """
    token = token.strip()
    if not token:
        forget(host, service=service, what=what)
        return
    if not (token.isascii() and token.isprintable() and " " not in token):
        article = "an" if what[0] in "aeiou" else "a"
        raise UserError(f"That is not {article} {what}.", "Copy it again from where it was given to you.")
    try:
        _keychain().set_password(service, host, token)
    except (KeyringError, ImportError) as err:
        raise UserError(f"The {what} could not be kept in the keychain.", _advice(service)) from err


def forget(host: str, *, service: str = SERVICE, what: str = "access token") -> None:
    """Remove the token for ``host`` from the keychain.

    Raises
    ------
    UserError
        Where there is one and the keychain does not let it go.
    """
    try:
        keychain = _keychain()
        if keychain.get_password(service, host):
            keychain.delete_password(service, host)
    except ImportError:
        return
    except KeyringError as err:
        raise UserError(f"The {what} could not be removed from the keychain.", _advice(service)) from err


def _advice(service: str) -> str:
    return ADVICE if service == SERVICE else "Unlock the keychain and allow access."


def _keychain() -> Any:
    """Return the platform's own keyring backend; KeyringError or ImportError where there is none."""
    name = BACKENDS.get(sys.platform)
    if name is None:
        raise NoKeyringError(f"no keychain on {sys.platform}")
    backend = importlib.import_module(name).Keyring
    if not backend.viable:
        raise NoKeyringError(f"no keychain is running on this {sys.platform}")
    return backend()
