"""The images that a build begins with: those of the store, and from registries those that it lacks."""

from __future__ import annotations

import functools
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

from onggi.engine.build.errors import NotHere
from onggi.errors import NotFound, OnggiError, Unavailable
from onggi.image.index import platform_of
from onggi.lower.request import BaseImage, ImageName
from onggi.oci import platform as platforms
from onggi.oci import reference as references
from onggi.oci.digest import Digest, is_digest
from onggi.oci.platform import Platform
from onggi.settings import Settings
from onggi.solve.events import Event, Pulled, Pulling
from onggi.solve.ports import Cancel
from onggi.store.disk import Lease
from onggi.store.images import StoredImage
from onggi.store.store import Store

if TYPE_CHECKING:
    from onggi.engine.registry import progress
    from onggi.engine.registry.wire import Wire

OnEvent = Callable[[Event], object]

_AT_ONCE = 4  # images that are pulled at the same time
_PAUSE = 0.1  # seconds between two events about one of them


class Bases:
    """Finds images, and leases them; a `with` block closes what it opened. `is_fresh`: registries are asked for newer
    ones. can_pull: else there are those of the store alone. on_event may be None, and is told by one thread at a time.
    Setting `cancel` ends what waits for a registry.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        lease: Lease,
        on_event: OnEvent | None = None,
        *,
        is_fresh: bool = False,
        can_pull: bool = True,
        cancel: Cancel | None = None,
    ) -> None:
        self._store = store
        self._settings = settings
        self._lease = lease
        self._emit = on_event or (lambda event: None)
        self._is_fresh = is_fresh
        self._can_pull = can_pull
        self._cancel = cancel
        self._scope = ExitStack()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._scope.close()

    def find(self, names: Sequence[ImageName]) -> dict[ImageName, BaseImage]:
        """All of them; what must be pulled is pulled together. Raises NotHere."""
        found = {name: self._stored(name) for name in names}
        wanted = [name for name, image in found.items() if self._is_wanted(name, image)]
        for name, image in zip(wanted, self._pull(wanted), strict=True):
            found[name] = image
        return {name: base_of(image) for name, image in found.items() if image is not None}

    def _stored(self, name: ImageName) -> StoredImage | None:
        try:
            return self._store.images.get(name.reference, self._lease, prefer=name.platform)
        except NotFound:
            return None

    def _is_wanted(self, name: ImageName, image: StoredImage | None) -> bool:
        """Whether a registry is to be asked. It may have an image that came from one for another platform, too."""
        if is_digest(name.reference):  # of an image that was made known for this build
            return False
        if image is None or self._is_fresh:
            return True
        return bool(image.origins) and not platforms.fits(platform_of(image), name.platform)

    def _pull(self, names: Sequence[ImageName]) -> list[StoredImage]:
        if not names:
            return []
        if not self._can_pull:
            reason = NotFound(f"{names[0].reference} is not here", hint=f"`onggi pull {names[0].reference}` first")
            raise NotHere(names[0], reason)
        from onggi.engine.registry.wire import open_wire  # late: most builds have all that they begin with
        from onggi.solve.together import together

        wire = self._scope.enter_context(open_wire(self._settings, self._cancel))
        pieces = [functools.partial(self._pull_one, name, wire) for name in names]
        return together(pieces, _AT_ONCE, wire.driver.cancel, "base")

    def _pull_one(self, name: ImageName, wire: Wire) -> StoredImage:
        from onggi.engine.registry.pull import Puller, Wish

        events = _PullEvents(name.reference, self._tell)
        wish = Wish(
            reference=references.parse(name.reference),
            platform=name.platform,
            # A name that means an image for this machine goes on to mean one.
            is_named=platforms.fits(platforms.of_host(), name.platform),
        )
        try:
            pulled = Puller(self._store, wire, events).fetch(wish, self._lease)
        except (Unavailable, NotFound) as error:
            hint = _hint(self._stored(name), name.platform) or error.hint
            raise NotHere(name, type(error)(error.message, hint=hint)) from error
        except OnggiError as error:
            raise NotHere(name, error) from error
        return self._store.images.get(pulled.id, self._lease)

    def _tell(self, event: Event) -> None:
        with self._lock:
            self._emit(event)


class _PullEvents:
    """Turns what is told of one pull into events of a build."""

    def __init__(self, reference: str, emit: OnEvent) -> None:
        self._reference = reference
        self._emit = emit
        self._began = time.time()
        self._last = 0.0
        self._total = 0
        self._done: Counter[Digest] = Counter()
        self._kept: Counter[Digest] = Counter()

    def __call__(self, event: progress.Event) -> None:
        from onggi.engine.registry.progress import Began, Ended, Layers, Moved

        match event:
            case Began():
                self._say(event.host)
            case Layers():
                self._total = sum({each.digest: each.size for each in event.layers}.values())
            case Moved():
                is_here = event.state == "exists"
                self._done[event.digest] = event.total if is_here else event.done
                self._kept[event.digest] = event.total if is_here else event.kept
                self._say()
            case Ended():
                moved = (self._done - self._kept).total()
                seconds = time.time() - self._began
                self._emit(
                    Pulled(
                        reference=self._reference,
                        digest=event.digest,
                        is_new=event.is_new,
                        size=moved,
                        seconds=seconds,
                        at=time.time(),
                    )
                )

    def _say(self, host: str = "") -> None:
        now = time.time()
        if host or now - self._last >= _PAUSE:
            self._last = now
            done = self._done.total()
            self._emit(Pulling(reference=self._reference, host=host, done=done, total=self._total, at=now))


def _hint(image: StoredImage | None, wanted: Platform) -> str:
    """The way on where a registry does not give what is here already."""
    if image is None:
        return ""
    its = platform_of(image)
    if platforms.fits(its, wanted):
        return "without --pull the build begins with the one that is here"
    return f"the one that is here is for {its}, not for {wanted}"


def base_of(image: StoredImage) -> BaseImage:
    """What lowering is to know of an image."""
    return BaseImage(image.id, image.config(), platform_of(image))
