"""The ops of a plan, done: one function for each, and the table that names them.

Each takes the child and the op's fields. What an op means is told in container/op.py.
"""

from __future__ import annotations

import fcntl
import os
import resource
import stat
from _socket import AF_INET, SOCK_DGRAM, sethostname, socket
from struct import pack, unpack_from

from onggi.errors import Failed, Invalid, Unsupported
from onggi.linux import cgroup, presence, report, syscalls, volume
from onggi.linux.inside import Inside
from onggi.linux.overlay import mount_overlay
from onggi.linux.root import Root, is_null, place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from onggi.linux.child import Child

    Op: TypeAlias = dict[str, Any]

MASKED_TYPES = ("proc", "sysfs")


def overlay(child: Child, op: Op) -> None:
    mount_overlay(op["lower"], op["upper"], op["work"], op["target"])
    child.root.move(op["target"])


def clone_sources(child: Child) -> None:
    """Copy the mounts that will be bound, before the host's propagation is cut: a shared or slave bind needs its
    peers."""
    for op in child.plan["ops"]:
        if op["op"] in SOURCES:
            with Telling(op):
                child.trees[id(op)] = SOURCES[op["op"]](op)


def source_of(op: Op) -> int:
    if not op["subpath"]:
        return syscalls.clone_tree(op["source"], op["recursive"])
    return volume.beneath(op["source"], op["subpath"], op["recursive"])


def source_of_other(op: Op) -> int:
    """A mount can be cloned only by who is in its namespace."""
    namespace = presence.namespace(op["home"], "mount")
    try:
        with Inside("mount", namespace):
            root = Root()
            root.move("/")
            found = root.open(op["source"], os.O_PATH)
            root.close()
            try:
                return syscalls.clone_mount(found)
            finally:
                os.close(found)
    finally:
        os.close(namespace)


SOURCES = {"bind": source_of, "bind-other": source_of_other}


def bind(child: Child, op: Op) -> None:
    tree = child.trees.pop(id(op))
    attributes = 0
    for flag in (*op["flags"], *(("ro",) if op["read_only"] else ())):
        attributes |= syscalls.MOUNT_ATTRIBUTES[flag]
    propagation = op["propagation"]
    kind = syscalls.PROPAGATION[propagation.removeprefix("r")]
    syscalls.set_attributes(tree, attributes, 0, op["recursive"] and op["read_only_beneath"])
    syscalls.set_attributes(tree, 0, kind, propagation.startswith("r"))
    attach(child, tree, op["target"])


def bind_other(child: Child, op: Op) -> None:
    attach(child, child.trees.pop(id(op)), op["target"])


def bind_group(child: Child, op: Op) -> None:
    tree = syscalls.clone_tree(cgroup.of_process("self").legacy[op["controller"]], recursive=False)
    attributes = 0
    for flag in op["flags"]:
        attributes |= syscalls.MOUNT_ATTRIBUTES[flag]
    syscalls.set_attributes(tree, attributes, 0, recursive=False)
    attach(child, tree, op["target"])


def mount_volume(child: Child, op: Op) -> None:
    with volume.Users(op["users"]) as users:
        tree = users.mounted()
        if tree < 0:
            tree = volume.mount(op, "network" in child.plan["namespaces"] or bool(child.plan["netns"]))
        whole = os.fstat(tree)
        if op["subpath"]:
            tree = volume.part(tree, op["subpath"], op["place"])
        read_only = syscalls.MOUNT_ATTRIBUTES["ro"] if op["read_only"] else 0
        # Another container's mount may be read-only there.
        syscalls.set_attributes(tree, read_only, 0, False, clear=syscalls.MOUNT_ATTRIBUTES["ro"] & ~read_only)
        attach(child, tree, op["target"])
        if not op["subpath"]:  # else the rest of it cannot be reached from here
            users.add(child.root, op["target"], whole)


def attach(child: Child, tree: int, path: str) -> None:
    """Mount the detached `tree` at `path`, on a folder or on a file as it is one itself."""
    is_folder = stat.S_ISDIR(os.fstat(tree).st_mode)
    target = child.root.folder(path) if is_folder else child.root.file(path)
    syscalls.attach_tree(tree, target)
    os.close(target)
    os.close(tree)


