"""Kernel ops: the small instructions that a bare child executes, in order, between clone and execve.

A plan is made in the safe world (typed, tested without root) and walked in the bare one (`linux/child.py`: the
standard library only, no msgspec). Ops travel as JSON objects whose `op` field is the tag; the child refuses one it
does not know.

Paths called `target` or `path` are paths *inside* the container: the child resolves them beneath the new root with
openat2(RESOLVE_IN_ROOT), so a symlink in an image can never reach the host. Paths called `source`, and those of
Overlay, are host paths. Ops that mount come before PivotRoot.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec


class _Op(msgspec.Struct, frozen=True, tag_field="op", omit_defaults=False):
    pass


class Overlay(_Op, frozen=True, tag="overlay"):
    """Mount the root file system: `lower` highest layer first. `upper` == "" gives a read-only root of the lowers.
    Everything after this op happens beneath it."""

    lower: tuple[str, ...]
    upper: str
    work: str
    target: str  # host folder that exists, e.g. containers/<id>/rootfs


class BindMount(_Op, frozen=True, tag="bind"):
    """Bind `source` at `target`, which is made if missing (a folder for a folder, an empty file for the rest).
    recursive: with what is mounted beneath it, for which read_only counts too if read_only_beneath. `subpath`: what is
    there beneath `source`; no symlink leads out of that."""

    source: str
    target: str
    read_only: bool = False
    recursive: bool = True
    propagation: str = "rprivate"
    flags: tuple[str, ...] = ()  # nosuid, nodev, noexec
    read_only_beneath: bool = True
    subpath: str = ""


class MountFs(_Op, frozen=True, tag="mount"):
    """Mount a new file system of `type` (proc, sysfs, tmpfs, devpts, mqueue, cgroup, cgroup2); `target` is made if
    missing. A tmpfs whose `data` has no mode gets that of the folder it hides, as runc does."""

    type: str
    target: str
    flags: tuple[str, ...] = ()  # nosuid, nodev, noexec, ro, relatime, strictatime
    data: str = ""
    source: str = ""  # what /proc/mounts shows, the type if empty


class BindOther(_Op, frozen=True, tag="bind-other"):
    """Bind what another container has mounted at its `source`; it runs, and its folder on the host is `home`."""

    home: str
    source: str
    target: str


class BindGroup(_Op, frozen=True, tag="bind-group"):
    """Bind the child's own folder in the version 1 hierarchy of `controller` at `target`. Comes when the cgroup is
    entered, and before PivotRoot."""

    controller: str
    target: str
    flags: tuple[str, ...] = ()  # as of MountFs


class MountVolume(_Op, frozen=True, tag="volume"):
    """Mount the file system of a volume at `target`, which is made if missing: the one that other containers have, if
    some run that are told of in the host's file `users`, else a new one of `type` from the host's `source`, reached by
    the host's network. `place` is a host folder to mount it on meanwhile; `subpath` as in BindMount."""

    type: str
    source: str
    target: str
    flags: tuple[str, ...]
    data: str
    read_only: bool
    subpath: str
    place: str
    users: str


class MountLayers(_Op, frozen=True, tag="layers"):
    """Bind what is at `source` in the tree of `lower` (as in Overlay) at `target`, which is made if missing. `place` is
    an empty host folder. With `upper` == "" it is read-only. No symlink of `source` leads out of the tree."""

    lower: tuple[str, ...]
    upper: str
    work: str
    place: str
    source: str
    target: str


class WriteSecret(_Op, frozen=True, tag="secret"):
    """Bind a read-only file in memory at `target`, which is made if missing: it holds the secret of that number, of
    those that the launcher is given beside the plan. `place` is an empty host folder."""

    number: int
    place: str
    target: str
    mode: int
    uid: int
    gid: int


class SecretVariable(_Op, frozen=True, tag="secret-variable"):
    """Add a variable to the environment: its value is the secret of that number."""

    name: str
    number: int


class MakeDirectory(_Op, frozen=True, tag="mkdir"):
    """Make a folder and its parents where they are missing."""

    path: str
    mode: int = 0o755


class MakeNode(_Op, frozen=True, tag="mknod"):
    """A device node: `type` is c or b; `mode` has no type bits and does not depend on the umask. That the same device
    is there already is no error."""

    path: str
    major: int
    minor: int
    mode: int
    type: str = "c"
    uid: int = 0
    gid: int = 0


class MakeSymlink(_Op, frozen=True, tag="symlink"):
    """A symbolic link at `path`; one that is there already stays."""

    path: str
    text: str


class Console(_Op, frozen=True, tag="console"):
    """Open a pty in the container's own /dev/pts, hand its master to the monitor, make the other end the controlling
    terminal, stdin, stdout and stderr, and bind it at /dev/console."""


class OpenTerminal(_Op, frozen=True, tag="terminal"):
    """As Console, but of a further process: it is seen nowhere else."""


class WaitForCgroup(_Op, frozen=True, tag="wait-for-cgroup"):
    """Wait until the child's parent has moved it into its cgroup, so this comes late."""


