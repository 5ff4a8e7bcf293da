"""The bare child: walk the plan's ops one by one, then become the program.

It runs between clone and execve in a copy of the launcher or of a monitor, which are single-threaded and hold the
standard library's smallest part only. It decides nothing: whatever an op needs is in it, and one that is not in the
table is refused.
"""

from __future__ import annotations

import fcntl
import os
import resource
import select
import stat
import sys
from _socket import AF_INET, AF_UNIX, SOCK_DGRAM, SOCK_SEQPACKET, sethostname, socket, socketpair
from binascii import a2b_base64
from struct import pack, unpack_from

from onggi.errors import Failed, Invalid, OnggiError, Unavailable, Unsupported
from onggi.linux import init, report, syscalls
from onggi.linux.channel import receive, send
from onggi.linux.overlay import mount_overlay
from onggi.linux.signals import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn, TypeAlias

    from onggi.linux.cgroup import Group

    Op: TypeAlias = dict[str, Any]

ENTERED = b"entered"  # what the parent says once the child is in its cgroup
CONSOLE = b"console"  # what comes to the parent with the terminal's master
NULL_DEVICE = os.makedev(1, 3)
MASKED_TYPES = ("proc", "sysfs")


class Child:
    """What the ops share. `root` is open on the container's root, which every path of an op is resolved beneath."""

    def __init__(self, plan: Op, control: socket) -> None:
        self.plan = plan
        self.control = control
        self.root = -1
        self.has_entered = False
        self.trees: dict[int, int] = {}

    def wait_for_cgroup(self) -> None:
        if not self.has_entered and receive(self.control)[0] != ENTERED:
            os._exit(1)  # the parent is gone
        self.has_entered = True

    def open(self, path: str, flags: int, mode: int = 0) -> int:
        return syscalls.open_in_root(self.root, path, flags, mode)

    def folder(self, path: str, mode: int = 0o755, depth: int = 0) -> int:
        """A descriptor of the folder at `path`, made with its parents where they are missing."""
        try:
            return self.open(path, os.O_PATH | os.O_DIRECTORY)
        except FileNotFoundError:
            pass
        parent, name, real = self.parent(path, depth)
        try:
            os.mkdir(name, mode, dir_fd=parent)
        except FileExistsError:  # a symlink that leads to nothing yet, as BuildKit and runc do: make what it names
            return self.folder(os.path.join(real, os.readlink(name, dir_fd=parent)), mode, depth + 1)
        else:
            os.chmod(name, mode, dir_fd=parent)  # whatever the umask was
        finally:
            os.close(parent)
        return self.open(path, os.O_PATH | os.O_DIRECTORY)

    def file(self, path: str, depth: int = 0) -> int:
        """A descriptor of the file at `path`, made empty where it is missing."""
        try:
            return self.open(path, os.O_PATH)
        except FileNotFoundError:
            pass
        parent, name, real = self.parent(path, depth)
        try:
            os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o644, dir_fd=parent))
        except FileExistsError:
            return self.file(os.path.join(real, os.readlink(name, dir_fd=parent)), depth + 1)
        finally:
            os.close(parent)
        return self.open(path, os.O_PATH)

    def parent(self, path: str, depth: int = 0) -> tuple[int, str, str]:
        """The folder that `path` is in: its descriptor, the entry's name, and the folder's path without symlinks."""
        if depth > 40:
            raise OSError(40, os.strerror(40))  # ELOOP
        above, name = os.path.split(os.path.normpath("/" + path))
        descriptor = self.folder(above, depth=depth)
        here, root = (os.readlink(f"/proc/self/fd/{number}") for number in (descriptor, self.root))
        return descriptor, name, "/" + here[len(root.rstrip("/")) :].lstrip("/")

    def null(self, flags: int) -> int:
        """A descriptor of the container's /dev/null. A mount of the person's at /dev may hold anything in its place."""
        try:
            descriptor = self.open("/dev/null", flags)
        except FileNotFoundError:
            raise Invalid("the container has no /dev/null") from None
        if not is_null(descriptor):
            raise Invalid("the container's /dev/null is not the null device")
        return descriptor


def is_null(descriptor: int) -> bool:
    found = os.fstat(descriptor)
    return stat.S_ISCHR(found.st_mode) and found.st_rdev == NULL_DEVICE


