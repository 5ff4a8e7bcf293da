"""The kernel's calls that Python does not wrap; the only ctypes of onggi.

Each function raises OSError. `clone` must be called from a process that has only one thread: the child goes on with a
copy of the interpreter, as after fork(2). Linux 5.12 is the oldest kernel that has all of them (mount_setattr is the
youngest).
"""

from __future__ import annotations

import os
from ctypes import (
    CDLL,
    Structure,
    addressof,
    byref,
    c_char_p,
    c_int,
    c_long,
    c_uint,
    c_ulong,
    c_ushort,
    c_void_p,
    create_string_buffer,
    get_errno,
    memmove,
    sizeof,
)

TYPE_CHECKING = False  # importing typing costs 6 ms
if TYPE_CHECKING:
    from collections.abc import Iterable

_SINCE_5_1 = {  # from then on a call has one number on every architecture
    "open_tree": 428,
    "move_mount": 429,
    "clone3": 435,
    "close_range": 436,
    "openat2": 437,
    "mount_setattr": 442,
}
NUMBERS = {
    "x86_64": {
        "rt_sigaction": 13,
        "capget": 125,
        "capset": 126,
        "pivot_root": 155,
        "keyctl": 250,
        "seccomp": 317,
        "bpf": 321,
        **_SINCE_5_1,
    },
    "aarch64": {
        "rt_sigaction": 134,
        "capget": 90,
        "capset": 91,
        "pivot_root": 41,
        "keyctl": 219,
        "seccomp": 277,
        "bpf": 280,
        **_SINCE_5_1,
    },
}

CLONE_PIDFD, CLONE_INTO_CGROUP = 0x1000, 0x2_0000_0000
NAMESPACES = {
    "mount": 0x0002_0000,
    "cgroup": 0x0200_0000,
    "uts": 0x0400_0000,
    "ipc": 0x0800_0000,
    "user": 0x1000_0000,
    "pid": 0x2000_0000,
    "network": 0x4000_0000,
}

MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC = 0x1, 0x20, 0x1000, 0x4000
MS_PRIVATE, MS_SLAVE, MS_SHARED = 1 << 18, 1 << 19, 1 << 20
MOUNT_FLAGS = {
    "ro": MS_RDONLY,
    "nosuid": 0x2,
    "nodev": 0x4,
    "noexec": 0x8,
    "relatime": 1 << 21,
    "strictatime": 1 << 24,
    "noatime": 1 << 10,
    "nodiratime": 1 << 11,
    "sync": 1 << 4,
    "dirsync": 1 << 7,
}
MNT_DETACH = 2
MOUNT_ATTRIBUTES = {"ro": 0x1, "nosuid": 0x2, "nodev": 0x4, "noexec": 0x8}
PROPAGATION = {"private": MS_PRIVATE, "slave": MS_SLAVE, "shared": MS_SHARED}

AT_FDCWD, AT_EMPTY_PATH, AT_RECURSIVE = -100, 0x1000, 0x8000
OPEN_TREE_CLONE = 1
MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT_T_EMPTY_PATH = 0x04, 0x40
RESOLVE_IN_ROOT = 0x10
CLOSE_RANGE_CLOEXEC = 4

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_KEEPCAPS, PR_CAPBSET_READ, PR_CAPBSET_DROP = 1, 4, 8, 23, 24
PR_SET_NAME, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 15, 36, 38, 47
PR_CAP_AMBIENT_RAISE, PR_CAP_AMBIENT_CLEAR_ALL = 2, 4
KEYCTL_JOIN_SESSION_KEYRING = 1
SECCOMP_SET_MODE_FILTER = 1
BPF_PROG_LOAD, BPF_PROG_ATTACH = 5, 8
_IN_A_FOLDER = 0x2 | 0x80 | 0x100 | 0x400 | 0x800  # IN_MODIFY MOVED_TO CREATE DELETE_SELF MOVE_SELF
BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE = 15, 6

_libc = CDLL(None, use_errno=True)
_libc.syscall.restype = c_long
_libc.mount.argtypes = (c_char_p, c_char_p, c_char_p, c_ulong, c_char_p)
_libc.umount2.argtypes = (c_char_p, c_int)
_libc.prctl.argtypes = (c_int, c_ulong, c_ulong, c_ulong, c_ulong)
_numbers = NUMBERS.get(os.uname().machine, {})


def _check(result: int) -> int:
    if result < 0:
        number = get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _call(name: str, *arguments: object) -> int:
    if name not in _numbers:
        raise OSError(38, f"{name} on {os.uname().machine}")  # ENOSYS
    return _check(_libc.syscall(c_long(_numbers[name]), *(c_long(a) if isinstance(a, int) else a for a in arguments)))


class _CloneArguments(Structure):
    _fields_ = [
        (name, c_ulong)
        for name in (
            *("flags", "pidfd", "child_tid", "parent_tid", "exit_signal", "stack", "stack_size", "tls"),
            *("set_tid", "set_tid_size", "cgroup"),
        )
    ]


