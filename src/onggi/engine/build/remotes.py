"""Files and repositories from elsewhere, asked for by the right of whom the build works for."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, BinaryIO

import msgspec
from msgspec.structs import replace

from onggi.engine.agents import Agents
from onggi.engine.secrets import Secret
from onggi.engine.types import BuildRequest
from onggi.errors import Invalid
from onggi.fetch.network import Network
from onggi.settings import Settings
from onggi.solve.ports import Cancel
from onggi.store.store import Store

if TYPE_CHECKING:
    from onggi.fetch.git import Git
    from onggi.fetch.http import Fetched, NotModified, Validators

_AGENT = "default"  # the one that answers for repositories, as in BuildKit


class Remotes(msgspec.Struct, frozen=True, kw_only=True):
    """`secrets` are looked through for BuildKit's names (GIT_AUTH_TOKEN, HTTP_AUTH_TOKEN_host, …). `scope` ends what is
    opened for a repository. Setting `cancel` ends what is under way, where a method gets no other. Methods raise what
    `fetch` raises."""

    network: Network
    secrets: Mapping[str, Secret]
    agents: Agents | None
    store: Store
    scope: ExitStack
    cancel: Cancel | None = None

    def fetch(
        self,
        url: str,
        target: BinaryIO,
        *,
        checksum: str = "",
        known: Validators | None = None,
        cancel: Cancel | None = None,
    ) -> Fetched | NotModified:
        """The file at `url`, into `target`."""
        from onggi.fetch.credentials import http_authorization
        from onggi.fetch.http import fetch

        authorization = http_authorization(url, self._secret)
        return fetch(
            url,
            target,
            checksum=checksum,
            known=known,
            authorization=authorization,
            cancel=cancel or self.cancel,
            network=self.network,
        )

    def repository(self, text: str, *, checksum: str = "", cancel: Cancel | None = None) -> Git:
        """The repository that an address names. Raises Invalid where `checksum` is not the address's own."""
        from onggi.fetch import git_address
        from onggi.fetch.credentials import git_authorization
        from onggi.fetch.git import Git
        from onggi.fetch.git_program import Access

        address = git_address.parse(text)
        if checksum:
            if address.checksum and address.checksum != checksum.lower():
                raise Invalid(f"{address}: --checksum is {checksum}, and the address says {address.checksum}")
            address = replace(address, checksum=checksum.lower())
        access = Access(authorization=git_authorization(address, self._secret), agent=self._agent(address.url))
        return Git(address, access=access, network=self.network, cancel=cancel or self.cancel)

    def _secret(self, name: str) -> str | None:
        found = self.secrets.get(name)
        return None if found is None else found.value.decode(errors="replace").strip()

    def _agent(self, url: str) -> str:
        """The socket to an agent for a URL of ssh, "" for none."""
        if url.startswith(("http://", "https://", "git://")) or self.agents is None or _AGENT not in self.agents:
            return ""
        path = self.scope.enter_context(self.store.temporary()) / "agent"
        self.scope.callback(self.agents.listen(_AGENT, path).close)
        return str(path)


def open_remotes(
    request: BuildRequest, store: Store, settings: Settings, scope: ExitStack, cancel: Cancel | None = None
) -> Remotes:
    """With the secrets and agents of a request. Raises what is wrong with the agents."""
    return Remotes(
        network=Network(proxies=settings.proxies, certificates=settings.host_ca),
        secrets=request.secrets,
        agents=_agents(request, settings, scope),
        store=store,
        scope=scope,
        cancel=cancel,
    )


def _agents(request: BuildRequest, settings: Settings, scope: ExitStack) -> Agents | None:
    if not isinstance(request.ssh, tuple):
        return request.ssh
    if not request.ssh:
        return None
    from onggi.linux.ssh_agent import SshAgents  # few builds need it

    return scope.enter_context(SshAgents(request.ssh, environment_socket=settings.ssh_agent))
