from __future__ import annotations

import pytest

from onggi.container.network.port import PortBinding
from onggi.container.spec import Bind, Tmpfs, Volume
from onggi.engine.container.filter import Origin, check, select
from onggi.engine.types import ContainerSummary
from onggi.errors import Invalid, NotFound
from onggi.oci.config import History

BASE, TOP, OTHER = (f"sha256:{digit * 64}" for digit in "bcd")
"""Layers."""


def container(name: str, created: float, **changes: object) -> ContainerSummary:
    fields: dict[str, object] = {
        "id": name.encode().hex() + "0" * 8,
        "name": name,
        "image": "busybox",
        "image_id": "sha256:base",
        "command": ("sh",),
        "created": created,
        "state": "running",
        "status": "Up 3 minutes",
        "exit_code": 0,
        "labels": {},
        "networks": {"none": ""},
        "mounts": (),
        "layers": (BASE,),
    }
    return ContainerSummary(**(fields | changes))  # type: ignore[arg-type]


CONTAINERS = [
    container(
        "web",
        5.0,
        labels={"team": "shop"},
        health="healthy",
        mounts=(Volume("data", "/data"), Bind("/srv", "/etc/srv"), Tmpfs("/tmp")),
        networks={"shop": "5409e5", "back": "b0b1b2"},
        exposed_ports=("80/tcp", "53/udp"),
    ),
    container("api", 4.0, image="shop/api", image_id="sha256:api", layers=(BASE, TOP), health="starting"),
    container("env", 3.0, image="env", image_id="sha256:env", networks={"host": "b057"}),
    container("job", 2.0, image_id="sha256:other", layers=(OTHER,), state="exited", exit_code=2, labels={"team": "it"}),
    container("new", 1.0, state="created", ports=(PortBinding(81, "tcp", "0.0.0.0", 8080),)),
]
FROM, RUN, ENV = (History(created_by=text) for text in ("FROM", "RUN", "ENV"))
ORIGINS = {
    "busybox": Origin("sha256:base", (BASE,), (FROM,)),
    "shop/api": Origin("sha256:api", (BASE, TOP), (FROM, RUN)),
    "env": Origin("sha256:env", (BASE,), (FROM, ENV)),
    "other": Origin("sha256:other", (OTHER,), (FROM,)),
    "empty": Origin("sha256:empty", (), ()),
}
BY_ID = {origin.id: origin for origin in ORIGINS.values()}


def names(**filters: list[str]) -> str:
    wanted = {key.replace("_", "-"): values for key, values in filters.items()}
    check(wanted)
    found = select(CONTAINERS, wanted, lambda name: ORIGINS.get(name) or BY_ID.get(name))
    return " ".join(each.name for each in found)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, "web api env job new"),
        ({"status": ["exited"]}, "job"),
        ({"status": ["exited", "created"]}, "job new"),
        ({"exited": ["2"]}, "job"),
        ({"exited": ["0"]}, ""),  # those that run or never did have not ended with 0
        ({"name": ["^w"]}, "web"),
        ({"name": ["^/web$"]}, "web"),
        ({"name": ["e"]}, "web env new"),
        ({"name": ["b", "i"]}, "web api job"),
        ({"id": ["776562"]}, "web"),
        ({"id": ["6562"]}, ""),
        ({"label": ["team"]}, "web job"),
        ({"label": ["team=shop"]}, "web"),
        ({"label": ["team", "team=it"]}, "job"),
        ({"label": ["team"], "status": ["running"]}, "web"),
        ({"health": ["healthy"]}, "web"),
        ({"health": ["healthy", "starting"]}, "web api"),
        ({"health": ["none"]}, "env job new"),
        ({"network": ["host"]}, "env"),
        ({"network": ["back"]}, "web"),
        ({"network": ["sho"]}, ""),
        ({"network": ["5409"]}, "web"),
        ({"network": ["b0"]}, "web env"),
        ({"network": ["none", "shop"]}, "web api job new"),
        ({"volume": ["data"]}, "web"),
        ({"volume": ["/data"]}, "web"),
        ({"volume": ["/srv"]}, "web"),
        ({"volume": ["/tmp"]}, "web"),
        ({"volume": ["other"]}, ""),
        ({"expose": ["80"]}, "web"),
        ({"expose": ["80/tcp"]}, "web"),
        ({"expose": ["53"]}, ""),
        ({"expose": ["70-90"]}, "web new"),
        ({"expose": ["50-60/udp"]}, "web"),
        ({"publish": ["8000-9000"]}, "new"),
        ({"publish": ["80-81"]}, ""),
        ({"publish": ["8080/udp"]}, ""),
        ({"is_task": ["false"]}, "web api env job new"),
        ({"is_task": ["true"]}, ""),
        ({"is_task": []}, "web api env job new"),
        ({"status": [], "exited": [], "name": []}, "web api env job new"),
        ({"exited": ["-1"]}, ""),
        ({"id": [""]}, ""),
        ({"before": ["env"]}, "job new"),
        ({"since": ["env"]}, "web api"),
        ({"since": ["/job"], "before": ["web"]}, "api env"),
        ({"since": ["6a6f62"]}, "web api env"),
        ({"ancestor": ["shop/api"]}, "api"),
        ({"ancestor": ["sha256:api"]}, "api"),
        ({"ancestor": ["busybox"]}, "web api env new"),
        ({"ancestor": ["env"]}, "env"),  # the layers of api begin with those of env, and its history does not
        ({"ancestor": ["other", "shop/api"]}, "api job"),
        ({"ancestor": ["empty"]}, ""),
        ({"ancestor": ["ghost"]}, ""),
    ],
)
def test_filters_are_dockers(filters: dict[str, list[str]], found: str) -> None:
    assert names(**filters) == found


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"colour": ["red"]}, "invalid filter 'colour'"),
        ({"isolation": ["default"]}, "invalid filter 'isolation'"),
        ({"exited": ["x"]}, "invalid filter 'exited=x'"),
        ({"exited": ["²"]}, "invalid filter 'exited=²'"),
        ({"status": ["up"]}, "invalid filter 'status=up': invalid value for state"),
        ({"health": ["ill"]}, "invalid filter 'health=ill'"),
        ({"name": ["("]}, r"invalid filter 'name=\('"),
        ({"is_task": ["perhaps"]}, r"invalid filter 'is-task=\[perhaps\]'"),
        ({"is_task": ["true", "false"]}, r"invalid filter 'is-task=\[true false\]'"),
        ({"expose": ["8080:80"]}, "not a port: '8080:80'"),
        ({"publish": ["http"]}, "not a port: 'http'"),
    ],
)
def test_what_makes_no_sense_is_refused(filters: dict[str, list[str]], message: str) -> None:
    with pytest.raises(Invalid, match=message):
        names(**filters)


def test_a_neighbour_that_is_not_there() -> None:
    with pytest.raises(NotFound, match="No such container: ghost"):
        names(before=["ghost"])


def test_of_an_image_that_is_gone_the_layers_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(BY_ID, "sha256:env")
    monkeypatch.delitem(BY_ID, "sha256:api")
    assert names(ancestor=["busybox"]) == "web api new"
