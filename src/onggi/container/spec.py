"""What a container is asked to be: one frozen value, nested by concern; complete once the image's config is in it."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from onggi.oci.config import Healthcheck

Network: TypeAlias = Literal["none", "host"]


class Process(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The first process. None in `entrypoint` or `command` means "as the image says"; () means "nothing"."""

    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    environment: tuple[str, ...] = ()
    working_directory: str = ""
    user: str = ""
    terminal: bool = False
    open_stdin: bool = False


class Bind(msgspec.Struct, frozen=True, tag="bind", omit_defaults=True):
    """A folder or file of the host, seen at `target`. `source` is absolute and exists."""

    source: str
    target: str
    read_only: bool = False
    propagation: Literal["rprivate", "private", "rshared", "shared", "rslave", "slave"] = "rprivate"


class Tmpfs(msgspec.Struct, frozen=True, tag="tmpfs", omit_defaults=True):
    """Memory at `target`; `options` as in mount(8): size=64m, mode=1777, exec, …"""

    target: str
    options: tuple[str, ...] = ()


Mount: TypeAlias = Bind | Tmpfs


class Rlimit(msgspec.Struct, frozen=True):
    """A limit as in getrlimit(2), without its RLIMIT_ prefix: NOFILE, NPROC, CORE …; -1 is unlimited."""

    resource: str
    soft: int
    hard: int

    def text(self) -> str:
        """As `rlimit.parse` reads it: `nofile=1024:2048`."""
        return f"{self.resource.lower()}={self.soft}:{self.hard}"


class Security(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`seccomp` is "default", "unconfined" or the JSON text of a profile in Docker's format."""

    privileged: bool = False
    capabilities_added: tuple[str, ...] = ()
    capabilities_dropped: tuple[str, ...] = ()
    no_new_privileges: bool = False
    seccomp: str = "default"
    unmasked: bool = False  # --security-opt systempaths=unconfined


class ContainerSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`image` is the reference as the person wrote it, `image_id` the config digest it meant at that time.
    exposed_ports ("80/tcp"), volumes and healthcheck are the image's: it may go before the container does.
    """

    image: str
    image_id: str
    process: Process = Process()
    hostname: str = ""
    network: Network = "none"
    read_only: bool = False
    mounts: tuple[Mount, ...] = ()
    security: Security = Security()
    init: bool = False
    runtime: str = ""  # "" is the built-in launcher, else a program such as runc
    labels: dict[str, str] = {}
    stop_signal: str = ""  # "" means as the image says
    stop_timeout: int = 10  # seconds
    rlimits: tuple[Rlimit, ...] = ()
    auto_remove: bool = False
    exposed_ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    healthcheck: Healthcheck | None = None
