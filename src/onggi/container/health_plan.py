"""How a container's health is probed: what its monitor is told."""

from __future__ import annotations

import msgspec

from onggi.container import op
from onggi.container.exec_plan import exec_plan
from onggi.container.health import NANOSECONDS
from onggi.container.host import Host
from onggi.container.rootfs import Credentials
from onggi.container.spec import ContainerSpec
from onggi.errors import Invalid
from onggi.oci.config import Healthcheck

SHELL = ("/bin/sh", "-c")


class PortProbe(msgspec.Struct, frozen=True):
    """Whether a port of the container answers: a connection, or with `path` an HTTP request."""

    port: int
    path: str = ""


class HealthPlan(msgspec.Struct, frozen=True):
    """`timing` are the arguments of health.Timing."""

    probe: op.Plan | PortProbe
    timing: dict[str, float]
    on_failure: str


def health_plan(spec: ContainerSpec, credentials: Credentials, host: Host) -> HealthPlan | None:
    """None without a health check. `spec` is complete. Raises Invalid for an address that is none."""
    if spec.health is None:
        return None
    probe = _probe(spec, credentials, host)
    return HealthPlan(probe, _timing(spec.health.check), spec.health.on_failure)


def _probe(spec: ContainerSpec, credentials: Credentials, host: Host) -> op.Plan | PortProbe:
    assert spec.health
    if spec.health.http:
        port, slash, path = spec.health.http.lstrip(":").partition("/")
        return PortProbe(_port(port), slash + path or "/")
    if spec.health.tcp:
        return PortProbe(_port(spec.health.tcp.lstrip(":")))
    kind, *words = spec.health.check.test
    argv = (*(spec.shell or SHELL), *words) if kind == "CMD-SHELL" else tuple(words)
    return exec_plan(spec, argv, credentials, host)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise Invalid(f"invalid port {text!r} of a health check", hint="as in :3000 or, for HTTP, :3000/healthz")
    return int(text)


def _timing(check: Healthcheck) -> dict[str, float]:
    return {
        "interval": check.interval / NANOSECONDS,
        "timeout": check.timeout / NANOSECONDS,
        "start_period": check.start_period / NANOSECONDS,
        "start_interval": check.start_interval / NANOSECONDS,
        "retries": check.retries,
    }
