"""An SSH agent of our own, for keys that are in files."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import tempfile
from collections.abc import Iterable

from onggi.errors import Invalid, Unavailable, Unsupported

# What ssh-agent starts beside itself. It waits until our end of the pipe is closed, by us or because we are no more.
_COMMAND = 'echo $SSH_AGENT_PID; read -r _; kill $SSH_AGENT_PID; rm -rf "$0"'


class KeyAgent:
    """An `ssh-agent` of our own with keys from files. It ends by itself when this process does, however that ends."""

    def __init__(self, keys: Iterable[str], path: str) -> None:
        agent, add = (shutil.which(name, path=path) for name in ("ssh-agent", "ssh-add"))
        if agent is None or add is None:
            raise Unsupported(
                "key files are given to steps by ssh-agent and ssh-add, and they are not installed",
                hint="install openssh-client, or name the socket of a running agent: --ssh default=SOCKET",
            )
        self._agent: int | None = None
        self._folder = tempfile.mkdtemp(prefix="onggi-ssh-")
        self.socket = os.path.join(self._folder, "agent")
        self._process = subprocess.Popen(
            [agent, "-a", self.socket, "/bin/sh", "-c", _COMMAND, self._folder],
            env={"PATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            self._agent = self._started()
            for key in keys:
                self._add(add, key)
        except BaseException:
            self.close()
            raise

    def _started(self) -> int:
        """A descriptor of the agent's process."""
        assert self._process.stdout is not None
        number = self._process.stdout.readline()
        if not number:
            raise Unavailable("ssh-agent does not start")
        return os.pidfd_open(int(number))

    def _add(self, add: str, key: str) -> None:
        try:
            with open(key, "rb") as file:
                # By its content: for a file that others may read, ssh-add refuses its name.
                done = subprocess.run(
                    [add, "-q", "-"],
                    stdin=file,
                    capture_output=True,
                    check=False,
                    env={"SSH_AUTH_SOCK": self.socket, "SSH_ASKPASS_REQUIRE": "never"},
                    start_new_session=True,  # no terminal, so nobody is asked for a passphrase
                )
        except OSError as error:
            raise Invalid(f"the SSH key {key} cannot be read: {error.strerror}") from error
        if done.returncode:
            raise Invalid(
                f"{key} is no SSH private key without a passphrase",
                hint="add it to an agent with ssh-add, and give that: --ssh default",
            )

    def close(self) -> None:
        """Ends the agent, waits for it, and removes its socket."""
        self._process.communicate()
        if self._agent is not None:
            ended = select.poll()
            ended.register(self._agent, select.POLLIN)
            ended.poll()
            os.close(self._agent)
            self._agent = None
        shutil.rmtree(self._folder, ignore_errors=True)  # if the command never ran
