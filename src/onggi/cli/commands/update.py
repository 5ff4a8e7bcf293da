"""`onggi update`, `onggi container update`."""

from __future__ import annotations

from typing import Any

from onggi.cli import limit_options, options
from onggi.cli.command import define, in_section
from onggi.cli.each import each
from onggi.cli.failure import warn
from onggi.cli.session import Session, pass_session
from onggi.container import restart_policy
from onggi.container.spec import Resources
from onggi.errors import Invalid


@define("update")
@options.containers_argument
@limit_options.changing_options
@in_section("End and restart")(
    "--restart",
    default="",
    metavar="POLICY",
    help="When to start it again: no, always, unless-stopped, on-failure[:MOST].",
)
@pass_session
def command(session: Session, /, containers: tuple[str, ...], restart: str, **limits: Any) -> int:
    """Change the limits and the restart policy of containers, whether they run or not. What is not named stays as it
    is; where one limit cannot be set, none is."""
    changes = limit_options.read_changes(limits)
    policy = restart_policy.parse(restart) if restart else None
    if changes == Resources() and policy is None:
        raise Invalid("you must provide one or more flags when using this command", hint="for example -m 512m")
    update = session.engine.containers.update
    return each(containers, lambda name: update(name, changes, policy, warn), debug=session.debug)
