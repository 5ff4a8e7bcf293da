"""`inspect`: what is known of named things, as one JSON list or through a template."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click

from onggi.cli.failure import REFUSED, complain
from onggi.errors import NotFound

_MAPS = frozenset(
    (
        "Annotations",
        "AuxiliaryAddresses",
        "Containers",
        "Data",
        "DriverOpts",
        "ExposedPorts",
        "Labels",
        "Metadata",
        "Networks",
        "Options",
        "PortBindings",
        "Ports",
        "Runtimes",
        "StorageOpt",
        "Sysctls",
        "Tmpfs",
        "Volumes",
    )
)
"""Which objects of Docker's documents are Go maps: names in them are people's own."""
_MAPS_OF_LISTS = frozenset(("PortBindings", "Ports"))
"""Which of them have slices as values: that of a port that is not published is null."""
_LISTS = frozenset(
    (
        "Aliases",
        "Binds",
        "CapAdd",
        "CapDrop",
        "Cmd",
        "DNSNames",
        "DeviceCgroupRules",
        "DeviceRequests",
        "Entrypoint",
        "ExecIDs",
        "ExtraHosts",
        "GroupAdd",
        "Links",
        "MaskedPaths",
        "Mounts",
        "OnBuild",
        "ReadonlyPaths",
        "SecondaryIPAddresses",
        "SecondaryIPv6Addresses",
        "SecurityOpt",
        "Shell",
        "VolumesFrom",
    )
)
"""Which nulls of Docker's documents are Go slices."""


def inspect(names: Iterable[str], find: Callable[[str], dict[str, Any]], format: str) -> int:
    """Prints what `find` gives for each name; those that are not there are told on stderr. Gives the exit code."""
    found, missing = [], []
    for name in names:
        try:
            found.append(find(name))
        except NotFound as error:
            missing.append(error)
    click.echo(render(found, format), nl=False)
    for absent in missing:
        complain(absent.message, absent.hint)
    return REFUSED if missing else 0


def render(documents: list[dict[str, Any]], format: str) -> str:
    """An indented list, a compact one for `json`, or the template's text for each document on a line."""
    import msgspec

    if format == "":
        return msgspec.json.format(msgspec.json.encode(documents), indent=4).decode() + "\n"
    if format == "json":
        return msgspec.json.encode(documents).decode() + "\n"
    return "".join(render_one(document, format) for document in documents)


def render_one(document: dict[str, Any], format: str) -> str:
    """One document through a template; `json` is `{{json .}}`."""
    from onggi.cli.listing import unescape
    from onggi.cli.template import parse

    return parse("{{json .}}" if format == "json" else unescape(format)).render(with_maps(document)) + "\n"


def with_maps(value: Any, name: str = "") -> Any:
    """`value` with the objects that are maps marked as such, so that `.Config.Labels.x` may be missing, and with nulls
    that print as Go's nil maps and slices do."""
    from onggi.cli.template import NilList, NilMap, OpenMap

    if value is None and name in _MAPS:
        return NilMap()
    if value is None and name in _LISTS:
        return NilList()
    if isinstance(value, dict):
        is_of_lists = name in _MAPS_OF_LISTS
        items = {
            key: NilList() if item is None and is_of_lists else with_maps(item, key) for key, item in value.items()
        }
        return OpenMap(items) if name in _MAPS else items
    if isinstance(value, list):
        return [with_maps(item) for item in value]
    return value