def place(descriptor: int) -> str:
    """The name under which the kernel finds what is open as `descriptor`, whatever has become of its path. By the
    host's /proc: only before the root is entered."""
    return f"/proc/self/fd/{descriptor}"


# The ops. Each takes the child and the op's fields.


def overlay(child: Child, op: Op) -> None:
    mount_overlay(op["lower"], op["upper"], op["work"], op["target"])
    child.root = os.open(op["target"], os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)


def clone_sources(child: Child) -> None:
    """Copy the mounts that will be bound, before the host's propagation is cut: a shared or slave bind needs its
    peers."""
    for op in child.plan["ops"]:
        if op["op"] == "bind":
            with Telling(op):
                child.trees[id(op)] = syscalls.clone_tree(op["source"], op["recursive"])


def bind(child: Child, op: Op) -> None:
    tree = child.trees.pop(id(op))
    attributes = 0
    for flag in (*op["flags"], *(("ro",) if op["read_only"] else ())):
        attributes |= syscalls.MOUNT_ATTRIBUTES[flag]
    propagation = op["propagation"]
    kind = syscalls.PROPAGATION[propagation.removeprefix("r")]
    syscalls.set_attributes(tree, attributes, 0, op["recursive"])
    syscalls.set_attributes(tree, 0, kind, propagation.startswith("r"))
    is_folder = stat.S_ISDIR(os.fstat(tree).st_mode)
    target = child.folder(op["target"]) if is_folder else child.file(op["target"])
    syscalls.attach_tree(tree, target)
    os.close(target)
    os.close(tree)


def mount(child: Child, op: Op) -> None:
    flags = 0
    for flag in op["flags"]:
        flags |= syscalls.MOUNT_FLAGS[flag]
    data = op["data"]
    if op["type"] == "tmpfs" and "mode=" not in data:
        data = ",".join((*filter(None, (data,)), f"mode={hidden_mode(child, op['target']):o}"))
    target = child.folder(op["target"])
    if op["type"] in MASKED_TYPES:
        require_no_link(child, op["target"])
    syscalls.mount(op["source"] or op["type"], place(target), op["type"], flags, data)
    os.close(target)


def hidden_mode(child: Child, path: str) -> int:
    """Of the folder that a mount at `path` is about to hide; where there is none, that of a folder for all."""
    try:
        folder = child.open(path, os.O_PATH | os.O_DIRECTORY)
    except FileNotFoundError:
        return 0o1777
    mode = stat.S_IMODE(os.fstat(folder).st_mode)
    os.close(folder)
    return mode


def require_no_link(child: Child, path: str) -> None:
    """What is beneath `path` is masked by name, later. A link of the image's could by then lead elsewhere, if another
    container may turn it (CVE-2019-19921)."""
    link = child.open(path, os.O_PATH | os.O_NOFOLLOW)
    if stat.S_ISLNK(os.fstat(link).st_mode):
        raise Invalid(f"{path} is a symbolic link in the image, so what is mounted there cannot be guarded")
    os.close(link)


def make_directory(child: Child, op: Op) -> None:
    os.close(child.folder(op["path"], op["mode"]))


def make_node(child: Child, op: Op) -> None:
    parent, name, _ = child.parent(op["path"])
    kind = stat.S_IFBLK if op["type"] == "b" else stat.S_IFCHR
    os.mknod(name, kind | op["mode"], os.makedev(op["major"], op["minor"]), dir_fd=parent)
    os.chown(name, op["uid"], op["gid"], dir_fd=parent)
    os.chmod(name, op["mode"], dir_fd=parent)
    os.close(parent)


def make_symlink(child: Child, op: Op) -> None:
    parent, name, _ = child.parent(op["path"])
    try:
        os.symlink(op["text"], name, dir_fd=parent)
    except FileExistsError:
        pass
    os.close(parent)


