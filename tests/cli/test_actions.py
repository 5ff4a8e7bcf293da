"""Commands that do something to named things, and those that move tars."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from onggi.container import host
from onggi.engine.types import Pruned, PruneFilter, Removed, SystemPruned
from onggi.errors import Corrupt
from onggi.linux.log.record import Record
from onggi.store.fsck import Finding
from onggi.store.prune_filter import EVERYTHING

from .fake import ID, FakeEngine, call


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.mark.parametrize(
    ("args", "asked"),
    [
        (["stop", "web"], ("stop", "web", None, "")),
        (["stop", "-t", "3", "-s", "INT", "web"], ("stop", "web", 3, "INT")),
        (["container", "stop", "--time", "3", "web"], ("stop", "web", 3, "")),
        (["kill", "web"], ("kill", "web", "KILL")),
        (["kill", "-s", "HUP", "web"], ("kill", "web", "HUP")),
        (["rm", "web"], ("remove", "web", False)),
        (["rm", "-f", "web"], ("remove", "web", True)),
    ],
)
def test_acts_and_says_the_name(engine: FakeEngine, args: list[str], asked: tuple[object, ...]) -> None:
    assert call(engine, *args) == ("web\n", "", 0)
    assert engine.containers.asked == [asked]


def test_goes_on_after_an_error(engine: FakeEngine) -> None:
    engine.containers.missing = frozenset(["b"])
    assert call(engine, "stop", "a", "b", "c") == ("a\nc\n", "onggi: No such container: b\n", 1)


def test_force_forgives_what_is_not_there(engine: FakeEngine) -> None:
    engine.containers.missing = frozenset(["b"])
    assert call(engine, "rm", "-f", "a", "b") == ("a\n", "onggi: No such container: b\n", 0)
    assert call(engine, "rm", "b").code == 1


def test_wait_prints_exit_codes(engine: FakeEngine) -> None:
    assert call(engine, "wait", "a", "b") == ("3\n3\n", "", 0)
    assert call(engine, "wait", "--condition", "healthy", "a") == ("3\n", "", 0)
    assert engine.containers.asked == [
        ("wait", "a", "not-running"),
        ("wait", "b", "not-running"),
        ("wait", "a", "healthy"),
    ]


def test_rmi(engine: FakeEngine) -> None:
    engine.images.removed = {"shop:1": [Removed("untagged", "shop:1"), Removed("deleted", "sha256:ab")]}
    assert call(engine, "rmi", "shop:1", "gone") == (
        "Untagged: shop:1\nDeleted: sha256:ab\n",
        "onggi: No such image: gone\n",
        1,
    )


def test_tag(engine: FakeEngine) -> None:
    assert call(engine, "tag", "a", "b:1") == ("", "", 0)
    assert engine.images.asked == [("tag", "a", "b:1")]


# logs


TIME = 1_714_557_600_000_000_001
LINES = [Record(b"out\nmore\n", "stdout", TIME), Record(b"err\n", "stderr", TIME + 1)]


def test_logs_keeps_the_streams_apart(engine: FakeEngine) -> None:
    engine.containers.log = LINES
    assert call(engine, "logs", "web") == ("out\nmore\n", "err\n", 0)


def test_logs_shows_times_and_details_before_each_line(engine: FakeEngine) -> None:
    engine.containers.log = [*LINES, Record(b"a long", "stdout", TIME), Record(b" line\nend", "stdout", TIME + 2)]
    first, last = "2024-05-01T10:00:00.000000001Z", "2024-05-01T10:00:00.000000003Z"
    shown = call(engine, "logs", "-t", "web")
    assert shown.out == f"{first} out\n{first} more\n{first} a long line\n{last} end"
    assert shown.err == "2024-05-01T10:00:00.000000002Z err\n"
    engine.containers.log = LINES[:1]
    known = "com.example%2Fteam=a+b,tag=web"
    assert call(engine, "logs", "--details", "web").out == f"{known} out\n{known} more\n"
    assert call(engine, "logs", "-t", "--details", "web").out == f"{first} {known} out\n{first} {known} more\n"


def test_logs_tells_what_is_missing(engine: FakeEngine) -> None:
    engine.containers.log, engine.containers.log_warnings = LINES[:1], ["the log is not complete"]
    assert call(engine, "logs", "web") == ("out\nmore\n", "onggi: the log is not complete\n", 0)


@pytest.mark.parametrize(
    ("args", "asked"),
    [
        ([], (False, None, None, None)),
        (["-f", "--since", "1714557600", "--until=2024-05-01T10:00:01Z", "-n", "5"], (True, 1714557600, 1714557601, 5)),
        (["--tail", "all"], (False, None, None, None)),
        (["--tail", "-1"], (False, None, None, None)),
    ],
)
def test_logs_options(engine: FakeEngine, args: list[str], asked: tuple[object, ...]) -> None:
    assert call(engine, "logs", *args, "web").code == 0
    assert engine.containers.asked == [("logs", "web", *asked)]


def test_logs_refuses_a_wrong_time(engine: FakeEngine) -> None:
    assert call(engine, "logs", "--since", "soon", "web").err.startswith("onggi: 'soon' is not a time\nhint: ")


# inspect


def test_inspect_looks_at_containers_first(engine: FakeEngine) -> None:
    engine.containers.documents = {"x": {"Id": "c", "Config": {"Labels": {}}}}
    engine.images.documents = {"x": {"Id": "i"}, "y": {"Id": "j"}}
    assert json.loads(call(engine, "inspect", "x", "y").out) == [{"Id": "c", "Config": {"Labels": {}}}, {"Id": "j"}]
    assert call(engine, "inspect", "-f", "{{.Id}}", "x", "y").out == "c\nj\n"
    assert call(engine, "inspect", "--type", "image", "-f", "{{.Id}}", "x").out == "i\n"
    assert call(engine, "image", "inspect", "-f", "{{.Id}}", "x").out == "i\n"
    assert call(engine, "inspect", "-f", "{{.Config.Labels.team}}", "x").out == "<no value>\n"
    assert call(engine, "inspect", "--format", "json", "y").out == '[{"Id":"j"}]\n'


def test_what_was_never_set_prints_as_go_prints_it(engine: FakeEngine) -> None:
    engine.images.documents = {"x": {"Config": {"Entrypoint": None, "Volumes": None, "Healthcheck": None}}}
    template = "{{.Config.Entrypoint}} {{.Config.Volumes}} {{len .Config.Entrypoint}}{{range .Config.Volumes}}x{{end}}"
    assert call(engine, "inspect", "-f", template, "x").out == "[] map[] 0\n"
    nulls = '{"Entrypoint":null,"Volumes":null,"Healthcheck":null}'
    assert call(engine, "inspect", "-f", "{{json .Config}}", "x").out == nulls + "\n"


PORTS = {"80/tcp": [{"HostIp": "::", "HostPort": "8080"}], "99/udp": None}
SETTINGS = {"Ports": PORTS, "Networks": {"back": {"IPAddress": "10.0.0.2"}, "shop": {"IPAddress": "10.1.0.2"}}}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}", "10.0.0.2 10.1.0.2 "),
        ("{{.NetworkSettings.Networks.shop.IPAddress}}", "10.1.0.2"),
        ('{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}', "8080"),
        ("{{range $p, $conf := .NetworkSettings.Ports}}{{$p}} {{len $conf}} {{end}}", "80/tcp 1 99/udp 0 "),
        (
            "{{range $p, $conf := .NetworkSettings.Ports}}{{range $conf}}{{$p}} -> {{.HostPort}}{{end}}{{end}}",
            "80/tcp -> 8080",
        ),
        ("{{.NetworkSettings.Ports}}", "map[80/tcp:[{:: 8080}] 99/udp:[]]"),
        ('{{json (index .NetworkSettings.Ports "99/udp")}}', "null"),
    ],
)
def test_templates_of_dockers_pages_on_networks(engine: FakeEngine, template: str, text: str) -> None:
    engine.containers.documents = {"web": {"NetworkSettings": SETTINGS}}
    assert call(engine, "inspect", "-f", template, "web").out == f"{text}\n"


def test_inspect_is_indented_by_four(engine: FakeEngine) -> None:
    engine.images.documents = {"y": {"Id": "j"}}
    assert call(engine, "inspect", "y").out == '[\n    {\n        "Id": "j"\n    }\n]\n'


def test_inspect_shows_what_it_found_and_tells_the_rest(engine: FakeEngine) -> None:
    engine.images.documents = {"y": {"Id": "j"}}
    assert call(engine, "inspect", "-f", "{{.Id}}", "no", "y") == ("j\n", "onggi: No such object: no\n", 1)
    assert call(engine, "image", "inspect", "no") == ("[]\n", "onggi: No such image: no\n", 1)


# Tars


def test_save_to_a_file_and_to_stdout(engine: FakeEngine, tmp_path: Path) -> None:
    target = tmp_path / "a.tar"
    assert call(engine, "save", "-o", str(target), "--format", "oci", "--compression", "zstd", "a", "b").code == 0
    assert target.read_bytes() == b"a tar"
    assert engine.images.asked == [("save", ("a", "b"), "oci", "zstd")]
    assert call(engine, "save", "a").out == "a tar"


def test_a_file_appears_whole_or_not_at_all(engine: FakeEngine, tmp_path: Path) -> None:
    target = tmp_path / "a.tar"
    target.write_bytes(b"before")
    engine.images.fails = Corrupt("a layer is broken")
    assert call(engine, "save", "-o", str(target), "a").code == 1
    assert target.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["a.tar"]


def test_a_written_file_has_the_mode_of_any_new_file(engine: FakeEngine, tmp_path: Path) -> None:
    call(engine, "save", "-o", str(tmp_path / "a.tar"), "a")
    (tmp_path / "plain").touch()
    assert (tmp_path / "a.tar").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_output_into_a_folder_that_is_not_there(engine: FakeEngine, tmp_path: Path) -> None:
    shown = call(engine, "export", "-o", str(tmp_path / "no" / "a.tar"), "web")
    assert shown.err.startswith(f"onggi: there is no folder {tmp_path / 'no'}\nhint: ")


def test_export(engine: FakeEngine) -> None:
    assert call(engine, "export", "web").out == "a root"


def test_load(engine: FakeEngine, tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"tar")
    shown = call(engine, "load", "-i", str(tmp_path / "a.tar"))
    assert shown.out.splitlines() == [
        "Loaded image: busybox:latest",
        "Loaded image: busybox:1.35",
        f"Loaded image ID: sha256:{ID[::-1]}",
    ]
    assert call(engine, "load", input=b"from stdin").code == 0
    assert engine.images.asked == [("load", b"tar"), ("load", b"from stdin")]


def test_import(engine: FakeEngine) -> None:
    args = [
        "import",
        "-c",
        'CMD ["sh"]',
        "-c",
        "ENV A=b",
        "-m",
        "made",
        "--platform",
        "linux/arm64",
        "-",
        "busybox:1.35",
    ]
    assert call(engine, *args, input=b"root") == (f"sha256:{ID}\n", "", 0)
    changes = ('CMD ["sh"]', "ENV A=b")
    assert engine.images.asked == [("import", b"root", "busybox:1.35", changes, "made", "linux/arm64")]


def test_import_of_a_url(engine: FakeEngine) -> None:
    url = "https://example.org/root.tar"
    assert call(engine, "import", "-m", "made", url, "x") == (f"sha256:{ID}\n", "", 0)
    assert engine.asked == [("import", url, "x", (), "made", "")]


# prune, check, doctor, info


@pytest.mark.parametrize("args", [["container", "prune"], ["image", "prune", "-a"], ["system", "prune"]])
def test_prune_asks_first(engine: FakeEngine, args: list[str]) -> None:
    for answer in ("n\n", "", "x\n"):
        shown = call(engine, *args, input=answer)
        assert shown.out.startswith("WARNING! This will remove")
        assert shown.out.endswith("[y/N] \nNothing was removed.\n")
        assert shown.code == 0
    assert engine.containers.asked + engine.images.asked + engine.system.asked == []


IMAGES = Pruned((Removed("untagged", "a:1"), Removed("deleted", f"sha256:{ID}")), 1_500_000)


def test_prune_says_what_went(engine: FakeEngine) -> None:
    engine.images.pruned = IMAGES
    assert call(engine, "image", "prune", "-f").out == (
        f"Deleted Images:\nuntagged: a:1\ndeleted: sha256:{ID}\n\nTotal reclaimed space: 1.5MB\n"
    )
    assert call(engine, "container", "prune", input="y\n").out.endswith("[y/N] Total reclaimed space: 0B\n")
    engine.containers.pruned = Pruned((Removed("deleted", ID),), 20)
    assert call(engine, "container", "prune", "-f").out == f"Deleted Containers:\n{ID}\n\nTotal reclaimed space: 20B\n"


def test_system_prune_tells_by_kind(engine: FakeEngine) -> None:
    assert call(engine, "system", "prune", "-af").out == "Total reclaimed space: 0B\n"
    engine.system.pruned = SystemPruned(
        containers=Pruned((Removed("deleted", ID),), 20),
        networks=Pruned((Removed("deleted", "shop"),)),
        images=IMAGES,
        build_cache=Pruned((Removed("deleted", "key one"), Removed("deleted", "key two")), 500_000),
    )
    assert call(engine, "system", "prune", "-f").out == (
        f"Deleted Containers:\n{ID}\n\n"
        "Deleted Networks:\nshop\n\n"
        f"Deleted Images:\nuntagged: a:1\ndeleted: sha256:{ID}\n\n"
        "Deleted build cache objects:\nkey one\nkey two\n\n"
        "Total reclaimed space: 2MB\n"
    )
    assert engine.system.asked == [("prune", True, EVERYTHING), ("prune", False, EVERYTHING)]


FILTERS = ["--filter", "until=100", "--filter", "label=a", "--filter", "label=b=c", "--filter", "label!=keep"]


@pytest.mark.parametrize("kind", ["container", "image", "system"])
def test_prune_filters(engine: FakeEngine, kind: str) -> None:
    assert call(engine, kind, "prune", "-f", *FILTERS).code == 0
    (asked,) = engine.containers.asked + engine.images.asked + engine.system.asked
    assert asked[-1] == PruneFilter(until=100.0, labels=("a", "b=c"), without=("keep",))


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["dangling=true"], "invalid filter 'dangling'"),
        (["until"], "invalid filter 'until'"),
        (["until=soon"], "'soon' is not a time"),
        (["until=1h", "until=2h"], "more than one until filter"),
    ],
)
def test_prune_refuses_filters_before_it_asks(engine: FakeEngine, texts: list[str], message: str) -> None:
    shown = call(engine, "image", "prune", *(word for text in texts for word in ("--filter", text)))
    assert shown.err.startswith(f"onggi: {message}")
    assert (shown.out, shown.code) == ("", 1)
    assert engine.images.asked == []


def test_system_prune_shows_its_filters_when_it_asks(engine: FakeEngine) -> None:
    assert call(engine, "system", "prune", "--filter", "until=24h", "--filter", "label=a", input="n\n").out == (
        "WARNING! This will remove:\n  - all stopped containers\n"
        "  - all networks not used by at least one container\n  - all dangling images\n  - all build cache\n\n"
        "  Items to be pruned will be filtered with:\n  - label=a\n  - until=24h\n\n"
        "Are you sure you want to continue? [y/N] \nNothing was removed.\n"
    )


def test_check(engine: FakeEngine) -> None:
    assert call(engine, "system", "check") == ("The store is clean.\n", "", 0)
    engine.system.findings = [Finding("blob", "sha256:ab", "blob sha256:ab is cut short", False)]
    shown = call(engine, "system", "check", "--deep")
    assert shown.code == 1
    assert shown.out.splitlines() == [
        "found: blob sha256:ab is cut short",
        "1 finding left; onggi system check --deep --repair mends 1.",
    ]
    lost = Finding("layer", "sha256:ab", "layer sha256:ab is gone", False, can_repair=False, hint="build it again")
    engine.system.findings = [lost]
    assert call(engine, "system", "check", "--repair").out.splitlines() == [
        "found: layer sha256:ab is gone",
        "  hint: build it again",
        "1 finding left; onggi alone cannot mend this.",
    ]
    engine.system.asked.pop()
    engine.system.findings = [Finding("tmp", "x", "tmp/x is left over", True)]
    assert call(engine, "system", "check", "--repair").code == 0
    assert engine.system.asked == [("check", False, False), ("check", False, True), ("check", True, False)]


def test_doctor(engine: FakeEngine) -> None:
    engine.system.lines = [
        host.Finding("overlay", True, "overlayfs mounts, with redirect_dir off"),
        host.Finding(
            "cgroups", False, "the cgroup tree cannot be written to, so limits of memory and processes do not hold", "x"
        ),
    ]
    shown = call(engine, "doctor")
    assert shown.out.splitlines() == [
        " ok  overlay  overlayfs mounts, with redirect_dir off",
        " no  cgroups  the cgroup tree cannot be written to, so limits of memory and",
        "              processes do not hold",
        "              → x",
    ]
    assert shown.code == 1
    assert json.loads(call(engine, "doctor", "--format", "json").out.splitlines()[0])["subject"] == "overlay"


def test_info_and_version(engine: FakeEngine) -> None:
    engine.system.facts = {
        "ServerVersion": "0.1",
        "NCPU": 2,
        "MemTotal": 31 << 29,
        "Empty": "",
        "Runtimes": {"runc": {"version": "1.1"}},
    }
    assert (
        call(engine, "info").out
        == "Server Version: 0.1\nCPUs: 2\nTotal Memory: 15.5GiB\nRuntimes:\n runc:\n  version: 1.1\n"
    )
    assert call(engine, "info", "-f", "{{.NCPU}}").out == "2\n"
    assert json.loads(call(engine, "info", "--format", "json").out) == engine.system.facts
    assert call(engine, "version", "-f", "{{.Server.ServerVersion}}").out == "0.1\n"
