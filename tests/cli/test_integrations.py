"""What other tools read of this repository to run the linter: pre-commit's hooks and GitHub's action."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from onggi.cli.main import SUMMARIES
from onggi.engine.lint.find import dockerfiles

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
NAMES = (
    "Dockerfile",
    "dockerfile",
    "Containerfile.dev",
    "Dockerfile.dev.x",
    "web.Dockerfile",
    "api.containerfile",
    "Dockerfile.md",
    "Dockerfile.j2",
    ".dockerignore",
    "Dockerfile.dockerignore",
    "myDockerfile",
    "Dockerfiles",
    "a.py",
)


@pytest.mark.parametrize("hook", [pytest.param(hook, id=hook["id"]) for hook in HOOKS])
def test_a_hook_is_for_the_files_that_a_lint_of_a_folder_finds(hook: dict[str, Any], tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / name).touch()
    found = {file.name for file in dockerfiles(tmp_path)}
    for place in ("", "deep/er/"):
        taken = {
            name
            for name in NAMES
            if re.search(hook["files"], place + name) and not re.search(hook["exclude"], place + name)
        }
        assert taken == found
    program, command, *options = hook["entry"].split()
    assert (program, hook["language"]) == ("onggi", "python")
    assert "--force-exclude" in options  # pre-commit names files
    assert command in SUMMARIES


def run_action(folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Its last step, as GitHub runs it: with -e -o pipefail."""
    given = {name: str(each["default"]) for name, each in ACTION["inputs"].items()} | inputs
    step = ACTION["runs"]["steps"][-1]
    env = {
        name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: given[match[1]], text)
        for name, text in step["env"].items()
    }
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder,
        env={**os.environ, **env, "PATH": f"{BIN}:{os.environ['PATH']}", "ONGGI_ROOT": str(folder / "no-store")},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    for name in ("a b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text("FROM debian:latest\nUSER 1000\n")
    return tmp_path


def test_the_action_annotates_and_fails(folder: Path) -> None:
    done = run_action(folder)
    assert done.returncode == 1
    files = set(re.findall(r"^::warning file=([^,]*),line=1,.*title=DL3007::", done.stdout, re.MULTILINE))
    assert files == {"a b/Dockerfile", "c/Dockerfile"}


def test_the_action_takes_paths_and_arguments_by_line(folder: Path) -> None:
    done = run_action(folder, paths="a b\n\n", arguments="--ignore\nDL3007,OG2004\n--threshold=error\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert "c/Dockerfile" not in done.stdout and "DL3007" not in done.stdout


def test_the_action_writes_sarif_beside(folder: Path) -> None:
    done = run_action(folder, sarif="out.sarif", paths="c")
    assert done.returncode == 1
    assert "::warning file=c/Dockerfile" in done.stdout
    assert json.loads((folder / "out.sarif").read_text())["version"] == "2.1.0"


def test_the_actions_inputs_never_become_code() -> None:
    assert not any("${{" in step.get("run", "") for step in ACTION["runs"]["steps"])
