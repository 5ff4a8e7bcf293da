"""--mount type=bind."""

from __future__ import annotations

from typing import Any, cast

from onggi.container.spec import Bind
from onggi.container.volume_text import PROPAGATIONS, absolute, source, target_in
from onggi.errors import Invalid
from onggi.fields import Fields

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
        absolute(source(said.get("source"), folder), said.whole),
        target_in(said.get("target"), said.whole),
        read_only,
        cast("Any", propagation),
        creates=said.flag("bind-create-src"),
        recursive=cast("Any", recursive),
    )
