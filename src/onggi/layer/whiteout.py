"""How a layer says that something below it is gone, in its two forms.

                in a tar (OCI image spec, layer.md)      in a folder (overlayfs)
one entry       an empty file `.wh.NAME`                 NAME is a character device 0/0
all beneath     an empty file `.wh..wh..opq` in FOLDER   FOLDER has trusted.overlay.opaque=y
"""

from __future__ import annotations

import errno
import os
import stat

PREFIX = b".wh."
META_PREFIX = b".wh..wh."
OPAQUE = b".wh..wh..opq"
OPAQUE_XATTR = "trusted.overlay.opaque"

_CHARACTER_DEVICE = stat.S_IFCHR


def is_whiteout(status: os.stat_result) -> bool:
    """Whether an entry of a folder in overlay form hides the same name in the layers below."""
    return stat.S_IFMT(status.st_mode) == _CHARACTER_DEVICE and status.st_rdev == 0


def is_opaque(folder: str | bytes | int) -> bool:
    """Whether a folder in overlay form hides everything that the layers below have in it. It must be a real folder."""
    try:
        return os.getxattr(folder, OPAQUE_XATTR, follow_symlinks=isinstance(folder, int)) == b"y"
    except OSError as error:
        if error.errno not in (errno.ENODATA, errno.ENOTSUP):
            raise
        return False


def make_whiteout(path: str | bytes) -> None:
    """Makes the overlay form; nothing may be at `path` yet."""
    os.mknod(path, _CHARACTER_DEVICE, 0)


def make_opaque(folder: str | bytes | int) -> None:
    """Makes the overlay form on a folder that exists."""
    os.setxattr(folder, OPAQUE_XATTR, b"y", follow_symlinks=isinstance(folder, int))
