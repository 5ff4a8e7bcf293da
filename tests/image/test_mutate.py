import msgspec
import pytest

from onggi.errors import Corrupt, Invalid
from onggi.image import empty, mutate, random, validate
from onggi.image.image import Assembled, TarLayer, assemble, image_id
from onggi.oci.config import History, RunConfig
from onggi.oci.platform import Platform


def test_random_images_are_valid_and_depend_on_the_seed_alone() -> None:
    one, again, other = random.image(1), random.image(1), random.image(2)
    validate.image(one)
    assert one.raw_manifest() == again.raw_manifest()
    assert image_id(one) != image_id(other)


def test_empty_image_has_no_layers() -> None:
    image = empty.image(Platform("arm64"))
    validate.image(image)
    assert image.layers() == ()
    assert image.config().architecture == "arm64"


def test_append_adds_layers_and_history_in_order() -> None:
    base, layer = random.image(1, layers=1), random.layer(7)
    image = mutate.append(
        base,
        mutate.Addition(History(created_by="ENV A=b")),
        mutate.Addition(History(created_by="COPY . ."), layer),
    )
    validate.image(image)
    assert image.config().rootfs.diff_ids == (*base.config().rootfs.diff_ids, layer.diff_id)
    assert [line.empty_layer for line in image.config().history] == [False, True, False]


def test_config_changes_the_id_and_keeps_the_layers() -> None:
    base = random.image(1)
    image = mutate.config(base, RunConfig(cmd=("sh",)))
    assert image.config().config.cmd == ("sh",)
    assert image_id(image) != image_id(base)
    assert image.layers() == base.layers()


def test_document_sets_fields_of_the_config() -> None:
    image = mutate.document(random.image(1), author="me", created="2030-01-01T00:00:00Z")
    assert (image.config().author, image.config().created) == ("me", "2030-01-01T00:00:00Z")


def test_annotate_keeps_the_id() -> None:
    base = random.image(1)
    image = mutate.annotate(base, {"a": "b"})
    assert image_id(image) == image_id(base)
    assert image.raw_manifest() != base.raw_manifest()
    assert mutate.annotate(image, {"c": "d"}).manifest().annotations == {"a": "b", "c": "d"}


def test_rebase_moves_the_own_layers() -> None:
    old, new, layer = random.image(1), random.image(2, on=Platform("arm64")), random.layer(9)
    image = mutate.append(old, mutate.Addition(History(created_by="RUN x"), layer))
    moved = mutate.rebase(image, old, new)
    validate.image(moved)
    assert moved.config().rootfs.diff_ids == (*new.config().rootfs.diff_ids, layer.diff_id)
    assert [line.created_by for line in moved.config().history][-1] == "RUN x"
    assert moved.config().architecture == "arm64"


def test_rebase_refuses_a_base_that_is_not_one() -> None:
    with pytest.raises(Invalid, match="not built on the base"):
        mutate.rebase(random.image(1), random.image(2), random.image(3))


def test_validate_finds_a_changed_config() -> None:
    image = random.image(1)
    other = mutate.config(image, RunConfig(cmd=("evil",)))
    with pytest.raises(Corrupt, match="the config"):
        validate.documents(Assembled(image.raw_manifest(), other.raw_config(), image.layers()))


def test_validate_finds_a_changed_layer() -> None:
    image = random.image(1, layers=1)
    (layer,) = image.layers()
    with layer.open() as stream:
        data = stream.read()

    class Lying:
        diff_id = layer.diff_id
        descriptor = layer.descriptor
        open = uncompressed = staticmethod(TarLayer(data[:-1] + b"x").open)

    with pytest.raises(Corrupt, match="other contents"):
        validate.image(Assembled(image.raw_manifest(), image.raw_config(), (Lying(),)))


def test_validate_finds_history_that_tells_of_other_layers() -> None:
    image = random.image(1)
    config = msgspec.structs.replace(image.config(), history=(History(created_by="one"),))
    with pytest.raises(Corrupt, match="history tells of 1 layers, but there are 2"):
        validate.documents(assemble(config, image.layers()))