def mount_layers(child: Child, op: Op) -> None:
    mount_overlay(op["lower"], op["upper"], op["work"], op["place"])
    layers = Root()
    layers.move(op["place"])
    source = layers.open(op["source"], os.O_PATH)
    tree = syscalls.clone_tree(place(source), recursive=False)
    os.close(source)
    layers.close()
    syscalls.unmount(op["place"], syscalls.MNT_DETACH)
    attach(child, tree, op["target"])


def write_secret(child: Child, op: Op) -> None:
    flags = syscalls.MOUNT_FLAGS["nosuid"] | syscalls.MOUNT_FLAGS["nodev"] | syscalls.MOUNT_FLAGS["noexec"]
    syscalls.mount("tmpfs", op["place"], "tmpfs", flags, "mode=700")
    path = op["place"] + "/secret"
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    rest = memoryview(child.plan["secrets"][op["number"]])
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.fchown(descriptor, op["uid"], op["gid"])
    os.fchmod(descriptor, op["mode"])
    os.close(descriptor)
    tree = syscalls.clone_tree(path, recursive=False)
    syscalls.set_attributes(tree, syscalls.MOUNT_ATTRIBUTES["ro"], 0, recursive=False)
    syscalls.unmount(op["place"], syscalls.MNT_DETACH)
    attach(child, tree, op["target"])


def secret_variable(child: Child, op: Op) -> None:
    value = os.fsdecode(child.plan["secrets"][op["number"]])
    child.plan["env"] = (*child.plan["env"], f"{op['name']}={value}")


def mount(child: Child, op: Op) -> None:
    flags = 0
    for flag in op["flags"]:
        flags |= syscalls.MOUNT_FLAGS[flag]
    data = op["data"]
    if op["type"] == "tmpfs" and "mode=" not in data:
        data = ",".join((*filter(None, (data,)), f"mode={hidden_mode(child, op['target']):o}"))
    target = child.root.folder(op["target"])
    if op["type"] in MASKED_TYPES:
        require_no_link(child, op["target"])
    syscalls.mount(op["source"] or op["type"], place(target), op["type"], flags, data)
    os.close(target)


def hidden_mode(child: Child, path: str) -> int:
    """Of the folder that a mount at `path` is about to hide; where there is none, that of a folder for all."""
    try:
        folder = child.root.open(path, os.O_PATH | os.O_DIRECTORY)
    except FileNotFoundError:
        return 0o1777
    mode = stat.S_IMODE(os.fstat(folder).st_mode)
    os.close(folder)
    return mode


def require_no_link(child: Child, path: str) -> None:
    """What is beneath `path` is masked by name, later. A link of the image's could by then lead elsewhere, if another
    container may turn it (CVE-2019-19921)."""
    link = child.root.open(path, os.O_PATH | os.O_NOFOLLOW)
    if stat.S_ISLNK(os.fstat(link).st_mode):
        raise Invalid(f"{path} is a symbolic link in the image, so what is mounted there cannot be guarded")
    os.close(link)


def make_directory(child: Child, op: Op) -> None:
    os.close(child.root.folder(op["path"], op["mode"]))


def make_node(child: Child, op: Op) -> None:
    parent, name, _ = child.root.parent(op["path"])
    kind = stat.S_IFBLK if op["type"] == "b" else stat.S_IFCHR
    device = os.makedev(op["major"], op["minor"])
    try:
        os.mknod(name, kind | op["mode"], device, dir_fd=parent)
    except FileExistsError:
        found = os.stat(name, dir_fd=parent, follow_symlinks=False)
        if (stat.S_IFMT(found.st_mode), found.st_rdev) != (kind, device):
            raise
    os.chown(name, op["uid"], op["gid"], dir_fd=parent, follow_symlinks=False)
    os.chmod(name, op["mode"], dir_fd=parent)
    os.close(parent)


def make_symlink(child: Child, op: Op) -> None:
    parent, name, _ = child.root.parent(op["path"])
    try:
        os.symlink(op["text"], name, dir_fd=parent)
    except FileExistsError:
        pass
    os.close(parent)


def console(child: Child, op: Op) -> None:
    open_terminal(child, "/dev/console")


def terminal(child: Child, op: Op) -> None:
    open_terminal(child)


