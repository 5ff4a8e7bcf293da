from __future__ import annotations

import os
import select
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.ssh import Agent, new_key, ssh_add

from onggi.errors import Invalid, NotFound, Unsupported
from onggi.linux.agent_filter import REFUSAL
from onggi.linux.ssh_agent import AgentSpec, SshAgents, parse


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Agent]:
    with closing(Agent(tmp_path)) as agent:
        yield agent


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("default", AgentSpec("default")),
        ("", AgentSpec("default")),
        ("work", AgentSpec("work")),
        ("work=/a", AgentSpec("work", ("/a",))),
        ("=/a,/b", AgentSpec("default", ("/a", "/b"))),
    ],
)
def test_specs(text: str, spec: AgentSpec) -> None:
    assert parse(text) == spec


def test_a_persons_agent_lists_and_signs(running: Agent, tmp_path: Path) -> None:
    with SshAgents(["default"], environment_socket=running.socket) as agents, agents.listen("", tmp_path / "step"):
        assert "person" in ssh_add(tmp_path / "step", "-l").stdout
        assert ssh_add(tmp_path / "step", "-T", f"{running.key}.pub").returncode == 0  # signs and verifies


def test_a_step_cannot_change_a_persons_agent(running: Agent, tmp_path: Path) -> None:
    other = new_key(tmp_path, "other")
    with SshAgents([f"id={running.socket}"]) as agents, agents.listen("id", tmp_path / "step") as step:
        for arguments in (["-D"], ["-q", str(other)], ["-d", f"{running.key}.pub"], ["-X"]):
            assert ssh_add(step.path, *arguments).returncode != 0
    listed = ssh_add(running.socket, "-l").stdout
    assert "person" in listed
    assert "other" not in listed


def test_owner_and_mode(running: Agent, tmp_path: Path) -> None:
    path = tmp_path / "step"
    with SshAgents([f"id={running.socket}"]) as agents, agents.listen("id", path, uid=7, gid=8, mode=0o640):
        status = path.stat()
        assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (7, 8, 0o640)
    assert not path.exists()


def test_a_long_path(running: Agent, tmp_path: Path) -> None:
    folder = tmp_path / ("f" * 120)
    folder.mkdir()
    (tmp_path / "short").symlink_to(folder)
    with SshAgents([f"id={running.socket}"]) as agents, agents.listen("id", folder / "step"):
        assert "person" in ssh_add(tmp_path / "short/step", "-l").stdout


def test_many_conversations_at_once(running: Agent, tmp_path: Path) -> None:
    with SshAgents([f"id={running.socket}"]) as agents, agents.listen("id", tmp_path / "step") as step:
        clients = [socket.socket(socket.AF_UNIX) for _ in range(100)]
        for client in clients:
            client.connect(str(step.path))
        while clients:
            with clients.pop(0) as client:
                client.sendall(b"\0\0\0\1\x13" * 3)  # remove all keys
                assert client.recv(15, socket.MSG_WAITALL) == REFUSAL * 3


def test_nonsense_ends_a_conversation_and_not_the_socket(running: Agent, tmp_path: Path) -> None:
    with SshAgents([f"id={running.socket}"]) as agents, agents.listen("id", tmp_path / "step") as step:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(step.path))
            client.sendall(b"\xff" * 100)
            with pytest.raises(ConnectionResetError):
                assert not client.recv(1)
                raise ConnectionResetError  # an orderly end will do
        assert "person" in ssh_add(step.path, "-l").stdout


def test_closing_ends_what_is_under_way(running: Agent, tmp_path: Path) -> None:
    with SshAgents([f"id={running.socket}"]) as agents, socket.socket(socket.AF_UNIX) as client:
        step = agents.listen("id", tmp_path / "step")
        client.connect(str(step.path))
        client.sendall(b"\0\0\0\1\x13")
        assert client.recv(5, socket.MSG_WAITALL) == REFUSAL
        step.close()
        step.close()
        assert client.recv(1) == b""


