"""ps, images, history, df: Docker's columns, IDs, JSON, templates and filters."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from onggi.cli import listing
from onggi.cli.commands import system_df
from onggi.container.network.port import PortBinding
from onggi.container.spec import Bind, Tmpfs, Volume
from onggi.engine.types import ContainerSummary, HistoryLine, ImageSummary
from onggi.oci.platform import Platform
from onggi.store.cache_use import CacheUse
from onggi.store.df import Report, Use

from .fake import ID, FakeEngine, call


def container(name: str, **changes: object) -> ContainerSummary:
    fields: dict[str, object] = {
        "id": ID,
        "name": name,
        "image": "busybox:1.35",
        "image_id": "sha256:" + "ab" * 32,
        "command": ("sh", "-c", "while true; do sleep 1; done"),
        "created": time.time() - 180,
        "state": "running",
        "status": "Up 3 minutes",
        "exit_code": 0,
        "labels": {"team": "shop"},
        "networks": {"none": ""},
        "mounts": (Bind("/srv/data/of/the/shop", "/data"),),
    }
    return ContainerSummary(**(fields | changes))  # type: ignore[arg-type]


@pytest.fixture
def engine() -> FakeEngine:
    engine = FakeEngine()
    engine.containers.summaries = [
        container("web"),
        container(
            "job",
            id="b" * 64,
            state="exited",
            status="Exited (2) About an hour ago",
            exit_code=2,
            created=time.time() - 7200,
            labels={},
            image="registry.example.org/shop/job:v2",
            command=("true",),
        ),
    ]
    engine.images.summaries = [image("shop/api:latest", "shop/api:v2"), image(id="sha256:" + "cd" * 32, age=86400 * 20)]
    return engine


def image(*references: str, id: str = "sha256:" + "ab" * 32, age: float = 7200) -> ImageSummary:
    return ImageSummary(
        id=id,
        references=references,
        digest="sha256:" + "ee" * 32,
        created=datetime.fromtimestamp(time.time() - age, UTC).isoformat(),
        size=183_000_000,
        unique_size=3_100_000,
        containers=1,
        labels={"stage": "prod"},
        platform=Platform("amd64"),
    )


# ps


def test_ps_has_dockers_columns(engine: FakeEngine) -> None:
    assert call(engine, "ps").out.splitlines() == [
        "CONTAINER ID   IMAGE          COMMAND                  CREATED         STATUS         PORTS     NAMES",
        '4fa6e0f0c678   busybox:1.35   "sh -c \'while true; …"   3 minutes ago   Up 3 minutes             web',
    ]


def test_ps_a_q_and_no_trunc(engine: FakeEngine) -> None:
    assert call(engine, "ps", "-aq").out == "4fa6e0f0c678\nbbbbbbbbbbbb\n"
    assert call(engine, "ps", "-q", "--no-trunc").out == f"{ID}\n"
    assert "\"sh -c 'while true; do sleep 1; done'\"" in call(engine, "ps", "--no-trunc").out


@pytest.mark.parametrize("args", [["-l"], ["-n", "1"], ["-a", "-n1"]])
def test_ps_latest(engine: FakeEngine, args: list[str]) -> None:
    assert call(engine, "ps", "-q", *args).out == "4fa6e0f0c678\n"


def test_ps_asks_the_engine(engine: FakeEngine) -> None:
    call(engine, "ps", "-s", "-f", "name=web", "-f", "name=job", "-f", "health=none")
    call(engine, "ps", "-a", "--format", "{{.Size}}")
    call(engine, "ps", "-n", "3")
    assert engine.containers.asked == [
        ("list", False, True, 0, {"name": ["web", "job"], "health": ["none"]}),
        ("list", True, True, 0, {}),
        ("list", False, False, 3, {}),
    ]


@pytest.mark.parametrize("text", ["stats=exited", "status", "isolation=default"])
def test_ps_refuses_wrong_filters(engine: FakeEngine, text: str) -> None:
    shown = call(engine, "ps", "-a", "--filter", text)
    assert shown.err.startswith("onggi: invalid filter '")
    assert shown.code == 1


def test_ps_tells_beneath_the_table_what_the_status_leaves_out(engine: FakeEngine) -> None:
    """On stderr, so that whoever reads Docker's table reads the same here."""
    engine.containers.summaries = [container("web"), container("api", note="ran out of memory\x1b")]
    shown = call(engine, "ps")
    assert "memory" not in shown.out
    assert shown.err == "api: ran out of memory \n"
    assert call(engine, "ps", "--format", "{{.Note}}").out == "\nran out of memory\x1b\n"
    for args in (["-q"], ["--format", "{{.Names}}"], ["--format", "json"]):
        assert call(engine, "ps", *args).err == ""


