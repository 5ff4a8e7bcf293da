"""`onggi container inspect`."""

from __future__ import annotations

from onggi.cli import options
from onggi.cli.command import define
from onggi.cli.inspection import inspect
from onggi.cli.session import Session, pass_session


@define("inspect")
@options.containers_argument
@options.inspect_format_option("{{.State.Pid}}")
@options.size_option
@pass_session
def command(session: Session, containers: tuple[str, ...], format: str, size: bool) -> int:
    """Show all that is known of containers, as JSON."""
    return inspect(containers, lambda name: session.engine.containers.inspect(name, size), format)
