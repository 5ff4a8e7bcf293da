"""Requests to the engine and what it answers: plain frozen values, the same for library, CLI and API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TypeAlias

import msgspec

from onggi.container.network.port import PortBinding as PortBinding
from onggi.container.spec import ContainerSpec as ContainerSpec
from onggi.container.spec import Mount as Mount
from onggi.container.spec import Process as Process
from onggi.container.spec import Resources as Resources
from onggi.container.state import State
from onggi.container.stdio import Stdio as Stdio
from onggi.container.stdio import Unheeded as Unheeded
from onggi.engine.agents import Agents as Agents
from onggi.engine.output import Annotation, CacheSource, CacheTarget, Output, StoreOutput
from onggi.engine.secrets import Secret as Secret
from onggi.layer.compression import Squeeze as Squeeze
from onggi.oci.config import RunConfig
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.oci.platform import Platform
from onggi.store.prune_filter import PruneFilter as PruneFilter

if TYPE_CHECKING:
    from onggi.lint.finding import Finding


class SentFolder(msgspec.Struct, frozen=True, kw_only=True):
    """A folder of somebody else's, who sends it when it is known what a build takes of it. name: the same for the same
    folder every time, "" for one that has none. ignore: the patterns of its `.dockerignore`, by which files are left
    out. fetch: paths and patterns, () for all → where they are, until the build has ended; called once at most.
    outline: where all of it is, with nothing in the files: to tell what may have been meant by a path that is not
    there."""

    name: str
    ignore: tuple[str, ...] = ()
    fetch: Callable[[tuple[str, ...]], Path]
    outline: Callable[[], Path]


class SentLayout(msgspec.Struct, frozen=True):
    """An image of an OCI layout of somebody else's. fetch: where it is when it has come, as oci-layout:// and until the
    build has ended."""

    fetch: Callable[[], str]


NamedSource: TypeAlias = str | SentFolder | SentLayout
"""What a named context is made of."""


class BuildRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to build, how, and what becomes of it.

    context: a folder; the URL of a git repository, of a tar or of a Dockerfile; a stream that holds one of the latter
    two; or a folder that is sent. dockerfile: Dockerfile in the context unless it is said; of a context that is
    fetched it is a path in it. dockerfile_text: its text, instead; a folder that is sent comes with it. contexts:
    further ones by name, each a folder, docker-image://, oci-layout://, stored-image: and an ID, target: or a URL, or a
    folder or layout that is sent. references: what to call the image. target: the stage to build; the last one if it is
    "". platforms: what to build for, this machine if it is empty; several give one image for all of them.

    no_cache: run every step again; no_cache_stages: those of these stages. pull: look for newer base images.
    cache_from: looked into for what the store's cache does not have; cache_to: where to write what this build knows.
    jobs: at most that many steps at once; None: as the processors allow. epoch: seconds; asks for a reproducible image,
    dated by it.

    What RUN steps are given: network, the default one, or the host's own, or none; secrets by ID; ssh agents, as
    `--ssh` names them ("default", "id=socket", "id=key"), or themselves; hosts ("name:address"); shm_size in bytes, 0
    is Docker's 64 MiB; ulimits ("nofile=1024:2048"); resources, what each may use at most, and cgroup_parent, the
    host's control group that its own is made in: these two are in no key; host_ca: the CA certificates of this host.
    allow: the entitlements that they may use, "security.insecure" and "network.host", which network "host" gives too.
    realm: whose build it is, where they are not to be believed by all others: steps that take what is in no key
    (secrets, agents, proxies) are kept, and cache mounts shared, within it alone.

    What becomes of the result: outputs; annotations are for each of them that is an image; squash makes one layer of
    all that is new.
    """

    context: Path | str | BinaryIO | SentFolder
    dockerfile: Path | None = None
    dockerfile_text: str | None = None
    contexts: Mapping[str, NamedSource] = {}
    references: tuple[str, ...] = ()
    target: str = ""
    platforms: tuple[Platform, ...] = ()
    build_args: Mapping[str, str] = {}
    labels: Mapping[str, str] = {}

    no_cache: bool = False
    no_cache_stages: tuple[str, ...] = ()
    pull: bool = False
    cache_from: tuple[CacheSource, ...] = ()
    cache_to: tuple[CacheTarget, ...] = ()
    jobs: int | None = None
    epoch: int | None = None

    network: Literal["default", "host", "none"] = "default"
    secrets: Mapping[str, Secret] = {}
    ssh: tuple[str, ...] | Agents = ()
    hosts: tuple[str, ...] = ()
    shm_size: int = 0
    ulimits: tuple[str, ...] = ()
    resources: Resources = Resources()
    cgroup_parent: str = ""
    host_ca: bool = False
    allow: tuple[str, ...] = ()
    realm: str = ""

    outputs: tuple[Output, ...] = (StoreOutput(),)
    annotations: tuple[Annotation, ...] = ()
    squash: bool = False


