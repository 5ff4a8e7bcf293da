from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onggi.errors import Conflict
from onggi.layer.context import Context
from onggi.layer.descent import Roots
from onggi.layer.earlier import Previous
from onggi.layer.node import Node
from onggi.layer.pack import pack
from onggi.layer.place import Placement, place
from onggi.layer.select import Selection, select
from onggi.layer.spool import Spool
from onggi.layer.staging import Staging
from onggi.layer.stat_cache import MemoryStatCache, Seen, look_of
from onggi.layer.union import Union
from onggi.oci import digest

from .opens import listening
from .trees import make

MB = 1 << 20
SIZES = [0, 1, 4_500, 1 << 16, (1 << 16) + 1, MB, MB + 1, 5_000_003]
"""Small and not, read as a whole and not."""


class Bench:
    """A context, and a staging for it; `previous` is what an earlier build has made."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.context = make(root / "context", {})
        self.folder = make(root / "staged", {})
        self.previous: list[Previous] = []
        self.staging = Staging(str(self.folder), lambda: self.previous)
        self._numbers = iter(range(1000))

    def select(self, *sources: str) -> Selection:
        return select(Context(str(self.context)), sources, reader=self.staging)

    def digested(self, *sources: str) -> Selection:
        selection = self.select(*sources)
        selection.digest(MemoryStatCache())
        return selection

    def place(self, selection: Selection, previous: Previous | None = None) -> Path:
        target = make(self.root / f"layer{next(self._numbers)}", {})
        self.placed = place([selection], Union([]), str(target), Placement(destination="/x/"), previous)
        return target

    def staged(self) -> int:
        """How many bytes are in files of the staging."""
        return sum(file.stat().st_size for file in self.folder.iterdir())


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    with bench.staging:
        yield bench


def some(size: int, seed: int = 0) -> bytes:
    return (bytes(range(seed, 251)) * (size // (251 - seed) + 1))[:size]


def fill(bench: Bench) -> None:
    make(bench.context, {f"f{size}": some(size) for size in SIZES})


def same_as_context(bench: Bench, layer: Path) -> bool:
    return all((layer / f"x/f{size}").read_bytes() == some(size) for size in SIZES)


def test_a_layer_is_as_it_is_without_staging(bench: Bench) -> None:
    fill(bench)
    os.setxattr(bench.context / "f1", "user.note", b"1")
    (bench.context / f"f{MB + 1}").chmod(0o4711)
    make(bench.root / "plain", {})
    plain = select(Context(str(bench.context)), ["."])
    expected = plain.digest(MemoryStatCache())
    placed = place([plain], Union([]), str(bench.root / "plain"), Placement(destination="/x/"))
    staged = bench.select(".")
    assert staged.digest(MemoryStatCache()) == expected
    layer = bench.place(staged)
    for root in (bench.root / "plain", layer):
        for folder in (root, root / "x"):
            os.utime(folder, (1, 1))
    assert bench.placed == placed
    assert pack(str(layer)) == pack(str(bench.root / "plain"))


def test_all_is_opened_once_for_many_selections(bench: Bench) -> None:
    fill(bench)
    with listening(bench.context) as opened:
        selections = [bench.digested(*sources) for sources in ([".", f"f{MB}"], ["f*"], ["."])]
        layers = [bench.place(selection) for selection in selections]
        assert opened() == Counter(f"f{size}" for size in SIZES)
    assert all(same_as_context(bench, layer) for layer in layers)
    inodes = [path.stat().st_ino for layer in layers for path in (layer / "x").iterdir()]
    assert len(set(inodes)) == len(inodes), "no layer's file is another's"


def test_what_is_placed_twice_is_opened_once(bench: Bench) -> None:
    """One selection, two COPYs: its digest is asked for by each."""
    fill(bench)
    with listening(bench.context) as opened:
        selection = bench.digested(".")
        selection.digest(MemoryStatCache())
        assert same_as_context(bench, bench.place(selection))
        assert same_as_context(bench, bench.place(selection))
        assert opened() == Counter(f"f{size}" for size in SIZES)


def test_what_the_stat_cache_knows_is_opened_once_when_it_is_placed(bench: Bench) -> None:
    fill(bench)
    known = MemoryStatCache()
    for path in bench.context.iterdir():
        os.utime(path, (1, 1))
    plain = select(Context(str(bench.context)), ["."])
    plain.digest(known)
    files = [node for node in plain.matches[0].nodes if node.is_file]
    known.put(
        {
            str(bench.context): {
                node.path[1:]: Seen(look_of(node.stat), plain.contents[node.path], True) for node in files
            }
        }
    )
    with listening(bench.context) as opened:
        selections = [bench.select(*sources) for sources in (["."], ["f*"])]
        for selection in selections:
            selection.digest(known)
        assert not opened()
        assert all(same_as_context(bench, bench.place(selection)) for selection in selections)
        assert opened() == Counter(f"f{size}" for size in SIZES)


def test_one_file_with_two_names_is_opened_once(bench: Bench) -> None:
    make(bench.context, {"a/one": some(MB), "b/other": "x"})
    os.link(bench.context / "a/one", bench.context / "b/two")
    with listening(bench.context) as opened:
        layers = [bench.place(bench.digested(*sources)) for sources in (["a", "b"], ["b"])]
        assert sorted(opened().values()) == [1, 1]
    assert [(layer / "x/two").read_bytes() for layer in layers] == [some(MB)] * 2


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("how", ["edited", "gone"])
def test_what_was_read_is_what_is_placed(bench: Bench, size: int, how: str) -> None:
    """Whatever becomes of the file after its digest was told."""
    make(bench.context, {"f": some(size)})
    selection = bench.digested("f")
    (bench.context / "f").unlink()
    if how == "edited":
        (bench.context / "f").write_bytes(some(size, seed=7) + b"more")
    layer = bench.place(selection)
    assert (layer / "x/f").read_bytes() == some(size)


@pytest.mark.parametrize("size", SIZES)
def test_a_file_that_changed_before_it_was_read(bench: Bench, size: int) -> None:
    make(bench.context, {"f": some(size)})
    selection = bench.select("f")
    (bench.context / "f").write_bytes(some(size, seed=7) + b"more")
    with pytest.raises(Conflict, match="f changed while it was read"):
        selection.digest(MemoryStatCache())


def test_a_file_that_changes_between_two_copies_is_two_files(bench: Bench) -> None:
    make(bench.context, {"f": some(MB)})
    first = bench.digested("f")
    (bench.context / "f").write_bytes(some(MB + 5))
    second = bench.digested("f")
    assert (bench.place(second) / "x/f").read_bytes() == some(MB + 5)
    with pytest.raises(Conflict, match="f changed while it was read"):
        bench.place(first)


def test_what_an_earlier_layer_has_is_not_written(bench: Bench) -> None:
    fill(bench)
    layer = bench.place(select(Context(str(bench.context)), ["."]))
    bench.previous.append(Previous(str(layer), bench.placed.contents))
    (bench.context / "f1").write_bytes(b"edited")
    (bench.context / f"f{MB}").chmod(0o600)
    with listening(bench.context) as opened:
        selection = bench.digested(".")
        assert bench.staged() == 0
        new = bench.place(selection, bench.previous[0])
        assert opened() == Counter(f"f{size}" for size in SIZES)
    assert bench.staged() == 0
    assert (new / "x/f1").read_bytes() == b"edited"
    unlinked = {file.name for file in (new / "x").iterdir() if not file.samefile(layer / "x" / file.name)}
    assert unlinked == {"f1", f"f{MB}"}
    assert (new / f"x/f{MB}").read_bytes() == some(MB)


@pytest.mark.parametrize("at", [0, 1, MB - 1, MB, MB + 1, 3 * MB, 3 * MB + 17])
def test_a_large_file_that_is_like_an_earlier_one_up_to_a_point(bench: Bench, at: int) -> None:
    size = 3 * MB + 18
    make(bench.context, {"f": some(size)})
    layer = bench.place(select(Context(str(bench.context)), ["f"]))
    bench.previous.append(Previous(str(layer), bench.placed.contents))
    data = some(at) + bytes([some(size)[at] ^ 1]) + some(size)[at + 1 :]
    (bench.context / "f").write_bytes(data)
    with listening(bench.context) as opened:
        selection = bench.digested("f")
        new = bench.place(selection, bench.previous[0])
        assert opened() == Counter(["f"])
    assert selection.contents["/f"] == digest.of(data)
    assert (new / "x/f").read_bytes() == data
    assert (layer / "x/f").read_bytes() == some(size)


def test_an_earlier_layer_that_is_damaged_stands_for_nothing(bench: Bench) -> None:
    make(bench.context, {"f": "content", "large": some(2 * MB)})
    bench.previous.append(Previous("/nowhere", {"/f": digest.of(b"content"), "/large": digest.of(some(2 * MB))}))
    layer = bench.place(bench.digested("."))
    assert ((layer / "x/f").read_text(), (layer / "x/large").read_bytes()) == ("content", some(2 * MB))


def test_a_file_of_its_own_is_moved_if_one_layer_wants_it(bench: Bench) -> None:
    make(bench.context, {"f": some(MB)})
    selection = bench.digested("f")
    (staged,) = bench.folder.iterdir()
    inode = staged.stat().st_ino
    assert (bench.place(selection) / "x/f").stat().st_ino == inode
    assert not list(bench.folder.iterdir())


def test_one_source_in_the_place_of_another(bench: Bench) -> None:
    make(bench.context, {"one/f": some(MB), "two/f": some(MB, seed=3), "three/f": "small"})
    with listening(bench.context) as opened:
        selections = [bench.digested(*names) for names in (["one", "two"], ["two", "three"], ["three", "one"])]
        layers = [bench.place(selection) for selection in selections]
        assert opened() == Counter(["one/f", "two/f", "three/f"])
    assert [(layer / "x/f").read_bytes() for layer in layers] == [some(MB, seed=3), b"small", some(MB)]


def test_many_threads_open_once(bench: Bench) -> None:
    fill(bench)
    selections = [bench.select(".") for _ in range(6)]
    layers: list[Path] = []

    def work(selection: Selection) -> None:
        selection.digest(MemoryStatCache())
        barrier.wait()
        layers.append(bench.place(selection))

    barrier = threading.Barrier(len(selections))
    threads = [threading.Thread(target=work, args=(selection,)) for selection in selections]
    with listening(bench.context) as opened:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert opened() == Counter(f"f{size}" for size in SIZES)
    assert len(layers) == 6 and all(same_as_context(bench, layer) for layer in layers)


def test_only_foreseen(bench: Bench) -> None:
    fill(bench)
    staging = Staging(None)
    selection = select(Context(str(bench.context)), ["."], reader=staging)
    assert selection.digest(MemoryStatCache()) == bench.select(".").digest(MemoryStatCache())


def test_what_somebody_else_has_read_is_not_opened(bench: Bench) -> None:
    make(bench.context, {"Dockerfile": "FROM scratch\n"})
    node = Node("/Dockerfile", str(bench.context), (bench.context / "Dockerfile").stat())
    bench.staging.put(node, b"FROM scratch\n")
    with listening(bench.context) as opened, Roots() as roots:
        assert bench.staging.digest(node, roots) == digest.of(b"FROM scratch\n")
        assert (bench.place(bench.digested(".")) / "x/Dockerfile").read_text() == "FROM scratch\n"
        assert not opened()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 3 << 20), max_size=12))
def test_a_spool_gives_back_what_it_got(tmp_path_factory: pytest.TempPathFactory, sizes: list[int]) -> None:
    path = tmp_path_factory.mktemp("spool") / "spool"
    spool = Spool(str(path))
    try:
        added = [(spool.add(some(size, seed=at)), some(size, seed=at)) for at, size in enumerate(sizes)]
        for at, data in reversed(added):
            assert spool.read(at, len(data)) == data
        assert path.exists() == (sum(sizes) > 4 << 20)
    finally:
        spool.close()
