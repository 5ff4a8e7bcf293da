"""Steps for other platforms: what is said where this machine cannot run them."""

from __future__ import annotations

from pathlib import Path

import pytest

from onggi.engine.build.emulation import require_emulation
from onggi.errors import Unsupported
from onggi.layer.union import Union
from onggi.oci.platform import Platform

MINE = Platform("amd64")
NO_IMAGE = Union([])
ENTRY = """\
enabled
interpreter /usr/bin/qemu-aarch64-static
flags: {flags}
offset 0
magic 7f454c460201010000000000000000000200b700
mask ffffffffffffff00fffffffffffffffffeffffff
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "binfmt"
    folder.mkdir()
    (folder / "status").write_text("enabled\n")
    return folder


@pytest.mark.parametrize("platform", ["linux/amd64", "linux/amd64/v3", "linux/386"])
def test_what_needs_none(folder: Path, platform: str) -> None:
    require_emulation(platform, NO_IMAGE, MINE, folder)


def test_a_registered_interpreter(folder: Path) -> None:
    (folder / "qemu-aarch64").write_text(ENTRY.format(flags="OCF"))
    require_emulation("linux/arm64", NO_IMAGE, MINE, folder)


def test_an_interpreter_that_must_be_in_the_image(folder: Path, tmp_path: Path) -> None:
    (folder / "qemu-aarch64").write_text(ENTRY.format(flags="OC"))
    with pytest.raises(Unsupported):
        require_emulation("linux/arm64", NO_IMAGE, MINE, folder)
    (tmp_path / "root/usr/bin").mkdir(parents=True)
    (tmp_path / "root/usr/bin/qemu-aarch64-static").touch()
    require_emulation("linux/arm64", Union([str(tmp_path / "root")]), MINE, folder)


def test_none_is_told_with_the_way_on(folder: Path) -> None:
    with pytest.raises(Unsupported) as caught:
        require_emulation("linux/arm64", NO_IMAGE, MINE, folder)
    assert caught.value.message == "a RUN step for linux/arm64 cannot run on this machine, which is linux/amd64"
    assert "qemu-user-static" in caught.value.hint
