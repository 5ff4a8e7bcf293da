"""Where a repository is asked for."""

from __future__ import annotations

import msgspec

from onggi.oci import digest as digests
from onggi.oci.reference import DEFAULT_DOMAIN

DOCKER_HOST = "registry-1.docker.io"
DOCKER_ACCOUNT = "https://index.docker.io/v1/"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A repository at a host.

    host: what is connected to, with its port if that is not the scheme's own: "registry-1.docker.io", "localhost:5000".
    repository: as that host calls it: "library/node". account: what logins for it are kept under. may_be_plain: HTTP
    may be spoken where TLS is not. is_verified: its certificate must be good. is_mirror: it is asked before, or in
    place of, the registry that the reference names. chunk: how many bytes one request of an upload has at most; 0 is
    no bound.
    """

    host: str
    repository: str
    account: str
    may_be_plain: bool = False
    is_verified: bool = True
    is_mirror: bool = False
    chunk: int = 0

    @property
    def familiar_host(self) -> str:
        """What people call it."""
        return DEFAULT_DOMAIN if self.host == DOCKER_HOST else self.host

    def full_name(self, name: str = "") -> str:
        """The repository, or what a tag or digest names in it, as people write it."""
        mark = "@" if digests.is_digest(name) else ":"
        return f"{self.familiar_host}/{self.repository}" + (f"{mark}{name}" if name else "")


def host_of(domain: str) -> str:
    """What is connected to for the registry that references call `domain`: docker.io is served elsewhere."""
    return DOCKER_HOST if domain == DEFAULT_DOMAIN else domain


def account_of(domain: str) -> str:
    """What logins for the registry are kept under, as Docker keeps them."""
    return DOCKER_ACCOUNT if domain == DEFAULT_DOMAIN else domain
