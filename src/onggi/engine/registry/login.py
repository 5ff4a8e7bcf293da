"""Logging in to registries and out again, and the logins that are known to everything else."""

from __future__ import annotations

from pathlib import Path

import msgspec

from onggi.errors import Invalid
from onggi.registry.logins.accounts import account_named, check_account, domain_of
from onggi.registry.logins.config import DockerConfig, LoginFile
from onggi.registry.logins.login import NO_LOGINS, FirstLogins, Login, Logins
from onggi.settings import Settings


class LoggedIn(msgspec.Struct, frozen=True, kw_only=True):
    """unencrypted: the file where the password can be read, None where a helper keeps it or a token takes its place."""

    account: str
    unencrypted: Path | None


class LoggedOut(msgspec.Struct, frozen=True, kw_only=True):
    """was_kept: whether there was a login to be forgotten."""

    account: str
    was_kept: bool


class Accounts:
    """The accounts one has at registries. A server is what the names of its images begin with, or its URL."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def get(self, server: str) -> Login | None:
        """The login that Docker's config.json, or a helper that it names, has for the server. Raises Invalid for a file
        that makes no sense, HelperFailed."""
        return self._config().get(account_named(server))

    def log_in(self, server: str, login: Login) -> LoggedIn:
        """Ask the registry whether it accepts the login, then keep it: the identity token that it gives in place of the
        password, if it does. Raises Unauthorized where it does not accept it, Unavailable, and as `get`."""
        from onggi.engine.registry.wire import open_wire
        from onggi.registry.auth import try_login
        from onggi.registry.settings.places import registry

        config, account = self._config(), account_named(server)
        check_account(account)
        with open_wire(self._settings) as wire:
            accepted = wire.driver.run_alone(try_login(registry(domain_of(account), wire.table), login))
        return LoggedIn(account=account, unencrypted=config.put(account, accepted))

    def log_out(self, server: str) -> LoggedOut:
        """Forget the login, also with a helper. Raises as `get`."""
        account = account_named(server)
        return LoggedOut(account=account, was_kept=self._config().remove(account))

    def _config(self) -> DockerConfig:
        if self._settings.docker_config is None:
            raise Invalid("there is no place to keep logins", hint="set HOME, or DOCKER_CONFIG to a folder")
        return DockerConfig(self._settings.docker_config)


def known_logins(settings: Settings) -> Logins:
    """All that one is logged in to, here or with Docker or podman. Raises Invalid for a DOCKER_AUTH_CONFIG that makes no
    sense; what is wrong with files is raised when they are asked."""
    sources: list[Logins] = []
    if settings.docker_auth:
        from onggi.registry.logins.document import parse

        sources.append(parse(settings.docker_auth.encode("utf-8", "surrogateescape"), "DOCKER_AUTH_CONFIG"))
    if settings.docker_config is not None:
        sources.append(DockerConfig(settings.docker_config))
    sources += map(LoginFile, settings.auth_files)
    return FirstLogins(*sources, note=settings.note) if sources else NO_LOGINS
