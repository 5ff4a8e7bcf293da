"""A control group per container and per build step, on version 1, version 2 and both at once.

    find, group_of, open_group      where groups can be made; one that is there
    make, reserve                   a new one, held by this process
    Group                           enter, apply (limits), what is measured, freeze, thaw, kill, remove
    abandoned, sweep                those whose holder was killed

`version1.py` and `version2.py` answer for their version, by the interface of `version.py`; a group on a hybrid host has
a part in both, each controller in one of them. Bare: the launcher and the monitors import it.

Groups are made in a folder `onggi`: of version 2, at the top of the tree that this process can see (a group that has
processes cannot share its controllers with groups below it, so not beneath our own); of version 1, beneath our own
group, whose limits thus hold for us too.

Each group's folder is locked (flock) by the process that uses it. One that nobody holds is left over from a process
that was killed: `sweep` ends what is in it, and removes it.
"""

from onggi.linux.cgroup.group import LIMITS, Group, group_of, limiting, make, open_group, reserve
from onggi.linux.cgroup.holding import abandoned, sweep
from onggi.linux.cgroup.places import Hierarchies, find, locate, mounts, of_process

__all__ = [
    "LIMITS",
    "Group",
    "Hierarchies",
    "abandoned",
    "find",
    "group_of",
    "limiting",
    "locate",
    "make",
    "mounts",
    "of_process",
    "open_group",
    "reserve",
    "sweep",
]
