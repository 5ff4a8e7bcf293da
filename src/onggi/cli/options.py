"""Options and arguments that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click

_Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

quiet_option: _Decorator = click.option("-q", "--quiet", is_flag=True, help="Print IDs only.")
no_trunc_option: _Decorator = click.option("--no-trunc", is_flag=True, help="Cut nothing short.")
prune_filter_option: _Decorator = click.option(
    "--filter",
    "filter_texts",
    multiple=True,
    metavar="KEY=VALUE",
    help="Remove only what matches: until=TIME, label=KEY[=VALUE], label!=KEY[=VALUE].",
)
volume_filter_option: _Decorator = click.option(
    "--filter",
    "filter_texts",
    multiple=True,
    metavar="KEY=VALUE",
    help="Remove only what matches: label=KEY[=VALUE], label!=KEY[=VALUE]; all=true is as --all.",
)
force_option: _Decorator = click.option("-f", "--force", is_flag=True, help="Do not ask.")
size_option: _Decorator = click.option(
    "-s", "--size", is_flag=True, help="Measure how much each container has written."
)
insecure_option: _Decorator = click.option(
    "--insecure", is_flag=True, help="Speak to registries by HTTP too, and look at no certificates."
)
containers_argument: _Decorator = click.argument("containers", nargs=-1, required=True, metavar="CONTAINER...")
images_argument: _Decorator = click.argument("images", nargs=-1, required=True, metavar="IMAGE...")
networks_argument: _Decorator = click.argument("networks", nargs=-1, required=True, metavar="NETWORK...")
volumes_argument: _Decorator = click.argument("volumes", nargs=-1, required=True, metavar="VOLUME...")


def several(*options: _Decorator) -> _Decorator:
    """All of them, in the order in which --help lists them."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return add


stop_options = several(
    click.option(
        "-t",
        "--timeout",
        "--time",
        type=int,
        metavar="SECONDS",
        help="How long to wait before SIGKILL; -1: for ever.  [default: the container's own, else 10]",
    ),
    click.option("-s", "--signal", default="", metavar="SIGNAL", help="What to send.  [default: the container's own]"),
)
"""Of `stop` and `restart`."""


def format_option(example: str) -> _Decorator:
    """--format of a list."""
    text = f"table, table TEMPLATE, json, or a Go template such as '{example}'."
    return click.option("--format", default="", metavar="TEMPLATE", help=text)


def inspect_format_option(example: str) -> _Decorator:
    """--format of a document."""
    text = f"json, or a Go template such as '{example}'."
    return click.option("-f", "--format", default="", metavar="TEMPLATE", help=text)


def filter_option(keys: Iterable[str]) -> _Decorator:
    text = f"Show only what matches; KEY is one of {', '.join(sorted(keys))}."
    return click.option("-f", "--filter", "filter_texts", multiple=True, metavar="KEY=VALUE", help=text)
