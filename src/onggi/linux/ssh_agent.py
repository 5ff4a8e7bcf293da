"""SSH agents for `RUN --mount=type=ssh`: a person's own behind a filter, or one of ours that has key files."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterable
from pathlib import Path

import msgspec

from onggi.errors import Invalid, NotFound
from onggi.linux.agent_socket import AgentSocket
from onggi.linux.key_agent import KeyAgent

_DEFAULT = "default"


class AgentSpec(msgspec.Struct, frozen=True):
    """`--ssh`: the name by which steps ask for an agent, and where its keys are: one socket, or key files. None is the
    caller's own agent."""

    id: str
    paths: tuple[str, ...] = ()


def parse(text: str) -> AgentSpec:
    """ "default", "id" or "id=socket|key[,key…]"; raises Invalid."""
    name, sign, paths = text.partition("=")
    chosen = tuple(path for path in paths.split(",") if path)
    if sign and not chosen:
        raise Invalid(
            f"--ssh {text} names no socket or key", hint="write it as in --ssh default=/home/me/.ssh/id_ed25519"
        )
    return AgentSpec(name or _DEFAULT, chosen)


class SshAgents:
    """The agents of one build. `environment_socket` is the caller's SSH_AUTH_SOCK, "" for none; `path` is where
    ssh-agent is looked for. `close` ends all that was started.

    Raises Invalid for a spec that is wrong, NotFound for a socket or key file that is not there.
    """

    def __init__(
        self, specs: Iterable[str], *, environment_socket: str = "", path: str = "/usr/local/bin:/usr/bin:/bin"
    ) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._sockets: dict[str, str] = {}
        self._keys: dict[str, tuple[str, ...]] = {}
        self._key_agents: dict[str, KeyAgent] = {}
        for spec in map(parse, specs):
            if spec.id in self:
                raise Invalid(f"--ssh {spec.id} is given twice")
            self._add(spec.id, spec.paths or _of_caller(environment_socket))

    def __contains__(self, name: str) -> bool:
        return (name or _DEFAULT) in self._sockets.keys() | self._keys.keys()

    def __enter__(self) -> SshAgents:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def listen(self, name: str, path: Path, *, uid: int = 0, gid: int = 0, mode: int = 0o600) -> AgentSocket:
        """A socket at `path` that answers for the agent `name` ("" is the default one) until it is closed. Its folder
        must be one that nobody else can write to; `uid`, `gid` and `mode` are of the socket.

        Raises NotFound; for key files Invalid if they are none, Unsupported without ssh-agent.
        """
        name = name or _DEFAULT
        if name not in self:
            raise NotFound(f"the build has no SSH agent {name!r}", hint=f"give it one: --ssh {name}")
        return AgentSocket(self._upstream(name), path, uid=uid, gid=gid, mode=mode)

    def close(self) -> None:
        with self._lock:
            while self._key_agents:
                self._key_agents.popitem()[1].close()

    def _add(self, name: str, paths: tuple[str, ...]) -> None:
        sockets = [path for path in paths if _is_socket(path)]
        if not sockets:
            self._keys[name] = paths
        elif len(paths) == 1:
            self._sockets[name] = sockets[0]
        else:
            raise Invalid(f"--ssh {name} is one socket, or key files: {sockets[0]} is a socket, and there is more")

    def _upstream(self, name: str) -> str:
        if name in self._sockets:
            return self._sockets[name]
        with self._lock:
            if name not in self._key_agents:
                self._key_agents[name] = KeyAgent(self._keys[name], self._path)
            return self._key_agents[name].socket


def _of_caller(environment_socket: str) -> tuple[str, ...]:
    if not environment_socket:
        raise NotFound(
            "no SSH agent is running: SSH_AUTH_SOCK is not set",
            hint="start one with ssh-agent, or name a key file: --ssh default=FILE",
        )
    return (environment_socket,)


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)
    except OSError as error:
        raise NotFound(f"there is no SSH agent or key at {path}: {error.strerror}") from error
