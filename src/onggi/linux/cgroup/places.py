"""Where groups are, and where they can be made."""

from __future__ import annotations

import os

from onggi.linux.cgroup.files import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PARENT = "onggi"


class Hierarchies:
    """Where groups can be made. `unified` is version 2's onggi folder or "", `legacy` maps controller → version 1's."""

    def __init__(self, unified: str, legacy: dict[str, str]) -> None:
        self.unified = unified
        self.legacy = legacy


def find(parent: str = "") -> Hierarchies:
    """Where we can make groups, from the mounts and our own place in each hierarchy; or the folder `parent`, from the
    top of each."""
    above = of_process("self", dict.fromkeys(_places("self"), "/") if parent else {"": "/"})
    name = parent.strip("/") or ("" if parent else PARENT)
    return Hierarchies(
        _below(above.unified, name) if above.unified else "",
        {controller: _below(folder, name) for controller, folder in above.legacy.items()},
    )


def _below(folder: str, name: str) -> str:
    return os.path.join(folder, name).rstrip("/")


def of_process(process: int | str, instead: dict[str, str] | None = None) -> Hierarchies:
    """The folders of the groups that a process is in; `instead` of its own place in a hierarchy, another one."""
    with open("/proc/self/mountinfo") as lines:
        return locate(lines, _places(process) | (instead or {}))


def _places(process: int | str) -> dict[str, str]:
    """Controller → path of the process's group; version 2's controller is "" (cgroups(7), /proc/pid/cgroup)."""
    places: dict[str, str] = {}
    for line in read(f"/proc/{process}/cgroup").splitlines():
        _, names, path = line.split(":", 2)
        places.update(dict.fromkeys(names.split(","), path))
    return places


def mounts(mountinfo: Iterable[str]) -> Iterator[tuple[str, str, str, str, str]]:
    """(type, root, mount point, its options, the hierarchy's options) of each cgroup file system among the lines of
    proc(5)'s mountinfo."""
    for line in mountinfo:
        left, _, right = line.partition(" - ")
        root, point, options = left.split()[3:6]
        kind, _, super_options = right.split()[:3]
        if kind in ("cgroup", "cgroup2"):
            yield kind, root, point, options, super_options


def locate(mountinfo: Iterable[str], places: dict[str, str]) -> Hierarchies:
    """The folders of the groups in `places`."""
    unified = ""
    legacy: dict[str, str] = {}
    for kind, root, point, _, options in mounts(mountinfo):
        for name in options.split(",") if kind == "cgroup" else ("",):
            if name in places:
                # In a container the mount may show only a part of the hierarchy at its top: `root`.
                folder = os.path.join(point, places[name].removeprefix(root.rstrip("/")).strip("/")).rstrip("/")
                if kind == "cgroup2":
                    unified = unified or folder
                else:
                    legacy.setdefault(name, folder)
    return Hierarchies(unified, legacy)
