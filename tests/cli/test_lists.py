"""ps, images, history, df: Docker's columns, IDs, JSON, templates and filters."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest

from onggi.engine.types import ContainerSummary, HistoryLine, ImageSummary
from onggi.oci.platform import Platform
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
        "network": "none",
        "mounts": ("/srv/data/of/the/shop",),
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


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (["status=exited"], "job"),
        (["status=exited", "status=running"], "web job"),
        (["exited=2"], "job"),
        (["exited=0"], ""),
        (["name=^w"], "web"),
        (["name=^/web$"], "web"),
        (["name=o"], ""),
        (["label=team"], "web"),
        (["label=team=shop"], "web"),
        (["label=team=bank"], ""),
        (["label=team", "label=none"], ""),
        (["ancestor=busybox"], "web"),
        (["ancestor=busybox:1.35"], "web"),
        (["ancestor=registry.example.org/shop/job"], ""),
        (["id=4fa"], "web"),
        (["since=job"], "web"),
        (["network=none"], "web"),
    ],
)
def test_ps_filters(engine: FakeEngine, filters: list[str], names: str) -> None:
    args = [arg for text in filters for arg in ("--filter", text)]
    assert call(engine, "ps", *args, "--format", "{{.Names}}").out.split() == names.split()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stats=exited", "invalid filter 'stats'"),
        ("status", "invalid filter 'status'"),
        ("exited=x", "invalid filter 'exited=x'"),
        ("exited=²", "invalid filter 'exited=²'"),
        ("status=up", "invalid filter 'status=up'"),
        ("name=(", "invalid filter 'name=('"),
        ("before=ghost", "No such container: ghost"),
    ],
)
def test_ps_refuses_wrong_filters(engine: FakeEngine, text: str, message: str) -> None:
    for each in (engine, FakeEngine()):  # the second has no containers
        shown = call(each, "ps", "-a", "--filter", text)
        assert shown.err.startswith(f"onggi: {message}")
        assert shown.code == 1


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
    assert engine.containers.asked == [("list", False, True)]


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


def test_df_verbose(engine: FakeEngine) -> None:
    shown = call(engine, "system", "df", "-v").out
    assert (
        "REPOSITORY   TAG       IMAGE ID       CREATED       SIZE      SHARED SIZE   UNIQUE SIZE   CONTAINERS" in shown
    )
    assert "LOCAL VOLUMES" in shown


def test_df_verbose_has_no_format(engine: FakeEngine) -> None:
    shown = call(engine, "system", "df", "-v", "--format", "json")
    assert shown.err.startswith("onggi: --format is for the report without --verbose")
    assert (shown.out, shown.code) == ("", 125)
