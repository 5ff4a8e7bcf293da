from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from onggi.container.spec import ContainerSpec, Process, Resources
from onggi.errors import Conflict, Invalid, NotFound
from onggi.image import random
from onggi.store import fsck
from onggi.store.store import Store

from .helpers import exit_code, in_child, name


@pytest.fixture
def spec(store: Store) -> ContainerSpec:
    image = store.images.put(random.image(1), [name("a")])
    return ContainerSpec(image="a", image_id=image, process=Process(command=("sh",)), labels={"x": "y"})


def test_a_container_has_a_row_a_folder_and_its_images_layers(store: Store, spec: ContainerSpec) -> None:
    made = store.containers.add(spec, "web")
    assert re.fullmatch(r"[0-9a-f]{64}", made.id)
    assert made == store.containers.get("web") == store.containers.get("/web") == store.containers.get(made.id[:9])
    assert made.spec == spec
    assert made.layers == tuple(ref.diff_id for ref in store.images.get("a").refs)
    home = store.containers.home(made.id)
    assert sorted(os.listdir(home)) == ["rootfs", "upper", "work"]
    assert (home / "upper").stat().st_mode & 0o777 == 0o755
    assert store.containers.of_image(spec.image_id) == store.containers.list() == [made]


def test_a_name_that_is_taken_is_a_conflict(store: Store, spec: ContainerSpec) -> None:
    first = store.containers.add(spec, "web")
    with pytest.raises(Conflict, match=f'"/web" is already in use by container "{first.id}"'):
        store.containers.add(spec, "web")
    assert len(os.listdir(store.root / "containers")) == 1


@pytest.mark.parametrize("bad", ["a", "-ab", "a b", "a/b", "ä1", ".."])
def test_a_name_that_no_container_can_have_is_invalid(store: Store, spec: ContainerSpec, bad: str) -> None:
    with pytest.raises(Invalid, match="Invalid container name"):
        store.containers.add(spec, bad)


def test_a_name_is_found_where_none_is_given(
    store: Store, spec: ContainerSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onggi.store.names.pick", lambda attempt: f"calm_onggi{attempt or ''}")
    assert [store.containers.add(spec).name for _ in range(3)] == ["calm_onggi", "calm_onggi1", "calm_onggi2"]


def test_without_its_image_there_is_no_container(store: Store) -> None:
    with pytest.raises(NotFound, match="No such image: b"):
        store.containers.add(ContainerSpec(image="b", image_id="sha256:" + "0" * 64))
    assert os.listdir(store.root / "containers") == []


def test_rename(store: Store, spec: ContainerSpec) -> None:
    first, second = store.containers.add(spec, "one"), store.containers.add(spec, "two")
    store.containers.rename(first.id, "three")
    assert store.containers.get("three").id == first.id
    with pytest.raises(Conflict):
        store.containers.rename(second.id, "three")
    with pytest.raises(NotFound):
        store.containers.rename("0" * 64, "four")


def test_update_replaces_the_spec_once_it_is_in_force(store: Store, spec: ContainerSpec) -> None:
    made = store.containers.add(spec, "one")
    limited = replace(spec, resources=Resources(memory=1 << 30))
    told: list[str] = []
    store.containers.update(made.id, limited, lambda: told.append("now"))
    assert told == ["now"]
    assert store.containers.get("one").spec == limited

    def refuse() -> None:
        raise Conflict("device or resource busy")

    with pytest.raises(Conflict, match="busy"):
        store.containers.update(made.id, spec, refuse)
    assert store.containers.get("one").spec == limited
    with pytest.raises(NotFound):
        store.containers.update("0" * 64, spec)


def test_remove_takes_the_folder_along(store: Store, spec: ContainerSpec) -> None:
    made = store.containers.add(spec)
    (store.containers.home(made.id) / "upper/file").write_bytes(bytes(100_000))
    assert store.containers.remove(made.id) > 100_000
    assert not store.containers.home(made.id).exists()
    for act in (store.containers.get, store.containers.remove):
        with pytest.raises(NotFound, match="No such container"):
            act(made.id)


def test_no_container_has_an_empty_name(store: Store) -> None:
    with pytest.raises(Invalid, match="invalid container name or ID: value is empty"):
        store.containers.get("")


def test_a_beginning_of_several_ids_is_invalid(store: Store, spec: ContainerSpec) -> None:
    ids = [store.containers.add(spec).id for _ in range(17)]
    first = next(one[0] for one in ids if sum(other[0] == one[0] for other in ids) > 1)
    with pytest.raises(Invalid, match="several container IDs"):
        store.containers.get(first)


def test_one_of_many_is_found_as_fast_as_one_of_few(store: Store, spec: ContainerSpec) -> None:
    made = store.containers.add(spec, "web")
    few = work_for(store, made.id[:32])
    with store.disk.db.write() as transaction:
        rows = ((f"{number:064x}", f"x{number}", spec.image_id, b"{}", 1.0) for number in range(1000))
        transaction.execute_many("INSERT INTO containers VALUES (?, ?, ?, ?, ?)", rows)
    assert work_for(store, made.id[:32]) == few
    assert [row.id for row in store.containers.beginning(made.id[:32])] == [made.id]
    assert len(store.containers.beginning("0" * 32)) == 2
    assert store.containers.beginning("g" * 32) == []


def work_for(store: Store, digits: str) -> int:
    """How many instructions of SQLite's machine it takes to find the container."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection = store.disk.db._connection()
    connection.set_progress_handler(count, 1)
    assert len(store.containers.beginning(digits)) == 1
    connection.set_progress_handler(None, 1)
    return steps


def test_a_name_goes_to_one_of_many_processes(store: Store, spec: ContainerSpec, tmp_path: Path) -> None:
    def take() -> None:
        with Store(tmp_path / "store") as mine:
            mine.containers.add(spec, "web")

    codes = [exit_code(pid) for pid in [in_child(take) for _ in range(4)]]
    assert sorted(codes) == [0, 1, 1, 1]
    assert len(os.listdir(store.root / "containers")) == 1


def test_each_of_many_has_its_layers_in_order(store: Store, spec: ContainerSpec) -> None:
    store.images.put(random.image(7, layers=4), [name("tall")])
    tall = ContainerSpec(image="tall", image_id=store.images.get("tall").id)
    made = [store.containers.add(each) for each in (spec, tall, spec, tall)]
    assert store.containers.list() == made[::-1]
    assert [len(row.layers) for row in made] == [len(made[0].layers), 4, len(made[0].layers), 4]


def test_a_spec_that_cannot_be_read_hides_no_other_container(store: Store, spec: ContainerSpec) -> None:
    good, bad = store.containers.add(spec, "good"), store.containers.add(spec, "bad")
    with store.disk.db.write() as transaction:
        transaction.execute("UPDATE containers SET spec = ? WHERE id = ?", (b'{"image":', bad.id))
    found = {row.name: row for row in store.containers.list()}
    assert found["good"] == good
    assert "truncated" in found["bad"].damage
    assert found["bad"].spec.image_id == spec.image_id
    assert store.containers.get("bad") == found["bad"]
    (finding,) = fsck.check(store, repair=True)
    assert finding.sentence.startswith("the spec of container bad cannot be read")
    assert (finding.can_repair, finding.hint) == (False, "onggi rm -f bad")
    store.containers.remove(bad.id)
    assert fsck.check(store) == []
