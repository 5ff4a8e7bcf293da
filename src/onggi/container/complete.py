"""What a person asked for, and what the image says where they said nothing: the complete spec of a container."""

from __future__ import annotations

import posixpath
import re

import msgspec

from onggi.container import cgroup_parent, command, consistency, mounts, signals
from onggi.container.network import networking
from onggi.container.spec import ContainerSpec, Health
from onggi.errors import Invalid
from onggi.oci.config import Healthcheck, RunConfig

_NO_TEST = ("NONE",)
_HOSTNAME = r"[A-Za-z0-9_.-]{1,64}"  # sethostname(2), setdomainname(2); and it becomes a line of /etc/hosts


def complete(spec: ContainerSpec, config: RunConfig) -> ContainerSpec:
    """`spec` with what it leaves open filled in from the image. Raises Invalid when there is nothing to run, for a stop
    signal, a host name or a parent of its control group that is none, and as `consistency.check` and
    `networking.complete`."""
    consistency.check(spec)
    cgroup_parent.folder(spec.cgroup_parent)
    stop_signal = spec.stop_signal or config.stop_signal
    signals.stopping(stop_signal)
    for what, name in (("host", spec.hostname), ("domain", spec.domain_name)):
        if name and not re.fullmatch(_HOSTNAME, name):
            raise Invalid(
                f"invalid {what} name {name!r}", hint="letters, digits, dots, hyphens and underscores, at most 64"
            )
    entrypoint, arguments = command.merge(spec.process, config)
    process = msgspec.structs.replace(
        spec.process,
        entrypoint=entrypoint,
        command=arguments,
        environment=command.merge_environment(spec.process.environment, config.env),
        working_directory=_working_directory(spec.process.working_directory, config.working_dir),
        user=spec.process.user or config.user,
    )
    exposed = {*config.exposed_ports, *spec.exposed_ports}
    connected = networking.complete(spec.networking, exposed=exposed)
    return msgspec.structs.replace(
        spec,
        process=process,
        labels={**config.labels, **spec.labels},
        stop_signal=stop_signal,
        exposed_ports=tuple(sorted({*exposed, *networking.exposed_by(connected.ports)})),
        volumes=tuple(dict.fromkeys((*config.volumes, *mounts.paths_alone(spec.mounts)))),
        shell=spec.shell or config.shell,
        networking=connected,
        health=_health(spec.health, config.healthcheck),
    )


def _health(asked: Health | None, image: Healthcheck | None) -> Health | None:
    """What the person asked for, over what the image says (moby, daemon/commit.go, merge): each field that is not set
    is the image's. A test of NONE is no health check at all."""
    own = asked or Health()
    said = {name: value for name, value in msgspec.structs.asdict(own.check).items() if value}
    check = msgspec.structs.replace(image or Healthcheck(), **said)
    is_off = own.check.test == _NO_TEST or not (check.test not in ((), _NO_TEST) or own.http or own.tcp)
    if is_off and own.on_failure != "none":
        raise Invalid(
            f"nothing tells when to {own.on_failure} the container: it has no health check",
            hint="say how to probe it: --health-cmd, --health-http or --health-tcp",
        )
    return None if is_off else msgspec.structs.replace(own, check=check)


def _working_directory(own: str, image: str) -> str:
    command.require_absolute(own)
    """"" where nobody says any: then it is the root."""
    return own or (posixpath.join("/", image) if image else "")
