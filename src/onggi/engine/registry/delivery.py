"""One push: the blobs of some images, several at once, and then the documents that name them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Executor, ThreadPoolExecutor, wait
from contextlib import closing

import msgspec

from onggi.engine.registry.cargo import Crate, CrateSource, crate
from onggi.engine.registry.progress import Moved, OnEvent, State
from onggi.engine.registry.wire import Wire
from onggi.oci import manifest as manifests
from onggi.oci import mediatype
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.registry import documents, push
from onggi.registry.documents import Document
from onggi.registry.place import Place
from onggi.registry.push import Attempt, Found, Sending, Single
from onggi.registry.uploading import upload
from onggi.solve.ports import Abandoned
from onggi.store.archive.export import Exported, Squeeze, reindex
from onggi.store.images import StoredImage
from onggi.store.store import Store

_MOST_AT_ONCE = 4  # layers: more of them take from each other what they need
_SMALL = (
    1 << 20
)  # bytes of a tar that is squeezed before the registry is asked, for then it can be asked for the result
_PAUSE = 0.05  # seconds between two events about one layer that is on the way


class Cargo(msgspec.Struct, frozen=True):
    """What a tag is to mean: an image, or with `raw_index` one for several platforms, in which the images have these
    `manifests`."""

    images: tuple[StoredImage, ...]
    raw_index: bytes = b""
    manifests: tuple[Digest, ...] = ()

    def layers(self) -> tuple[Descriptor, ...]:
        """Of all images, each once."""
        return tuple({each.digest: each for image in self.images for each in image.manifest().layers}.values())

    def documents(self, forms: Sequence[Sequence[Descriptor]]) -> list[Document]:
        """The documents of the images with their layers in these forms; last the one that the tag is to name."""
        raw = [
            manifests.with_layers(image.raw_manifest(), layers)
            for image, layers in zip(self.images, forms, strict=True)
        ]
        found = [Document(manifests.parse(each).media_type or mediatype.OCI_MANIFEST, each) for each in raw]
        if self.raw_index:
            exported = [Exported(each, image.raw_config(), ()) for each, image in zip(raw, self.images, strict=True)]
            index = reindex(self.raw_index, self.manifests, exported)
            found.append(Document(manifests.parse_index(index).media_type or mediatype.OCI_INDEX, index))
        return found


class Delivery:
    """Brings a cargo to a place. `jobs`: threads that squeeze."""

    def __init__(
        self, store: Store, wire: Wire, place: Place, cargo: Cargo, squeeze: Squeeze, jobs: int, emit: OnEvent
    ) -> None:
        self._store = store
        self._driver = wire.driver
        self._place = place
        self._cargo = cargo
        self._squeeze = squeeze
        self._jobs = jobs
        self._progress = _Progress(emit)
        self._crates = [[crate(layer, squeeze, store.squeezed) for layer in image.layers()] for image in cargo.images]

    def foreseen(self) -> list[Digest]:
        """What the tag may come to mean, without anything being squeezed: a registry that knows it by one of these has
        all of it."""
        if not all(each.forms for crates in self._crates for each in crates):
            return []
        choices = ([[each.forms[choice] for each in crates] for crates in self._crates] for choice in (0, -1))
        return [self._cargo.documents(forms)[-1].digest for forms in choices]

    def tell_all_exist(self) -> None:
        """Says of each layer that it is there."""
        for each in self._unique():
            self._progress.tell(each.digest, "exists")

    def send(self, tag: str) -> Descriptor:
        """What the tag means then. It is put last: where this fails it means what it meant."""
        sent = self._send_layers()
        for image in self._cargo.images:
            self._send_config(image)
        *members, last = self._cargo.documents([[sent[each.digest] for each in crates] for crates in self._crates])
        for document in members:
            self._driver.run(documents.put(self._place, document))
        self._driver.run(documents.put(self._place, last, tag))
        found = [*(form.digest for form in sent.values()), *(image.id for image in self._cargo.images)]
        self._store.sightings.add(self._place.host, self._place.repository, found)
        return last.descriptor()

    def _unique(self) -> list[Crate]:
        return list({each.digest: each for crates in self._crates for each in crates}.values())

    def _send_layers(self) -> dict[Digest, Descriptor]:
        """In which form the place has each layer then, by what the image calls it."""
        crates = self._unique()
        for each in crates:
            self._progress.tell(each.digest, "waiting")
        at_once = min(self._jobs + 1, _MOST_AT_ONCE)
        with ThreadPoolExecutor(self._jobs, "squeeze") as pool, ThreadPoolExecutor(at_once, "layer") as layers:
            futures = [layers.submit(self._send_layer, each, pool) for each in crates]
            try:
                wait(futures, return_when=FIRST_EXCEPTION)
            finally:  # also where this thread is interrupted
                if not all(future.done() and not future.exception() for future in futures):
                    self._driver.cancel.set()
                    layers.shutdown(cancel_futures=True)
        errors = [error for future in futures if not future.cancelled() and (error := future.exception())]
        for error in sorted(errors, key=lambda error: isinstance(error, Abandoned)):
            raise error
        return {each.digest: future.result() for each, future in zip(crates, futures, strict=True)}

    def _send_layer(self, each: Crate, pool: Executor) -> Descriptor:
        moved = self._progress.moved(each.digest)
        with closing(CrateSource(each, self._squeeze, pool, self._jobs + 2, moved)) as source:
            is_small = each.layer.size <= _SMALL
            data = b"".join(source.chunks(0)) if is_small and not each.forms else b""
            forms = {form.digest: form for form in (*each.forms, source.descriptor) if form is not None}
            found = self._driver.run(push.find(self._place, {digest: self._elsewhere(digest) for digest in forms}))
            if isinstance(found, Found):
                self._progress.tell(each.digest, found.how)
                return forms[found.digest]
            sending: Attempt = Sending(self._place, source, found)
            if is_small:
                data = data or b"".join(source.chunks(0))
                sending = Single(self._place, data, source.made(), found)
            sent = upload(self._driver, sending, f"layer {each.digest}")
        if not each.is_kept:
            self._store.squeezed.put(each.layer.diff_id, self._squeeze.compression, self._squeeze.level, sent)
        self._progress.tell(each.digest, "done", sent.size)
        return sent

    def _send_config(self, image: StoredImage) -> None:
        raw = image.raw_config()
        described = Descriptor(mediatype.OCI_CONFIG, image.id, len(raw))
        found = self._driver.run(push.find(self._place, {image.id: self._elsewhere(image.id)}))
        if not isinstance(found, Found):
            upload(self._driver, Single(self._place, raw, described, found), f"the config {image.id}")

    def _elsewhere(self, digest: Digest) -> str:
        return self._store.sightings.elsewhere(self._place.host, digest, self._place.repository)


class _Progress:
    """Turns what becomes of layers into events, of one thread at a time and not too many."""

    def __init__(self, emit: OnEvent) -> None:
        self._emit = emit
        self._told: dict[Digest, float] = {}
        self._lock = threading.Lock()

    def tell(self, digest: Digest, state: State, size: int = 0) -> None:
        with self._lock:
            self._emit(Moved(digest=digest, state=state, done=size, total=size))

    def moved(self, digest: Digest) -> Callable[[int, int], None]:
        """What is to be told how many bytes of a layer went out, and about how many there are."""

        def moved(done: int, total: int) -> None:
            now = time.monotonic()
            with self._lock:
                if now - self._told.get(digest, 0) >= _PAUSE:
                    self._told[digest] = now
                    self._emit(Moved(digest=digest, state="moving", done=done, total=total))

        return moved