def console(child: Child, op: Op) -> None:
    master = child.open("/dev/pts/ptmx", os.O_RDWR | os.O_NOCTTY)
    fcntl.ioctl(master, 0x40045431, pack("i", 0))  # TIOCSPTLCK: unlock
    # TIOCGPTPEER: the other end, whatever is at its path by now (CVE-2025-52565).
    terminal = fcntl.ioctl(master, 0x5441, os.O_RDWR | os.O_NOCTTY)
    target = child.file("/dev/console")
    syscalls.mount(place(terminal), place(target), flags=syscalls.MS_BIND)
    os.close(target)
    send(child.control, CONSOLE, [master])
    os.close(master)
    size = child.plan["options"]
    fcntl.ioctl(terminal, 0x5414, pack("HHHH", size["rows"], size["columns"], 0, 0))  # TIOCSWINSZ
    fcntl.ioctl(terminal, 0x540E, 0)  # TIOCSCTTY
    for descriptor in range(3):
        os.dup2(terminal, descriptor)
    os.close(terminal)


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
    os.chdir(f"/proc/self/fd/{child.root}")
    syscalls.pivot_root(".", ".")
    syscalls.unmount(".", syscalls.MNT_DETACH)
    os.chdir("/")
    os.close(child.root)
    child.root = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    own_null(child)


def own_null(child: Child) -> None:
    """Let streams of the host's /dev/null be of the container's: its root may change the mode of what it has open."""
    for number in range(3):
        if is_null(number):
            null = child.null(os.O_RDWR)
            os.dup2(null, number)
            os.close(null)


def mask(child: Child, op: Op) -> None:
    try:
        target = child.open(op["path"], os.O_PATH)
    except (FileNotFoundError, NotADirectoryError):
        return
    if stat.S_ISDIR(os.fstat(target).st_mode):
        syscalls.mount("tmpfs", place(target), "tmpfs", syscalls.MS_RDONLY, "size=0k")
    else:
        null = child.null(os.O_PATH)
        syscalls.mount(place(null), place(target), flags=syscalls.MS_BIND)
        os.close(null)
    os.close(target)


def readonly(child: Child, op: Op) -> None:
    try:
        target = child.open(op["path"], os.O_PATH)
    except (FileNotFoundError, NotADirectoryError):
        return
    tree = syscalls.clone_tree(place(target), recursive=True)
    syscalls.set_attributes(tree, syscalls.MOUNT_ATTRIBUTES["ro"], 0, recursive=True)
    syscalls.attach_tree(tree, target)
    os.close(tree)
    os.close(target)


def set_sysctl(child: Child, op: Op) -> None:
    try:
        descriptor = child.open("/proc/sys/" + op["name"].replace(".", "/"), os.O_WRONLY)
    except (FileNotFoundError, NotADirectoryError):  # a mount of the person's is at /proc
        return
    os.write(descriptor, op["value"].encode())
    os.close(descriptor)


def remount_root(child: Child, op: Op) -> None:
    syscalls.set_attributes(child.root, syscalls.MOUNT_ATTRIBUTES["ro"], 0, recursive=False)


def set_hostname(child: Child, op: Op) -> None:
    sethostname(op["name"])


def set_rlimit(child: Child, op: Op) -> None:
    resource.setrlimit(getattr(resource, f"RLIMIT_{op['resource']}"), (op["soft"], op["hard"]))


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
    syscalls.install_filter(a2b_base64(op["program"]), op["flags"])


def change_directory(child: Child, op: Op) -> None:
    folder = child.folder(op["path"])
    os.fchdir(folder)
    os.close(folder)


def set_umask(child: Child, op: Op) -> None:
    os.umask(op["mask"])


