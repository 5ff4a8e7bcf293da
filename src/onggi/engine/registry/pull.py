"""`pull`: an image from the first place that has it into the store."""

from __future__ import annotations

import threading
from collections import Counter

import msgspec
from msgspec.structs import replace

from onggi.engine import events
from onggi.engine.registry.progress import Began, Ended, Layers, Moved, OnEvent, State
from onggi.engine.registry.wire import Wire
from onggi.errors import NotFound
from onggi.oci import manifest as manifests
from onggi.oci import reference as references
from onggi.oci.digest import Digest
from onggi.oci.platform import Platform
from onggi.oci.reference import Reference
from onggi.registry import remote, resolve, tags
from onggi.registry.resolve import Found
from onggi.registry.settings.policy import check_name, demands
from onggi.store.images import Several
from onggi.store.intake import LayerState, Transfer
from onggi.store.store import Store

_AT_ONCE = 3  # layers that come at the same time, as with Docker
_STATES: dict[LayerState, State] = {"fetching": "moving", "stored": "done", "exists": "exists"}


class PullRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to pull. platform: of an image for several, None is this machine's. all_tags: of the repository."""

    name: str
    platform: Platform | None = None
    all_tags: bool = False


class Pulled(msgspec.Struct, frozen=True, kw_only=True):
    """`digest` is what the registry knows the image by, of one for several platforms the index's; `id` the image's
    own."""

    reference: Reference
    digest: Digest
    id: Digest
    is_new: bool


class Puller:
    """Pulls into one store."""

    def __init__(self, store: Store, wire: Wire, host: Platform, on_event: OnEvent) -> None:
        self._store = store
        self._wire = wire
        self._host = host
        self._emit = on_event

    def pull(self, request: PullRequest) -> list[Pulled]:
        """Raises NotFound, Unauthorized, Denied by the policy, Unavailable, Corrupt; then nothing of the image that
        failed is named or listed."""
        reference = references.parse(request.name)
        if not request.all_tags:
            return [self._pull(reference, request.platform)]
        everything = replace(reference, tag="", digest="")
        _, names = self._wire.driver.run(resolve.first(self._wire.places(everything), tags.tags))
        if not names:
            raise NotFound(f"{everything.familiar_name()} has no tags")
        return [self._pull(replace(everything, tag=name), request.platform) for name in names]

    def _pull(self, reference: Reference, platform: Platform | None) -> Pulled:
        check_name(reference, demands(reference, self._wire.table))
        places = self._wire.places(reference)
        name, wanted = resolve.tag_or_digest(reference), platform or self._host
        place, found = self._wire.driver.run(resolve.first(places, lambda place: resolve.image(place, name, wanted)))
        if platform is not None and found.platform != platform:
            raise NotFound(f"{reference.familiar()} is for {found.platform}, not for {platform}")
        self._emit(Began(reference=reference, host=place.familiar_host))
        pulled = self._take_in(reference, found)
        self._emit(Ended(reference=reference, digest=pulled.digest, is_new=pulled.is_new))
        return pulled

    def _take_in(self, reference: Reference, found: Found) -> Pulled:
        name = replace(reference, tag="") if reference.digest else reference
        before = self._named(name)
        layers = manifests.parse(found.manifest.raw).layers
        self._emit(Layers(layers=layers))
        watch = _Watch(self._emit, {layer.digest: layer.size for layer in layers})
        image = remote.image(found, self._wire.driver, watch.arrived)
        transfer = Transfer(jobs=_AT_ONCE, cancel=self._wire.driver.cancel, tell=watch.tell)
        with self._store.lease() as lease:
            ((image_id, _),) = self._store.images.put_all([Several((image,), (name,))], lease, transfer)
        events.tell_image(self._store, "pull", image_id, (name,))
        return Pulled(reference=name, digest=found.named.digest, id=image_id, is_new=before != image_id)

    def _named(self, name: Reference) -> Digest:
        try:
            return self._store.images.get(str(name)).id
        except NotFound:
            return ""


class _Watch:
    """Turns what driver and store tell of layers into events."""

    def __init__(self, emit: OnEvent, sizes: dict[Digest, int]) -> None:
        self._emit = emit
        self._sizes = sizes
        self._done: Counter[Digest] = Counter()
        self._lock = threading.Lock()

    def arrived(self, digest: Digest, count: int) -> None:
        with self._lock:
            self._done[digest] += count
            self._emit(Moved(digest=digest, state="moving", done=self._done[digest], total=self._sizes[digest]))

    def tell(self, digest: Digest, state: LayerState) -> None:
        with self._lock:
            total = self._sizes[digest]
            self._emit(Moved(digest=digest, state=_STATES[state], done=self._done[digest], total=total))
