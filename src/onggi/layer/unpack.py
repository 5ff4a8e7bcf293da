"""Tar, perhaps compressed → folder in overlay form."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import BinaryIO

from onggi.errors import Conflict
from onggi.layer import treedigest
from onggi.layer.allowance import Allowance
from onggi.layer.compress import decompress
from onggi.layer.limits import DEFAULT_LIMITS, Limits
from onggi.layer.pack import Packed
from onggi.layer.source import Source
from onggi.layer.stream_hash import StreamHash
from onggi.layer.tree import Tree
from onggi.layer.untar import members
from onggi.layer.walk import layer_entries
from onggi.oci.digest import Digest, of_hash


def unpack(
    stream: BinaryIO,
    folder: str,
    limits: Limits = DEFAULT_LIMITS,
    allowance: Allowance | None = None,
    *,
    needs_end: bool = True,
) -> Packed:
    """Fills an empty folder. `diff_id` and `size` are of the tar as read, the rest is what packing the folder gives.
    `allowance` is shared with the image's other layers;
    whoever reads the stream lets it earn.

    Raises Corrupt for what is not a whole tar, Invalid for names, links and amounts that no layer may have, Unsupported
    for entries that cannot be made here, Unavailable for a full disk. The folder is then half filled.
    """
    if os.listdir(folder):
        raise Conflict(f"{folder} is not empty")
    root = os.fsencode(os.path.abspath(folder))
    with StreamHash() as stream_hash:
        tree = Tree(root, limits)

        def update(data: bytes) -> None:
            if allowance is not None:
                allowance.spend(len(data))
            stream_hash.update(data)

        source = Source(decompress(stream), update, limits.size)
        for member in members(source, needs_end=needs_end):
            tree.add(member, source)
        tree.finish()
        diff_id = stream_hash.digest()
        return _packed(root, tree.contents, diff_id, stream_hash.size)


def _packed(root: bytes, contents: dict[bytes, str], diff_id: Digest, size: int) -> Packed:
    """Digests what is now on disk; only the files' contents are taken from when they were written."""
    records = hashlib.sha256()
    entries = file_bytes = 0
    seen: set[int] = set()
    for found in layer_entries(root):
        entries += 1 + found.is_opaque
        status = found.status
        content = ""
        if stat.S_ISREG(status.st_mode):
            content = contents[found.path]
            if status.st_nlink == 1 or status.st_ino not in seen:
                file_bytes += status.st_size
                if status.st_nlink > 1:
                    seen.add(status.st_ino)
        records.update(treedigest.record_of(found, content))
    return Packed(diff_id, of_hash(records), size, entries, file_bytes)