def test_ps_fits_a_terminal(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "terminal_columns", lambda stream: 80)
    status = "Restarting (1) Less than a second ago"
    engine.containers.summaries = [
        container("a-rather-long-name", image="registry.example.org/shop/job:v2", status=status),
        container("b"),
    ]
    lines = call(engine, "ps").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert status in lines[1]
    assert "CREATED" not in lines[0]
    assert "a-rather-long-name" in call(engine, "ps", "--no-trunc").out


def test_ps_has_at_most_five_notes(engine: FakeEngine) -> None:
    engine.containers.summaries = [container(f"c{number}", note="ended") for number in range(7)]
    *notes, last = call(engine, "ps").err.splitlines()
    assert notes == [f"c{number}: ended" for number in range(5)]
    assert last.startswith("2 more have a note: onggi ps -a --format ")
    del engine.containers.summaries[-1]
    assert call(engine, "ps").err.splitlines()[-1].startswith("1 more has a note: ")


WEB_PORTS = tuple(PortBinding(80, "tcp", address, 8080) for address in ("0.0.0.0", "::"))
LOCAL_PORT = PortBinding(5432, "tcp", "127.0.0.1", 5432)


def test_ps_marks_what_is_open_to_the_world(engine: FakeEngine) -> None:
    engine.containers.summaries = [
        container("web", ports=WEB_PORTS, exposed_ports=("80/tcp", "8125/udp")),
        container("db", ports=(LOCAL_PORT,)),
    ]
    shown = call(engine, "ps")
    assert "   8125/udp, *0.0.0.0:8080->80/tcp, *[::]:8080->80/tcp   web\n" in shown.out
    assert "   127.0.0.1:5432->5432/tcp " in shown.out
    assert shown.err == "* other hosts can reach this port\n"
    engine.containers.summaries = [container("db", ports=(LOCAL_PORT,))]
    assert call(engine, "ps").err == ""


def test_ps_in_templates_has_dockers_words_for_ports(engine: FakeEngine) -> None:
    engine.containers.summaries = [container("web", ports=WEB_PORTS, networks={"shop": ID, "back": ID})]
    words = "0.0.0.0:8080->80/tcp, [::]:8080->80/tcp"
    shown = call(engine, "ps", "--format", "{{.Ports}} {{.Networks}}")
    assert (shown.out, shown.err) == (f"{words} shop,back\n", "")
    assert call(engine, "ps", "--format", "table {{.Ports}}").out == f"PORTS\n{words}\n"
    assert json.loads(call(engine, "ps", "--format", "json").out)["Ports"] == words


def test_ps_cuts_ports_where_the_terminal_is_narrow(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "terminal_columns", lambda stream: 80)
    engine.containers.summaries = [container("web", ports=WEB_PORTS)]
    assert max(map(len, call(engine, "ps").out.splitlines())) <= 80
    assert "*0.0.0.0:8080->80/tcp, *[::]:8080->80/tcp" in call(engine, "ps", "--no-trunc").out


def test_ps_names_images_as_docker_does(engine: FakeEngine) -> None:
    names = ("busybox@sha256:" + "1" * 64, "docker.io/library/busybox:1.35", "docker.io/a/b", "sha256:" + "ab" * 32)
    engine.containers.summaries = [container("web", image=name) for name in names]
    shown = call(engine, "ps", "--format", "{{.Image}}").out
    assert shown.split() == ["busybox", "busybox:1.35", "a/b", "abababababab"]
    assert tuple(call(engine, "ps", "--no-trunc", "--format", "{{.Image}}").out.split()) == names


