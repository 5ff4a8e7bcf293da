"""Namespaces of other processes, and being in one for a moment."""

from __future__ import annotations

import os

from onggi.linux import syscalls

_FILES = {"mount": "mnt", "network": "net"}
"""What a kind is called in /proc/<pid>/ns, where that is not its name."""
_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC


def open_namespace(process: str, kind: str) -> int:
    """A descriptor of a namespace of the process whose folder in /proc that is."""
    return os.open(f"{process}/ns/{_FILES.get(kind, kind)}", os.O_RDONLY | os.O_CLOEXEC)


class Inside:
    """Within the block this thread is in `namespace`, which is of that kind; afterwards all is as it was. Of a process
    with several threads, only a network namespace can be another: folders are those of all of them."""

    def __init__(self, kind: str, namespace: int) -> None:
        self._kind = kind
        self._namespace = namespace

    def __enter__(self) -> None:
        self._own = open_namespace("/proc/thread-self", self._kind)
        self._folders = (os.open("/", _FOLDER), os.open(".", _FOLDER)) if self._kind == "mount" else ()
        self._leave()

    def _leave(self) -> None:
        syscalls.join(self._namespace, (self._kind,))

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        syscalls.join(self._own, (self._kind,))
        if self._folders:  # with another mount namespace came its root
            root, here = self._folders
            os.fchdir(root)
            os.chroot(".")
            os.fchdir(here)
        for descriptor in (self._own, *self._folders):
            os.close(descriptor)


class Apart(Inside):
    """The same of a new namespace, which begins as a copy of our own. It ends with the block, but for who was started
    in it."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind, -1)

    def _leave(self) -> None:
        syscalls.unshare(syscalls.NAMESPACES[self._kind])
