"""Devices of the host by the names that people give."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from onggi.container.devices import Given
from onggi.container.host import Device
from onggi.container.spec import Device as Asked
from onggi.errors import NotFound
from onggi.linux.host_devices import beneath, find


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """dev/loop (block 7:3), dev/deep/zero (character 1:5), a link to it, and what is no device."""
    (tmp_path / "dev/deep").mkdir(parents=True)
    os.mknod(tmp_path / "dev/loop", stat.S_IFBLK | 0o640, os.makedev(7, 3))
    os.mknod(tmp_path / "dev/deep/zero", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    for name in ("loop", "deep/zero"):
        (tmp_path / "dev" / name).chmod(0o640)  # whatever the umask
    os.chown(tmp_path / "dev/loop", 3, 4)
    (tmp_path / "dev/link").symlink_to("deep/zero")
    (tmp_path / "dev/file").touch()
    (tmp_path / "dev/pts").mkdir()
    os.mknod(tmp_path / "dev/pts/0", stat.S_IFCHR, os.makedev(136, 0))
    return tmp_path / "dev"


def test_a_device_is_as_it_is_on_the_host(folder: Path) -> None:
    assert find([Asked(f"{folder}/loop", "/dev/x", "r")]) == (Given(Device("/dev/x", "b", 7, 3, 0o640, 3, 4), "r"),)


def test_a_link_leads_to_what_is_meant(folder: Path) -> None:
    assert find([Asked(f"{folder}/link", "/dev/x")]) == (Given(Device("/dev/x", "c", 1, 5, 0o640)),)


def test_a_folder_brings_all_in_it_but_what_each_container_has(folder: Path) -> None:
    (folder.parent / "other").symlink_to("dev")
    for source in (folder, folder.parent / "other"):
        found = find([Asked(str(source), "/dev/mine", "rw")])
        assert [(each.node.path, each.permissions) for each in found] == [
            ("/dev/mine/deep/zero", "rw"),
            ("/dev/mine/loop", "rw"),
        ]
    assert [device.path for device in beneath(str(folder))] == [f"{folder}/deep/zero", f"{folder}/loop"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("nothing", "No such file or directory"), ("file", "there is no device"), ("file/x", "Not a directory")],
)
def test_what_is_no_device_is_told(folder: Path, name: str, reason: str) -> None:
    with pytest.raises(NotFound, match=f'adding custom device "{folder}/{name}": {reason}'):
        find([Asked(f"{folder}/{name}", "/dev/x")])
