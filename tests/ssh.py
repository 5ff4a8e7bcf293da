"""An SSH agent such as people have, keys for it, and the command that asks it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


class Agent:
    """With one key, called "person", until it is closed."""

    def __init__(self, folder: Path) -> None:
        self.socket = str(folder / "agent")
        self.process = subprocess.Popen(["ssh-agent", "-D", "-a", self.socket], stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        self.process.stdout.readline()  # it has bound its socket
        self.process.stdout.close()
        self.key = new_key(folder, "person")
        ssh_add(self.socket, "-q", str(self.key))

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()


def new_key(folder: Path, name: str, passphrase: str = "") -> Path:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", str(folder / name)]
    subprocess.run(command, check=True)
    return folder / name


def ssh_add(agent: str | Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    variables = {"PATH": os.environ["PATH"], "SSH_AUTH_SOCK": str(agent), "HOME": "/nonexistent"}
    return subprocess.run(["ssh-add", *arguments], env=variables, capture_output=True, text=True, check=False)
