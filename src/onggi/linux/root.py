"""The container's root folder: what is found and made beneath it.

Paths are the image's or the person's, and so are the symlinks on their way: all are resolved by
openat2(RESOLVE_IN_ROOT), and what was found is held by its descriptor. No path is looked up a second time.
"""

from __future__ import annotations

import os
import stat

from onggi.errors import Invalid
from onggi.linux import syscalls

NULL_DEVICE = os.makedev(1, 3)
MOST_LINKS = 40  # as in the kernel


class Root:
    """`descriptor` is open on the folder; -1 before there is one, and then nothing is found."""

    def __init__(self, descriptor: int = -1) -> None:
        self.descriptor = descriptor

    def move(self, path: str) -> None:
        """Be the folder at `path`, which is the host's or, once inside, `/`."""
        self.close()
        self.descriptor = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)

    def close(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)

    def open(self, path: str, flags: int, mode: int = 0) -> int:
        return syscalls.open_in_root(self.descriptor, path, flags, mode)

    def find(self, path: str, flags: int) -> int:
        """A descriptor of what is at `path`, -1 if nothing is."""
        try:
            return self.open(path, flags)
        except (FileNotFoundError, NotADirectoryError):
            return -1

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
        if depth > MOST_LINKS:
            raise OSError(40, os.strerror(40))  # ELOOP
        above, name = os.path.split(os.path.normpath("/" + path))
        descriptor = self.folder(above, depth=depth)
        here, root = (os.readlink(f"/proc/self/fd/{number}") for number in (descriptor, self.descriptor))
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
