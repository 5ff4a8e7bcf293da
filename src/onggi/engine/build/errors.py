"""What is missing for a build: errors by which callers of the engine know what to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onggi.errors import NotFound, OnggiError
from onggi.layer.absent import Absent

if TYPE_CHECKING:
    from onggi.graph.vertex import Vertex
    from onggi.lower.request import ImageName


class NoDockerfile(NotFound):
    """There is no Dockerfile where one is looked for."""


class NotHere(Exception):
    """An image is neither in the store, nor can it be pulled, for this reason. What a build raises has it as cause."""

    def __init__(self, name: ImageName, reason: OnggiError) -> None:
        super().__init__(name, reason)
        self.name = name
        self.reason = reason


class MissingSource(Absent):
    """What `vertex` takes is not there. is_of_context: a build context was to have it, and no stage or image."""

    def __init__(self, message: str, path: str, vertex: Vertex, *, is_of_context: bool, hint: str = "") -> None:
        super().__init__(message, path, hint=hint)
        self.vertex = vertex
        self.is_of_context = is_of_context

    def placed(self) -> str:
        """The message, and which instruction it is of."""
        return f"line {self.vertex.line}: {self.vertex.text}: {self.message}"
