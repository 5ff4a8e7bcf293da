"""Which mounts a container has."""

from __future__ import annotations

import pytest

from onggi.container import mounts
from onggi.container.spec import Bind, Mount, Tmpfs, Volume
from onggi.errors import Invalid


def test_the_image_gets_volumes_where_nothing_is_mounted() -> None:
    asked = (Bind("/h", "/data/"), Tmpfs("/run"))
    found = mounts.gather(asked, (), ("/data", "/run/", "/var/lib/db", "log"))
    assert found == (
        Bind("/h", "/data"),
        Tmpfs("/run"),
        Volume("", "/var/lib/db", is_anonymous=True),
        Volume("", "/log", is_anonymous=True),
    )


def test_what_was_asked_for_wins_over_what_is_inherited_and_that_over_the_nameless() -> None:
    inherited = (Volume("theirs", "/a"), Volume("theirs", "/b"))
    found = mounts.gather((Volume("mine", "/a"), Volume("", "/b"), Volume("", "/c")), inherited, ("/a", "/b", "/c"))
    assert found == (Volume("mine", "/a"), Volume("theirs", "/b"), Volume("", "/c", is_anonymous=True))


def test_two_at_one_place() -> None:
    with pytest.raises(Invalid, match="Duplicate mount point: /b") as caught:
        mounts.gather((Bind("/a", "/b"), Tmpfs("/b/")), (), ())
    assert caught.value.hint == "mount either /a or a tmpfs there"
    with pytest.raises(Invalid) as caught:
        mounts.gather((Volume("one", "/b"), Volume("two", "/b")), (), ())
    assert caught.value.hint == "mount either the volume one or the volume two there"
    assert mounts.gather((Volume("", "/b"), Volume("named", "/b")), (), ()) == (Volume("named", "/b"),)


def test_a_volume_at_the_root() -> None:
    with pytest.raises(Invalid, match="the root file system cannot be mounted over"):
        mounts.gather((), (), ("/",))


def test_what_another_container_gets() -> None:
    own: tuple[Mount, ...] = (
        Volume("data", "/d", is_anonymous=True),
        Bind("/h", "/b"),
        Tmpfs("/t"),
        Volume("fixed", "/f", read_only=True),
    )
    assert mounts.inherit(own, read_only=False) == [
        Volume("data", "/d", copies=False, is_anonymous=True),
        Bind("/h", "/b"),
        Volume("fixed", "/f", read_only=True, copies=False),
    ]
    assert all(mount.read_only for mount in mounts.inherit(own, read_only=True) if isinstance(mount, Bind | Volume))


@pytest.mark.parametrize(
    ("text", "name", "read_only"),
    [("web", "web", False), ("web:ro", "web", True), ("web:rw", "web", False), ("web:ro,z", "web", True)],
)
def test_whose_mounts(text: str, name: str, read_only: bool) -> None:
    assert mounts.parse_source(text) == (name, read_only)


@pytest.mark.parametrize("text", ["", ":ro", "web:x", "web:rslave", "web:nocopy", "web:ro,rw"])
def test_wrong_whose_mounts(text: str) -> None:
    with pytest.raises(Invalid):
        mounts.parse_source(text)


def test_a_volume_whose_name_docker_takes_for_a_drive_is_told_so() -> None:
    with pytest.raises(Invalid) as caught:
        mounts.target_of("x:/data")
    assert "'x' is too short for a volume's name" in caught.value.hint
