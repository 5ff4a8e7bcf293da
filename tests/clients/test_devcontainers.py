"""The Dev Containers CLI, which editors start their containers with."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from .conftest import BUSYBOX, CACHE, Served

PROGRAM = CACHE / "node_modules/.bin/devcontainer"

SETTINGS = {
    "build": {"dockerfile": "Dockerfile", "args": {"WORD": "built"}},
    "containerEnv": {"OF": "tests"},
    "mounts": ["source=kept,target=/kept,type=volume"],
    "postCreateCommand": "cat /word > /kept/created",
    "remoteUser": "root",
    "runArgs": ["--init"],
}


def devcontainer(served: Served, folder: Path, *words: str) -> str:
    assert PROGRAM.exists(), "the Dev Containers CLI is not there: run scripts/clients"
    done = subprocess.run(
        [str(PROGRAM), *words[:1], "--workspace-folder", str(folder), *words[1:]],
        env={**served.modern_environment(), "HOME": str(folder)},
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_workspace(served: Served, tmp_path: Path) -> None:
    """It builds by buildx, with a Dockerfile that is in no context, and looks for its containers by their labels."""
    (tmp_path / ".devcontainer").mkdir()
    (tmp_path / ".devcontainer/devcontainer.json").write_text(json.dumps(SETTINGS))
    (tmp_path / ".devcontainer/Dockerfile").write_text(f"FROM {BUSYBOX}\nARG WORD\nRUN echo $WORD > /word\n")
    (tmp_path / "code").write_text("of the workspace\n")
    up = _last(devcontainer(served, tmp_path, "up"))
    assert (up["outcome"], up["remoteUser"]) == ("success", "root")
    command = ("sh", "-c", "cat /kept/created code; echo $OF")
    assert devcontainer(served, tmp_path, "exec", *command) == "built\nof the workspace\ntests\n"
    assert _last(devcontainer(served, tmp_path, "up"))["containerId"] == up["containerId"]
    assert served.onggi("ps", "-q", "--no-trunc").split() == [up["containerId"]]


def _last(said: str) -> Any:
    return json.loads(said.splitlines()[-1])
