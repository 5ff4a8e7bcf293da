"""The uploads that are under way. They live as long as this process: one that is gone is begun again by its client."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from onggi.registry_server.refusals import Refusal, shown
from onggi.store.served.draft import Draft

MOST = 10_000
IDLE_SECONDS = 3600.0
"""An upload that nobody has touched for so long is abandoned."""


class Upload:
    """`used`: when a client last touched it, on a monotonic clock."""

    def __init__(self, repository: str, draft: Draft, now: float) -> None:
        self.id = str(uuid.uuid4())
        self.repository, self.draft, self.used = repository, draft, now
        self.is_busy = False


class Uploads:
    """By ID; only ever touched by the event loop."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._running: dict[str, Upload] = {}

    def begin(self, repository: str, draft: Draft) -> Upload:
        if len(self._running) >= MOST:
            raise Refusal("TOOMANYREQUESTS", f"{MOST} uploads are under way already", headers={"Retry-After": "60"})
        upload = Upload(repository, draft, self._clock())
        self._running[upload.id] = upload
        return upload

    def get(self, repository: str, id: str) -> Upload:
        """Raises Refusal."""
        upload = self._running.get(id)
        if upload is None or upload.repository != repository:
            raise Refusal("BLOB_UPLOAD_UNKNOWN", f"no upload {shown(id)} into {repository} is under way")
        return upload

    @contextmanager
    def hold(self, upload: Upload) -> Iterator[None]:
        """One request at a time writes to an upload; raises Refusal while another does."""
        if upload.is_busy:
            raise Refusal("BLOB_UPLOAD_INVALID", f"another request is writing to the upload {upload.id}", status=409)
        upload.is_busy = True
        try:
            yield
        finally:
            upload.is_busy = False
            upload.used = self._clock()

    def end(self, upload: Upload) -> None:
        """Forget it, and what it has written unless that was taken."""
        self._running.pop(upload.id, None)
        upload.draft.drop()

    def end_abandoned(self) -> None:
        for upload in list(self._running.values()):
            if not upload.is_busy and self._clock() - upload.used > IDLE_SECONDS:
                self.end(upload)

    def end_all(self) -> None:
        for upload in list(self._running.values()):
            self.end(upload)