# op name → (what does it, what it says when it fails)
OPS: dict[str, tuple[Callable[[Child, Op], None], str]] = {
    "overlay": (overlay, "mount the root file system at {target}"),
    "bind": (bind, "bind {source} at {target}"),
    "mount": (mount, "mount {type} at {target}"),
    "mkdir": (make_directory, "make the folder {path}"),
    "mknod": (make_node, "make the device {path}"),
    "symlink": (make_symlink, "make the symlink {path}"),
    "console": (console, "open the console"),
    "unshare-cgroup": (unshare_cgroup, "make a cgroup namespace"),
    "loopback-up": (loopback_up, "set the loopback interface up"),
    "pivot-root": (pivot_root, "enter the root file system"),
    "mask": (mask, "hide {path}"),
    "readonly": (readonly, "make {path} read-only"),
    "sysctl": (set_sysctl, "set {name} to {value}"),
    "remount-root-ro": (remount_root, "make the root file system read-only"),
    "hostname": (set_hostname, "set the host name {name}"),
    "rlimit": (set_rlimit, "set the limit {resource} to {soft}:{hard}"),
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


def start(plan: Op, group: Group | None, stdio: tuple[int, int, int]) -> tuple[int, int, socket]:
    """Clone the child into the version 2 part of `group`. Returns its pid, a pidfd, and the parent's end of its control
    socket: the child waits there for ENTERED, sends CONSOLE and a failure, and closes it by becoming the program."""
    ours, its = socketpair(AF_UNIX, SOCK_SEQPACKET)
    flags = 0
    for kind in plan["namespaces"]:
        flags |= syscalls.NAMESPACES[kind]
    try:
        pid, pidfd = syscalls.clone(flags, group.entry if group else -1)
    except OSError as error:
        ours.close()
        its.close()
        raise report.explain("make the namespaces " + ", ".join(plan["namespaces"]), error) from error
    if pid == 0:
        ours.close()
        run(plan, its, stdio)
    its.close()
    return pid, pidfd, ours


def run(plan: Op, control: socket, stdio: tuple[int, int, int]) -> NoReturn:
    """Become the plan's program. A failure before execve is reported on `control`, which closes at execve."""
    try:
        _prepare(control, stdio)
        _walk(Child(plan, control))
    except OnggiError as error:
        send(control, report.encode(error))
    except OSError as error:
        send(control, report.encode(report.explain("start the container", error)))
    finally:
        if bug := sys.exc_info()[1]:  # else it would pass for a program that ended with 127
            send(control, report.encode(Unavailable(f"a bug in onggi: {type(bug).__name__}: {bug}")))
        os._exit(127)


def _prepare(control: socket, stdio: tuple[int, int, int]) -> None:
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
    # The pid namespace has nobody in it yet, but one of a user's may be joined: our memory is the host's.
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 0)
    os.setsid()
    for number, descriptor in enumerate(stdio):
        os.dup2(descriptor, number)
    # Folders of the host are open in our parent. To close them at execve is too late: a working folder or a program of
    # /proc/self/fd would be looked up in them (CVE-2024-21626).
    syscalls.close_all_but((0, 1, 2, control.fileno()))
    # A module that is not here yet would be looked for in the image.
    sys.meta_path.clear()
    syscalls.reset_signals()
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _walk(child: Child) -> None:
    plan = child.plan
    for op in plan["ops"]:
        if op["op"] not in OPS:
            raise Unsupported(f"unknown op {op['op']!r}")
    if "mount" not in plan["namespaces"]:
        raise Unsupported("a container without a mount namespace of its own")
    if plan["init"]:
        syscalls.set_command_line("onggi-init")
    clone_sources(child)
    syscalls.mount("", "/", flags=syscalls.MS_REC | syscalls.MS_SLAVE)
    for op in plan["ops"]:
        with Telling(op):
            OPS[op["op"]][0](child, op)
    child.wait_for_cgroup()
    if child.root >= 0:
        os.close(child.root)
    syscalls.close_on_exec(3)
    # Changing credentials forgets the first one. If the parent died before this line, its end of `control` is closed.
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
    watch = select.poll()
    watch.register(child.control, 0)
    if watch.poll(0):
        os._exit(1)
    if plan["init"]:
        init.reap(lambda: execute(plan), child.control)
    execute(plan)


def execute(plan: Op) -> NoReturn:
    """Replace this process by argv[0], found as execvp does, along the PATH of the plan's own environment."""
    name = plan["argv"][0]
    environment = dict(entry.partition("=")[::2] for entry in plan["env"])
    if "/" in name:
        candidates = [name]
    else:
        candidates = [os.path.join(folder or ".", name) for folder in environment.get("PATH", "").split(":")]
    refused: OSError | None = None
    for path in candidates:
        try:
            os.execve(path, plan["argv"], environment)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except ValueError as error:  # what no command line can hold, but an image: a NUL, a variable without a name
            raise Failed(f'exec: "{name}": {error}', exit_code=126) from error
        except OSError as error:
            refused = error
            if not isinstance(error, PermissionError):
                break
    if refused:
        raise Failed(f'exec: "{name}": {_sentence(refused)}', exit_code=126)
    if "/" in name:
        raise Failed(f'exec: "{name}": no such file or directory', exit_code=127)
    raise Failed(f'exec: "{name}": executable file not found in $PATH', exit_code=127)


def _sentence(error: OSError) -> str:
    text = error.strerror or ""
    return text[:1].lower() + text[1:]