def test_ps_tells_volumes_from_binds(engine: FakeEngine) -> None:
    mounts = (Volume("data", "/data"), Bind("/srv", "/srv"), Tmpfs("/tmp"), Volume("ab" * 32, "/v", is_anonymous=True))
    engine.containers.summaries = [container("web", mounts=mounts)]
    assert call(engine, "ps", "--format", "{{.LocalVolumes}} {{.Mounts}}").out == "2 data,/srv,ababababababab…\n"


def test_ps_formats(engine: FakeEngine) -> None:
    assert call(engine, "ps", "--format", '{{.ID}}: {{.Names}} {{.Label "team"}}').out == "4fa6e0f0c678: web shop\n"
    assert call(engine, "ps", "-a", "--format", r"table {{.Names}}\t{{.Status}}").out.splitlines() == [
        "NAMES     STATUS",
        "web       Up 3 minutes",
        "job       Exited (2) About an hour ago",
    ]
    document = json.loads(call(engine, "ps", "--format", "json").out)
    assert document["Names"] == "web"
    assert document["Mounts"] == "/srv/data/of/t…"
    assert document["RunningFor"] == "3 minutes ago"
    assert "Label" not in document


def test_ps_tells_a_wrong_template(engine: FakeEngine) -> None:
    for template in ("{{.Nmaes}}", "table {{.Nmaes}}"):
        shown = call(engine, "ps", "--format", template)
        assert "there is no field .Nmaes; did you mean .Names?" in shown.err
        assert (shown.out, shown.code) == ("", 1)


def test_ps_size(engine: FakeEngine) -> None:
    engine.containers.summaries = [container("web", size=1234, virtual_size=183_000_000)]
    assert call(engine, "ps", "-s").out.splitlines()[1].endswith("1.23kB (virtual 183MB)")
    assert engine.containers.asked == [("list", False, True, 0, {})]


# images


def test_images_has_a_line_for_each_name(engine: FakeEngine) -> None:
    assert call(engine, "images").out.splitlines() == [
        "REPOSITORY   TAG       IMAGE ID       CREATED       SIZE",
        "shop/api     latest    abababababab   2 hours ago   183MB",
        "shop/api     v2        abababababab   2 hours ago   183MB",
        "<none>       <none>    cdcdcdcdcdcd   2 weeks ago   183MB",
    ]


def test_images_q_names_each_once(engine: FakeEngine) -> None:
    assert call(engine, "images", "-q").out == "abababababab\ncdcdcdcdcdcd\n"
    assert call(engine, "images", "-q", "--no-trunc").out.startswith("sha256:abab")


@pytest.mark.parametrize(
    ("args", "names"),
    [
        (["shop/api"], "shop/api:latest shop/api:v2"),
        (["shop/api:v2"], "shop/api:v2"),
        (["shop/*"], "shop/api:latest shop/api:v2"),
        (["nothing"], ""),
        (["--filter", "dangling=true"], "<none>:<none>"),
        (["--filter", "dangling=false"], "shop/api:latest shop/api:v2"),
        (["--filter", "label=stage=prod", "--filter", "until=24h"], "<none>:<none>"),
        (["--filter", "since=cdcdcdcdcdcd"], "shop/api:latest shop/api:v2"),
        (["--filter", "before=shop/api"], "<none>:<none>"),
    ],
)
def test_images_filters(engine: FakeEngine, args: list[str], names: str) -> None:
    assert call(engine, "images", *args, "--format", "{{.Repository}}:{{.Tag}}").out.split() == names.split()


def test_images_digests_and_json(engine: FakeEngine) -> None:
    assert call(engine, "images", "--digests").out.splitlines()[1].split()[2] == "<none>", "it was at no registry"
    known = replace(engine.images.summaries[0], origins=(("shop/api", "sha256:" + "ee" * 32),))
    engine.images.summaries[0] = known
    assert call(engine, "images", "--digests").out.splitlines()[1].split()[2] == "sha256:" + "ee" * 32
    document = json.loads(call(engine, "images", "--format", "json").out.splitlines()[0])
    assert document["SharedSize"] == "180MB"
    assert document["UniqueSize"] == "3.1MB"


# history


@pytest.fixture
def layered(engine: FakeEngine) -> FakeEngine:
    engine.images.lines = [
        HistoryLine(
            id="sha256:" + "ab" * 32,
            created=datetime.fromtimestamp(time.time() - 60, UTC).isoformat(),
            created_by="RUN /bin/sh -c apk add --no-cache\tcurl jq git make # so that it runs",
            size=2_500_000,
            comment="onggi",
        ),
        HistoryLine(id="<missing>", created="", created_by='CMD ["sh"]', size=0, comment=""),
    ]
    return engine


