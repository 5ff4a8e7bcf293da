"""How to tell that it is well."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import click

from onggi.cli.command import in_section
from onggi.cli.options import several
from onggi.container.spec import Health
from onggi.errors import Conflict, Invalid
from onggi.oci.config import Healthcheck

_option = in_section("Health")

_TIMES = ("interval", "timeout", "start_period", "start_interval")
_PROBES = ("cmd", "http", "tcp")
_SHORTEST = 1_000_000  # nanoseconds (moby, daemon/container.go, validateHealthCheck)
_ADDRESS = r":?([0-9]{1,5})(|/[!-~]*)"  # a port, and what of a URL comes behind it

options = several(
    _option("--health-cmd", default="", metavar="COMMAND", help="It is well when this ends with 0, run by its shell."),
    _option(
        "--health-http",
        default="",
        metavar=":PORT[/PATH]",
        help="It is well when this answers on its own loopback, with less than 400. Needs no curl in the image.",
    ),
    _option("--health-tcp", default="", metavar=":PORT", help="It is well when this takes a connection."),
    _option("--health-interval", default="", metavar="TIME", help="Between two probes: 30s, 1m30s.  [default: 30s]"),
    _option("--health-timeout", default="", metavar="TIME", help="A probe takes at most so long.  [default: 30s]"),
    _option(
        "--health-retries",
        type=int,
        default=0,
        metavar="COUNT",
        help="Failures in a row that make it unhealthy.  [default: 3]",
    ),
    _option("--health-start-period", default="", metavar="TIME", help="At first failures do not count.  [default: 0s]"),
    _option("--health-start-interval", default="", metavar="TIME", help="Between two probes meanwhile.  [default: 5s]"),
    _option(
        "--health-on-failure",
        type=click.Choice(["none", "kill", "restart", "stop"]),
        default="none",
        help="What to do with it once it is unhealthy.  [default: none]",
    ),
    _option("--no-healthcheck", is_flag=True, help="Do not probe it, whatever the image says."),
)


def read(options: Mapping[str, Any]) -> Health | None:
    """None when nothing is said of it. Raises Invalid and Conflict."""
    said = {name.removeprefix("health_"): value for name, value in options.items() if name.startswith("health_")}
    on_failure = said.pop("on_failure")
    if options["no_healthcheck"]:
        if any(said.values()) or on_failure != "none":
            raise Conflict("--no-healthcheck conflicts with --health-* options")
        return Health(check=Healthcheck(test=("NONE",)))
    probes = [f"--health-{name}" for name in _PROBES if said[name]]
    if len(probes) > 1:
        raise Conflict(f"{' and '.join(probes)}: a container has one health check", hint="leave all but one out")
    health = Health(
        check=Healthcheck(
            test=("CMD-SHELL", said["cmd"]) if said["cmd"] else (),
            retries=_retries(said["retries"]),
            **{name: _time(name, said[name]) for name in _TIMES},
        ),
        http=_http(said["http"]),
        tcp=_tcp(said["tcp"]),
        on_failure=on_failure,
    )
    return None if health == Health() else health


def _retries(count: int) -> int:
    if count < 0:
        raise Invalid("--health-retries cannot be negative")
    return count


def _time(name: str, text: str) -> int:
    """Nanoseconds; 0 where nothing is said."""
    if not text:
        return 0
    from onggi.dockerfile import duration

    flag = f"--health-{name.replace('_', '-')}"
    try:
        found = duration.parse(text)
    except Invalid as error:
        raise Invalid(f"{flag}: {error.message}", hint=error.hint) from error
    if found < 0:
        raise Invalid(f"{flag} cannot be negative")
    if 0 < found < _SHORTEST:
        raise Invalid(f"{flag} cannot be less than 1ms")
    return found


def _http(text: str) -> str:
    if not text:
        return ""
    port, path = _address(text)
    if not port:
        raise Invalid(f"invalid --health-http {text!r}", hint="write a port and a path: :3000/healthz")
    return port + path


def _tcp(text: str) -> str:
    if not text:
        return ""
    port, path = _address(text)
    if not port or path:
        raise Invalid(f"invalid --health-tcp {text!r}", hint="write a port: :3306")
    return port


def _address(text: str) -> tuple[str, str]:
    """Port and path; "" for both where there is no port."""
    found = re.fullmatch(_ADDRESS, text)
    return (found[1], found[2]) if found and 0 < int(found[1]) < 2**16 else ("", "")
