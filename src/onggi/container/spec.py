"""What a container is asked to be: one frozen value, nested by concern; complete once the image's config is in it."""

# No `from __future__ import annotations`: a decoder would have to evaluate the text, which takes a start 2 ms.

from typing import Literal, TypeAlias

import msgspec

from onggi.container.network.port import PortBinding
from onggi.oci.config import Healthcheck

STREAMS = ("stdin", "stdout", "stderr")


class Process(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The first process. None in `entrypoint` or `command` means "as the image says"; () means "nothing"."""

    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    environment: tuple[str, ...] = ()
    working_directory: str = ""
    user: str = ""
    terminal: bool = False
    terminal_size: tuple[int, int] = (0, 0)  # rows and columns to begin with, where nobody's terminal says them
    open_stdin: bool = False
    keeps_stdin: bool = False  # stdin stays open when a client that wrote to it has gone
    umask: int | None = None  # to begin with, of what exec and probes start too; None is 0022
    attached: tuple[str, ...] = ()  # the streams that its maker was going to be at; only told again


class Bind(msgspec.Struct, frozen=True, tag="bind", omit_defaults=True):
    """A folder or file of the host, seen at `target`. `source` is absolute; `creates`: a folder is made where it is
    missing. recursive: what of the host is mounted beneath it is seen too; when it is read-only, that is as well, but
    for "writable". "readonly" insists on it. asked: see Mount."""

    source: str
    target: str
    read_only: bool = False
    propagation: Literal["rprivate", "private", "rshared", "shared", "rslave", "slave"] = "rprivate"
    creates: bool = False
    recursive: Literal["enabled", "disabled", "writable", "readonly"] = "enabled"
    asked: str = ""


class Tmpfs(msgspec.Struct, frozen=True, tag="tmpfs", omit_defaults=True):
    """Memory at `target`; `options` as in mount(8): size=64m, mode=1777, exec, … asked: see Mount."""

    target: str
    options: tuple[str, ...] = ()
    asked: str = ""


class Volume(msgspec.Struct, frozen=True, tag="volume", omit_defaults=True):
    """A volume of the store, seen at `target`. `name` == "" in a request: one of its own without a name, `is_anonymous`
    in the container's spec, where each volume has a name. copies: when it is new and empty it gets what the image has
    at `target`. subpath: only that folder or file of it is seen. labels, options: what it gets when it is made for
    this. asked: see Mount."""

    name: str
    target: str
    read_only: bool = False
    copies: bool = True
    subpath: str = ""
    is_anonymous: bool = False
    labels: dict[str, str] = {}
    options: dict[str, str] = {}
    asked: str = ""


class ImageMount(msgspec.Struct, frozen=True, tag="image", omit_defaults=True):
    """The files of an image, seen read-only at `target`. `image` is as the person wrote it; image_id and layers (diff
    IDs, the lowest first) are what that meant when the container was made. subpath: only that folder or file. asked:
    see Mount."""

    image: str
    target: str
    subpath: str = ""
    image_id: str = ""
    layers: tuple[str, ...] = ()
    asked: str = ""


Mount: TypeAlias = Bind | Tmpfs | Volume | ImageMount
"""`asked` is how a person put it, which `inspect` says again: the text of `-v`, BY_MOUNT, or "" for all others: `-v` of
a path alone, `--tmpfs`, what an image wants, what is another container's."""

BY_MOUNT = "--mount"


class Device(msgspec.Struct, frozen=True, omit_defaults=True):
    """A device of the host, by the path of its node, or all in a folder; `permissions` as in the devices cgroup."""

    source: str
    target: str
    permissions: str = "rwm"


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
    writable_cgroups: bool = False


DeviceLimit: TypeAlias = tuple[str, int]
"""The path of a block device, and what its limit is: a weight, bytes a second, or operations a second."""


class Resources(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a container may use at most. 0, "" or () sets no limit; bytes, unless another unit is said.

    memory_swap: memory and swap together, -1 is unlimited. nano_cpus: 1e-9 of a processor. cpu_shares: its weight, 1024
    is the default. cpu_period, cpu_quota: microseconds. cpuset_*: lists as in cpuset(7). pids: -1 is unlimited.
    blkio_weight: 10 to 1000.
    """

    memory: int = 0
    memory_reservation: int = 0
    memory_swap: int = 0
    memory_swappiness: int | None = None  # 0 to 100, version 1 only
    oom_kill_disable: bool = False  # version 1 only
    nano_cpus: int = 0
    cpu_shares: int = 0
    cpu_period: int = 0
    cpu_quota: int = 0
    cpuset_cpus: str = ""
    cpuset_mems: str = ""
    pids: int = 0
    blkio_weight: int = 0
    blkio_weight_device: tuple[DeviceLimit, ...] = ()
    device_read_bps: tuple[DeviceLimit, ...] = ()
    device_write_bps: tuple[DeviceLimit, ...] = ()
    device_read_iops: tuple[DeviceLimit, ...] = ()
    device_write_iops: tuple[DeviceLimit, ...] = ()


class RestartPolicy(msgspec.Struct, frozen=True, omit_defaults=True):
    """`most`: how often on-failure starts it again, 0 is for ever."""

    name: Literal["no", "always", "unless-stopped", "on-failure"] = "no"
    most: int = 0


LogDriver: TypeAlias = Literal["local", "json-file", "none"]


class LogConfig(msgspec.Struct, frozen=True, omit_defaults=True):
    """`driver` "" is the default one. `options` as Docker writes them: max-size, max-file, compress, …"""

    driver: LogDriver | Literal[""] = ""
    options: dict[str, str] = {}


class Health(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How to tell that a container is well. `check` has Docker's fields, with its test; http ("3000/healthz") and tcp
    ("3306") are probes that need no program in the image. on_failure: what becomes of it once it is unhealthy."""

    check: Healthcheck = Healthcheck()
    http: str = ""
    tcp: str = ""
    on_failure: Literal["none", "kill", "restart", "stop"] = "none"


class Namespaces(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which namespaces are not its own: "host", or "container:ID". ipc also "none" (without /dev/shm), "private" and
    "shareable"; cgroup "private" or "host". `asked`: what the person called those containers, by ID."""

    pid: str = ""
    ipc: str = ""
    uts: Literal["", "host"] = ""
    cgroup: Literal["", "private", "host"] = ""
    asked: dict[str, str] = {}


DEFAULT_NETWORK = "bridge"
"""The network of containers that name none."""
GRACE = 10
"""Seconds between the stop signal and SIGKILL where nobody said how many."""
OF_CONTAINER = "container:"
"""What a mode begins with that means another container's namespace."""


class Attachment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place that is asked for in a network, by its name or ID. Addresses and MAC are "" where they are left to us. Of
    several networks the default route leads into the one with the highest `priority`; of equals it is the first by
    name."""

    network: str
    aliases: tuple[str, ...] = ()
    ipv4: str = ""
    ipv6: str = ""
    mac: str = ""
    priority: int = 0


class Dns(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whom the container asks for names, as resolv.conf(5) has it; () is as the host does."""

    servers: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


class Link(msgspec.Struct, frozen=True, omit_defaults=True):
    """Another container on one of its networks, and what this one calls it. `container`: its ID, in a request a name;
    `asked`: what the person called it."""

    container: str
    alias: str
    asked: str = ""


class Networking(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`mode` is "none", "host", "container:ID", or the network of the first of `attachments`: by the name that the
    person wrote. ports: those that are published; publishes_all: and any free one of the host for each that is exposed.
    default_ip: the host's address for ports that name none, as the setting was when the container was made. left: IDs
    of networks that it is not to be in any more."""

    mode: str = "none"
    attachments: tuple[Attachment, ...] = ()
    left: tuple[str, ...] = ()
    ports: tuple[PortBinding, ...] = ()
    publishes_all: bool = False
    default_ip: str = ""
    dns: Dns = Dns()
    links: tuple[Link, ...] = ()

    @property
    def is_attached(self) -> bool:
        """Whether it has a network namespace with links to networks."""
        return bool(self.attachments)


class ContainerSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`image` is the reference as the person wrote it, `image_id` the config digest it meant at that time ("" when it
    is asked for). exposed_ports ("80/tcp") and volumes are the image's, and health where the person said nothing: the
    image may go before the container does. health None: nobody asked for any, or it was switched off.
    """

    image: str
    image_id: str = ""
    process: Process = Process()
    hostname: str = ""
    networking: Networking = Networking()
    read_only: bool = False
    mounts: tuple[Mount, ...] = ()
    volumes_from: tuple[str, ...] = ()  # NAME, NAME:ro
    security: Security = Security()
    init: bool = False
    runtime: str = ""  # "" is the built-in launcher, else a program such as runc
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}  # what `runtime` is told beside what it needs
    stop_signal: str = ""  # "" means as the image says
    stop_timeout: int | None = None  # seconds; None is GRACE
    rlimits: tuple[Rlimit, ...] = ()
    auto_remove: bool = False
    exposed_ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    shell: tuple[str, ...] = ()  # for a health check in shell form; the image's where none is asked for
    health: Health | None = None
    resources: Resources = Resources()
    restart: RestartPolicy = RestartPolicy()
    log: LogConfig = LogConfig()
    namespaces: Namespaces = Namespaces()
    groups: tuple[str, ...] = ()  # further ones, by name or number
    devices: tuple[Device, ...] = ()
    device_rules: tuple[str, ...] = ()  # further ones of the devices cgroup: "c 42:* rmw"
    sysctls: dict[str, str] = {}
    hosts: tuple[str, ...] = ()  # name:address
    domain_name: str = ""
    shm_size: int = 0  # bytes; 0 is 64 MiB
    oom_score_adj: int = 0
    cgroup_parent: str = ""  # the group of the host that its own is in; "" is ours

    @property
    def grace(self) -> int:
        """Seconds between the stop signal and SIGKILL; negative is for ever."""
        return GRACE if self.stop_timeout is None else self.stop_timeout
