"""What the kernel says when an entry cannot be made or read, in the words of errors.py."""

from __future__ import annotations

import errno

from onggi.errors import Conflict, Denied, Invalid, OnggiError, Unavailable, Unsupported

_MEANINGS: dict[int, tuple[type[OnggiError], str]] = {
    errno.ENOSPC: (Unavailable, "the disk is full"),
    errno.EDQUOT: (Unavailable, "the disk quota is used up"),
    errno.EIO: (Unavailable, "the disk reports an error"),
    errno.EROFS: (Unavailable, "the file system is read-only"),
    errno.EMFILE: (Unavailable, "too many files are open"),
    errno.ENFILE: (Unavailable, "too many files are open"),
    errno.EPERM: (Denied, "the host does not allow it"),
    errno.EACCES: (Denied, "the host does not allow it"),
    errno.ENOTSUP: (Unsupported, "the file system cannot hold it"),
    errno.ENOENT: (Conflict, "it went away meanwhile"),
    errno.ENAMETOOLONG: (Invalid, "the name is too long"),
    errno.EMLINK: (Invalid, "too many hard links to one file"),
    errno.EFBIG: (Invalid, "the file is too large for the file system"),
    errno.E2BIG: (Invalid, "an extended attribute is too large"),
    errno.ERANGE: (Invalid, "an extended attribute is too large"),
    errno.EINVAL: (Invalid, "the kernel refuses it"),
    errno.ENOTDIR: (Invalid, "something in its path is not a folder"),
    errno.EISDIR: (Invalid, "a folder is in its place"),
    errno.EEXIST: (Invalid, "something is in its place"),
    errno.EBUSY: (Conflict, "something is mounted there"),
    errno.ELOOP: (Invalid, "a symbolic link is in its place"),
}
_OTHER = (Unavailable, "the host reports an error")


def refused(name: object, error: OSError) -> OnggiError:
    """The error to raise for the entry `name`."""
    kind, reason = _MEANINGS.get(error.errno or 0, _OTHER)
    return kind(f"{name}: {reason} ({error.strerror})")


def unreadable(path: str) -> Denied:
    """What to raise for a file or folder to copy that we may not read."""
    return Denied(
        f"{path.lstrip('/')} cannot be read: permission denied",
        hint="leave it out with a line in .dockerignore, or change its mode",
    )
