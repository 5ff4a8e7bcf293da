"""Lookups beneath a root, while the rest of the host does not stand still."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from onggi.linux.syscalls import open_in_root

_RENAMES = """
import os, sys
os.chdir(sys.argv[1])
open("a", "w").close()
while True:
    os.rename("a", "b")
    os.rename("b", "a")
"""


def test_renames_elsewhere_do_not_fail_a_lookup(tmp_path: Path) -> None:
    """The kernel gives up resolving `..` where anything was renamed meanwhile; asked again, it finds the file."""
    (tmp_path / "root/folder").mkdir(parents=True)
    (tmp_path / "root/file").touch()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    restless = subprocess.Popen([sys.executable, "-c", _RENAMES, elsewhere])
    root = os.open(tmp_path / "root", os.O_PATH)
    try:
        for _ in range(3000):
            os.close(open_in_root(root, "folder/" + "../" * 30 + "file", os.O_PATH))
    finally:
        restless.kill()
        restless.wait()
        os.close(root)
