"""`onggi volume inspect`."""

from __future__ import annotations

from onggi.cli import options
from onggi.cli.command import define
from onggi.cli.inspection import inspect
from onggi.cli.session import Session, pass_session


@define("inspect")
@options.volumes_argument
@options.inspect_format_option("{{.Mountpoint}}")
@pass_session
def command(session: Session, volumes: tuple[str, ...], format: str) -> int:
    """Show all that is known of volumes, as JSON."""
    return inspect(volumes, session.engine.volumes.inspect, format)
