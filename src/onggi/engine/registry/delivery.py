"""One push: the blobs of some images, several at once, and then the documents that name them. To be imported when there
is something to send."""

from __future__ import annotations

import threading
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing
from functools import partial

from onggi.engine.registry.cargo import Cargo, Crate
from onggi.engine.registry.crate_source import CrateSource
from onggi.engine.registry.crate_source import Moved as OnMoved
from onggi.engine.registry.progress import Moved, OnEvent, Pace, State
from onggi.engine.registry.wire import Wire
from onggi.layer.compression import Squeeze
from onggi.oci import mediatype
from onggi.oci.descriptor import Descriptor
from onggi.oci.digest import Digest
from onggi.registry import documents, push
from onggi.registry.place import Place
from onggi.registry.push import Attempt, Found, Sending, Single
from onggi.registry.uploading import upload
from onggi.solve.together import together
from onggi.store.images import StoredImage
from onggi.store.store import Store

_MOST_AT_ONCE = 4  # layers: more of them take from each other what they need
_SMALL = (
    1 << 20
)  # bytes of a tar that is squeezed before the registry is asked, for then it can be asked for the result


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

    def send(self, tag: str) -> Descriptor:
        """What the tag means then. It is put last: where this fails it means what it meant."""
        sent = self._send_layers()
        for image in self._cargo.images:
            self._send_config(image)
        *members, last = self._cargo.documents(sent)
        for document in members:
            self._driver.run(documents.put(self._place, document))
        self._driver.run(documents.put(self._place, last, tag))
        found = [*(form.digest for form in sent.values()), *(image.id for image in self._cargo.images)]
        self._store.sightings.add(self._place.host, self._place.repository, found)
        return last.descriptor()

    def _send_layers(self) -> dict[Digest, Descriptor]:
        """In which form the place has each layer then, by what the image calls it."""
        crates = self._cargo.crates.values()
        for each in crates:
            self._progress.wait(each.digest, each.layer.descriptor.size if each.is_kept else 0)
        at_once = min(self._jobs + 1, _MOST_AT_ONCE)
        with ThreadPoolExecutor(self._jobs, "squeeze") as pool:
            pieces = [partial(self._send_layer, each, pool) for each in crates]
            sent = together(pieces, at_once, self._driver.cancel, "layer")
        return {each.digest: form for each, form in zip(crates, sent, strict=True)}

    def _send_layer(self, each: Crate, pool: Executor) -> Descriptor:
        moved = self._progress.moved(each.digest)
        with closing(CrateSource(each, self._squeeze, pool, self._jobs + 2, moved)) as source:
            is_small = each.layer.size <= _SMALL
            data = b""
            if is_small and not each.forms:
                data = b"".join(source.chunks(0))
                self._remember(each, source.made())
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
        self._remember(each, sent)
        self._progress.tell(each.digest, "done", sent.size)
        return sent

    def _remember(self, each: Crate, squeezed: Descriptor) -> None:
        if not each.is_kept and squeezed not in each.forms:
            self._store.squeezed.put(each.layer.diff_id, self._squeeze.compression, self._squeeze.level, squeezed)

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
        self._pace = Pace()
        self._lock = threading.Lock()

    def tell(self, digest: Digest, state: State, size: int = 0) -> None:
        with self._lock:
            self._emit(Moved(digest=digest, state=state, done=size, total=size))

    def wait(self, digest: Digest, total: int) -> None:
        with self._lock:
            self._emit(Moved(digest=digest, state="waiting", total=total))

    def moved(self, digest: Digest) -> OnMoved:
        """What is to be told how far a layer is."""

        def moved(done: int, total: int, is_estimate: bool) -> None:
            with self._lock:
                if self._pace.is_due(digest):
                    self._emit(Moved(digest=digest, state="moving", done=done, total=total, is_estimate=is_estimate))

        return moved
