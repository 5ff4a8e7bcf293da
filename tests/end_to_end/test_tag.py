"""Names that images are given: with registries, ports, digests."""

from __future__ import annotations

from tests.registries.images import Shelf
from tests.registries.real import Real

from .conftest import BUSYBOX, Onggi

ABSENT = "sha256:" + "0" * 64


def id_of(onggi: Onggi, name: str) -> str:
    return onggi("image", "inspect", "--format", "{{.Id}}", name)


def test_a_name_may_have_a_registry_and_a_port(onggi: Onggi) -> None:
    listed = {
        "localhost:5000/team/shop:1": "localhost:5000/team/shop:1",
        "localhost:5000/team/shop": "localhost:5000/team/shop:latest",
        "127.0.0.1:5000/shop:5000": "127.0.0.1:5000/shop:5000",
        "[::1]:5000/shop:1": "[::1]:5000/shop:1",
        "registry.example:443/a/b/c:v1": "registry.example:443/a/b/c:v1",
        "docker.io/library/shop:1": "shop:1",
        "index.docker.io/me/shop:1": "me/shop:1",
    }
    for name, familiar in listed.items():
        onggi("tag", BUSYBOX, name)
        assert id_of(onggi, familiar) == id_of(onggi, BUSYBOX)
    lines = onggi("images", "--format", "{{.Repository}}:{{.Tag}}").splitlines()
    assert sorted(lines) == sorted((BUSYBOX, *listed.values()))


def test_a_name_that_cannot_be_is_refused(onggi: Onggi) -> None:
    for name, reason in {
        f"localhost:5000/shop@{ABSENT}": "a digest cannot be given",
        f"localhost:5000/shop:1@{ABSENT}": "a digest cannot be given",
        "localhost:5000/Team/shop:1": "repository name must be lowercase",
        "localhost:port/shop:1": "is not a repository name",
        "localhost:5000/shop:": "is not a tag",
        "localhost:5000/": "is not a repository name",
    }.items():
        assert reason in onggi.fails("tag", BUSYBOX, name)


def test_an_image_is_named_by_what_its_registry_knows_it_by(onggi: Onggi, registry: Real, shelf: Shelf) -> None:
    repository = f"{registry.host}/tag/small"
    digest = shelf.put("small", f"{repository}:1")
    onggi("pull", f"{repository}@{digest}")
    for source in (f"{repository}@{digest}", f"{repository}:other@{digest}"):
        onggi("tag", source, "named:1")
        assert id_of(onggi, "named:1") == id_of(onggi, f"{repository}@{digest}")
        onggi("rmi", "named:1")
    assert "No such image" in onggi.fails("tag", f"{repository}@{ABSENT}", "named:2")
    listed = onggi("images", "--digests", "--format", "{{.Repository}} {{.Digest}}").splitlines()
    assert f"{repository} {digest}" in listed
