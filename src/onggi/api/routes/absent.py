"""What Docker has and onggi has not: swarms, plugins, a search, attestations. Answered as a Docker answers that is in
no swarm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from onggi.api.call import Call
from onggi.api.refusals import NO_MANAGER, Refusal
from onggi.api.route import Handler, Nothing, Route
from onggi.api.versions import OLDEST, Version

_NO_CLUSTER_VOLUME = "volume update only valid for cluster volumes, but swarm is unavailable"
_NO_SWARM = "This node is not part of a swarm"
_NEVER = "swarm mode is not supported: onggi is the engine of one host"
_NO_PLUGINS = "plugins are not supported: networks, volumes and logs are onggi's own"
_NO_SEARCH = "search is not supported: the protocol of registries has none; registries' web pages do"


class _Answer(msgspec.Struct, frozen=True):
    """A no; `{name}` in its message is that of the path."""

    status: int
    message: str


_OUTSIDE = _Answer(503, NO_MANAGER)
_NO_PLUGIN = _Answer(404, 'plugin "{name}" not found')

_TABLE: tuple[tuple[Version, str, _Answer], ...] = (
    (OLDEST, "GET /swarm", _OUTSIDE),
    (OLDEST, "POST /swarm/init", _Answer(501, _NEVER)),
    (OLDEST, "POST /swarm/join", _Answer(501, _NEVER)),
    (OLDEST, "POST /swarm/leave", _Answer(503, _NO_SWARM)),
    (OLDEST, "POST /swarm/update", _OUTSIDE),
    (OLDEST, "GET /swarm/unlockkey", _OUTSIDE),
    (OLDEST, "POST /swarm/unlock", _OUTSIDE),
    (OLDEST, "GET /nodes", _OUTSIDE),
    (OLDEST, "GET /nodes/{id}", _OUTSIDE),
    (OLDEST, "DELETE /nodes/{id}", _OUTSIDE),
    (OLDEST, "POST /nodes/{id}/update", _OUTSIDE),
    (OLDEST, "GET /services", _OUTSIDE),
    (OLDEST, "POST /services/create", _OUTSIDE),
    (OLDEST, "GET /services/{id}", _OUTSIDE),
    (OLDEST, "DELETE /services/{id}", _OUTSIDE),
    (OLDEST, "POST /services/{id}/update", _OUTSIDE),
    (OLDEST, "GET /services/{id}/logs", _OUTSIDE),
    (OLDEST, "GET /tasks", _OUTSIDE),
    (OLDEST, "GET /tasks/{id}", _OUTSIDE),
    (OLDEST, "GET /tasks/{id}/logs", _OUTSIDE),
    ((1, 25), "GET /secrets", _OUTSIDE),
    ((1, 25), "POST /secrets/create", _OUTSIDE),
    ((1, 25), "GET /secrets/{id}", _OUTSIDE),
    ((1, 25), "DELETE /secrets/{id}", _OUTSIDE),
    ((1, 25), "POST /secrets/{id}/update", _OUTSIDE),
    ((1, 30), "GET /configs", _OUTSIDE),
    ((1, 30), "POST /configs/create", _OUTSIDE),
    ((1, 30), "GET /configs/{id}", _OUTSIDE),
    ((1, 30), "DELETE /configs/{id}", _OUTSIDE),
    ((1, 30), "POST /configs/{id}/update", _OUTSIDE),
    (OLDEST, "GET /images/search", _Answer(501, _NO_SEARCH)),
    ((1, 42), "PUT /volumes/{name}", _Answer(503, _NO_CLUSTER_VOLUME)),
    ((1, 25), "GET /plugins/privileges", _Answer(501, _NO_PLUGINS)),
    ((1, 25), "POST /plugins/pull", _Answer(501, _NO_PLUGINS)),
    ((1, 25), "POST /plugins/create", _Answer(501, _NO_PLUGINS)),
    ((1, 25), "GET /plugins/{name:.+}/json", _NO_PLUGIN),
    ((1, 25), "POST /plugins/{name:.+}/enable", _NO_PLUGIN),
    ((1, 25), "POST /plugins/{name:.+}/disable", _NO_PLUGIN),
    ((1, 25), "POST /plugins/{name:.+}/push", _NO_PLUGIN),
    ((1, 26), "POST /plugins/{name:.+}/upgrade", _NO_PLUGIN),
    ((1, 25), "POST /plugins/{name:.+}/set", _NO_PLUGIN),
    ((1, 25), "DELETE /plugins/{name:.+}", _NO_PLUGIN),
)
"""Since when it is asked for, method and path, and what is answered."""


def plugins(call: Call[Nothing, None]) -> tuple[Any, ...]:
    """The plugins, of which there are none."""
    return ()


def attestations(call: Call[Nothing, None]) -> None:
    """Refused: they are in indexes, of which the store has the images alone."""
    call.engine.images.inspect(call.path["name"])
    raise Refusal(501, "attestations are not supported: of an image the store has what a container is made of")


def _refuser(answer: _Answer) -> Handler:
    def refuse(call: Call[Nothing, None]) -> None:
        """Refused: onggi does not have it."""
        raise Refusal(answer.status, answer.message.replace("{name}", call.path.get("name", "")))

    return refuse


def _routes() -> Iterator[Route]:
    yield Route(method="GET", path="/plugins", handler=plugins, answer=tuple[Any, ...], since=(1, 25))
    yield Route(method="GET", path="/images/{name:.+}/attestations", handler=attestations, since=(1, 55))
    for since, name, answer in _TABLE:
        method, path = name.split()
        yield Route(method=method, path=path, handler=_refuser(answer), since=since)


ROUTES = tuple(_routes())
