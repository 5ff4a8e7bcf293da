"""`onggi verify`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from onggi.amounts import human_duration
from onggi.cli.command import define
from onggi.cli.commands import build
from onggi.cli.explanation import facts
from onggi.cli.failure import REFUSED
from onggi.cli.session import Session, pass_session
from onggi.cli.table import harmless
from onggi.oci import digest

if TYPE_CHECKING:
    from onggi.engine.verify import Verdict

# Of `build`, what says how and what to build; not what becomes of the result, or what else to do or to say.
_LEFT_OUT = (
    *(
        "context",
        "references",
        "no_cache",
        "no_cache_stages",
        "quiet",
        "progress",
        "outputs",
        "load",
        "push",
        "annotations",
    ),
    *("cache_from", "cache_to", "metadata_file", "iidfile", "dry_run", "explain", "debug", "check", "call"),
)
_FLAGS = [param for param in build.command.params if param.name not in _LEFT_OUT]


@define("verify", params=_FLAGS)
@click.argument("image")
@click.argument("context", metavar="CONTEXT")
@pass_session
def command(session: Session, /, image: str, **options: Any) -> int:
    """Build CONTEXT again, without the cache, and say whether IMAGE is what comes of it: identical, or the first file
    that differs, with both values. Exits with 0 or 1.

    Give the flags that IMAGE was built with. With --reproducible or SOURCE_DATE_EPOCH the times of files count too;
    without they differ with every build, and are not compared. The new image gets no name, and is removed.
    """
    begun = time.monotonic()
    defaults = build.command.make_context("build", [options["context"]]).params
    verdict = session.engine.verify(image, build.request({**defaults, **options}, session))
    for line in _lines(image, verdict):
        click.echo(harmless(line))
    click.echo(f"built again in {human_duration(time.monotonic() - begun).lower()}", err=True)
    return 0 if verdict.is_identical else REFUSED


def _lines(image: str, verdict: Verdict) -> Iterator[str]:
    if verdict.image_id == verdict.rebuilt_id:
        yield f"{image} is identical, bit for bit: sha256:{digest.short(verdict.image_id)}"
    elif verdict.is_identical:
        yield f"{image} is identical but for its dates; --reproducible makes those equal too"
    if found := verdict.file:
        yield f"{image} differs: {found.path}"
        if found.change:
            yield from (f"  {fact}" for fact in facts(found.change))
        if found.attributes:
            yield "  extended attributes"
        if found.times:
            yield "  time     {} → {}".format(*map(_moment, found.times))
    if setting := verdict.setting:
        yield f"{image} differs in its configuration: {setting.name}"
        yield f"  {setting.old or '(none)'} → {setting.new or '(none)'}"


def _moment(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09}Z"
