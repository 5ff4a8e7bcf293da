"""Interpreters of other machines, from a folder as the kernel shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from onggi.linux.binfmt import Interpreter, interpreter

# As qemu-user-static registers them.
ARM64 = """\
enabled
interpreter /usr/libexec/qemu-binfmt/aarch64-binfmt-P
flags: POCF
offset 0
magic 7f454c460201010000000000000000000200b700
mask ffffffffffffff00fffffffffffffffffeffffff
"""
S390X = """\
enabled
interpreter /usr/bin/qemu-s390x-static
flags:{flags}
offset 0
magic 7f454c4602020100000000000000000000020016
mask ffffffffffffff00fffffffffffffffffffeffff
"""
JAR = "enabled\ninterpreter /usr/bin/jexec\nflags: \noffset 0\nmagic 504b0304\n"
BY_NAME = "enabled\ninterpreter /usr/bin/x\nflags: \nextension .x\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "register").write_text("")
    (tmp_path / "status").write_text("enabled\n")
    (tmp_path / "a-jar").write_text(JAR)
    (tmp_path / "by-name").write_text(BY_NAME)
    (tmp_path / "qemu-aarch64").write_text(ARM64)
    (tmp_path / "qemu-s390x").write_text(S390X.format(flags=""))
    return tmp_path


def test_what_is_registered(folder: Path) -> None:
    assert interpreter("arm64", folder) == Interpreter("/usr/libexec/qemu-binfmt/aarch64-binfmt-P", True)
    assert interpreter("s390x", folder) == Interpreter("/usr/bin/qemu-s390x-static", False)


@pytest.mark.parametrize("architecture", ["arm", "riscv64", "mips64le", "amd64", "sparc9000"])
def test_what_is_not(folder: Path, architecture: str) -> None:
    assert interpreter(architecture, folder) is None


def test_an_entry_that_is_off(folder: Path) -> None:
    (folder / "qemu-aarch64").write_text(ARM64.replace("enabled", "disabled"))
    assert interpreter("arm64", folder) is None


def test_all_is_off_or_not_mounted(folder: Path, tmp_path: Path) -> None:
    (folder / "status").write_text("disabled\n")
    assert interpreter("arm64", folder) is None
    assert interpreter("arm64", tmp_path / "nowhere") is None
