"""How often a build opens the files of its context: the program runs with a hook that hears of every open."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from onggi.layer.stat_cache import SETTLED

from .conftest import Context, Onggi

_LISTENING = """
import sys
log = open(sys.argv.pop(1), "a", buffering=1)
sys.addaudithook(lambda event, args: event == "open" and isinstance(args[0], str) and log.write(args[0] + "\\n"))
from onggi.cli.main import main
main()
"""
FILES = {f"{folder}/file-{folder}-{number}": f"{folder} {number}\n" for folder in "ab" for number in range(10)}


def opened(onggi: Onggi, folder: Path, log: Path) -> Counter[str]:
    """How often a build opened each file of FILES, and the folder `ignored`."""
    log.write_text("")
    argv = [sys.executable, "-c", _LISTENING, str(log), *onggi.argv("build", folder)[1:]]
    subprocess.run(argv, check=True, capture_output=True)
    names = (os.path.basename(line) for line in log.read_text().splitlines())
    return Counter(name for name in names if name.startswith(("file-", "ignored")))


def test_what_did_not_change_is_not_opened(onggi: Onggi, context: Context, tmp_path: Path) -> None:
    dockerfile = "FROM scratch\nCOPY a /a\nCOPY --exclude=*-3 b /b\nCOPY --parents a/*-1 b /c/\n"
    folder = context(dockerfile, {**FILES, "ignored/file-ignored": "", ".dockerignore": "ignored\n"})
    log = tmp_path / "opened"
    assert set(opened(onggi, folder, log)) == {os.path.basename(path) for path in FILES}
    time.sleep(SETTLED + 0.5)  # what was written this moment is read once more
    opened(onggi, folder, log)
    assert not opened(onggi, folder, log)
    (folder / "a/file-a-5").write_text("changed\n")
    assert set(opened(onggi, folder, log)) == {"file-a-5"}, "the others are linked from the layer before"
