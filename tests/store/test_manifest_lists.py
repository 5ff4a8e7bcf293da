from __future__ import annotations

import pytest

from onggi.errors import Conflict, NotFound
from onggi.oci import mediatype
from onggi.oci import reference as references
from onggi.oci.manifest_list import ListPlatform
from onggi.store.manifest_lists import ListEntry
from onggi.store.store import Store

LIST = references.parse("registry.example/shop:1")


def entry(name: str, raw: bytes = b"{}", **platform: object) -> ListEntry:
    its = ListPlatform("amd64", "linux", **platform)  # type: ignore[arg-type]
    return ListEntry(name=name, media_type=mediatype.OCI_MANIFEST, raw=raw, platform=its)


def test_a_list_keeps_what_it_was_given_in_that_order(store: Store) -> None:
    entries = (
        entry("z", b'{"a": \xc3\xa9}\n'),
        entry("a", os_version="10.0", os_features=("x", "y"), variant="v2"),
    )
    store.manifest_lists.create(LIST, entries)
    assert store.manifest_lists.get(LIST) == entries
    assert store.manifest_lists.get(references.parse("registry.example/shop:2")) == ()


def test_an_entry_is_replaced_where_it_is_and_a_new_one_comes_last(store: Store) -> None:
    store.manifest_lists.create(LIST, [entry("z"), entry("m")])
    store.manifest_lists.put(LIST, [entry("z", b"other"), entry("a")])
    assert [(each.name, each.raw) for each in store.manifest_lists.get(LIST)] == [
        ("z", b"other"),
        ("m", b"{}"),
        ("a", b"{}"),
    ]


def test_a_list_that_is_there_is_not_made_again(store: Store) -> None:
    store.manifest_lists.create(LIST, [entry("a")])
    with pytest.raises(Conflict, match="refusing to amend an existing manifest list"):
        store.manifest_lists.create(LIST, [entry("b")])
    assert [each.name for each in store.manifest_lists.get(LIST)] == ["a"]
    store.manifest_lists.remove(LIST)
    assert store.manifest_lists.get(LIST) == ()
    with pytest.raises(NotFound, match=r"No such manifest: registry\.example/shop:1"):
        store.manifest_lists.remove(LIST)
    store.manifest_lists.create(LIST, [entry("b")])
