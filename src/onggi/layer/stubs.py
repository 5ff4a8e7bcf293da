"""Mount points that a tree lacks, as a layer of their own: it lies under what a step writes, and is no part of it."""

from __future__ import annotations

import os
from collections.abc import Mapping

from onggi.errors import Invalid
from onggi.layer.union import Union
from onggi.layer.upper import Upper


def make_stubs(base: Union, folder: str, targets: Mapping[str, bool]) -> bool:
    """Makes those of `targets` that are not there, and what leads to them, as a layer on top of `base` in the empty
    `folder`. A target is an absolute path, and whether it is a file; empty files belong to root as folders do, who may
    be read by all. Whether anything was missing. Raises Invalid where something that is no folder is in the way."""
    missing = {base.resolve(path): is_file for path, is_file in targets.items() if base.lookup(path) is None}
    if not missing:
        return False
    with Upper(base, folder) as upper:
        for path, is_file in sorted(missing.items()):
            try:
                if is_file:
                    parent = upper.make_room(path)
                    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
                    os.close(os.open(os.path.basename(path), flags, 0o644, dir_fd=parent))
                else:
                    upper.enter(path)
            except Invalid as error:
                raise Invalid(f"nothing can be mounted at {path}: a file is in the way", hint=error.hint) from error
    return True
