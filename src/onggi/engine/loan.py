"""Images that go on to be there for a while without being anybody's: what a client builds upon in its next build."""

from __future__ import annotations

import threading
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from onggi.errors import Conflict, NotFound
from onggi.image.image import image_id
from onggi.solve.ports import Abandoned

if TYPE_CHECKING:
    from onggi.image.image import Image
    from onggi.oci.digest import Digest
    from onggi.store.disk import Lease
    from onggi.store.images import StoredImage
    from onggi.store.store import Store


class Loan:
    """A `with` block: to its end the images stay; then those go that came by the loan and have got no name."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._scope = ExitStack()
        self._lease: Lease | None = None
        self._own: dict[Digest, None] = {}
        self._is_over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._is_over = True
            self._scope.close()
        for each in self._own:
            with suppress(NotFound, Conflict):  # gone, or another build has begun with it: then it stays, dangling
                if self._store.images.get(each).is_dangling and not self._store.containers.of_image(each):
                    self._store.images.remove(each)

    def take(self, image: Image) -> StoredImage:
        """One whose layers are in the store. Raises Abandoned after the end: nobody builds upon it any more."""
        with self._lock:
            if self._is_over:
                raise Abandoned
            if self._lease is None:
                self._lease = self._scope.enter_context(self._store.lease())
            try:
                return self._store.images.get(image_id(image), self._lease)
            except NotFound:
                own = self._store.images.put(image, (), self._lease)
                self._own[own] = None
                return self._store.images.get(own, self._lease)
