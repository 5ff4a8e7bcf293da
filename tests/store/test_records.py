from __future__ import annotations

import os
import signal

import pytest
from msgspec.structs import replace

from onggi.errors import Invalid, NotFound
from onggi.solve.record import Definition, VertexRecord
from onggi.store import gc
from onggi.store.store import Store

from .helpers import in_child

VERTEX = VertexRecord(
    vertex=0,
    definition=Definition(stage="0", text="RUN x", line=2, op="{}", inputs=(), parts=(), key="k"),
    outcome="ran",
    seconds=1.5,
)


def test_a_build_is_remembered_with_its_logs(store: Store) -> None:
    record = store.records.begin("/src", "Dockerfile", "prod", started=1.0)
    assert store.records.get(record.id) == record
    with store.records.log(record.id, 0) as log:
        log.write(b"one\n")
    with store.records.log(record.id, 0) as log:
        log.write(b"two\n")
    done = replace(record, outcome="built", seconds=2.0, vertices=(VERTEX,), references=("a:latest",))
    store.records.finish(done)
    assert store.records.get(record.id[:6]) == done
    assert store.records.read_log(record.id, 0) == b"one\ntwo\n"
    assert store.records.read_log(record.id, 1) == b""
    assert store.records.remove(record.id) > 0
    with pytest.raises(NotFound, match="No such build"):
        store.records.get(record.id)


def test_a_build_is_compared_with_the_one_before_of_the_same_project(store: Store) -> None:
    first = replace(store.records.begin("/src", "Dockerfile", "", started=1.0), vertices=(VERTEX,))
    store.records.finish(first)
    store.records.begin("/src", "Dockerfile", "prod", started=2.0)
    store.records.begin("/other", "Dockerfile", "", started=3.0)
    store.records.begin("/src", "Dockerfile", "", started=3.5)  # killed before it came to a step
    last = store.records.begin("/src", "Dockerfile", "", started=4.0)
    assert store.records.before(last) == first
    assert store.records.before(first) is None
    assert [record.started for record in store.records.list()] == [4.0, 3.5, 3.0, 2.0, 1.0]


def test_a_build_whose_process_died_reads_as_killed_and_can_be_pruned(store: Store) -> None:
    alive = store.records.begin("/src", "Dockerfile", "", started=2.0)
    pid = in_child(lambda: _begin_and_die(store))
    os.waitpid(pid, 0)
    assert [(record.started, record.outcome) for record in store.records.list()] == [(2.0, "running"), (1.0, "killed")]
    _, killed = store.records.list()
    assert store.records.before(alive) is None  # it has no steps to compare with
    assert store.records.get(killed.id).outcome == "killed"
    assert store.records.ended() == {killed.id: 1.0}
    assert store.records.read_log(killed.id, 0) == b"half"
    gc.prune_cache(store)
    assert [record.id for record in store.records.list()] == [alive.id]
    assert not store.records.folder(killed.id).exists()


def _begin_and_die(store: Store) -> None:
    with Store(store.root) as own:
        record = own.records.begin("/src", "Dockerfile", "", started=1.0)
        with own.records.log(record.id, 0) as log:
            log.write(b"half")
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_beginning_of_several_ids_is_invalid(store: Store) -> None:
    ids = [store.records.begin("/", "", "", started=float(number)).id for number in range(17)]
    first = next(one[0] for one in ids if sum(other[0] == one[0] for other in ids) > 1)
    with pytest.raises(Invalid):
        store.records.get(first)
    with pytest.raises(NotFound):
        store.records.get("")
