"""The access token for gated models: in the system's keychain, never in a file or the log."""

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
    from_variable = os.environ.get("HF_TOKEN", "").strip()
    if from_variable:
        return from_variable
    try:
        return str(_keychain().get_password(SERVICE, host) or "")
    except (KeyringError, ImportError):
        return ""


def save(host: str, token: str) -> None:
    """Keep ``token`` for ``host`` in the keychain; an empty one removes what is there.

    Raises
    ------
    UserError
        Where the token cannot be one, or the keychain is not to be had.
    """
    token = token.strip()
    if not token:
        forget(host)
        return
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise UserError("That is not an access token.", "Copy it again from the settings of your account at the hub.")
    try:
        _keychain().set_password(SERVICE, host, token)
    except (KeyringError, ImportError) as err:
        raise UserError("The token could not be kept in the keychain.", ADVICE) from err


def forget(host: str) -> None:
    """Remove the token for ``host`` from the keychain.

    Raises
    ------
    UserError
        Where there is one and the keychain does not let it go.
    """
    try:
        keychain = _keychain()
        if keychain.get_password(SERVICE, host):
            keychain.delete_password(SERVICE, host)
    except ImportError:
        return
    except KeyringError as err:
        raise UserError("The token could not be removed from the keychain.", ADVICE) from err


def _keychain() -> Any:
    """Return the platform's own keyring backend; KeyringError or ImportError where there is none."""
    name = BACKENDS.get(sys.platform)
    if name is None:
        raise NoKeyringError(f"no keychain on {sys.platform}")
    backend = importlib.import_module(name).Keyring
    if not backend.viable:
        raise NoKeyringError(f"no keychain is running on this {sys.platform}")
    return backend()
