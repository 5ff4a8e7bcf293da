"""Compress the older files of a log: a process of its own, which gives way to all others and may outlive the monitor.

What it makes has no name until it is whole, so that nothing is left if it is killed. Meanwhile its source may have got
another name, or be gone with the log, or with the container: then the work was for nothing.
"""

from __future__ import annotations

import os

from onggi.linux.log.names import COMPRESSED, lock, uncompressed

CHUNK = 256 * 1024
GZIP = 31  # zlib's window bits for the largest window, in gzip's frame


def start(path: str) -> int:
    """Begin; returns the process's ID. It ends with 0 unless it could not write. Its parent has one thread only."""
    from onggi.linux import syscalls  # here, for readers import this too

    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            syscalls.close_all_but((0, 1, 2))
            syscalls.set_name("onggi-log")
            os.nice(19)
            compress(path)
            code = 0
        finally:
            os._exit(code)
    return pid


def compress(path: str) -> None:
    """The older files of the log `path` in the current folder. Raises OSError on a full disk, and leaves the rest as it
    is."""
    home = os.getcwd()
    while name := next(uncompressed(path), ""):
        try:
            source = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:  # it has just got another name
            continue
        target = os.open(".", os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            _fill(target, source)
            if not _replace(source, target, path, home):
                return
        finally:
            os.close(source)
            os.close(target)


def _fill(target: int, source: int) -> None:
    """With the content of `source`, compressed, and its mode and times."""
    import zlib

    stream = zlib.compressobj(wbits=GZIP)
    while data := os.read(source, CHUNK):
        _write(target, stream.compress(data))
    _write(target, stream.flush())
    status = os.fstat(source)
    os.fchmod(target, status.st_mode & 0o777)
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))


def _write(target: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(target, rest) :]


def _replace(source: int, target: int, path: str, home: str) -> bool:
    """Give the target the name of its source, if that has one still."""
    folder = lock()
    try:
        if os.getcwd() != home:  # the container is being removed
            return False
        for name in uncompressed(path):
            if os.path.samestat(os.stat(name), os.fstat(source)):
                _link(target, folder, name + COMPRESSED)
                os.unlink(name)
                return True
        return False
    finally:
        os.close(folder)


def _link(target: int, folder: int, name: str) -> None:
    """Name a file that has no name yet."""
    try:
        os.unlink(name, dir_fd=folder)  # of one that was killed before it removed the source
    except FileNotFoundError:
        pass
    os.link(f"/proc/self/fd/{target}", name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=True)