class BuildResult(msgspec.Struct, frozen=True, kw_only=True):
    """`image_id` is the digest of the index where the image is for several platforms. `size` and `new_size` in bytes;
    `build` is the ID of its record; `saved` the seconds that the cache spared. `findings` are those of the rules of
    `lint`. `descriptor`: of the manifest or index that went to the outputs; None if they were files only. is_stored:
    whether the image is in the store."""

    image_id: Digest
    references: tuple[str, ...]
    build: str
    size: int
    new_size: int
    seconds: float
    saved: float
    warnings: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    descriptor: Descriptor | None = None
    is_stored: bool = True


class Found(msgspec.Struct, frozen=True):
    """Which container a name means, how it is doing, and whether it has a terminal."""

    id: str
    name: str
    state: State
    terminal: bool


class Given(msgspec.Struct, frozen=True):
    """Of a container: the labels that whoever made it gave it, rather than its image, and its annotations."""

    id: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


class ExecRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A further process to run in a container. `environment` is added to the container's; `working_directory` and
    `user` are the container's if they are "". What it shall be connected to when it starts, and by which keys who is
    connected leaves, is of use to who starts it later. `size`: rows and columns of its terminal."""

    command: tuple[str, ...]
    environment: tuple[str, ...] = ()
    working_directory: str = ""
    user: str = ""
    terminal: bool = False
    privileged: bool = False
    stdin: bool = False
    stdout: bool = False
    stderr: bool = False
    detach_keys: str = ""
    size: tuple[int, int] | None = None


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """A further process in a container, and how it does. `exit_code` is None until it has ended; `pid` is 0 until it
    runs."""

    id: str
    container: str
    request: ExecRequest
    has_started: bool
    running: bool
    pid: int
    exit_code: int | None


class ImageSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One image of the store. `created` is RFC 3339; `size` counts all its layers, `unique_size` those that no other
    image has; `containers` counts the ones made from it. `part_of`: names of images for several platforms, of which it
    is the one for `platform`. `origins`: the repositories that it is known from, each with the digest there.
    `descriptor` is its manifest's."""

    id: Digest
    references: tuple[str, ...]
    digest: Digest
    created: str
    size: int
    unique_size: int
    containers: int
    labels: Mapping[str, str]
    platform: Platform
    part_of: tuple[str, ...] = ()
    origins: tuple[tuple[str, Digest], ...] = ()
    descriptor: Descriptor | None = None

    @property
    def is_dangling(self) -> bool:
        return not (self.references or self.part_of)


class VolumeSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A line of `volume ls`. `mountpoint`: the folder of what is in it, unless its `options` say otherwise. `created`
    in seconds since the epoch; `users` are the names of the containers that have it, the newest first. `size` in bytes;
    None if nobody asked."""

    name: str
    driver: str
    mountpoint: str
    created: float
    labels: Mapping[str, str] = {}
    options: Mapping[str, str] = {}
    users: tuple[str, ...] = ()
    size: int | None = None


class ContainerUsage(msgspec.Struct, frozen=True, kw_only=True):
    """A line of `stats`; bytes, and percent of one processor. `called`: as the person named it, else its ID."""

    id: str
    name: str
    called: str
    cpu_percent: float = 0.0
    memory: int = 0
    memory_limit: int = 0
    pids: int = 0
    block_read: int = 0
    block_written: int = 0
    network_received: int = 0
    network_sent: int = 0


class Processes(msgspec.Struct, frozen=True):
    """What `top` shows: a row of cells for each process."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class PathStat(msgspec.Struct, frozen=True, kw_only=True):
    """What is at a path in a container, the last link not followed. `mode` is st_mode, `mtime_ns` nanoseconds since the
    epoch; `link_target` is where a symbolic link leads, "" for anything else."""

    name: str
    size: int
    mode: int
    mtime_ns: int
    link_target: str = ""


