from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from onggi.errors import Corrupt, OnggiError, Unsupported
from onggi.oci import digest as digests
from onggi.oci import manifest as manifests
from onggi.oci import mediatype
from onggi.oci.descriptor import Descriptor
from onggi.oci.manifest import Manifest
from onggi.solve.result import CacheEntry, LayerRef, Result
from onggi.store.shared import document
from onggi.store.shared.document import GROUP, INLINE, MEDIA_TYPE, Config, Kept, KeptMount

DIFF_ID = digests.of(b"tar")
BLOB = Descriptor(mediatype.OCI_LAYER_GZIP, digests.of(b"gzip"), 4)
ENTRY = CacheEntry(result=Result((LayerRef(DIFF_ID, digests.of(b"tree"), 3),), is_own=True), owned=(True,), seconds=1)
KEPT = Kept(("key one", "key two"), ENTRY)
EMPTY = Kept(("key",), CacheEntry(result=Result(), owned=(False,), seconds=0))
CONFIG = Config((DIFF_ID,), (KEPT,), (KeptMount("name", "/root/.cache", DIFF_ID),))


def described(media_type: str, raw: bytes) -> Descriptor:
    return Descriptor(media_type, digests.of(raw), len(raw))


def manifest(raw_config: bytes = b"{}", *layers: Descriptor, **annotations: str) -> Manifest:
    made = manifests.of(described(MEDIA_TYPE, raw_config), layers)
    return replace(made, annotations=annotations)


def member(name: str = "", number: int = 0) -> Descriptor:
    annotations = {GROUP: name} if name else {}
    return replace(described(mediatype.OCI_MANIFEST, f"{name} {number}".encode()), annotations=annotations)


def test_a_group_comes_back() -> None:
    raw = msgspec.json.encode(CONFIG)
    found = document.group(manifests.encode(manifest(raw, BLOB)), raw)
    assert found.config == CONFIG
    assert found.layers == {DIFF_ID: BLOB}


def entry(**changes: Any) -> dict[str, Any]:
    return {**msgspec.to_builtins(ENTRY), **changes}


def config(*entries: dict[str, Any], diff_ids: tuple[str, ...] = (DIFF_ID,)) -> bytes:
    return json.dumps({"diff_ids": diff_ids, "entries": [{"keys": ["k"], "entry": each} for each in entries]}).encode()


def result(diff_id: str, *, is_own: bool = True) -> dict[str, Any]:
    return {"layers": [{"diff_id": diff_id, "tree_digest": "", "size": 1}], "is_own": is_own}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "not a build cache"),
        (b"<html>", "not a build cache"),
        (b"[]", "not a build cache"),
        (b'{"diff_ids": [], "entries": [1]}', "not a build cache"),
        (b'{"diff_ids": ["\xff"], "entries": []}', "not a build cache"),
        (b'{"x": ' + b"[" * 100_000, "not a build cache"),
        (config(diff_ids=()), "the cache has 1 layers, but 0 diff IDs"),
        (config(diff_ids=(DIFF_ID, DIFF_ID)), "the cache has 1 layers, but 2 diff IDs"),
        (config(diff_ids=("../../x",)), "an entry that cannot be"),
        (config(entry(owned=[])), "an entry that cannot be"),
        (config(entry(owned=[False])), "an entry that cannot be"),
        (config(entry(owned=[True, True])), "an entry that cannot be"),
        (config(entry(result=result("../../x"))), "an entry that cannot be"),
    ],
    ids=lambda value: repr(value[:30]),
)
def test_a_group_that_cannot_be(raw: bytes, words: str) -> None:
    with pytest.raises(Corrupt, match=words):
        document.group(manifests.encode(manifest(raw, BLOB)), raw)


