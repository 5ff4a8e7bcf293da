"""Paths of mounts, on both sides."""

from __future__ import annotations

import os

from onggi.container.mounts import target_of
from onggi.errors import Invalid


def target(path: str, whole: str) -> str:
    """Where it is seen, in normal form. Raises Invalid, with the `whole` option."""
    try:
        return target_of(path)
    except Invalid as error:
        raise Invalid(f"{whole}: {error.message}", hint=error.hint) from error


def source(path: str, folder: str) -> str:
    """A path of the host, of which one that starts with a dot is relative to `folder`."""
    return os.path.normpath(os.path.join(folder, path)) if path.startswith(".") else path
