"""`onggi builds timeline`."""

from __future__ import annotations

import click

from onggi.cli import streams, units
from onggi.cli.build_words import shorter_path
from onggi.cli.command import define
from onggi.cli.progress import words
from onggi.cli.session import Session, pass_session
from onggi.cli.timeline import svg


@define("timeline")
@click.argument("build", required=False, default="")
@click.option("-o", "--output", default="", metavar="FILE", help="Write the picture to FILE.  [default: stdout]")
@pass_session
def command(session: Session, build: str, output: str) -> None:
    """Draw when the steps of a build waited and ran, as an SVG: stages are lanes, what was kept is dim, the critical
    path bold.  [default: the newest]
    """
    builds = session.engine.builds
    record = builds.get(build)
    timeline = builds.timeline(record.id)
    target = f" (target {record.target})" if record.target else ""
    facts = [
        record.outcome,
        f"in {words.seconds(record.seconds)}" if record.seconds else "",
        f"saved {words.seconds(record.saved)}" if record.saved else "",
        f"started {units.go_time(record.started)}",
        "" if timeline.is_measured else "an older record: steps are drawn as if each began as soon as it could",
    ]
    picture = svg(
        timeline, f"build {record.id} of {shorter_path(record.dockerfile)}{target}", ", ".join(filter(None, facts))
    )
    with streams.output(output, "write a picture") as file:
        file.write(picture.encode())
