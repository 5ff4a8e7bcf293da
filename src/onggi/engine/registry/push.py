"""`push`: an image of the store to its registry, of which only what the registry lacks goes over the wire."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from onggi.engine import events
from onggi.engine.registry.cargo import Cargo, cargo
from onggi.engine.registry.progress import Began, Ended, Event, Layers, Moved, OnEvent
from onggi.engine.registry.wire import Wire
from onggi.engine.types import PushRequest
from onggi.errors import Invalid, NotFound
from onggi.image.index import platform_of
from onggi.layer.compress import form_of
from onggi.oci import reference as references
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.oci.reference import Reference
from onggi.registry import blobs, documents
from onggi.store.disk import Lease
from onggi.store.store import Store


class Pushed(msgspec.Struct, frozen=True, kw_only=True):
    """`descriptor`: of the manifest or index that the tag names at the registry. is_new: it was not so before."""

    reference: Reference
    descriptor: Descriptor
    is_new: bool


class Sent:
    """Events in, the bytes of layers that went out. `tell` hears with each of them how many these are, and how many
    they will be, 0 as long as that is not known."""

    def __init__(self, tell: Callable[[int, int], object]) -> None:
        self._tell = tell
        self._layers: dict[Digest, Moved] = {}

    def __call__(self, event: Event) -> None:
        if not isinstance(event, Moved):
            return
        self._layers[event.digest] = event
        moving = [each for each in self._layers.values() if each.state not in ("exists", "mounted")]
        is_known = all(each.total and not each.is_estimate for each in moving)
        if self.size:
            self._tell(self.size, sum(each.total for each in moving) if is_known else 0)

    @property
    def size(self) -> int:
        return sum(each.done for each in self._layers.values())


class Pusher:
    """Pushes out of one store. `jobs`: threads that squeeze."""

    def __init__(self, store: Store, wire: Wire, jobs: int, on_event: OnEvent) -> None:
        self._store = store
        self._wire = wire
        self._jobs = jobs
        self._emit = on_event

    def push(self, request: PushRequest) -> list[Pushed]:
        """Raises Invalid for a name that cannot be pushed or a level that there is not, NotFound, Unauthorized, Denied,
        Unavailable; then the tag of the one that failed means what it meant."""
        squeeze = request.squeeze
        if squeeze.level is not None:
            form_of(squeeze.compression, squeeze.level)
        return [self._push(reference, request) for reference in self._references(request)]

    def _references(self, request: PushRequest) -> list[Reference]:
        reference = references.parse(request.name)
        if reference.digest:
            raise Invalid(
                f"{reference.familiar()} cannot be pushed: a digest is not a tag",
                hint="push a tag; the last line tells the digest that the registry knows it by",
            )
        if not request.all_tags:
            return [reference]
        if references.has_tag(request.name):
            raise Invalid(f"{request.name} has a tag, and all tags are to be pushed", hint="leave out one of the two")
        names = {name for image in self._store.images.list() for name in image.references}
        found = [name for name in names if name.name() == reference.name() and name.tag]
        if not found:
            raise _missing(reference.familiar_name())
        return sorted(found, key=str)

    def _push(self, reference: Reference, request: PushRequest) -> Pushed:
        place = self._wire.home(reference)
        with self._store.lease() as lease:
            goods = self._cargo(reference, request, lease)
            self._emit(Began(reference=reference, host=place.familiar_host))
            self._emit(Layers(layers=goods.layers()))
            known = self._wire.driver.run(documents.look(place, reference.tag, blobs.PUSH))
            if known is not None and known.digest in goods.foreseen():  # who has a manifest has what it names
                for digest in goods.crates:
                    self._emit(Moved(digest=digest, state="exists"))
                pushed = Pushed(reference=reference, descriptor=known, is_new=False)
            else:
                from onggi.engine.registry.delivery import Delivery

                delivery = Delivery(self._store, self._wire, place, goods, request.squeeze, self._jobs, self._emit)
                pushed = Pushed(reference=reference, descriptor=delivery.send(reference.tag), is_new=True)
            for image in goods.images:
                self._store.origins.add(reference.name(), pushed.descriptor.digest, image.id)
        events.tell_image(self._store, "push", goods.images[0].id, (reference,))
        digest, size = pushed.descriptor.digest, pushed.descriptor.size
        self._emit(Ended(reference=reference, digest=digest, is_new=pushed.is_new, size=size))
        return pushed

    def _cargo(self, reference: Reference, request: PushRequest, lease: Lease) -> Cargo:
        store, platform = self._store, request.platform
        index = store.images.index(str(reference)) if platform is None else None
        if index is not None:
            images = [store.images.get(member.image, lease) for member in index.members]
            members = [member.manifest for member in index.members]
            return cargo(images, request.squeeze, store.squeezed, index.raw, members)
        try:
            image = store.images.get(str(reference), lease, platform)
        except NotFound as error:
            if platform is not None:
                raise
            raise _missing(reference.familiar()) from error
        if platform is not None and platform_of(image) != platform:
            raise NotFound(f"{reference.familiar()} is for {platform_of(image)}, not for {platform}")
        return cargo([image], request.squeeze, store.squeezed)


def _missing(name: str) -> NotFound:
    return NotFound(f"An image does not exist locally with the tag: {name}", hint="`onggi images` lists all")
