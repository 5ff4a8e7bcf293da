"""Mount an overlay of any number of layers."""

from __future__ import annotations

import os

from onggi.linux import syscalls

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# An upper folder becomes a layer, so it has to be complete by itself: a renamed folder is copied, not redirected, and a
# file whose metadata changed is there with its data.
SELF_CONTAINED = ("redirect_dir", "metacopy", "index")
PARAMETERS = "/sys/module/overlay/parameters"


def mount_overlay(lower: Sequence[str], upper: str, work: str, target: str) -> None:
    """Mount `lower`, highest layer first, under a writable `upper`, at `target`.

    mount(2) takes one page of options, which 45 layers with their long names would fill. So the layers are opened, and
    named by their descriptors' numbers from within /proc/self/fd: three bytes a layer, no character to escape, and no
    host path for the container to read in /proc/mounts. The kernel's own limit of 500 layers comes first.
    """
    where = os.open(".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    opened = [where]

    def number(path: str) -> str:
        opened.append(os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC))
        return str(opened[-1])

    try:
        if not upper and len(lower) == 1:
            # The kernel wants two layers at least when none is writable.
            lower = (*lower, target)
        options = ["lowerdir=" + ":".join(map(number, lower))]
        if upper:
            options += [f"upperdir={number(upper)}", f"workdir={number(work)}"]
        options += [f"{name}=off" for name in SELF_CONTAINED if os.path.exists(f"{PARAMETERS}/{name}")]
        os.chdir("/proc/self/fd")
        syscalls.mount("overlay", number(target), "overlay", 0 if upper else syscalls.MS_RDONLY, ",".join(options))
    finally:
        os.fchdir(where)
        for descriptor in opened:
            os.close(descriptor)