def clone(flags: int, cgroup: int = -1) -> tuple[int, int]:
    """(pid, pidfd) in the parent, (0, -1) in the child. `cgroup`, when not negative, is the descriptor of the version 2
    cgroup that the child is born in."""
    pidfd = c_int(-1)
    arguments = _CloneArguments(flags=flags | CLONE_PIDFD, exit_signal=17, pidfd=addressof(pidfd))
    if cgroup >= 0:
        arguments.flags |= CLONE_INTO_CGROUP
        arguments.cgroup = cgroup
    pid = _call("clone3", byref(arguments), sizeof(arguments))
    return (pid, pidfd.value) if pid else (0, -1)


def unshare(flags: int) -> None:
    _check(_libc.unshare(c_int(flags)))


def join(process: int, kinds: Iterable[str]) -> None:
    """Enter the namespaces of the process that the pidfd `process` names, or the one namespace that it is itself; of
    pid, only our children do. With a mount namespace comes its root."""
    flags = 0
    for kind in kinds:
        flags |= NAMESPACES[kind]
    _check(_libc.setns(c_int(process), c_int(flags)))


class ChildrenIn:
    """Who is cloned in the block is in the pid namespace of the process that the pidfd names, or that it is itself."""

    def __init__(self, process: int) -> None:
        self._process = process

    def __enter__(self) -> None:
        self._own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        join(self._process, ("pid",))

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            join(self._own, ("pid",))
        finally:
            os.close(self._own)


def close_on_exec(first: int) -> None:
    """Every descriptor from `first` on closes at execve."""
    _call("close_range", first, 0xFFFF_FFFF, CLOSE_RANGE_CLOEXEC)


def close_all_but(kept: Iterable[int]) -> None:
    """Close every descriptor that is not in `kept`."""
    first = 0
    for descriptor in (*sorted(kept), 0xFFFF_FFFF):
        if first < descriptor:
            _call("close_range", first, descriptor - 1, 0)
        first = descriptor + 1


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    _check(
        _libc.mount(
            os.fsencode(source) or None,
            os.fsencode(target),
            kind.encode() or None,
            flags,
            os.fsencode(data) or None,
        )
    )


def unmount(target: str, flags: int = 0) -> None:
    _check(_libc.umount2(os.fsencode(target), flags))


def pivot_root(new: str, old: str) -> None:
    _call("pivot_root", os.fsencode(new), os.fsencode(old))


def clone_tree(path: str, recursive: bool) -> int:
    """A descriptor of a detached copy of the mounts at `path`: what a bind mount puts in place."""
    flags = OPEN_TREE_CLONE | os.O_CLOEXEC | (AT_RECURSIVE if recursive else 0)
    return _call("open_tree", AT_FDCWD, os.fsencode(path), flags)


def clone_mount(descriptor: int) -> int:
    """As `clone_tree`, of what `descriptor` is open on, without the mounts beneath it."""
    return _call("open_tree", descriptor, b"", OPEN_TREE_CLONE | os.O_CLOEXEC | AT_EMPTY_PATH)


class _MountAttributes(Structure):
    _fields_ = [("set", c_ulong), ("clear", c_ulong), ("propagation", c_ulong), ("userns", c_ulong)]


def set_attributes(tree: int, attributes: int, propagation: int, recursive: bool, *, clear: int = 0) -> None:
    wanted = _MountAttributes(set=attributes, clear=clear, propagation=propagation)
    flags = AT_EMPTY_PATH | (AT_RECURSIVE if recursive else 0)
    _call("mount_setattr", tree, b"", flags, byref(wanted), sizeof(wanted))


def attach_tree(tree: int, target: int) -> None:
    """Mount the detached `tree` on the file or folder that `target` is open on."""
    _call("move_mount", tree, b"", target, b"", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)


class _How(Structure):
    _fields_ = [("flags", c_ulong), ("mode", c_ulong), ("resolve", c_ulong)]


_RACES = 1000  # how often a lookup may lose against the rest of the host before that is an error


def open_in_root(root: int, path: str, flags: int, mode: int = 0) -> int:
    """Open `path` as a process whose root is the folder `root` would: no symlink leads out."""
    how = _How(flags=flags | os.O_CLOEXEC, mode=mode, resolve=RESOLVE_IN_ROOT)
    for _ in range(_RACES):
        try:
            return _call("openat2", root, os.fsencode(path), byref(how), sizeof(how))
        except BlockingIOError:  # a mount or rename anywhere on the host, while a `..` was resolved: openat2(2)
            continue
    return _call("openat2", root, os.fsencode(path), byref(how), sizeof(how))


def prctl(option: int, *arguments: int) -> int:
    return _check(_libc.prctl(option, *arguments, *(0,) * (4 - len(arguments))))


