"""`pull`: an image from the first place that has it into the store, unless it is there."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from onggi.engine import events
from onggi.engine.registry.progress import Began, Ended, Layers, Moved, OnEvent, Pace, PassedOver, State
from onggi.engine.registry.trust import Signatories, required, trusted
from onggi.engine.registry.wire import Wire
from onggi.engine.types import PullRequest
from onggi.errors import Invalid, NotFound, Unauthorized, Unsupported
from onggi.image.index import platform_of
from onggi.oci import platform as platforms
from onggi.oci import reference as references
from onggi.oci.digest import Digest
from onggi.oci.platform import Platform
from onggi.oci.reference import Reference
from onggi.registry import documents, resolve
from onggi.registry.settings.policy import check_name, demands
from onggi.store.origins import Origin
from onggi.store.several import Several

if TYPE_CHECKING:
    from onggi.registry.flow import Conversation
    from onggi.registry.place import Place
    from onggi.registry.resolve import Found
    from onggi.store.disk import Lease
    from onggi.store.images import StoredImage
    from onggi.store.intake import LayerState
    from onggi.store.store import Store

_AT_ONCE = 3  # layers that come at the same time, as with Docker
_STATES: dict[LayerState, State] = {"fetching": "moving", "stored": "done", "exists": "exists"}


class Pulled(msgspec.Struct, frozen=True, kw_only=True):
    """`digest` is what the registry knows the image by, of one for several platforms the index's; `id` the image's
    own, `platform` what it is for. is_new: whether the name means another image than before."""

    reference: Reference
    digest: Digest
    id: Digest
    platform: Platform
    is_new: bool


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """One image. platform: None is this machine's, and what has no index is taken whatever it is for. is_named: whether
    the name is to mean it from then on; else it does only if it means nothing yet."""

    reference: Reference
    platform: Platform | None = None
    keys: tuple[Path, ...] = ()
    is_named: bool = True

    @property
    def name(self) -> Reference:
        """What it is called then: a tag beside a digest says nothing."""
        return replace(self.reference, tag="") if self.reference.digest else self.reference

    @property
    def wanted(self) -> Platform:
        """What it should be for."""
        return self.platform or platforms.of_host()


class Puller:
    """Pulls into one store."""

    def __init__(self, store: Store, wire: Wire, on_event: OnEvent = lambda event: None) -> None:
        self._store = store
        self._wire = wire
        self._emit = on_event

    def pull(self, request: PullRequest) -> list[Pulled]:
        """Raises NotFound, Unauthorized, Denied by the policy, Unavailable, Corrupt; then nothing of the image that
        failed is named or listed."""
        reference = references.parse(request.name)
        wish = Wish(reference=reference, platform=request.platform, keys=request.keys)
        with self._store.lease() as lease:
            if not request.all_tags:
                return [self.fetch(wish, lease)]
            from onggi.registry import tags

            everything = replace(reference, tag="", digest="")
            _, names = self._wire.driver.run(resolve.first(self._wire.places(everything), tags.tags))
            if not names:
                raise NotFound(f"{everything.familiar_name()} has no tags")
            return self._fetch_all(replace(wish, reference=everything), names, lease)

    def _fetch_all(self, wish: Wish, tags: Sequence[str], lease: Lease) -> list[Pulled]:
        """Those of the tags of a repository that are images."""
        pulled: list[Pulled] = []
        others: list[str] = []
        for tag in tags:
            try:
                pulled.append(self.fetch(replace(wish, reference=replace(wish.reference, tag=tag)), lease))
            except resolve.NotAnImage:
                others.append(tag)
        if not pulled:
            raise NotFound(f"{wish.reference.familiar_name()} has no images, only other things: {', '.join(others)}")
        if others:
            self._emit(PassedOver(tags=tuple(others)))
        return pulled

    def fetch(self, wish: Wish, lease: Lease) -> Pulled:
        """One image, which is leased. Raises as `pull`."""
        demand = demands(wish.reference, self._wire.table)
        check_name(wish.reference, demand)
        places = self._wire.places(wish.reference)
        signatories = required(demand, wish.keys)
        # What must be signed is asked for each time: a signature is at the registry, not here.
        pulled = None if signatories else self._take_known(wish, places, lease)
        return pulled or self._fetch(wish, places, signatories, lease)

    def _take_known(self, wish: Wish, places: Sequence[Place], lease: Lease) -> Pulled | None:
        """The image if it is here; for a tag the registry is asked, without anything of the image, what it means."""
        digest = wish.reference.digest
        host = ""
        if not digest:
            if not self._store.origins.has(wish.reference.name()):
                return None
            try:
                place, digest = self._wire.driver.run(resolve.first(places, lambda place: _digest(place, wish)))
            except (NotFound, Unauthorized, Unsupported, Invalid):
                return None  # the registry says more where the image is asked for, and may know no HEAD
            host = place.familiar_host
        image = self._known(wish, digest, lease)
        if image is None:
            return None
        self._emit(Began(reference=wish.name, host=host))
        before = self._store.images.named(wish.name)
        for name in self._names(wish, before):
            self._store.images.tag(image.id, name)
        return self._ended(wish, digest, image.id, platform_of(image), is_new=before != image.id)

    def _known(self, wish: Wish, digest: Digest, lease: Lease) -> StoredImage | None:
        found = self._store.origins.images(Origin(wish.reference.name(), digest))
        offered = [(platform_of(image), image) for image in map(self._store.images.get, found)]
        fitting = platforms.fitting(offered, wish.wanted)
        try:
            return self._store.images.get(fitting[0].id, lease) if fitting else None
        except NotFound:
            return None  # it has gone just now

    def _fetch(self, wish: Wish, places: Sequence[Place], signatories: Sequence[Signatories], lease: Lease) -> Pulled:
        name = resolve.tag_or_digest(wish.reference)

        def ask(place: Place) -> Conversation[Found]:
            return trusted(place, resolve.image(place, name, wish.wanted), signatories)

        place, found = self._wire.driver.run(resolve.first(places, ask))
        if wish.platform is not None and not platforms.fits(found.platform, wish.platform):
            raise NotFound(f"{wish.reference.familiar()} is for {found.platform}, not for {wish.platform}")
        self._emit(Began(reference=wish.name, host=place.familiar_host))
        before = self._store.images.named(wish.name)
        image_id = self._take_in(wish, found, self._names(wish, before), lease)
        return self._ended(wish, found.named.digest, image_id, found.platform, is_new=before != image_id)

    def _take_in(self, wish: Wish, found: Found, names: tuple[Reference, ...], lease: Lease) -> Digest:
        from onggi.oci import manifest as manifests  # late, as all that is for images that are not here yet
        from onggi.registry import remote
        from onggi.store.intake import Transfer

        layers = manifests.parse(found.manifest.raw).layers
        self._emit(Layers(layers=layers))
        watch = _Watch(self._emit, {layer.digest: layer.size for layer in layers})
        image = remote.image(found, self._wire.driver, watch)
        transfer = Transfer(jobs=_AT_ONCE, cancel=self._wire.driver.cancel, tell=watch.tell)
        origin = Origin(wish.reference.name(), found.named.digest)
        ((image_id, _),) = self._store.images.put_all([Several((image,), names, origins=(origin,))], lease, transfer)
        # A push of what is built on it has the registry take these over from here.
        self._store.sightings.add(found.place.host, found.place.repository, [layer.digest for layer in layers])
        return image_id

    def _names(self, wish: Wish, before: Digest | None) -> tuple[Reference, ...]:
        """What is to mean the image, where the name has meant another one, or nothing, before."""
        return (wish.name,) if wish.is_named or before is None else ()

    def _ended(self, wish: Wish, digest: Digest, image: Digest, its: Platform, *, is_new: bool) -> Pulled:
        events.tell_image(self._store, "pull", image, (wish.name,))
        self._emit(Ended(reference=wish.name, digest=digest, is_new=is_new))
        return Pulled(reference=wish.name, digest=digest, id=image, platform=its, is_new=is_new)


def _digest(place: Place, wish: Wish) -> Conversation[Digest]:
    descriptor = yield from documents.look(place, wish.reference.tag)
    if descriptor is None:
        raise NotFound(f"{place.full_name(wish.reference.tag)} is not there")
    return descriptor.digest


class _Watch:
    """Turns what driver and store tell of layers into events, not too many of them."""

    def __init__(self, emit: OnEvent, sizes: dict[Digest, int]) -> None:
        self._emit = emit
        self._sizes = sizes
        self._done: Counter[Digest] = Counter()
        self._kept: Counter[Digest] = Counter()
        self._pace = Pace()
        self._lock = threading.Lock()

    def begun(self, digest: Digest, offset: int) -> None:
        with self._lock:
            self._done[digest] = self._kept[digest] = offset

    def arrived(self, digest: Digest, count: int) -> None:
        with self._lock:
            self._done[digest] += count
            if self._pace.is_due(digest):
                self._tell(digest, "moving")

    def tell(self, digest: Digest, state: LayerState) -> None:
        with self._lock:
            self._tell(digest, _STATES[state])

    def _tell(self, digest: Digest, state: State) -> None:
        done, kept = self._done[digest], self._kept[digest]
        self._emit(Moved(digest=digest, state=state, done=done, total=self._sizes[digest], kept=kept))