def open_terminal(child: Child, seen_at: str = "") -> None:
    master = child.root.open("/dev/pts/ptmx", os.O_RDWR | os.O_NOCTTY)
    fcntl.ioctl(master, 0x40045431, pack("i", 0))  # TIOCSPTLCK: unlock
    # TIOCGPTPEER: the other end, whatever is at its path by now (CVE-2025-52565).
    terminal = fcntl.ioctl(master, 0x5441, os.O_RDWR | os.O_NOCTTY)
    if seen_at:
        target = child.root.file(seen_at)
        syscalls.mount(place(terminal), place(target), flags=syscalls.MS_BIND)
        os.close(target)
    child.hand_over(master)
    os.close(master)
    size = child.plan["options"]
    fcntl.ioctl(terminal, 0x5414, pack("HHHH", size["rows"], size["columns"], 0, 0))  # TIOCSWINSZ
    fcntl.ioctl(terminal, 0x540E, 0)  # TIOCSCTTY
    for descriptor in range(3):
        os.dup2(terminal, descriptor)
    os.close(terminal)


def wait_for_cgroup(child: Child, op: Op) -> None:
    child.wait_for_cgroup()


def unshare_cgroup(child: Child, op: Op) -> None:
    child.wait_for_cgroup()
    syscalls.unshare(syscalls.NAMESPACES["cgroup"])


def loopback_up(child: Child, op: Op) -> None:
    interface = socket(AF_INET, SOCK_DGRAM)
    request = pack("16sH22x", b"lo", 0)
    (flags,) = unpack_from("H", fcntl.ioctl(interface.fileno(), 0x8913, request), 16)  # SIOCGIFFLAGS
    fcntl.ioctl(interface.fileno(), 0x8914, pack("16sH22x", b"lo", flags | 1))  # SIOCSIFFLAGS, IFF_UP
    interface.close()


def pivot_root(child: Child, op: Op) -> None:
    # With both at the same place the old root ends up on top of the new one, and needs no folder in the image.
    os.chdir(f"/proc/self/fd/{child.root.descriptor}")
    syscalls.pivot_root(".", ".")
    syscalls.unmount(".", syscalls.MNT_DETACH)
    os.chdir("/")
    child.root.move("/")
    own_null(child)


def own_null(child: Child) -> None:
    """Let streams of the host's /dev/null be of the container's: its root may change the mode of what it has open."""
    for number in range(3):
        if is_null(number):
            null = child.root.null(os.O_RDWR)
            os.dup2(null, number)
            os.close(null)


def mask(child: Child, op: Op) -> None:
    target = child.root.find(op["path"], os.O_PATH)
    if target < 0:
        return
    if stat.S_ISDIR(os.fstat(target).st_mode):
        syscalls.mount("tmpfs", place(target), "tmpfs", syscalls.MS_RDONLY, "size=0k")
    else:
        null = child.root.null(os.O_PATH)
        syscalls.mount(place(null), place(target), flags=syscalls.MS_BIND)
        os.close(null)
    os.close(target)


def readonly(child: Child, op: Op) -> None:
    target = child.root.find(op["path"], os.O_PATH)
    if target < 0:
        return
    tree = syscalls.clone_tree(place(target), recursive=True)
    syscalls.set_attributes(tree, syscalls.MOUNT_ATTRIBUTES["ro"], 0, recursive=True)
    syscalls.attach_tree(tree, target)
    os.close(tree)
    os.close(target)


def set_sysctl(child: Child, op: Op) -> None:
    descriptor = child.root.find("/proc/sys/" + op["name"].replace(".", "/"), os.O_WRONLY)
    if descriptor < 0:  # this kernel has none, or a mount of the person's is at /proc
        if op["is_asked"]:
            raise Invalid(f"there is no kernel parameter {op['name']} in the container")
        return
    os.write(descriptor, op["value"].encode())
    os.close(descriptor)


def remount_readonly(child: Child, op: Op) -> None:
    target = child.root.open(op["path"], os.O_PATH)
    syscalls.set_attributes(target, syscalls.MOUNT_ATTRIBUTES["ro"], 0, recursive=False)
    os.close(target)


def set_hostname(child: Child, op: Op) -> None:
    sethostname(op["name"])


def set_rlimit(child: Child, op: Op) -> None:
    resource.setrlimit(getattr(resource, f"RLIMIT_{op['resource']}"), (op["soft"], op["hard"]))


def set_oom_score(child: Child, op: Op) -> None:
    descriptor = child.root.find("/proc/self/oom_score_adj", os.O_WRONLY)
    if descriptor < 0:  # of a container that the person gave another /proc
        raise Unsupported("there is no /proc/self/oom_score_adj")
    os.write(descriptor, str(op["score"]).encode())
    os.close(descriptor)


