"""Failed steps, and how long they are kept."""

from __future__ import annotations

from msgspec.structs import replace

from onggi.graph.op import BindMount, Exec
from onggi.solve.result import Result
from onggi.store import gc
from onggi.store.failures import Failure
from onggi.store.records import BuildRecord
from onggi.store.store import Store

from .helpers import add_layer

OP = Exec(argv=("sh", "-c", "false"), env=("A=b",), mounts=(BindMount(target="/src", input=1),))


def fail(store: Store, started: float = 1.0, project: str = "/src") -> tuple[BuildRecord, Failure]:
    """A build whose step failed on one layer; it has ended."""
    record = store.records.begin(project, "Dockerfile", "", started)
    with store.lease() as lease, store.temporary() as folder:
        layer = add_layer(store, {"base": str(started).encode()}, lease)
        failure = Failure(op=OP, inputs=(Result((layer,)), Result()))
        (folder / "upper").mkdir()
        (folder / "upper/half").write_text("written")
        store.failures.put(record.id, failure, folder / "upper")
    store.records.finish(replace(record, outcome="failed"))
    return record, failure


def test_a_failure_is_there_with_what_the_step_wrote(store: Store) -> None:
    assert store.failures.newest() == ""
    first, failure = fail(store)
    assert store.failures.get(first.id) == failure
    assert (store.failures.folder(first.id) / "half").read_text() == "written"
    second, _ = fail(store, 2.0)
    assert store.failures.newest() == second.id


def test_of_two_steps_that_fail_at_once_the_first_is_kept(store: Store) -> None:
    record, failure = fail(store)
    with store.temporary() as folder:
        (folder / "upper").mkdir()
        store.failures.put(record.id, replace(failure, host_ca=True), folder / "upper")
    assert store.failures.get(record.id) == failure


def test_its_layers_stay_as_long_as_it_does(store: Store) -> None:
    record, failure = fail(store)
    gc.collect(store)
    (layer,) = failure.inputs[0].layers
    assert store.snapshots.get(layer.diff_id) == layer
    store.records.remove(record.id)
    assert store.failures.get(record.id) is None
    gc.collect(store)
    assert store.snapshots.get(layer.diff_id) is None


def test_success_lets_go_what_failed_in_the_same_project_only(store: Store) -> None:
    first, _ = fail(store)
    other, _ = fail(store, 2.0, "/other")
    again = store.records.begin("/src", "Dockerfile", "", 3.0)
    store.failures.forget(again)
    assert store.failures.get(first.id) is None
    assert not store.failures.folder(first.id).exists()
    assert store.failures.get(other.id) is not None
    assert store.records.get(first.id).id == first.id


def test_the_cap_of_the_cache_counts_it(store: Store) -> None:
    record, _ = fail(store)
    gc.prune_cache(store, 10**9)
    assert store.failures.get(record.id) is not None
    gc.prune_cache(store, 0)
    assert store.failures.get(record.id) is None
    assert store.snapshots.list() == []
