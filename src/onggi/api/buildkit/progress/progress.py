"""What a job tells its client, from the beginning to the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from onggi.api.buildkit.grpc.status import CallError
from onggi.api.buildkit.progress.story import Story
from onggi.api.buildkit.progress.transcript import Transcript
from onggi.api.buildkit.progress.vertices import Told, digest
from onggi.api.buildkit.progress.warnings import Dockerfile
from onggi.api.buildkit.wire.control_pb2 import StatusResponse
from onggi.dockerfile.source import Source
from onggi.errors import OnggiError

DEFINITION = "[internal] load build definition from {name}"
"""What a step is called that fetches a Dockerfile."""

_PAUSE = 0.1  # seconds between two messages about how far a transfer is


class Step:
    """Something that is done for a job beside its builds, while it goes on."""

    def __init__(self, told: Told, transfer: str, tell: Callable[[StatusResponse], object]) -> None:
        self._told = told
        self._transfer = transfer
        self._tell = tell
        self._last = 0.0
        self._bytes = 0

    def transferred(self, size: int) -> None:
        """So many bytes more. Not every call is told."""
        self._bytes += size
        if (now := time.time()) - self._last >= _PAUSE:
            self._last = now
            self._tell(self._told.part(self._transfer, now, self._bytes))

    def end(self, error: str = "") -> None:
        now = time.time()
        if self._bytes:
            self._told.part(self._transfer, now, self._bytes)
        self._tell(self._told.end(now, error=error))


class Progress:
    """Of one job, whose name tells its vertices from those of others."""

    def __init__(self, job: str) -> None:
        self._job = job
        self._stories = 0
        self._transcript = Transcript()

    def story(self, dockerfile: Source | None = None) -> Story:
        """Of one more build."""
        self._stories += 1
        step = DEFINITION.format(name=dockerfile.name if dockerfile else "")
        return Story(f"{self._job} {self._stories}", self.tell, Dockerfile(digest(self._job, step), dockerfile))

    @contextmanager
    def step(self, name: str, transfer: str = "") -> Iterator[Step]:
        """Tells of what is done in the block. `transfer` names the bytes that it moves: "transferring context:"."""
        told = Told(digest(self._job, name), name)
        step = Step(told, transfer, self.tell)
        self.tell(told.start(time.time()))
        try:
            yield step
        except (OnggiError, CallError) as error:
            step.end(error.message)
            raise
        except BaseException:
            step.end("context canceled")
            raise
        step.end()

    def tell(self, said: StatusResponse) -> None:
        self._transcript.add(said.SerializeToString())

    def end(self) -> None:
        self._transcript.end()

    def follow(self, has_gone: Callable[[], bool] = lambda: False) -> Iterator[StatusResponse]:
        """All that is told, until the end, or until `has_gone` says that nobody listens any more, which is asked again
        after `look`."""
        return map(StatusResponse.FromString, self._transcript.follow(has_gone))

    def look(self) -> None:
        self._transcript.look()
