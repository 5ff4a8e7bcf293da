"""The logins that everything has which talks to registries: Docker's and podman's own."""

from __future__ import annotations

from collections.abc import Callable

from onggi.registry.logins.config import DockerConfig, LoginFile
from onggi.registry.logins.document import Document, parse
from onggi.registry.logins.login import FirstLogins, Login, Logins
from onggi.settings import Settings


class ToldLogins:
    """Those that somebody tells one by one, each as the text of a config.json."""

    def __init__(self, tell: Callable[[str], str]) -> None:
        self._tell = tell

    def get(self, account: str) -> Login | None:
        return _parse(self._tell(account), "what is told of logins").get(account)


def known_logins(settings: Settings) -> Logins:
    """Raises Invalid for a DOCKER_AUTH_CONFIG that makes no sense; what is wrong with a file is raised when it is asked
    for. A credential helper that does not work is noted."""
    places = settings.logins
    sources: list[Logins] = []
    if callable(places.given):
        sources.append(ToldLogins(places.given))
    elif places.given:
        sources.append(_parse(places.given, "DOCKER_AUTH_CONFIG"))
    if places.folder is not None:
        sources.append(DockerConfig(places.folder))
    return FirstLogins(*sources, *map(LoginFile, places.others), note=settings.note)


def _parse(text: str, name: str) -> Document:
    return parse(text.encode("utf-8", "surrogateescape"), name)
