"""Images as clients of each version are told of them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from onggi.api import answers
from onggi.api.refusals import Refusal
from onggi.api.versions import NEWEST, OLDEST, Version
from onggi.api.wire import image as wire
from onggi.engine.types import HistoryLine, ImageSummary, Pruned, Removed
from onggi.errors import Invalid
from onggi.oci.descriptor import Descriptor
from onggi.oci.platform import Platform

IMAGE = "sha256:" + "01" * 32
DIGEST = "sha256:" + "23" * 32


def sent(answer: object) -> Any:
    return msgspec.json.decode(msgspec.json.encode(answer))


def summary(version: Version = NEWEST, *, has_shared_size: bool = False, **changes: Any) -> dict[str, Any]:
    image = ImageSummary(
        id=IMAGE,
        references=("shop:1",),
        digest=DIGEST,
        created="2026-01-02T03:04:05Z",
        size=100,
        unique_size=30,
        containers=2,
        labels={"k": "v"},
        platform=Platform("amd64"),
        origins=(("shop", DIGEST),),
        descriptor=Descriptor("application/vnd.oci.image.manifest.v1+json", DIGEST, 7),
    )
    changed = msgspec.structs.replace(image, **changes)
    listed = [wire.of_summary(changed, version, has_shared_size=has_shared_size)]
    (found,) = sent(answers.fit(listed, version, "GET /images/json"))
    assert isinstance(found, dict)
    return found


def inspected(document: dict[str, Any], version: Version) -> dict[str, Any]:
    found: dict[str, Any] = answers.fit(wire.of_inspected(document, version), version, "GET /images/{name:.+}/json")
    return found


def test_a_line_of_the_list() -> None:
    assert summary() == {
        "Id": IMAGE,
        "ParentId": "",
        "RepoTags": ["shop:1"],
        "RepoDigests": [f"shop@{DIGEST}"],
        "Created": 1767323045,
        "Size": 100,
        "SharedSize": -1,
        "Containers": 2,
        "Labels": {"k": "v"},
        "Descriptor": {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": DIGEST, "size": 7},
    }
    assert summary(has_shared_size=True)["SharedSize"] == 70


@pytest.mark.parametrize(
    ("version", "fields"),
    [
        ((1, 51), {"Containers": 2}),
        ((1, 50), {"Containers": -1}),
        ((1, 48), {"Descriptor": summary()["Descriptor"]}),
        ((1, 47), {"Descriptor": None}),
        ((1, 44), {"VirtualSize": None}),
        ((1, 43), {"VirtualSize": 100}),
    ],
)
def test_lists_of_older_versions(version: Version, fields: dict[str, Any]) -> None:
    found = summary(version)
    assert {name: found.get(name) for name in fields} == fields


def test_an_image_without_names() -> None:
    nameless: dict[str, Any] = {"references": (), "origins": ()}
    assert summary((1, 43), **nameless)["RepoTags"] == []
    old = summary((1, 42), **nameless)
    assert (old["RepoTags"], old["RepoDigests"]) == (["<none>:<none>"], ["<none>@<none>"])
    assert summary((1, 42), references=())["RepoTags"] == []  # a registry knows it


def test_inspect_of_each_version() -> None:
    config: dict[str, Any] = {"User": "u", "Cmd": ["x"], "Env": [], "Labels": {}, "WorkingDir": "", "Healthcheck": None}
    document = {"Id": IMAGE, "Size": 5, "Created": "", "Author": "", "Config": config, "Descriptor": {"size": 1}}
    newest = {"Id": IMAGE, "Size": 5, "Config": {"User": "u", "Cmd": ["x"]}, "Descriptor": {"size": 1}}
    assert inspected(document, NEWEST) == inspected(document, (1, 52)) == newest
    as_they_are = {"User": "u", "Cmd": ["x"], "Env": [], "Labels": {}, "WorkingDir": ""}
    assert inspected(document, (1, 50)) == {**newest, "Author": "", "DockerVersion": "", "Config": as_they_are}
    of_containers = {
        **dict.fromkeys(("Hostname", "Domainname", "Image"), ""),
        **dict.fromkeys(("AttachStdin", "AttachStdout", "AttachStderr", "Tty", "OpenStdin", "StdinOnce"), False),
    }
    assert inspected(document, (1, 44)) == {
        "Id": IMAGE,
        "Size": 5,
        "Author": "",
        "DockerVersion": "",
        "Config": {**of_containers, **as_they_are},
        "Container": "",
        "ContainerConfig": {**of_containers, **config},
    }
    assert inspected(document, OLDEST) == {
        **inspected(document, (1, 44)),
        "VirtualSize": 5,
        "Created": "0001-01-01T00:00:00Z",
    }


def test_history_and_what_was_removed() -> None:
    line = HistoryLine(id=IMAGE, created="2026-01-02T03:04:05Z", created_by="RUN x", size=3, comment="c")
    assert wire.of_line(line, ("shop:1",)).tags == ("shop:1",)
    below = wire.of_line(msgspec.structs.replace(line, id="<missing>", created=""), ("shop:1",))
    assert (below.tags, below.created) == (None, 0)
    removed = (Removed("untagged", "shop:1"), Removed("deleted", IMAGE))
    report = sent(wire.of_pruned(Pruned(removed, 9)))
    assert report == {"ImagesDeleted": [{"Untagged": "shop:1"}, {"Deleted": IMAGE}], "SpaceReclaimed": 9}


def test_platforms_in_json() -> None:
    assert wire.platform_of("") is None
    assert wire.platform_of('{"os": "linux", "architecture": "arm64", "variant": "v8"}') == Platform("arm64")
    for text in ("linux/arm64", "{", "[]", "\udcff"):
        with pytest.raises(Refusal):
            wire.platform_of(text)
    with pytest.raises(Invalid):
        wire.platform_of('{"os": "linux", "architecture": "vax"}')
