"""Which shell is opened in a failed step."""

from __future__ import annotations

from pathlib import Path

import pytest

from onggi.engine.build.debug import choose
from onggi.errors import NotFound
from onggi.layer.union import Union

BUSYBOX = Path("/bin/busybox")


def root(folder: Path, *programs: str) -> Union:
    for program in programs:
        (folder / program).parent.mkdir(parents=True, exist_ok=True)
        (folder / program).write_text("#!")
        (folder / program).chmod(0o755)
    return Union([str(folder)])


def test_what_was_asked_for_comes_first(tmp_path: Path) -> None:
    assert choose(["ls", "-l"], root(tmp_path), None).argv == ("ls", "-l")


def test_bash_if_there_is_one_else_sh(tmp_path: Path) -> None:
    assert choose([], root(tmp_path, "bin/sh"), BUSYBOX).argv == ("/bin/sh",)
    assert choose([], root(tmp_path, "bin/bash"), BUSYBOX).argv == ("/bin/bash",)
    (tmp_path / "bin/bash").chmod(0o644)
    assert choose([], root(tmp_path), BUSYBOX).argv == ("/bin/sh",)


def test_an_image_without_a_shell_is_lent_a_static_one(tmp_path: Path) -> None:
    shell = choose([], root(tmp_path), BUSYBOX)
    assert shell.busybox == BUSYBOX
    assert "has no shell" in shell.notes[0]
    for busybox in (None, tmp_path / "dynamic"):
        (tmp_path / "dynamic").write_text("#!/bin/sh")
        with pytest.raises(NotFound, match="no static busybox") as caught:
            choose([], root(tmp_path), busybox)
        assert "busybox-static" in caught.value.hint
