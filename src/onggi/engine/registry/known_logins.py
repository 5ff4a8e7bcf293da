"""The logins that everything has which talks to registries: Docker's and podman's own."""

from __future__ import annotations

from onggi.registry.logins.config import DockerConfig, LoginFile
from onggi.registry.logins.login import FirstLogins, Logins
from onggi.settings import Settings


def known_logins(settings: Settings) -> Logins:
    """Raises Invalid for a DOCKER_AUTH_CONFIG that makes no sense; what is wrong with a file is raised when it is asked
    for. A credential helper that does not work is noted."""
    places = settings.logins
    sources: list[Logins] = []
    if places.given:
        from onggi.registry.logins.document import parse

        sources.append(parse(places.given.encode("utf-8", "surrogateescape"), "DOCKER_AUTH_CONFIG"))
    if places.folder is not None:
        sources.append(DockerConfig(places.folder))
    return FirstLogins(*sources, *map(LoginFile, places.others), note=settings.note)
