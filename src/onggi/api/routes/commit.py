"""`/commit`: an image of a container's files."""

from __future__ import annotations

import msgspec

from onggi.api.call import Call
from onggi.api.route import Route
from onggi.api.wire import image as wire
from onggi.engine.types import CommitRequest
from onggi.oci.config import RunConfig


class CommitQuery(msgspec.Struct, frozen=True, kw_only=True):
    container: str = ""
    repository: str = msgspec.field(default="", name="repo")
    tag: str = ""
    comment: str = ""
    author: str = ""
    pause: bool = True
    changes: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """Of the image that is made; "" where it has no name."""
        return wire.named(self.repository, self.tag) if self.repository else ""


def commit(call: Call[CommitQuery, RunConfig]) -> dict[str, str]:
    """Make an image of a container's files; the body says what it is configured with besides."""
    query = call.query
    request = CommitRequest(
        reference=query.reference,
        author=query.author,
        message=query.comment,
        changes=query.changes,
        config=call.body,
        pauses=query.pause,
    )
    return {"Id": call.engine.containers.commit(query.container, request)}


ROUTES = (
    Route(
        method="POST",
        path="/commit",
        handler=commit,
        query=CommitQuery,
        body=RunConfig,
        answer=dict[str, str],
        status=201,
        kind="waits",
    ),
)
