"""--mount type=bind."""

from __future__ import annotations

import os
from typing import Any, cast

from onggi.cli.fields import Fields
from onggi.cli.mounts import place
from onggi.container.spec import Bind
from onggi.errors import Invalid

PROPAGATIONS = ("rprivate", "private", "rshared", "shared", "rslave", "slave")
KEYS = frozenset(("source", "bind-propagation", "bind-recursive", "bind-create-src", "bind-nonrecursive"))
_RECURSIVE = {name: name for name in ("enabled", "disabled", "writable", "readonly")}


def make(said: Fields, folder: str) -> Bind:
    """Raises Invalid."""
    if not said.get("source"):
        raise Invalid(
            f"{said.whole}: source is missing", hint="write type=bind,source=/path/on/host,target=/path/in/container"
        )
    if "bind-nonrecursive" in said.values:
        raise Invalid(f"{said.whole}: bind-nonrecursive is deprecated, use bind-recursive=disabled instead")
    read_only, recursive = said.flag("readonly"), said.choice("bind-recursive", _RECURSIVE, "enabled")
    propagation = said.choice("bind-propagation", {name: name for name in PROPAGATIONS}, "rprivate")
    if recursive in ("writable", "readonly") and not read_only:
        raise Invalid(f"{said.whole}: bind-recursive={recursive} requires 'readonly' to be specified in conjunction")
    if recursive == "readonly" and said.get("bind-propagation") != "rprivate":
        raise Invalid(f"{said.whole}: bind-recursive=readonly requires bind-propagation=rprivate")
    return Bind(
        absolute(place.source(said.get("source"), folder), said.whole),
        place.target(said.get("target"), said.whole),
        read_only,
        cast("Any", propagation),
        creates=said.flag("bind-create-src"),
        recursive=cast("Any", recursive),
    )


def absolute(path: str, whole: str) -> str:
    """A source in normal form; raises Invalid for one that is relative."""
    if not path.startswith("/"):
        raise Invalid(f"{whole}: source {path!r} is not absolute", hint=f"write ./{path} for one in this folder")
    return os.path.normpath(path)
