"""dockerode, of Node: each life of dockerode.js, with what it has seen."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.registries.real import Real

from .conftest import CACHE, Served

SCRIPT = Path(__file__).with_name("dockerode.js")

SEEN: dict[str, Any] = {
    "run": {"code": 3, "texts": ["out\n", "err\n"], "status": "exited"},
    "terminal": {"code": 0, "texts": ["/dev/pts/0\r\n"]},
    "exec": {"said": ["to and fro\n", "end\n"], "code": 4},
    "attach": {"said": ["a line\n", "end\n"], "code": 0},
    "life": {
        "listed": [["/lives"]],
        "paused": True,
        "renamed": "/lived",
        "code": 137,
        "text": "1\n2\n3\n",
        "processes": 1,
        "counted": 1,
        "gone": 404,
    },
    "copies": {"content": "content\n", "name": "file", "archived": "content\n"},
    "networks": {"volume": "data", "members": ["member"], "held": 409, "gone": 404},
    "events": ["create", "start", "die", "destroy"],
}


def live(served: Served, life: str, *words: str) -> Any:
    assert (CACHE / "node_modules/dockerode").is_dir(), "dockerode is not there: run scripts/clients"
    done = subprocess.run(
        ["node", SCRIPT, life, *words],
        env={**served.environment(), "NODE_PATH": str(CACHE / "node_modules")},
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


@pytest.mark.parametrize("life", SEEN)
def test_a_life(served: Served, life: str) -> None:
    assert live(served, life) == SEEN[life]


def test_images_by_buildkit(served: Served) -> None:
    seen = live(served, "buildkit")
    assert "exit code: 9" in seen.pop("broken")
    assert seen == {"error": None, "texts": ["made\r\n"], "isTold": True, "isTraced": True}


def test_images(served: Served) -> None:
    seen = live(served, "images")
    assert "9" in seen.pop("broken")
    assert seen == {
        "error": None,
        "built": True,
        "texts": ["made\r\n"],
        "tags": ["made:1", "made:2"],
        "gone": 404,
        "loaded": ["made:1"],
    }


def test_a_registry(served: Served, registry: Real) -> None:
    name = f"{registry.host}/dockerode"
    seen = live(served, "registry", name)
    assert (seen["pushed"], seen["pulled"]) == (None, None)
    assert seen["digest"].startswith("sha256:")
    assert f"{name}:1" in seen["tags"]