class UnshareCgroup(_Op, frozen=True, tag="unshare-cgroup"):
    """A cgroup namespace rooted where the child is now. It waits here until its parent has moved it into its cgroup, so
    this comes late."""


class LoopbackUp(_Op, frozen=True, tag="loopback-up"):
    """Set `lo` up in a new network namespace."""


class PivotRoot(_Op, frozen=True, tag="pivot-root"):
    """Make the Overlay's target the root and detach the host's tree. A stream that is the host's /dev/null becomes the
    container's own."""


class MaskPath(_Op, frozen=True, tag="mask"):
    """Hide a path: /dev/null over a file, an empty read-only tmpfs over a folder; nothing if it does not exist."""

    path: str


class ReadonlyPath(_Op, frozen=True, tag="readonly"):
    """Bind a path on itself, read-only; nothing if it does not exist."""

    path: str


class Sysctl(_Op, frozen=True, tag="sysctl"):
    """Set a kernel parameter of the container's own namespaces, named with dots; one that does not exist is an error if
    it was asked for. Comes before /proc/sys is made read-only."""

    name: str
    value: str
    is_asked: bool = False


class RemountReadonly(_Op, frozen=True, tag="remount-ro"):
    """Make what is mounted at `path` read-only, but not what is mounted beneath it."""

    path: str


class SetHostname(_Op, frozen=True, tag="hostname"):
    name: str


class SetRlimit(_Op, frozen=True, tag="rlimit"):
    """`resource` as in Python's resource module: NOFILE, NPROC, CORE … -1 is unlimited."""

    resource: str
    soft: int
    hard: int


class SetOomScore(_Op, frozen=True, tag="oom-score"):
    """How readily the kernel kills it, before or after others, when the host has no memory left: -1000 to 1000. What it
    starts has the same."""

    score: int


class NewKeyring(_Op, frozen=True, tag="keyring"):
    """A session keyring of its own, so that the host's keys are out of reach."""

    name: str


class SetCredentials(_Op, frozen=True, tag="credentials"):
    """Switch user and groups, keeping the capabilities that SetCapabilities then narrows."""

    uid: int
    gid: int
    groups: tuple[int, ...]


class SetCapabilities(_Op, frozen=True, tag="capabilities"):
    """Capability numbers of each set; `ambient` is empty as in Docker."""

    bounding: tuple[int, ...]
    permitted: tuple[int, ...]
    effective: tuple[int, ...]
    inheritable: tuple[int, ...] = ()
    ambient: tuple[int, ...] = ()


class NoNewPrivileges(_Op, frozen=True, tag="no-new-privileges"):
    pass


class InstallSeccomp(_Op, frozen=True, tag="seccomp"):
    """`program` is the BPF program, hex of struct sock_filter[]; `flags` are those of seccomp(2). Comes last; with
    no_new_privileges off it needs CAP_SYS_ADMIN, so the plan places it before SetCapabilities then."""

    program: str
    flags: int = 0


class ChangeDirectory(_Op, frozen=True, tag="chdir"):
    """Enter the working folder; if `makes` it is made (0755, root) where it is missing, as Docker does. Comes after the
    masks, so that it is never a folder beneath one, and before SetCredentials, so that it may be one the user cannot
    open."""

    path: str
    makes: bool = True


class SetUmask(_Op, frozen=True, tag="umask"):
    mask: int


Op: TypeAlias = (
    Overlay
    | BindMount
    | MountFs
    | BindOther
    | BindGroup
    | MountVolume
    | MountLayers
    | WriteSecret
    | SecretVariable
    | MakeDirectory
    | MakeNode
    | MakeSymlink
    | Console
    | OpenTerminal
    | WaitForCgroup
    | UnshareCgroup
    | LoopbackUp
    | PivotRoot
    | MaskPath
    | ReadonlyPath
    | Sysctl
    | RemountReadonly
    | SetHostname
    | SetRlimit
    | SetOomScore
    | NewKeyring
    | SetCredentials
    | SetCapabilities
    | NoNewPrivileges
    | InstallSeccomp
    | ChangeDirectory
    | SetUmask
)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the launcher needs to start one process in isolation.

    namespaces: of mount, pid, network, uts, ipc (cgroup comes by UnshareCgroup after the cgroup is entered); what is
    missing is the host's. joined: those that are another container's, which runs, with the folder of that one. netns: a
    file that a network namespace is bound to, which it enters; "" for none.
    cgroup: name of its control group, "" for none; cgroup_parent: where that is from the top of each hierarchy, "" for
    our own folder in it. devices: rules of the device cgroup as in
    "c 1:3 rwm"; a first "a" means all are allowed. resources: its limits, as in container/resources.py. init: PID 1 is
    a small reaper that forwards signals to argv.
    """

    namespaces: tuple[str, ...]
    joined: tuple[tuple[str, str], ...] = ()
    netns: str = ""
    cgroup: str = ""
    cgroup_parent: str = ""
    devices: tuple[str, ...] = ()
    resources: dict[str, Any] = {}
    ops: tuple[Op, ...]
    argv: tuple[str, ...]
    env: tuple[str, ...]
    terminal: bool = False
    init: bool = False
