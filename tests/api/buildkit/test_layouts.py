"""An image of a client's OCI layout, which gRPC's own library serves."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest
from tests.api.buildkit.content_store import ContentStore, by_digest

from onggi.api.buildkit.session import layouts
from onggi.api.buildkit.session.session import Session
from onggi.engine.build.contexts import Contexts
from onggi.engine.build.remotes import Remotes
from onggi.engine.types import SentLayout
from onggi.errors import Corrupt, Invalid, NotFound
from onggi.fetch.network import Network
from onggi.image import random
from onggi.image.image import Image
from onggi.lower.request import ImageContext
from onggi.oci import digest as digests
from onggi.oci import manifest as manifests
from onggi.oci import mediatype, platform
from onggi.oci.descriptor import Descriptor
from onggi.oci.manifest import Index
from onggi.oci.platform import Platform
from onggi.store.store import Store

OTHER = Platform("s390x")


def client(blobs: dict[str, bytes]) -> AbstractContextManager[Session]:
    return ContentStore("oci:theirs", blobs).session()


def blobs_of(image: Image) -> dict[str, bytes]:
    raw = [image.raw_manifest(), image.raw_config()]
    for layer in image.layers():
        with layer.open() as stream:
            raw.append(stream.read())
    return by_digest(*raw)


def described(image: Image, on: Platform) -> Descriptor:
    raw = image.raw_manifest()
    return Descriptor(mediatype.OCI_MANIFEST, digests.of(raw), len(raw), platform=on)


def test_the_image_for_this_machine_comes(tmp_path: Path) -> None:
    folder = tmp_path / "layout"
    folder.mkdir()
    ours, theirs = random.image(1), random.image(2, on=OTHER)
    entries = (described(theirs, OTHER), described(ours, platform.of_host()))
    index = manifests.encode(Index(schema_version=2, media_type=mediatype.OCI_INDEX, manifests=entries))
    name = digests.of(index)
    with client({name: index, **blobs_of(ours)}) as session, Store(tmp_path / "store") as store, ExitStack() as scope:
        contexts = Contexts(Remotes(network=Network(), secrets={}, agents=None, store=store, scope=scope))
        sent = SentLayout(lambda: layouts.fetch(session, f"oci-layout://theirs:latest@{name}", folder))
        found = contexts.named({"base": sent})["base"]
        assert isinstance(found, ImageContext)
        assert store.images.get(found.reference).raw_config() == ours.raw_config()


@pytest.mark.parametrize(
    ("what", "message"), [("manifest", "has something else as"), ("layer", "has more than")], ids=["manifest", "layer"]
)
def test_what_is_not_as_it_is_named_is_not_taken(what: str, message: str, tmp_path: Path) -> None:
    image = random.image(1)
    blobs = blobs_of(image)
    digest = digests.of(image.raw_manifest())
    wrong = digest if what == "manifest" else next(each.descriptor.digest for each in image.layers())
    blobs[wrong] += b" " * (1 << 20)
    with client(blobs) as session, pytest.raises(Corrupt, match=message):
        layouts.fetch(session, f"oci-layout://theirs@{digest}", tmp_path)


def test_an_image_that_is_not_there_or_not_named(tmp_path: Path) -> None:
    with client({}) as session:
        with pytest.raises(NotFound, match="the client's OCI layout has no image sha256:0"):
            layouts.fetch(session, f"oci-layout://theirs@sha256:{'0' * 64}", tmp_path)
        for address in ("oci-layout:///etc", "oci-layout://x@sha256:../../etc", "oci-layout://@sha256:" + "0" * 64):
            with pytest.raises(Invalid, match="does not name an image"):
                layouts.fetch(session, address, tmp_path)
