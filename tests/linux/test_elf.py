from __future__ import annotations

import os
import sys
from pathlib import Path

from onggi.linux.elf import is_static


def test_programs_with_and_without_a_dynamic_linker(tmp_path: Path) -> None:
    assert is_static("/bin/busybox")  # busybox-static, which the tests need anyway
    assert not is_static(os.path.realpath("/bin/sh"))
    script = tmp_path / "script"
    script.write_text(f"#!{sys.executable}\n")
    assert not is_static(str(script))