def test_an_agent_that_has_ended(running: Agent, tmp_path: Path) -> None:
    with SshAgents([f"id={running.socket}"]) as agents, agents.listen("id", tmp_path / "step") as step:
        running.close()
        assert ssh_add(step.path, "-l").returncode != 0


def test_key_files(tmp_path: Path) -> None:
    keys = [new_key(tmp_path, "one"), new_key(tmp_path, "two")]
    keys[1].chmod(0o644)  # ssh-add by name would refuse it
    with SshAgents([f"deploy={keys[0]},{keys[1]}"]) as agents:
        assert not key_agents(os.getpid())  # it starts when a step asks
        with agents.listen("deploy", tmp_path / "a") as first, agents.listen("deploy", tmp_path / "b") as second:
            for step in (first, second):
                assert [line.split()[2] for line in ssh_add(step.path, "-l").stdout.splitlines()] == ["one", "two"]
            assert ssh_add(first.path, "-T", f"{keys[0]}.pub").returncode == 0
            assert ssh_add(first.path, "-D").returncode != 0
        assert len(key_agents(os.getpid())) == 1
    assert not key_agents(os.getpid())


def test_an_agent_of_ours_does_not_outlive_us(tmp_path: Path) -> None:
    key = new_key(tmp_path, "one")
    code = (
        "import sys; from pathlib import Path; from onggi.linux.ssh_agent import SshAgents\n"
        f"SshAgents(['default={key}']).listen('', Path({str(tmp_path / 'step')!r}))\n"
        "print(flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        (agent,) = (os.pidfd_open(number) for number in key_agents(process.pid))
        process.kill()
    select.select([agent], [], [])  # until it has ended
    os.close(agent)


def key_agents(owner: int) -> set[int]:
    """The key agents that a process has: each is the child of a shell that is the process's own."""
    parents = {int(entry): _parent(entry) for entry in filter(str.isdecimal, os.listdir("/proc"))}
    return {process for process, shell in parents.items() if shell in parents and parents[shell] == owner}


def _parent(process: str) -> int:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0  # it has ended
    return int(fields[1]) if fields[0] != "Z" else 0


def test_a_key_with_a_passphrase(tmp_path: Path) -> None:
    key = new_key(tmp_path, "locked", "secret words")
    with SshAgents([f"default={key}"]) as agents, pytest.raises(Invalid, match="without a passphrase"):
        agents.listen("", tmp_path / "step")
    assert not key_agents(os.getpid())


def test_a_file_that_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "note").write_text("no key")
    with (
        SshAgents([f"default={tmp_path / 'note'}"]) as agents,
        pytest.raises(Invalid, match="note is no SSH private key"),
    ):
        agents.listen("", tmp_path / "step")


def test_key_files_without_ssh_agent(tmp_path: Path) -> None:
    (tmp_path / "key").touch()
    with SshAgents([f"default={tmp_path / 'key'}"], path="/nowhere") as agents, pytest.raises(Unsupported) as failure:
        agents.listen("", tmp_path / "step")
    assert "openssh-client" in failure.value.hint


def test_an_agent_that_was_not_given(running: Agent, tmp_path: Path) -> None:
    agents = SshAgents([f"id={running.socket}"])
    assert "id" in agents
    assert "" not in agents
    with pytest.raises(NotFound) as failure:
        agents.listen("", tmp_path / "step")
    assert failure.value.hint == "give it one: --ssh default"


def test_what_is_wrong_with_specs(running: Agent, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="SSH_AUTH_SOCK is not set"):
        SshAgents(["default"])
    with pytest.raises(NotFound, match="no SSH agent or key at /nowhere"):
        SshAgents(["default=/nowhere"])
    with pytest.raises(Invalid, match="given twice"):
        SshAgents(["a", "a"], environment_socket=running.socket)
    with pytest.raises(Invalid, match="is one socket, or key files"):
        SshAgents([f"a={running.socket},{running.key}"])
    with pytest.raises(Invalid, match="names no socket or key"):
        SshAgents(["a="])
