"""`onggi image inspect`."""

from __future__ import annotations

from onggi.cli import options
from onggi.cli.command import define
from onggi.cli.inspection import inspect
from onggi.cli.session import Session, pass_session


@define("inspect")
@options.images_argument
@options.inspect_format_option("{{.Size}}")
@pass_session
def command(session: Session, images: tuple[str, ...], format: str) -> int:
    """Show all that is known of images, as JSON."""
    return inspect(images, session.engine.images.inspect, format)
