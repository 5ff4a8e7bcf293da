"""The password of a private key: from COSIGN_PASSWORD, as cosign takes it, or from whoever is at the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from onggi.errors import Invalid

VARIABLE = "COSIGN_PASSWORD"


def existing(environ: Mapping[str, str]) -> bytes:
    """The one that a key was locked with. Raises Invalid where there is nobody to ask."""
    return _given(environ) if VARIABLE in environ else _ask("Password for the private key: ")


def chosen(environ: Mapping[str, str]) -> bytes:
    """One for a new key, asked for twice. An empty one is a choice, too. Raises Invalid."""
    if VARIABLE in environ:
        return _given(environ)
    password = _ask("Password for the new private key: ")
    if password != _ask("The same again: "):
        raise Invalid("the two passwords are not the same")
    return password


def _given(environ: Mapping[str, str]) -> bytes:
    return os.fsencode(environ[VARIABLE])


def _ask(prompt: str) -> bytes:
    if not sys.stdin.isatty():
        raise Invalid(
            "the private key needs a password, and there is no terminal to ask at", hint=f"{VARIABLE} can hold it"
        )
    from getpass import getpass

    return getpass(prompt, sys.stderr).encode()
