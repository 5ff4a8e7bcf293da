"""The plan of a further process in a container that runs."""

from __future__ import annotations

from collections.abc import Sequence

from onggi.container import command, op
from onggi.container.host import Host
from onggi.container.plan import becoming, limits, oom_score
from onggi.container.rootfs import Credentials
from onggi.container.spec import ContainerSpec, Security


def exec_plan(
    spec: ContainerSpec,
    argv: Sequence[str],
    credentials: Credentials,
    host: Host,
    *,
    environment: Sequence[str] = (),
    working_directory: str = "",
    terminal: bool = False,
    privileged: bool = False,
) -> op.Plan:
    """It is isolated as the container's first process is, but for its user and, if it is privileged, what it may do.
    `environment` is added to the container's. A working directory that is missing is an error. Raises
    Invalid for one that is relative, and as `plan`."""
    command.require_absolute(working_directory)
    security = Security(privileged=True) if privileged else spec.security
    folder = working_directory or spec.process.working_directory or "/"
    return op.Plan(
        namespaces=(),
        ops=(
            *((op.OpenTerminal(),) if terminal else ()),
            *limits(spec.rlimits),
            *oom_score(spec),
            *becoming(security, credentials, folder, host, makes_folder=False, umask=spec.process.umask),
        ),
        argv=tuple(argv),
        env=command.environment(
            command.merge_environment(tuple(environment), spec.process.environment),
            home=credentials.home,
            hostname=spec.hostname,
            terminal=terminal,
        ),
        terminal=terminal,
    )
