"""The systemd unit that starts containers at boot."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

UNIT = Path(__file__).parent.parent / "systemd" / "onggi.service"


def unit_file(root: Path) -> str:
    """For the program that runs now and the store at `root`."""
    program = Path(sys.argv[0]).resolve() if Path(sys.argv[0]).name == "onggi" else None
    command = shlex.quote(str(program)) if program else f"{shlex.quote(sys.executable)} -m onggi"
    return UNIT.read_text().replace("@PROGRAM@", command).replace("@ROOT@", shlex.quote(str(root)))
