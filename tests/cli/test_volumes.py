"""The commands of volumes."""

from __future__ import annotations

from onggi.cli.commands import volume_ls
from onggi.engine.types import Pruned, PruneFilter, Removed, SystemPruned, VolumeSummary

from .fake import ID, FakeEngine, call


def volume(name: str, **more: object) -> VolumeSummary:
    return VolumeSummary(name=name, driver="local", mountpoint=f"/v/{name}/_data", created=0.0, **more)  # type: ignore[arg-type]


def test_create() -> None:
    engine = FakeEngine()
    words = ("-d", "local", "--label", "a=b", "--label", "c", "-o", "type=tmpfs", "--opt", "o=size=1m,uid=7", "data")
    assert call(engine, "volume", "create", *words).out == "data\n"
    assert engine.volumes.asked == [
        ("create", "data", {"a": "b", "c": ""}, {"type": "tmpfs", "o": "size=1m,uid=7"}, "local")
    ]
    assert call(engine, "volume", "create", "--name", "old").out == "old\n"
    assert call(engine, "volume", "create").out == f"{ID}\n"
    assert "cannot specify a volume-name through both" in call(engine, "volume", "create", "--name", "a", "b").err
    assert "invalid option: '=x'" in call(engine, "volume", "create", "-o", "=x").err
    refused = call(engine, "volume", "create", "--availability", "active", "x")
    assert "cluster volumes are of Docker Swarm" in refused.err


def test_a_list() -> None:
    engine = FakeEngine()
    engine.volumes.summaries = [volume("data", labels={"b": "2", "a": "1"}, users=("web",)), volume("x" * 64)]
    assert call(engine, "volume", "ls").out == f"DRIVER    VOLUME NAME\nlocal     data\nlocal     {'x' * 64}\n"
    assert call(engine, "volume", "list", "-q").out == f"data\n{'x' * 64}\n"
    shown = call(engine, "volume", "ls", "--format", '{{.Name}} {{.Labels}} {{.Label "b"}} {{.Links}} {{.Size}}').out
    assert shown.splitlines()[0] == "data a=1,b=2 2 1 N/A"
    assert engine.volumes.asked[-1] == ("list", {}, True)
    call(engine, "volume", "ls", "-f", "dangling=true", "-f", "label=a", "--filter", "name=x")
    assert engine.volumes.asked[-1] == ("list", {"dangling": ["true"], "label": ["a"], "name": ["x"]}, False)
    assert "invalid filter 'size'" in call(engine, "volume", "ls", "-f", "size=1").err


def test_numbers_in_names_are_sorted_as_such() -> None:
    engine = FakeEngine()
    engine.volumes.summaries = [volume(name) for name in ("data10", "data2", "a1b2", "a1b10", "data", "2")]
    assert call(engine, "volume", "ls", "-q").out.split() == ["2", "a1b2", "a1b10", "data", "data2", "data10"]


def test_a_row_as_json() -> None:
    engine = FakeEngine()
    engine.volumes.summaries = [volume("data", size=1_500)]
    assert '"Name":"data"' in call(engine, "volume", "ls", "--format", "json").out
    assert volume_ls.row(engine.volumes.summaries[0])["Size"] == "1.5kB"


def test_inspect() -> None:
    engine = FakeEngine()
    engine.volumes.documents = {"data": {"Name": "data", "Options": None, "Labels": {"a": "b"}}}
    assert call(engine, "volume", "inspect", "-f", "{{.Name}} {{.Labels.a}}", "data").out == "data b\n"
    done = call(engine, "volume", "inspect", "data", "nothing")
    assert (done.code, done.err) == (1, "onggi: No such volume: nothing\n")
    assert call(engine, "inspect", "-f", "{{.Name}}", "data").out == "data\n"
    assert call(engine, "inspect", "--type", "image", "data").code == 1


def test_remove() -> None:
    engine = FakeEngine()
    engine.volumes.missing = frozenset(("gone",))
    done = call(engine, "volume", "rm", "one", "gone", "two")
    assert (done.out, done.err, done.code) == ("one\ntwo\n", "onggi: get gone: no such volume\n", 1)
    done = call(engine, "volume", "remove", "-f", "gone", "one")
    assert (done.out, done.err, done.code) == ("gone\none\n", "", 0)


def test_prune() -> None:
    engine = FakeEngine()
    engine.volumes.pruned = Pruned((Removed("deleted", "x"),), 2_000_000)
    asked = call(engine, "volume", "prune", input="y\n")
    assert asked.out.splitlines() == [
        "WARNING! This will remove anonymous local volumes not used by at least one container.",
        "Are you sure you want to continue? [y/N] Deleted Volumes:",
        "x",
        "",
        "Total reclaimed space: 2MB",
    ]
    assert engine.volumes.asked == [("prune", False, PruneFilter())]
    assert "remove all local volumes" in call(engine, "volume", "prune", "-a", input="n\n").out
    call(engine, "volume", "prune", "-af", "--filter", "label=a", "--filter", "label!=b")
    assert engine.volumes.asked[-1] == ("prune", True, PruneFilter(labels=("a",), without=("b",)))
    call(engine, "volume", "prune", "-f", "--filter", "all=1")
    assert engine.volumes.asked[-1] == ("prune", True, PruneFilter())
    assert "conflicting options" in call(engine, "volume", "prune", "-af", "--filter", "all=1").err
    assert "invalid filter 'until'" in call(engine, "volume", "prune", "-f", "--filter", "until=1h").err


def test_system_prune_of_volumes() -> None:
    engine = FakeEngine()
    engine.system.pruned = SystemPruned(volumes=Pruned((Removed("deleted", "x"),), 1_000))
    done = call(engine, "system", "prune", "--volumes", input="y\n")
    assert "  - all anonymous volumes not used by at least one container\n" in done.out
    assert "Deleted Volumes:\nx\n" in done.out
    assert "Total reclaimed space: 1kB" in done.out
    assert engine.system.asked == [("prune", False, PruneFilter(), "volumes")]
    refused = call(engine, "system", "prune", "-f", "--volumes", "--filter", "until=1h")
    assert 'The "until" filter is not supported with "--volumes"' in refused.err


def test_rm_with_volumes() -> None:
    engine = FakeEngine()
    call(engine, "rm", "-v", "-f", "web")
    assert engine.containers.asked == [("remove", "web", True, "volumes")]
