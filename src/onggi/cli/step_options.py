"""What RUN steps of a build are given: --network, --secret, --ssh, --add-host, --shm-size, --ulimit, --host-ca, memory
and processors, and by --allow their rights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onggi.amounts import bytes_of
from onggi.cli.limit_options import SIZE, SWAP
from onggi.cli.options import several
from onggi.container.spec import Resources
from onggi.errors import Invalid, NotFound
from onggi.fields import Fields

if TYPE_CHECKING:
    from onggi.engine.secrets import Secret

step_options = several(
    click.option(
        "--network",
        type=click.Choice(["default", "host", "none"]),
        default="default",
        help="Put RUN steps on the default network, on this host's own, or on none.  [default: default]",
    ),
    click.option(
        "--secret",
        "secrets",
        multiple=True,
        metavar="id=ID[,src=FILE|,env=NAME]",
        help="Give RUN --mount=type=secret a file's content or the value of a variable of yours.",
    ),
    click.option(
        "--ssh",
        multiple=True,
        metavar="default|ID[=SOCKET|KEY[,KEY]]",
        help="Give RUN --mount=type=ssh your SSH agent, another one, or keys.",
    ),
    click.option(
        "--add-host",
        "hosts",
        multiple=True,
        metavar="NAME:ADDRESS",
        help="Add a line to /etc/hosts of RUN steps; the address host-gateway is this host.",
    ),
    click.option("--shm-size", default="", metavar="SIZE", help="Give RUN steps a /dev/shm of SIZE.  [default: 64m]"),
    click.option("--ulimit", "ulimits", multiple=True, metavar="NAME=SOFT[:HARD]", help="Limit RUN steps."),
    click.option("-m", "--memory", type=SIZE, default=0, metavar="SIZE", help="Memory of a RUN step, at least 6m."),
    click.option(
        "--memory-swap",
        type=SWAP,
        default=0,
        metavar="SIZE",
        help="Memory and swap of a RUN step together; -1: any amount.  [default: twice the memory]",
    ),
    click.option(
        "-c",
        "--cpu-shares",
        type=int,
        default=0,
        metavar="WEIGHT",
        help="Weight of a RUN step beside others that are busy; 1024 each.",
    ),
    click.option(
        "--cpu-period",
        type=int,
        default=0,
        metavar="MICROSECONDS",
        help="In which --cpu-quota is measured.  [default: 100000]",
    ),
    click.option(
        "--cpu-quota", type=int, default=0, metavar="MICROSECONDS", help="Processor time of a RUN step in a period."
    ),
    click.option("--cpuset-cpus", default="", metavar="LIST", help="The processors that RUN steps run on: 0-2,5."),
    click.option("--cpuset-mems", default="", metavar="LIST", help="The memory nodes that RUN steps use: 0,1."),
    click.option(
        "--cgroup-parent",
        default="",
        metavar="PATH",
        help="Make the control groups of RUN steps in this one of the host, whose limits hold too.",
    ),
    click.option(
        "--host-ca", is_flag=True, help="Let RUN steps trust the CA certificates of this host; leaves no trace."
    ),
    click.option(
        "--allow",
        multiple=True,
        metavar="ENTITLEMENT",
        help="Let RUN steps use security.insecure or network.host when they ask for it.",
    ),
)
_LIMITS = ("memory", "memory_swap", "cpu_shares", "cpu_period", "cpu_quota", "cpuset_cpus", "cpuset_mems")
_KEYS = ("type", "id", "source", "env")
_TYPES = ("file", "env")


def step_fields(options: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a BuildRequest that they are. Reads the secrets. Raises Invalid or NotFound."""
    return {
        "network": options["network"],
        "host_ca": options["host_ca"],
        "secrets": read_secrets(options["secrets"], environ),
        "ssh": tuple(options["ssh"]),
        "allow": tuple(options["allow"]),
        "hosts": tuple(options["hosts"]),
        "shm_size": _size(options["shm_size"]),
        "ulimits": tuple(options["ulimits"]),
        "cgroup_parent": options["cgroup_parent"],
        "resources": Resources(**{name: options[name] for name in _LIMITS}),
    }


def read_secrets(texts: Iterable[str], environ: Mapping[str, str]) -> dict[str, Secret]:
    """By ID. `id=ID` alone is a variable of that name, or else a file (buildkit, session/secrets/secretsprovider)."""
    found: dict[str, Secret] = {}
    for text in texts:
        said = Fields.of("--secret", text, aliases={"src": "source"})
        said.only(_KEYS)
        name = said.get("id")
        if not name:
            raise Invalid(f"--secret {text} has no id", hint="write --secret id=NAME,src=FILE")
        if name in found:
            raise Invalid(f"--secret: the id {name} is given twice")
        found[name] = _read(name, said, environ)
    return found


def _read(name: str, said: Fields, environ: Mapping[str, str]) -> Secret:
    from onggi.engine.secrets import Secret

    kind, source, variable = said.get("type"), said.get("source"), said.get("env")
    if kind not in ("", *_TYPES):
        raise Invalid(f"{said.whole}: there is no type {kind}", hint=f"it is {' or '.join(_TYPES)}")
    if source and variable:
        raise Invalid(f"{said.whole}: it has a file and a variable", hint="give one of src= and env=")
    if kind == "env" and not variable:
        source, variable = "", source or name
    if not source and not variable:
        source, variable = ("", name) if name in environ and kind != "file" else (name, "")
    if not variable:
        return Secret.read(Path(source))
    if variable not in environ:
        raise NotFound(f"{said.whole}: you have no variable {variable}", hint=f"export {variable}, or use src=FILE")
    return Secret(environ[variable].encode(errors="surrogateescape"))


def _size(text: str) -> int:
    if not text:
        return 0
    try:
        size = bytes_of(text)
    except Invalid as error:
        raise Invalid(f"--shm-size: {error.message}", hint=error.hint) from error
    if size < 4096:
        raise Invalid(f"--shm-size {text} is less than a page", hint="write for example 128m")
    return size
