"""The Docker engine beside us, where it is installed: on a network and in folders of its own, ended with the tests.
`scripts/differential` installs one and runs these tests."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.end_to_end.conftest import Onggi, alone, bases, busybox, empty, lasting_api, nothing_stays, onggi

__all__ = ["alone", "bases", "busybox", "docker", "empty", "engine", "lasting_api", "nothing_stays", "onggi"]

if shutil.which("dockerd") is None or shutil.which("docker") is None:
    collect_ignore_glob = ["test_*.py"]

Run = Callable[..., tuple[int, str, str]]
"""Of the words of a command line: the exit code, standard output, standard error."""

IN_ITS_NETWORK = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
FLAGS = ("--iptables=false", "--ip6tables=false", "--cgroup-parent=/onggi-peer")
LOGS = ("--log-opt=max-size=10m", "--log-opt=max-file=3")
"""As ours are, where nobody says otherwise."""


@dataclass(frozen=True)
class Peer:
    """Docker's engine, at a socket. To call it is to call Docker's command line."""

    socket: Path

    def __call__(self, *words: str) -> tuple[int, str, str]:
        env = {**os.environ, "DOCKER_HOST": f"unix://{self.socket}"}
        done = subprocess.run(["docker", *words], env=env, capture_output=True, stdin=subprocess.DEVNULL, timeout=120)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    @property
    def is_old(self) -> bool:
        """Before version 28, by which ours goes where the two differ."""
        return int(self("version", "-f", "{{.Server.Version}}")[1].split(".")[0]) < 28


@pytest.fixture
def docker(engine: Peer) -> Iterator[Peer]:
    """Its command line, with nothing but busybox:1.35."""
    yield engine
    if containers := engine("ps", "-aq")[1].split():
        engine("rm", "-f", *containers)
    if volumes := engine("volume", "ls", "-q")[1].split():
        engine("volume", "rm", *volumes)
    engine("image", "prune", "-f")


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory, bases: Path) -> Iterator[Peer]:
    """An engine of our own."""
    folder = tmp_path_factory.mktemp("docker")
    peer = Peer(folder / "docker.sock")
    folders = (f"--data-root={folder}/data", f"--exec-root={folder}/exec", f"--pidfile={folder}/pid")
    with (folder / "log").open("wb") as log:
        daemon = subprocess.Popen(
            [*IN_ITS_NETWORK, "dockerd", *folders, *FLAGS, *LOGS, "-H", f"unix://{peer.socket}"],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 60
        while peer("version")[0] != 0:
            assert daemon.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.2)
        archive = folder / "busybox.tar"
        Onggi(bases)("save", "-o", archive, "busybox:1.35")
        assert peer("load", "-i", str(archive))[0] == 0
        yield peer
    finally:
        os.killpg(daemon.pid, signal.SIGTERM)
        daemon.wait(timeout=60)


def normal(text: str) -> str:
    """Without what no two runs have in common: IDs, moments, spaces that pad a table."""
    text = re.sub(r"\b[0-9a-f]{64}\b", "<id>", text)
    text = re.sub(r"\b[0-9a-f]{12}\b", "<short id>", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "<moment>", text)
    text = re.sub(r"(Less than a|About a|\d+) (seconds?|minutes?)", "<while>", text)
    return "\n".join(re.sub(r"  +", "  ", line).rstrip() for line in text.splitlines())
