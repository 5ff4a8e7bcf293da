"""The modules of messages are those that their .proto files make."""

from __future__ import annotations

import subprocess
from pathlib import Path

from onggi.api.buildkit import wire

WIRE = Path(wire.__path__[0])
ROOT = WIRE.parents[4]


def test_modules_of_messages_are_up_to_date(tmp_path: Path) -> None:
    subprocess.run([ROOT / "scripts/protos", tmp_path], check=True, cwd=ROOT)
    made = {path.name: path.read_text() for path in (tmp_path / "onggi/api/buildkit/wire").iterdir()}
    assert {path.name: path.read_text() for path in WIRE.glob("*_pb2.py*")} == made, "run scripts/protos"
