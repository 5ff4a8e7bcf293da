from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings

from onggi.errors import Conflict, Invalid
from onggi.layer.diff import apply, diff
from onggi.layer.union import Union

from .items import Item, Items, make, read, trees


def layer_of(place: Path, old: Items, new: Items) -> Path:
    make(place / "old", old)
    make(place / "new", new)
    (place / "layer").mkdir()
    diff(str(place / "old"), str(place / "new"), str(place / "layer"))
    return place / "layer"


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@given(old=trees(), new=trees())
@settings(max_examples=60, deadline=None)
def test_a_difference_put_onto_the_old_tree_gives_the_new_one(old: Items, new: Items) -> None:
    with tempfile.TemporaryDirectory() as place:
        layer = layer_of(Path(place), old, new)
        apply(str(layer), os.path.join(place, "old"))
        assert read(Path(place, "old")) == read(Path(place, "new"))


@given(old=trees(), new=trees())
@settings(max_examples=40, deadline=None)
def test_the_merged_view_of_the_old_tree_and_the_difference_is_the_new_one(old: Items, new: Items) -> None:
    with tempfile.TemporaryDirectory() as place:
        layer = layer_of(Path(place), old, new)
        merged = {node.path for node in Union([str(layer), os.path.join(place, "old")]).walk()}
        assert merged == {node.path for node in Union([os.path.join(place, "new")]).walk()}


def test_equal_trees_differ_in_nothing(tmp_path: Path) -> None:
    tree = {b"a/b": Item("f", b"x"), b"a": Item("d", mode=0o755), b"l": Item("l", b"a"), b"h": Item("h", b"a/b")}
    assert names(layer_of(tmp_path, tree, tree)) == []


def test_only_what_changed_is_in_the_layer(tmp_path: Path) -> None:
    old = {b"d": Item("d", mode=0o755), b"d/same": Item("f", b"x"), b"d/old": Item("f", b"x"), b"d/gone": Item("f")}
    new = {b"d": Item("d", mode=0o755), b"d/same": Item("f", b"x"), b"d/old": Item("f", b"y"), b"d/new": Item("p")}
    layer = layer_of(tmp_path, old, new)
    assert names(layer) == ["d", "d/gone", "d/new", "d/old"]


def test_hard_links_stay_together(tmp_path: Path) -> None:
    old = {b"a": Item("f", b"x"), b"b": Item("f", b"x"), b"c": Item("f", b"x")}
    new = {b"a": Item("f", b"x"), b"b": Item("h", b"a"), b"c": Item("f", b"x")}
    layer = layer_of(tmp_path, old, new)
    assert names(layer) == ["a", "b"]
    assert (layer / "a").stat().st_ino == (layer / "b").stat().st_ino


def test_an_opaque_folder_empties_the_one_below(tmp_path: Path) -> None:
    layer = make(
        tmp_path / "layer", {b"d": Item("d", is_opaque=True), b"d/new": Item("f"), b"e": Item("d", is_opaque=True)}
    )
    target = make(tmp_path / "target", {b"d/old/deep": Item("f"), b"e": Item("l", b"/etc")})
    apply(str(layer), str(target))
    assert names(target) == ["d", "d/new", "e"]


def test_a_layer_never_writes_through_a_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    layer = make(tmp_path / "layer", {b"d/f": Item("f"), b"g": Item("f", b"x"), b"w/x": Item("w")})
    target = make(
        tmp_path / "target",
        {name: Item("l", os.fsencode(outside)) for name in (b"d", b"w")}
        | {b"g": Item("l", os.fsencode(outside / "g"))},
    )
    apply(str(layer), str(target))
    assert os.listdir(outside) == []
    assert names(target) == ["d", "d/f", "g", "w"]


def test_a_device_that_would_be_a_whiteout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"new/x: a device 0/0 cannot be in a layer"):
        layer_of(tmp_path, {}, {b"x": Item("w")})


def test_only_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    with pytest.raises(Conflict, match="is not empty"):
        diff(str(tmp_path), str(tmp_path), str(tmp_path))
