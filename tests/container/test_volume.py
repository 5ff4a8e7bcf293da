"""What the options of a volume mean, and the ops that mount it."""

from __future__ import annotations

import pytest

from onggi.container import op, volume
from onggi.container.mounting import by_depth
from onggi.container.spec import Bind, Mount, Tmpfs, Volume
from onggi.container.volume import FileSystem, Folder
from onggi.errors import Invalid, NotFound, OnggiError, Unsupported

OWN, USERS = "/store/volumes/v/_data", "/store/volumes/v/users"


def place(**options: str) -> volume.VolumePlace:
    return volume.place(options, OWN, USERS)


def system(kind: str, device: str, flags: tuple[str, ...] = (), data: str = "") -> FileSystem:
    return FileSystem(kind, device, flags, data, OWN, USERS)


def test_without_options_it_is_a_folder_of_the_store() -> None:
    assert place() == Folder(OWN)


@pytest.mark.parametrize("kind", ["none", "bind", "ext4"])
def test_a_bind_is_a_folder_elsewhere(kind: str) -> None:
    assert place(type=kind, device="/srv/data/", o="bind") == Folder("/srv/data")
    assert place(type=kind, device="/srv/data", o="rbind,ro,nosuid,noatime,uid=7") == Folder(
        "/srv/data", ("ro", "nosuid")
    )


def test_others_are_file_systems() -> None:
    assert place(type="tmpfs", device="tmpfs") == system("tmpfs", "tmpfs")
    assert place(type="tmpfs", device="tmpfs", o="size=1m,noexec,uid=1000") == system(
        "tmpfs", "tmpfs", ("noexec",), "size=1m,uid=1000"
    )
    assert place(type="nfs", device=":/export", o="addr=10.0.0.1,rw,nolock") == system(
        "nfs", ":/export", (), "addr=10.0.0.1,nolock"
    )


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"tardis": "blue"}, Invalid, 'invalid option: "tardis"'),
        ({"device": "/srv"}, Invalid, 'missing required option: "type"'),
        ({"type": "none"}, Invalid, 'missing required option: "device"'),
        ({"o": "bind"}, Invalid, 'missing required option: "device"'),
        ({"type": "none", "device": "", "o": "bind"}, Invalid, 'missing required option: "device"'),
        ({"type": "none", "device": "/srv"}, Invalid, "a volume of type none is a bind"),
        ({"type": "none", "device": "srv", "o": "bind"}, Invalid, "is not an absolute path"),
        ({"size": "1g"}, Unsupported, "quota size requested but no quota support"),
    ],
)
def test_options_that_mean_nothing(options: dict[str, str], kind: type[OnggiError], message: str) -> None:
    with pytest.raises(kind, match=message):
        place(**options)


def test_there_is_one_driver() -> None:
    volume.require_driver("local")
    volume.require_driver("")
    with pytest.raises(NotFound, match='plugin "rexray" not found'):
        volume.require_driver("rexray")


def ops(*mounts: Mount, at: volume.VolumePlace = Folder(OWN)) -> list[op.Op]:  # noqa: B008 — it is frozen
    return list(by_depth(mounts, {"v": at}))


def test_a_volume_is_a_bind_of_its_folder() -> None:
    assert ops(Volume("v", "/data")) == [op.BindMount(OWN, "/data")]
    assert ops(Volume("v", "/data", read_only=True, subpath="a/b")) == [op.BindMount(OWN, "/data", True, subpath="a/b")]
    assert ops(Volume("v", "/data"), at=Folder("/srv", ("ro", "nodev"))) == [
        op.BindMount("/srv", "/data", True, flags=("nodev",))
    ]


def test_a_volume_with_its_own_file_system_is_mounted() -> None:
    assert ops(Volume("v", "/data", subpath="a"), at=system("tmpfs", "tmpfs", ("ro", "noexec"), "size=1m")) == [
        op.MountVolume("tmpfs", "tmpfs", "/data", ("noexec",), "size=1m", True, "a", OWN, USERS)
    ]


def test_binds_that_are_read_only_and_recursive() -> None:
    (usual,) = ops(Bind("/h", "/b", True))
    (flat,) = ops(Bind("/h", "/b", True, recursive="disabled"))
    (writable,) = ops(Bind("/h", "/b", True, recursive="writable"))
    assert isinstance(usual, op.BindMount)
    assert (usual.recursive, usual.read_only_beneath) == (True, True)
    assert isinstance(flat, op.BindMount)
    assert not flat.recursive
    assert isinstance(writable, op.BindMount)
    assert (writable.recursive, writable.read_only_beneath) == (True, False)


def test_outer_before_inner() -> None:
    found = ops(Volume("v", "/a/b"), Tmpfs("/a"))
    assert [each.target for each in found if isinstance(each, op.BindMount | op.MountFs)] == ["/a", "/a/b"]
