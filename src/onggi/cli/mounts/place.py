"""Paths of mounts, on both sides."""

from __future__ import annotations

import os
import posixpath

from onggi.errors import Invalid


def target(path: str, whole: str) -> str:
    """Where it is seen, in normal form. Raises Invalid, with the `whole` option."""
    if not path.startswith("/"):
        raise Invalid(f"{whole}: mount path {path!r} is not absolute", hint="paths in the container start with /")
    normal = posixpath.normpath("/" + path.lstrip("/"))
    if normal == "/":
        raise Invalid(f"{whole}: the container's root cannot be mounted over")
    return normal


def source(path: str, folder: str) -> str:
    """A path of the host, of which one that starts with a dot is relative to `folder`."""
    return os.path.normpath(os.path.join(folder, path)) if path.startswith(".") else path