def new_keyring(child: Child, op: Op) -> None:
    syscalls.join_session_keyring(op["name"])


def set_credentials(child: Child, op: Op) -> None:
    syscalls.prctl(syscalls.PR_SET_KEEPCAPS, 1)
    os.setgroups(op["groups"])
    os.setresgid(op["gid"], op["gid"], op["gid"])
    os.setresuid(op["uid"], op["uid"], op["uid"])
    syscalls.raise_permitted()


def set_capabilities(child: Child, op: Op) -> None:
    for number in range(syscalls.last_capability() + 1):
        if number not in op["bounding"]:
            syscalls.prctl(syscalls.PR_CAPBSET_DROP, number)
    syscalls.prctl(syscalls.PR_CAP_AMBIENT, syscalls.PR_CAP_AMBIENT_CLEAR_ALL)
    syscalls.set_capabilities(op["effective"], op["permitted"], op["inheritable"])
    for number in op["ambient"]:
        syscalls.prctl(syscalls.PR_CAP_AMBIENT, syscalls.PR_CAP_AMBIENT_RAISE, number)


def no_new_privileges(child: Child, op: Op) -> None:
    syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)


def install_seccomp(child: Child, op: Op) -> None:
    syscalls.install_filter(bytes.fromhex(op["program"]), op["flags"])


def change_directory(child: Child, op: Op) -> None:
    if op["makes"]:
        folder = child.root.folder(op["path"])
    else:
        folder = child.root.find(op["path"], os.O_PATH | os.O_DIRECTORY)
        if folder < 0:
            raise Failed(f"the working folder {op['path']} is not there, or is none", exit_code=126)
    os.fchdir(folder)
    os.close(folder)


def set_umask(child: Child, op: Op) -> None:
    os.umask(op["mask"])


# op name → (what does it, what it says when it fails)
OPS: dict[str, tuple[Callable[[Child, Op], None], str]] = {
    "overlay": (overlay, "mount the root file system at {target}"),
    "bind": (bind, "bind {source} at {target}"),
    "bind-other": (bind_other, "bind {source} of another container at {target}"),
    "bind-group": (bind_group, "show the container's group of {controller} at {target}"),
    "mount": (mount, "mount {type} at {target}"),
    "volume": (mount_volume, "mount the {type} of a volume, {source}, at {target}"),
    "layers": (mount_layers, "mount {source} of another stage or image at {target}"),
    "secret": (write_secret, "show a secret at {target}"),
    "secret-variable": (secret_variable, "show a secret as ${name}"),
    "mkdir": (make_directory, "make the folder {path}"),
    "mknod": (make_node, "make the device {path}"),
    "symlink": (make_symlink, "make the symlink {path}"),
    "console": (console, "open the console"),
    "terminal": (terminal, "open a terminal"),
    "wait-for-cgroup": (wait_for_cgroup, "enter the cgroup"),
    "unshare-cgroup": (unshare_cgroup, "make a cgroup namespace"),
    "loopback-up": (loopback_up, "set the loopback interface up"),
    "pivot-root": (pivot_root, "enter the root file system"),
    "mask": (mask, "hide {path}"),
    "readonly": (readonly, "make {path} read-only"),
    "sysctl": (set_sysctl, "the kernel parameter {name} cannot be {value}"),
    "remount-ro": (remount_readonly, "make what is mounted at {path} read-only"),
    "hostname": (set_hostname, "set the host name {name}"),
    "rlimit": (set_rlimit, "set the limit {resource} to {soft}:{hard}"),
    "oom-score": (set_oom_score, "set the OOM score to {score}"),
    "keyring": (new_keyring, "make a session keyring"),
    "credentials": (set_credentials, "switch to user {uid}:{gid}"),
    "capabilities": (set_capabilities, "set the capabilities"),
    "no-new-privileges": (no_new_privileges, "set no-new-privileges"),
    "seccomp": (install_seccomp, "install the seccomp filter"),
    "chdir": (change_directory, "enter the working folder {path}"),
    "umask": (set_umask, "set the umask"),
}


class Telling:
    """Turn an OSError inside into the error that says which op it was."""

    def __init__(self, op: Op) -> None:
        self.op = op

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if isinstance(error, OSError):
            raise report.explain(OPS[self.op["op"]][1].format(**self.op), error) from error
