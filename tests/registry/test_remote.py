from __future__ import annotations

import pytest
from tests.registries import fake, wares
from tests.registries.fake import Fake
from tests.registries.wares import Wares
from tests.registry.canned import PLACE

from onggi.errors import Corrupt, Invalid, OnggiError, Unsupported
from onggi.fetch.network import Network
from onggi.fetch.tls import Tls
from onggi.image import validate
from onggi.image.image import Image, Resumable
from onggi.oci import platform as platforms
from onggi.registry import remote, resolve
from onggi.registry.documents import Document
from onggi.registry.driver import Driver
from onggi.registry.logins.login import NO_LOGINS
from onggi.registry.place import Place
from onggi.registry.resolve import Found
from onggi.solve.ports import Cancel

IMAGE = wares.image(layers=2, size=5000)


class Watched:
    """What a watch is told."""

    def __init__(self) -> None:
        self.began: list[tuple[str, int]] = []
        self.counts: dict[str, int] = {}

    def begun(self, digest: str, offset: int) -> None:
        self.began.append((digest, offset))

    def arrived(self, digest: str, count: int) -> None:
        self.counts[digest] = self.counts.get(digest, 0) + count


def driver() -> Driver:
    return Driver(Network(), NO_LOGINS, lambda host: Tls(), Cancel())


def of(wares_: Wares) -> Image:
    manifest = Document(wares.MANIFEST, wares_.raw_manifest)
    return remote.image(Found(PLACE, manifest, manifest, wares_.raw_config), driver(), Watched())


def test_an_image_at_a_registry_is_an_image() -> None:
    watch = Watched()
    with fake.serve(Fake()) as server, driver() as wire:
        server.fake.put(IMAGE, "name", "1")
        place = Place(host=server.host, repository="name", account=server.host, may_be_plain=True)
        found = wire.run(resolve.image(place, "1", platforms.of_host()))
        server.asked.clear()
        image = remote.image(found, wire, watch)
        assert server.asked == [], "layers are fetched when they are opened"
        assert (image.raw_manifest(), image.raw_config()) == (IMAGE.raw_manifest, IMAGE.raw_config)
        validate.image(image)
        layer = image.layers()[1]
        assert isinstance(layer, Resumable)
        watch.began.clear()
        watch.counts.clear()
        with layer.open_from(1000) as stream:
            assert stream.read() == IMAGE.layers[1][1000:]
        assert watch.began == [(layer.descriptor.digest, 1000)]
        assert watch.counts == {layer.descriptor.digest: len(IMAGE.layers[1]) - 1000}


def layers(**changes: object) -> Wares:
    return IMAGE.with_manifest(layers=[{**wares.descriptor(wares.LAYER, each), **changes} for each in IMAGE.layers])


def diff_ids(*names: str) -> Wares:
    return IMAGE.with_config(rootfs={"type": "layers", "diff_ids": list(names)})


@pytest.mark.parametrize(
    ("made", "meaning", "words"),
    [
        (layers(mediaType="application/vnd.example"), Unsupported, "vnd.example"),
        (layers(digest="sha256:../../x"), Invalid, "not a sha256 digest"),
        (layers(digest="md5:00"), Invalid, "not a sha256 digest"),
        (layers(size=-1), Corrupt, "not an image manifest"),
        (diff_ids(), Corrupt, "there are 2 layers, but 0 diff IDs"),
        (diff_ids(wares.digest(b"")), Corrupt, "there are 2 layers, but 1 diff IDs"),
        (diff_ids("sha256:../x", "y"), Invalid, "not a sha256 digest"),
    ],
    ids=["kind", "path", "md5", "size", "none", "one", "no digests"],
)
def test_what_cannot_be_is_told_with_the_name_of_the_image(made: Wares, meaning: type[OnggiError], words: str) -> None:
    with pytest.raises(meaning, match=rf"^reg\.example/team/app@{wares.digest(made.raw_manifest)}: .*{words}"):
        of(made)