def reset_signals() -> None:
    """Every signal does what it does by default. libc keeps two to itself, and ignores them in what it spawns."""
    default = create_string_buffer(32)  # struct sigaction of the kernel: SIG_DFL, no flags, an empty mask
    for number in range(1, 65):
        if number not in (9, 19):  # SIGKILL, SIGSTOP
            _call("rt_sigaction", number, default, 0, 8)


def set_name(name: str) -> None:
    """What `ps -o comm` shows."""
    text = create_string_buffer(name.encode())
    prctl(PR_SET_NAME, addressof(text))


def set_command_line(text: str) -> None:
    """What `ps -o args` shows, to everyone: in place of the interpreter's path and ours (proc(5), /proc/pid/stat)."""
    with open("/proc/self/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    start, end = int(fields[45]), int(fields[46])
    memmove(start, text.encode().ljust(end - start, b"\0"), end - start)


def adopt_orphans() -> None:
    """Be the parent of every descendant whose own parent ends."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def watch_folder(path: str) -> int:
    """A descriptor that can be read from once something has been made, written or renamed right in the folder, or the
    folder itself has been (inotify(7)). Raises OSError."""
    watcher = _check(_libc.inotify_init1(os.O_CLOEXEC))
    try:
        _check(_libc.inotify_add_watch(watcher, os.fsencode(path), _IN_A_FOLDER))
    except OSError:
        os.close(watcher)
        raise
    return watcher


def trim_heap() -> None:
    """Give free memory back to the kernel, where the C library can (glibc)."""
    if trim := getattr(_libc, "malloc_trim", None):
        trim(0)


class _CapabilityHeader(Structure):
    _fields_ = [("version", c_uint), ("pid", c_int)]


_CapabilityData = c_uint * 6  # effective, permitted, inheritable of the low 32, then of the high 32
_CAPABILITY_VERSION = 0x2008_0522


def _mask(numbers: Iterable[int]) -> int:
    return sum(1 << number for number in set(numbers))


def set_capabilities(effective: Iterable[int], permitted: Iterable[int], inheritable: Iterable[int]) -> None:
    header = _CapabilityHeader(_CAPABILITY_VERSION, 0)
    masks = [_mask(effective), _mask(permitted), _mask(inheritable)]
    data = _CapabilityData(*(mask & 0xFFFF_FFFF for mask in masks), *(mask >> 32 for mask in masks))
    _call("capset", byref(header), byref(data))


def last_capability() -> int:
    """The highest capability that this kernel knows."""
    number = 0
    while True:
        try:
            prctl(PR_CAPBSET_READ, number + 1)
        except OSError:
            return number
        number += 1


def raise_permitted() -> None:
    """Make every permitted capability effective again; leaving uid 0 clears the effective ones."""
    header = _CapabilityHeader(_CAPABILITY_VERSION, 0)
    data = _CapabilityData()
    _call("capget", byref(header), byref(data))
    data[0], data[3] = data[1], data[4]
    _call("capset", byref(header), byref(data))


def join_session_keyring(name: str) -> None:
    _call("keyctl", KEYCTL_JOIN_SESSION_KEYRING, name.encode(), 0, 0, 0)


class _FilterProgram(Structure):
    _fields_ = [("length", c_ushort), ("instructions", c_void_p)]


def install_filter(program: bytes, flags: int) -> None:
    """Install a seccomp program: an array of struct sock_filter."""
    instructions = create_string_buffer(program, len(program))
    header = _FilterProgram(len(program) // 8, addressof(instructions))
    _call("seccomp", SECCOMP_SET_MODE_FILTER, flags, byref(header))


class _LoadProgram(Structure):
    _fields_ = [
        ("type", c_uint),
        ("count", c_uint),
        ("instructions", c_ulong),
        ("license", c_ulong),
        ("log_level", c_uint),
        ("log_size", c_uint),
        ("log_buffer", c_ulong),
        ("kernel_version", c_uint),
        ("flags", c_uint),
    ]


class _AttachProgram(Structure):
    _fields_ = [("target", c_uint), ("program", c_uint), ("type", c_uint), ("flags", c_uint)]


def attach_device_filter(cgroup: int, program: bytes) -> None:
    """Attach an eBPF program of type CGROUP_DEVICE to the cgroup open as `cgroup`; it lives as long as the cgroup."""
    instructions = create_string_buffer(program, len(program))
    licence = create_string_buffer(b"Apache-2.0")
    load = _LoadProgram(
        type=BPF_PROG_TYPE_CGROUP_DEVICE,
        count=len(program) // 8,
        instructions=addressof(instructions),
        license=addressof(licence),
    )
    descriptor = _call("bpf", BPF_PROG_LOAD, byref(load), sizeof(load))
    try:
        attach = _AttachProgram(target=cgroup, program=descriptor, type=BPF_CGROUP_DEVICE)
        _call("bpf", BPF_PROG_ATTACH, byref(attach), sizeof(attach))
    finally:
        os.close(descriptor)