class Change(msgspec.Struct, frozen=True):
    """What a container did to a path of its image: added, changed, deleted."""

    kind: Literal["A", "C", "D"]
    path: str


class CommitRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What an image made of a container is called, who made it, and why. `changes` are Dockerfile instructions that
    only change the configuration; `config` says what shall be otherwise than in the container's, before these. pauses:
    a container that runs stands still while its files are copied."""

    reference: str = ""
    author: str = ""
    message: str = ""
    changes: tuple[str, ...] = ()
    config: RunConfig = RunConfig()
    pauses: bool = True


class PullRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to pull. platform: of an image for several; None is this machine's. all_tags: of the repository. keys: files
    of public keys, one of which must have signed it."""

    name: str
    platform: Platform | None = None
    all_tags: bool = False
    keys: tuple[Path, ...] = ()


class PushRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to push. platform: this image alone, of one for several. all_tags: of the repository. squeeze: how layers go
    out; those that are compressed already go as they are unless it says `all`."""

    name: str
    platform: Platform | None = None
    all_tags: bool = False
    squeeze: Squeeze = Squeeze("gzip", all=False)


class HistoryLine(msgspec.Struct, frozen=True, kw_only=True):
    """One instruction, newest first. `id` is the image ID on the newest line and "<missing>" below, as in Docker."""

    id: str
    created: str
    created_by: str
    size: int
    comment: str


class Removed(msgspec.Struct, frozen=True):
    """A reference that was untagged, or an ID or key that was deleted: a line of `image rm`, for one."""

    what: Literal["untagged", "deleted"]
    name: str


class Pruned(msgspec.Struct, frozen=True):
    """What went: containers by ID, networks by name, images as in `image rm`, the build cache by key; and the bytes
    that came free."""

    removed: tuple[Removed, ...] = ()
    reclaimed: int = 0


class SystemPruned(msgspec.Struct, frozen=True, kw_only=True):
    """What `system prune` did, by kind."""

    containers: Pruned = Pruned()
    networks: Pruned = Pruned()
    volumes: Pruned = Pruned()
    images: Pruned = Pruned()
    build_cache: Pruned = Pruned()

    @property
    def reclaimed(self) -> int:
        kinds = (self.containers, self.networks, self.volumes, self.images, self.build_cache)
        return sum(kind.reclaimed for kind in kinds)


class Loaded(msgspec.Struct, frozen=True):
    """An image that `load` put into the store."""

    id: Digest
    references: tuple[str, ...]


class ContainerSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A line of `ps`. `image` is its ID where the name that it was made by means another image meanwhile. `status` has
    Docker's words ("Up 3 minutes"); times are seconds since the epoch. `networks`: name → ID, "" for the host's and for
    none; `endpoints`: name → what it has there, in Docker's JSON, where somebody asks. `layers` are diff IDs, lowest
    first. While it runs and is on a network of its own, `ports` are those that it publishes, and exposed_ports
    ("80/tcp") what it says that it listens on. `health` is "" where it is not probed, and as many probes as
    `failing_streak` have failed since one has not. `note` says what one should know besides, without its subject ("ran
    out of memory …"), or "". `size` is what it has written, `virtual_size` that and its image, in bytes; None if
    nobody asked.
    """

    id: str
    name: str
    image: str
    image_id: Digest
    command: tuple[str, ...]
    created: float
    state: str
    status: str
    exit_code: int
    labels: Mapping[str, str]
    networks: Mapping[str, str]
    mounts: tuple[Mount, ...]
    annotations: Mapping[str, str] = {}
    network_mode: str = ""
    endpoints: Mapping[str, Any] = {}
    layers: tuple[Digest, ...] = ()
    ports: tuple[PortBinding, ...] = ()
    exposed_ports: tuple[str, ...] = ()
    health: str = ""
    failing_streak: int = 0
    note: str = ""
    size: int | None = None
    virtual_size: int | None = None
