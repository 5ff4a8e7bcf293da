"""Roots and knobs, in one frozen value. Only front doors read the environment; they make one of these."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

CACHE_BYTES = 20 * 10**9
"""What Docker Desktop ships with (`defaultKeepStorage`: 20GB). BuildKit's own default is a tenth of the disk, which
makes what is kept depend on the machine, and is too much on a large disk and too little to be of use on a small one."""
GivenLogins: TypeAlias = str | Callable[[str], str]
"""The text of a config.json; or who tells one for an account (a registry's host, or Docker Hub's
`https://index.docker.io/v1/`) when its login is wanted, "" for none. Who cannot tell raises HelperFailed."""


class LoginPlaces(msgspec.Struct, frozen=True, kw_only=True):
    """Where logins at registries are kept.

    given: what DOCKER_AUTH_CONFIG holds, or a client, asked first. folder: Docker's, in whose config.json `login`
    writes; None where there is none. others: files such as podman's auth.json, which are only read, and asked last.
    """

    given: GivenLogins = ""
    folder: Path | None = None
    others: tuple[Path, ...] = ()

    def __repr__(self) -> str:
        return f"LoginPlaces(given={'…' if self.given else ''!r}, folder={self.folder!r}, others={self.others!r})"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What an Engine needs to know about its surroundings.

    root: the store's folder. cache_bytes: what the build cache may take up on disk beside images and containers; None
    is no cap. jobs: how many CPU-heavy pieces of work run at once. host_ca: the host's CA bundle, shown to RUN
    steps on request. proxies: the predefined proxy arguments of the caller (HTTP_PROXY, no_proxy, …), for builds.
    ssh_agent: the socket of the caller's SSH agent, "" for none, shown to RUN steps on request. busybox: this host's,
    to lend a shell to images that have none. registries: the file of their settings, read when one is talked to; None
    where there is none. publish_default_ip: the host's address for published ports that name none; "" for all of them.
    certificates: the folders named certs.d, the weightiest first. note: is told what a person
    should know and no result says.
    """

    root: Path
    cache_bytes: int | None = CACHE_BYTES
    jobs: int = 2
    host_ca: Path | None = None
    busybox: Path | None = None
    proxies: Mapping[str, str] = {}
    ssh_agent: str = ""
    registries: Path | None = None
    publish_default_ip: str = ""
    certificates: tuple[Path, ...] = ()
    logins: LoginPlaces = LoginPlaces()
    note: Callable[[str], object] = lambda text: None

    def with_logins(self, given: GivenLogins) -> Settings:
        """With logins that are asked first; as it is for ""."""
        return replace(self, logins=replace(self.logins, given=given)) if given else self


def default_root(environ: Mapping[str, str], uid: int) -> Path:
    """The store's place: `ONGGI_ROOT`, else /var/lib/onggi for root, else beneath the user's data folder."""
    if named := environ.get("ONGGI_ROOT"):
        return Path(named)
    if uid == 0:
        return Path("/var/lib/onggi")
    data = environ.get("XDG_DATA_HOME") or os.path.join(environ.get("HOME", "/"), ".local/share")
    return Path(data) / "onggi"
