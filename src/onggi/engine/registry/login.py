"""Logging in to registries, and out again."""

from __future__ import annotations

from pathlib import Path

import msgspec

from onggi.errors import Invalid, Unauthorized
from onggi.registry.logins.accounts import account_named, check_account, domain_of
from onggi.registry.logins.config import DockerConfig
from onggi.registry.logins.login import Login
from onggi.settings import Settings

_WRONG = "check name and password; some registries want an access token in place of the password"


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
        """Ask the registry whether it accepts the login, then keep what `check` says. Raises as that does and `get`."""
        config, account = self._config(), account_named(server)
        return LoggedIn(account=account, unencrypted=config.put(account, self.check(server, login)))

    def check(self, server: str, login: Login) -> Login:
        """What may be kept of a login that the registry accepts: itself, or the identity token that the registry gives
        in place of the password. Raises Unauthorized where it does not accept it, Unavailable, and Invalid for what is
        no registry."""
        from onggi.engine.registry.wire import open_wire
        from onggi.registry.auth import try_login
        from onggi.registry.settings.places import registry

        account = account_named(server)
        check_account(account)
        with open_wire(self._settings) as wire:
            place = registry(domain_of(account), wire.table)
            try:
                return wire.driver.run_alone(try_login(place, login))
            except Unauthorized as error:
                raise Unauthorized(error.message, hint=_WRONG) from error

    def log_out(self, server: str) -> LoggedOut:
        """Forget the login, also with a helper. Raises as `get`."""
        account = account_named(server)
        return LoggedOut(account=account, was_kept=self._config().remove(account))

    def _config(self) -> DockerConfig:
        folder = self._settings.logins.folder
        if folder is None:
            raise Invalid("there is no place to keep logins", hint="set HOME, or DOCKER_CONFIG to a folder")
        return DockerConfig(folder)
