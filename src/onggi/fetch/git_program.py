"""The `git` program, run on a stranger's repository.

It reads no configuration but what is set here, runs no hooks, asks nobody anything, and speaks the protocols that an
address can name: a submodule cannot be a folder of this host (CVE-2022-39253).
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from onggi.errors import NotFound, OnggiError, Unauthorized, Unavailable, Unsupported
from onggi.fetch.git_address import GitAddress
from onggi.fetch.network import Network
from onggi.fetch.url import basic_authorization, redacted, without_credentials
from onggi.solve.ports import Abandoned, Cancel

_CONFIG = {
    "advice.detachedHead": "false",
    "core.hooksPath": "/dev/null",
    "core.logAllRefUpdates": "false",  # a reflog has the time of the fetch in it
    "init.defaultBranch": "master",
    "safe.directory": "*",  # the folders are our own, whoever owns what is above them
}
_SHOWN = 400  # characters of what git says


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """By what right repositories are read.

    authorization: a header's value, for http and https. agent: the socket of an SSH agent, "" for none; keys in files
    are not looked for. known_hosts: the file of SSH's host keys; without one, any server is believed. path: where git
    and ssh are looked for.
    """

    authorization: str = ""
    agent: str = ""
    known_hosts: Path | None = None
    path: str = "/usr/local/bin:/usr/bin:/bin"


class GitFailed(Unavailable):
    """git could not do it, and why is not known to us; `said` is all that it printed."""

    def __init__(self, message: str, said: str) -> None:
        super().__init__(message)
        self.said = said


class GitProgram:
    """git, with what it needs to reach one repository. `url` is what to call that: it has no password."""

    def __init__(self, address: GitAddress, access: Access, network: Network, cancel: Cancel) -> None:
        self._address = address
        self._access = access
        self._network = network
        self._cancel = cancel
        self.url, self._authorization = _split(address.url, access.authorization)

    def run(self, *arguments: str, tree: Path | None = None) -> str:
        """What git prints. Raises GitFailed."""
        git = shutil.which("git", path=self._access.path)
        if git is None:
            raise Unsupported("git repositories are read with git, and it is not installed", hint="install git")
        process = subprocess.Popen(
            [git, *arguments],
            cwd=tree or "/",
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # no terminal to ask at, and a group to end it with its helpers
            umask=0o022,
        )
        forget = self._cancel.add(lambda: _kill(process))
        with process:
            out, err = process.communicate()
        forget()
        if self._cancel.is_set:
            raise Abandoned
        if process.returncode:
            raise _meaning(self._address, err.decode(errors="replace"))
        return out.decode(errors="surrogateescape")

    def _environment(self) -> dict[str, str]:
        config = dict(_CONFIG)
        if self._authorization:
            # In the environment: the arguments of a process are for all to see.
            config[f"http.{_scope(self.url)}.extraHeader"] = f"Authorization: {self._authorization}"
        variables = {
            "PATH": self._access.path,
            "HOME": "/dev/null",
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ALLOW_PROTOCOL": "http:https:ssh:git",
            "GIT_SSH_COMMAND": _ssh(self._access),
            # curl takes the names in lower case only. Where both are given, those in upper case go first, as for us.
            **{name.lower(): value for name, value in sorted(self._network.proxies.items(), reverse=True)},
        }
        if self._network.certificates:
            variables["GIT_SSL_CAINFO"] = str(self._network.certificates)
        if self._access.agent:
            variables["SSH_AUTH_SOCK"] = self._access.agent
        # Known since git 2.31, of 2021. An older one reads no configuration at all, and so finds no credentials.
        variables["GIT_CONFIG_COUNT"] = str(len(config))
        for number, (key, value) in enumerate(config.items()):
            variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        return variables


def _split(url: str, authorization: str) -> tuple[str, str]:
    """The URL as git may be told, and the Authorization header: a password in an argument could be seen by all, and
    would stay in .git."""
    if not url.lower().startswith(("http://", "https://")):
        return url, ""
    parts = urlsplit(url)
    return without_credentials(parts), authorization or basic_authorization(parts)


def _scope(url: str) -> str:
    """Where a header is sent: to that repository, and on github.com to submodules too, as BuildKit does."""
    for whole in ("https://github.com/", "https://www.github.com/"):
        if url.startswith(whole):
            return whole
    return url


def _ssh(access: Access) -> str:
    options = ["BatchMode=yes", "IdentityFile=none"]
    if access.known_hosts:
        # In quotes: ssh takes a list of files.
        options += [f'UserKnownHostsFile="{access.known_hosts}"', "StrictHostKeyChecking=yes"]
    else:
        options += ["UserKnownHostsFile=/dev/null", "StrictHostKeyChecking=no"]
    return shlex.join(["ssh", "-F", "/dev/null", *(word for option in options for word in ("-o", option))])


def _kill(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it has ended by itself


def _meaning(address: GitAddress, said: str) -> OnggiError:
    words = _last_words(said)
    lower = said.lower()
    for signs, meaning, hint in _MEANINGS:
        if any(sign in lower for sign in signs):
            return meaning(f"cannot read the repository {address}: {words}", hint=hint)
    return GitFailed(f"cannot read the repository {address}: {words}", said)


_MEANINGS: tuple[tuple[tuple[str, ...], type[OnggiError], str], ...] = (
    (
        ("could not read username", "authentication failed", "returned error: 403", "returned error: 401"),
        Unauthorized,
        "a private repository is read with --secret id=GIT_AUTH_TOKEN,…",
    ),
    (
        ("permission denied (", "host key verification failed"),
        Unauthorized,
        "--ssh default gives the keys of your agent",
    ),
    (("repository not found", "does not appear to be a git repository", "' not found"), NotFound, ""),
    (("cannot run ssh", "ssh: not found"), Unsupported, "install an SSH client"),
)


def _last_words(said: str) -> str:
    """git's own complaint, without what the server or a helper says around it."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    complaints = [line.partition(": ")[2] for line in lines if line.startswith(("fatal: ", "error: "))]
    words = (complaints or lines or ["git failed"])[0]
    return redacted(words)[:_SHOWN]
