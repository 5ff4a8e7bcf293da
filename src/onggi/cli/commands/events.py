"""`onggi events`, `onggi system events`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from onggi.cli import filters, options, units
from onggi.cli.command import define
from onggi.cli.session import Session, pass_session
from onggi.cli.table import printable
from onggi.engine.event_stream import FILTERS
from onggi.moments import parse_moment

if TYPE_CHECKING:
    from onggi.linux.event_log import Event


@define("events")
@click.option(
    "--since",
    default="",
    metavar="TIME",
    help="Also what has happened from then on: 10m (ago), a date, or seconds since 1970.",
)
@click.option("--until", default="", metavar="TIME", help="End there. Alone: all that is kept up to then.")
@options.filter_option(FILTERS)
@click.option(
    "--format", default="", metavar="TEMPLATE", help="json, or a Go template such as '{{.Action}} {{.Actor.ID}}'."
)
@pass_session
def command(session: Session, since: str, until: str, filter_texts: tuple[str, ...], format: str) -> None:
    """Show what happens to containers, images and volumes, as it happens, whoever does it.

    Values of one filter are alternatives; of several filters each has to match.
    """
    now = time.time()
    write = _writer(format)
    events = session.engine.events(
        since=parse_moment(since, now) if since else None,
        until=parse_moment(until, now) if until else None,
        filters=filters.parse(filter_texts, FILTERS),
    )
    for event in events:
        click.echo(write(event))


def _writer(format: str) -> Callable[[Event], str]:
    """How to write an event. Raises TemplateError, before there is any."""
    if not format:
        return line
    from onggi.cli.listing import unescape
    from onggi.cli.template import parse
    from onggi.linux.event_log import Actor, Event

    template = parse("{{json .}}" if format == "json" else unescape(format))
    template.render(_fields(Event(type="", action="", actor=Actor("", {}), time=0, time_nano=0)))
    return lambda event: template.render(_fields(event))


def line(event: Event) -> str:
    """As Docker writes it: `2026-05-01T10:00:00.000000000Z container start 4fa6… (image=busybox, name=web)`."""
    seconds, nanoseconds = divmod(event.time_nano, 1_000_000_000)
    moment = units.local_rfc3339(seconds)
    attributes = ", ".join(f"{key}={value}" for key, value in sorted(event.actor.attributes.items()))
    text = f"{moment[:19]}.{nanoseconds:09}{moment[19:]} {event.type} {event.action} {event.actor.id}"
    return printable(f"{text} ({attributes})" if attributes else text)


def _fields(event: Event) -> dict[str, object]:
    """The fields by the names that they have in Go."""
    import msgspec

    from onggi.cli.template import OpenMap, Tagged

    fields = {
        "Status": event.status,
        "ID": event.id,
        "From": event.from_,
        "Type": event.type,
        "Action": event.action,
        "Actor": {"ID": event.actor.id, "Attributes": OpenMap(event.actor.attributes)},
        "Scope": event.scope,
        "Time": event.time,
        "TimeNano": event.time_nano,
    }
    return Tagged(fields, msgspec.to_builtins(event))
