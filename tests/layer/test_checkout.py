from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings

from onggi.errors import Conflict, Denied, Invalid, NotFound
from onggi.layer import beside, checkout
from onggi.layer.checkout import check_out
from onggi.layer.squash import squash
from onggi.layer.union import Union

from .items import Item, Items, make, read, read_below, trees


def seen(folders: list[Path], target: Path) -> dict[str, tuple[object, ...]]:
    """A merged view, lowest folder last, as plain files."""
    target.mkdir()
    check_out({"": Union([str(folder) for folder in folders])}, str(target))
    return read_below(target)


@given(tree=trees())
@settings(max_examples=40, deadline=None)
def test_a_tree_is_written_as_it_is(tree: Items) -> None:
    with tempfile.TemporaryDirectory() as place:
        source = make(Path(place, "source"), tree)
        assert seen([source], Path(place, "target")) == read_below(source)


@given(base=trees(), low=trees(is_layer=True), middle=trees(is_layer=True), high=trees(is_layer=True))
@settings(max_examples=80, deadline=None)
def test_squashed_layers_do_the_same_to_what_lies_below(base: Items, low: Items, middle: Items, high: Items) -> None:
    with tempfile.TemporaryDirectory() as place:
        layers = [make(Path(place, name), each) for name, each in (("high", high), ("middle", middle), ("low", low))]
        below = make(Path(place, "base"), base)
        one = make(Path(place, "one"), {})
        squash([str(layer) for layer in layers], Union([str(below)]), str(one))
        assert seen([one, below], Path(place, "squashed")) == seen([*layers, below], Path(place, "layered"))


def test_what_is_hidden_and_not_below_leaves_no_mark(tmp_path: Path) -> None:
    high = make(tmp_path / "high", {b"a": Item("w"), b"d": Item("d", is_opaque=True, mode=0o755)})
    low = make(tmp_path / "low", {b"a": Item("f", b"x"), b"d/f": Item("f", b"x")})
    one = make(tmp_path / "one", {})
    squash([str(high), str(low)], Union([str(make(tmp_path / "base", {}))]), str(one))
    found = read(one)
    assert sorted(found) == ["(links)", ".", "d"]
    assert found["d"][-1] is False


def test_what_is_there_stays_and_folders_are_merged(tmp_path: Path) -> None:
    source = make(
        tmp_path / "source", {b"d/new": Item("f", b"n"), b"d": Item("d", mode=0o700), b"f": Item("f", b"new")}
    )
    make(tmp_path / "target", {b"d/old": Item("f", b"o"), b"d": Item("d", mode=0o755), b"f": Item("f", b"old")})
    check_out({"": Union([str(source)])}, str(tmp_path / "target"))
    target = tmp_path / "target"
    assert {name: (target / name).read_text() for name in ("d/new", "d/old", "f")} == {
        "d/new": "n",
        "d/old": "o",
        "f": "new",
    }
    assert (target / "d").stat().st_mode & 0o777 == 0o700
    assert sorted(os.listdir(target)) == ["d", "f"]


def test_a_link_in_the_folder_is_replaced_never_followed(tmp_path: Path) -> None:
    source = make(tmp_path / "source", {b"d/passwd": Item("f", b"evil"), b"f": Item("f", b"evil")})
    make(tmp_path / "outside", {b"f": Item("f", b"mine")})
    target = make(tmp_path / "target", {b"d": Item("l", b"../outside"), b"f": Item("l", b"../outside/f")})
    check_out({"": Union([str(source)])}, str(target))
    assert (tmp_path / "outside/f").read_text() == "mine"
    assert os.listdir(tmp_path / "outside") == ["f"]
    assert (target / "d").is_dir()
    assert not (target / "d").is_symlink()
    assert (target / "f").read_text() == "evil"


def test_a_folder_where_a_file_belongs_is_refused_before_anything_moves(tmp_path: Path) -> None:
    source = make(tmp_path / "source", {b"a": Item("f", b"x"), b"z": Item("f", b"x")})
    target = make(tmp_path / "target", {b"z/mine": Item("f", b"x")})
    with pytest.raises(Invalid, match=r"target/z is a folder, and the image has a file there"):
        check_out({"": Union([str(source)])}, str(target))
    assert os.listdir(target) == ["z"]


def test_a_failure_leaves_no_new_folder(tmp_path: Path) -> None:
    source = make(tmp_path / "source", {b"a": Item("f", b"x")})
    trees = {"there": Union([str(source)]), "gone": Union([str(tmp_path / "gone")])}
    with pytest.raises(Conflict, match="new: it went away meanwhile"):
        check_out(trees, str(tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_trees_in_folders_of_their_names(tmp_path: Path) -> None:
    trees = {name: Union([str(make(tmp_path / name, {b"f": Item("f", name.encode())}))]) for name in ("x_1", "x_2")}
    written = check_out({**trees, "x_3": Union([])}, str(tmp_path / "new/deep"))
    found = [path for path in (tmp_path / "new/deep").rglob("*") if path.is_file()]
    assert written == (len(found), sum(path.stat().st_size for path in found))
    assert (tmp_path / "new/deep/x_2/f").read_text() == "x_2"
    assert os.listdir(tmp_path / "new/deep/x_3") == []


def test_what_cannot_be_written_is_known_before(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Invalid, match=r"/file is a file, not a folder"):
        checkout.check(str(tmp_path / "file/below"))
    with pytest.raises(Invalid, match="is a folder"):
        beside.check(str(tmp_path))
    with pytest.raises(NotFound, match="there is no folder"):
        beside.check(str(tmp_path / "nowhere/file"))
    with pytest.raises(Denied, match="no permission to write into /proc/sys"):
        beside.check("/proc/sys/file")


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(KeyError), beside.writing(str(tmp_path / "file")) as file:
        file.write(b"half")
        raise KeyError
    assert os.listdir(tmp_path) == []
    with beside.writing(str(tmp_path / "file")) as file:
        file.write(b"whole")
    assert (tmp_path / "file").read_bytes() == b"whole"


def test_a_folder_that_cannot_be_made_is_named() -> None:
    with pytest.raises(Denied, match="/proc/nowhere cannot be made"):
        check_out({"": Union([])}, "/proc/nowhere")


@given(tree=trees())
@settings(max_examples=40, deadline=None)
def test_a_folder_of_a_tree_is_copied_as_it_is(tree: Items) -> None:
    with tempfile.TemporaryDirectory() as place:
        source = make(Path(place, "source"), tree)
        union = Union([str(source)])
        for node in [node for node in union.walk() if node.is_folder]:
            target = Path(place, "target" + node.path.replace("/", "_"))
            target.mkdir()
            checkout.copy_folder(union, node, str(target))
            assert read(target) == read(Path(node.real))
