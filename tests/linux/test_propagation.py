"""Which mount a path is on, and how that is tied to others."""

from __future__ import annotations

from onggi.linux.propagation import find_mount, mount_of

MOUNTS = """\
21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
22 21 0:20 / /srv rw - tmpfs tmpfs rw
23 22 0:21 / /srv/a\\040b rw,nosuid master:7 propagate_from:2 - tmpfs tmpfs rw
24 21 0:22 / /home rw shared:9 master:1 - ext4 /dev/sdb1 rw
25 24 0:23 / /home rw - tmpfs tmpfs rw
""".splitlines()


def test_the_innermost_counts() -> None:
    assert find_mount("/etc", MOUNTS) == ("/", ("shared:1",))
    assert find_mount("/srv", MOUNTS) == ("/srv", ())
    assert find_mount("/srvx", MOUNTS) == ("/", ("shared:1",))
    assert find_mount("/srv/a b/c", MOUNTS) == ("/srv/a b", ("master:7", "propagate_from:2"))


def test_the_last_of_several_at_one_place_is_on_top() -> None:
    assert find_mount("/home/x", MOUNTS) == ("/home", ())


def test_of_this_host() -> None:
    assert mount_of("/proc/self")[0] == "/proc"