def test_history(layered: FakeEngine) -> None:
    assert call(layered, "history", "shop/api").out.splitlines() == [
        "IMAGE          CREATED              CREATED BY                                      SIZE      COMMENT",
        "abababababab   About a minute ago   RUN /bin/sh -c apk add --no-cache curl jq gi…   2.5MB     onggi",
        '<missing>      N/A                  CMD ["sh"]                                      0B        ',
    ]


def test_history_for_programs(layered: FakeEngine) -> None:
    assert call(layered, "history", "-q", "x").out == "abababababab\n<missing>\n"
    assert call(layered, "history", "--human=false", "--format", "{{.Size}}", "x").out == "2500000\n0\n"
    assert "so that it runs" in call(layered, "history", "--no-trunc", "x").out


# system df


def test_df(engine: FakeEngine) -> None:
    engine.system.report = Report(
        (
            Use("images", 12, 9, 1_900_000_000, 400_000_000, "3 dangling"),
            Use("containers", 4, 4, 12_000_000, 0),
            Use("build cache", 131, 0, 800_000_000, 800_000_000),
        ),
        shared=1_200_000_000,
    )
    shown = call(engine, "--root", "/srv/onggi", "system", "df", environ={"ONGGI_CACHE_BYTES": "10GB"}).out
    assert shown.splitlines() == [
        "                    count   on disk  could be freed",
        "images                 12    1.9 GB          400 MB   3 dangling",
        "  shared by several          1.2 GB",
        "containers              4     12 MB             0 B",
        "build cache           131    800 MB          800 MB   cap 10 GB",
        "total                       2.71 GB          1.2 GB   /srv/onggi",
    ]
    document = json.loads(call(engine, "system", "df", "--format", "json").out.splitlines()[0])
    assert document == {
        "Type": "Images",
        "TotalCount": "12",
        "Active": "9",
        "Size": "1.9GB",
        "Reclaimable": "400MB (21%)",
    }


def test_df_fits_a_terminal(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_df, "terminal_columns", lambda stream: 80)
    monkeypatch.setattr(listing, "terminal_columns", lambda stream: 80)
    other = Use("other", 0, 0, 5_000_000, 0, "database, events, reserve, unfinished work")
    engine.system.report = Report((Use("images", 12, 9, 1_900_000_000, 0), other), shared=0)
    root = "/home/someone/.local/share/onggi/a-store-of-my-own"
    lines = call(engine, "--root", root, "system", "df").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line[54:] for line in lines[2:]] == ["database, events, reserve,", "unfinished work", f"…{root[-25:]}"]
    engine.containers.summaries = [container("a-rather-long-name", image="registry.example.org/shop/job:v2")]
    lines = call(engine, "system", "df", "-v").out.splitlines()
    assert max(map(len, lines)) <= 80


def test_df_verbose(engine: FakeEngine) -> None:
    now = time.time()
    own = CacheUse(id="ab" * 32, kind="regular", description="", size=2_000_000, created=now - 7200, used=now - 60)
    engine.system.uses = [own, replace(own, id="cd" * 32, size=5_000_000, is_shared=True)]
    shown = call(engine, "system", "df", "-v").out
    assert (
        "REPOSITORY   TAG       IMAGE ID       CREATED       SIZE      SHARED SIZE   UNIQUE SIZE   CONTAINERS" in shown
    )
    assert "LOCAL VOLUMES" in shown
    assert shown.splitlines()[-5:] == [
        "Build cache usage: 2MB",
        "",
        "CACHE ID       CACHE TYPE   SIZE      CREATED       LAST USED            SHARED",
        "abababababab   regular      2MB       2 hours ago   About a minute ago   false",
        "cdcdcdcdcdcd   regular      5MB       2 hours ago   About a minute ago   true",
    ]


def test_df_verbose_has_no_format(engine: FakeEngine) -> None:
    shown = call(engine, "system", "df", "-v", "--format", "json")
    assert shown.err.startswith("onggi: --format is for the report without --verbose")
    assert (shown.out, shown.code) == ("", 125)
