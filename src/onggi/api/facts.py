"""What a policy has to know of what is here, from the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from onggi.api.policy import MARK, Thing
from onggi.engine.engine import Engine
from onggi.errors import NotFound


class EngineFacts:
    """See `policy.Facts`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def container(self, name: str) -> Thing | None:
        """An image's labels are its container's too, but nobody has said of the container that it has them; but for one
        that was made for its label."""
        found = _look(self._engine.containers.inspect, name)
        if found is None:
            return None
        labels: Mapping[str, str] = found["Config"]["Labels"] or {}
        of_image = _look(self._engine.images.inspect, found["Image"]) or {"Config": {}}
        inherited = (of_image["Config"].get("Labels") or {}).items()
        mark = (found["HostConfig"].get("Annotations") or {}).get(MARK, "").partition("=")[0]
        return Thing(
            found["Id"], {key: text for key, text in labels.items() if key == mark or (key, text) not in inherited}
        )

    def network(self, name: str) -> Thing | None:
        found = _look(self._engine.networks.inspect, name)
        return None if found is None else Thing(found["Id"], found["Labels"] or {}, found["Driver"] == "host")

    def volume(self, name: str) -> Thing | None:
        found = _look(self._engine.volumes.inspect, name)
        return None if found is None else Thing(found["Name"], found["Labels"] or {})

    def container_of(self, execution: str) -> str | None:
        found = _look(self._engine.containers.inspect_exec, execution)
        return None if found is None else found.container

    def has_image(self, name: str) -> bool:
        return self._engine.images.has(name)


def _look(inspect: Callable[[str], Any], name: str) -> Any:
    try:
        return inspect(name)
    except NotFound:
        return None
