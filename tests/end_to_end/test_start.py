"""What a start of the program imports. Most of the time that a short command takes goes into imports, and what nobody
needs comes in unseen; so here it is by name what must stay out."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from .conftest import BUSYBOX, Context, Onggi

HEAVY = (
    "asyncio",
    "concurrent",
    "email",
    "http",
    "isal",
    "json",
    "logging",
    "rich",
    "shutil",
    "ssl",
    "subprocess",
    "tempfile",
    "urllib3",
    "zstandard",
    "onggi.fetch.git",
    "onggi.fetch.http",
    "onggi.fetch.transport",
    "onggi.layer.compress",
    "onggi.layer.pack",
    "onggi.store.gc",
)
OF_BUILDS = (
    "hashlib",
    "onggi.cli.progress",
    "onggi.dockerfile",
    "onggi.engine.build",
    "onggi.graph",
    "onggi.lint",
    "onggi.lower",
    "onggi.solve.run",
    "onggi.store.cache",
    "onggi.store.intake",
    "onggi.store.records",
)
OF_STARTS = ("ctypes", "socket", "onggi.cli.container_options", "onggi.container.seccomp", "onggi.linux.launch")
RARE = (  # what few ask a container for
    "onggi.cli.mounts",
    "onggi.container.device_options",
    "onggi.container.health_plan",
    "onggi.container.namespace_modes",
    "onggi.container.security_options",
    "onggi.container.volume_text",
    "onggi.engine.container.limits",
    "onggi.engine.container.sharing",
    "onggi.linux.runtime",
    "onggi.store.volumes",
    "onggi.suggest",
)


def imported(onggi: Onggi, *words: str) -> set[str]:
    argv = [sys.executable, "-X", "importtime", *onggi.argv(*words)]
    done = subprocess.run(argv, env={**os.environ, **onggi.env}, capture_output=True, check=True)
    lines = [line for line in done.stderr.decode().splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


def among(modules: set[str], unwanted: tuple[str, ...]) -> list[str]:
    return sorted(
        each for each in modules if each in unwanted or each.startswith(tuple(f"{name}." for name in unwanted))
    )


def test_version_and_help(onggi: Onggi) -> None:
    for words in (("--version",), ("--help",), ("container", "--help")):
        assert among(imported(onggi, *words), ("msgspec", "onggi.engine", "onggi.cli.commands")) == []


def test_a_run(onggi: Onggi) -> None:
    modules = imported(onggi, "run", "--rm", BUSYBOX, "true")
    assert "onggi.engine.container.start" in modules
    assert among(modules, HEAVY + OF_BUILDS + RARE) == []


@pytest.mark.parametrize("words", [("ps", "-a"), ("images",), ("logs", "box"), ("inspect", "box")], ids=" ".join)
def test_a_look(onggi: Onggi, words: tuple[str, ...]) -> None:
    onggi("create", "--name", "box", BUSYBOX)
    modules = imported(onggi, *words)
    assert "onggi.engine.engine" in modules
    assert among(modules, HEAVY + OF_BUILDS + OF_STARTS) == []


def test_exec_and_an_end(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "box", BUSYBOX, "sleep", "1000")
    for words in (("exec", "box", "true"), ("kill", "box"), ("wait", "box"), ("rm", "box")):
        assert among(imported(onggi, *words), HEAVY + OF_BUILDS) == [], words


def test_a_build_that_is_all_hits(onggi: Onggi, context: Context) -> None:
    folder = context(f"FROM {BUSYBOX}\nCOPY file /\nRUN true\nRUN true && echo > /made\n", {"file": "text"})
    onggi("build", folder)
    modules = imported(onggi, "build", str(folder))
    assert "onggi.solve.run" in modules
    unwanted = among(modules, (*HEAVY, "ctypes", "socket", "onggi.container.plan", "onggi.linux"))
    assert unwanted == ["onggi.linux", "onggi.linux.events"], "by which it tells of the image"