def test_members_of_an_index_and_of_what_older_versions_wrote() -> None:
    one, two = member("one"), member("two")
    index = manifests.encode(document.joined([one], two))
    assert document.members(index) == (one, two)
    single = manifests.encode(manifest(b"{}", BLOB))
    assert document.members(single) == (described(mediatype.OCI_MANIFEST, single),)
    bare = json.dumps({"schemaVersion": 2, "manifests": []}).encode()
    assert document.members(bare) == (), "an index need not say that it is one"


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"mediaType": 1}', b'{"manifests": [1]}', b'{"x": ' + b"[" * 100_000])
def test_what_has_no_members(raw: bytes) -> None:
    with pytest.raises(Corrupt):
        document.members(raw)


def test_what_older_versions_wrote_gives_way() -> None:
    assert document.joined([member()], member("one")).manifests == (member("one"),)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 9))))
def test_each_group_has_what_it_wrote_last(writes: list[tuple[str, int]]) -> None:
    others: tuple[Descriptor, ...] = ()
    for name, number in writes:
        others = document.joined(others, member(name, number)).manifests
    last = dict(writes)
    assert others == tuple(member(name, last[name]) for name in sorted(last))


@given(st.permutations([("a", 1), ("b", 2), ("c", 3)]))
def test_the_order_of_writers_makes_no_difference(writes: list[tuple[str, int]]) -> None:
    others: tuple[Descriptor, ...] = ()
    for name, number in writes:
        others = document.joined(others, member(name, number)).manifests
    assert manifests.encode(document.joined(others[1:], others[0])) == manifests.encode(
        document.joined([member("b", 2), member("c", 3)], member("a", 1))
    )


RAW_CONFIG = json.dumps(
    {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [DIFF_ID]}}
).encode()


def inline(text: str) -> document.Group:
    return document.inline(manifest(RAW_CONFIG, BLOB, **{INLINE: text}), RAW_CONFIG)


def squeezed(raw: bytes) -> str:
    return base64.b64encode(zlib.compress(raw, 9)).decode()


def test_an_image_that_is_a_cache_of_its_layers() -> None:
    annotations = document.inlined([KEPT, EMPTY])
    found = inline(annotations[INLINE])
    assert found.config == Config((DIFF_ID,), (KEPT, EMPTY))
    assert found.layers == {DIFF_ID: BLOB}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "é",
        base64.b64encode(b"not squeezed").decode(),
        squeezed(b"[]")[:-4],
        squeezed(b"<html>"),
        squeezed(b"{}"),
        squeezed(b'[{"keys": 1}]'),
        squeezed(b"[" * 100_000),
        squeezed(json.dumps([{"keys": ["k"], "entry": entry(owned=[])}]).encode()),
    ],
)
def test_a_damaged_annotation(text: str) -> None:
    with pytest.raises(Corrupt):
        inline(text)


@pytest.mark.parametrize("piece", [bytes(1 << 20), b" " * (1 << 20)])
def test_an_annotation_that_unpacks_to_very_much(piece: bytes) -> None:
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(piece) for _ in range(80)) + packer.flush()
    with pytest.raises(Corrupt, match="damaged: it is cut short, or has more than 67108864 bytes"):
        inline(base64.b64encode(packed).decode())


@given(st.binary(max_size=60))
def test_any_annotation_is_read_or_corrupt(raw: bytes) -> None:
    for text in (raw.decode("latin-1"), squeezed(raw), base64.b64encode(raw).decode()):
        try:
            inline(text)
        except OnggiError as error:
            assert isinstance(error, Corrupt)


@pytest.mark.parametrize(
    ("media_type", "words"),
    [
        ("application/vnd.buildkit.cacheconfig.v0", "it is a cache of BuildKit"),
        (mediatype.OCI_CONFIG, "it holds no cache of onggi, but application/vnd.oci.image.config"),
        ("", "it holds no cache of onggi, but"),
    ],
)
def test_what_is_another_ones(media_type: str, words: str) -> None:
    with pytest.raises(Unsupported, match=words):
        document.check_is_cache(Descriptor(media_type, DIFF_ID, 1))
    document.check_is_cache(Descriptor(MEDIA_TYPE, DIFF_ID, 1))
