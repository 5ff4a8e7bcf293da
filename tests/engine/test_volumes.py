"""The volumes of a store, and those of a container that is created and starts."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from onggi.container import namespaces
from onggi.container.spec import Bind, ContainerSpec, ImageMount, Mount, Namespaces, Tmpfs, Volume
from onggi.container.volume import FileSystem, Folder, Tree
from onggi.engine import volume_place
from onggi.engine.container import binds, sharing, storage
from onggi.engine.container.household import Household
from onggi.engine.volumes import Volumes
from onggi.errors import Conflict, Invalid, NotFound, Unavailable, Unsupported
from onggi.image import random
from onggi.layer.union import Union
from onggi.oci import reference
from onggi.store.containers import ContainerRow
from onggi.store.disk import Lease
from onggi.store.prune_filter import PruneFilter
from onggi.store.store import Store

NO_LEASE = cast("Lease", None)
"""Where no image is mounted."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store") as opened:
        yield opened


@pytest.fixture
def volumes(store: Store) -> Volumes:
    return Volumes(store)


@pytest.fixture
def image(store: Store) -> str:
    return store.images.put(random.image(1), [reference.parse("image")])


@pytest.fixture
def view(tmp_path: Path) -> Union:
    """What the image has: a folder with something in it, and a file."""
    root = tmp_path / "root"
    (root / "app/sub").mkdir(parents=True)
    (root / "app/sub/file").write_text("text")
    os.chown(root / "app", 7, 8)
    (root / "link").symlink_to("app")
    (root / "file").write_text("text")
    return Union([str(root)])


class Rows:
    """Containers by name, as `gathered` asks for them."""

    def __init__(self, **specs: ContainerSpec) -> None:
        self.specs = specs

    def row(self, name: str) -> ContainerRow:
        if name not in self.specs:
            raise NotFound(f"No such container: {name}")
        return ContainerRow("1" * 64, name, self.specs[name], 0.0, ())


def spec(*mounts: Mount, volumes_from: tuple[str, ...] = (), volumes: tuple[str, ...] = ()) -> ContainerSpec:
    return ContainerSpec(image="image", mounts=mounts, volumes_from=volumes_from, volumes=volumes)


def add(store: Store, view: Union, image: str, *mounts: Mount, name: str = "") -> ContainerRow:
    """Create a container, as the engine does."""
    return storage.add(
        store, ContainerSpec(image="image", image_id=image, mounts=mounts), view, name, lambda *made: None
    )


def told(store: Store) -> list[tuple[str, str]]:
    """Events so far: what, and of which volume."""
    lines = [line for path in sorted(Path(store.events_folder).iterdir()) for line in path.read_text().splitlines()]
    events = [json.loads(line) for line in lines]
    return [(event["Action"], event["Actor"]["ID"]) for event in events if event["Type"] == "volume"]


# `volume …`


def test_what_is_there_already_stays_as_it_is(volumes: Volumes) -> None:
    assert volumes.create("data", {"a": "b"}) == "data"
    assert volumes.create("data", {"c": "d"}) == "data"
    assert volumes.inspect("data")["Labels"] == {"a": "b"}
    with pytest.raises(Conflict, match="a volume named data exists already, with other options"):
        volumes.create("data", options={"type": "tmpfs", "device": "tmpfs"})
    volumes.create("scratch", options={"type": "tmpfs", "device": "tmpfs"})
    assert volumes.create("scratch", options={"device": "tmpfs", "type": "tmpfs"}) == "scratch"
    assert volumes.create("scratch") == "scratch"


def test_what_cannot_be_made_leaves_nothing(volumes: Volumes) -> None:
    for name, options, kind in (
        ("a/b", {}, Invalid),
        ("data", {"tardis": "blue"}, Invalid),
        ("data", {"size": "1g"}, Unsupported),
    ):
        with pytest.raises(kind):
            volumes.create(name, options=options)
    with pytest.raises(NotFound, match="plugin"):
        volumes.create("data", driver="flocker")
    assert volumes.list() == []


def test_filters(store: Store, volumes: Volumes, view: Union, image: str) -> None:
    volumes.create("web-data", {"stage": "prod"})
    volumes.create("web-cache", {"stage": "dev"})
    unnamed = volumes.create()
    add(store, view, image, Volume("web-data", "/data"), name="web")

    def names(**filters: list[str]) -> list[str]:
        return [volume.name for volume in volumes.list(filters)]

    assert names(dangling=["true"]) == sorted([unnamed, "web-cache"])
    assert names(dangling=["0"]) == ["web-data"]
    assert names(name=["web"]) == ["web-cache", "web-data"]
    assert names(name=["^web-d"]) == ["web-data"]
    assert names(label=["stage"]) == ["web-cache", "web-data"]
    assert names(label=["stage=dev"]) == ["web-cache"]
    assert names(driver=["local"]) == sorted([unnamed, "web-cache", "web-data"])
    assert names(driver=["nfs"]) == []
    assert [volume.users for volume in volumes.list({"name": ["web-data"]})] == [("web",)]
    for wrong in ({"dangling": ["maybe"]}, {"name": ["("]}, {"size": ["1"]}):
        with pytest.raises(Invalid, match="invalid filter"):
            volumes.list(wrong)


def test_sizes_are_measured_on_demand(store: Store, volumes: Volumes) -> None:
    volumes.create("data")
    Path(store.volumes.data("data"), "file").write_bytes(bytes(100_000))
    assert volumes.list()[0].size is None
    assert (volumes.list(size=True)[0].size or 0) >= 100_000


def test_what_happens_is_told(store: Store, volumes: Volumes) -> None:
    volumes.create("data")
    volumes.create("data")
    unnamed = volumes.create()
    volumes.remove("data")
    volumes.prune(only=PruneFilter(without=("kept",)))
    assert told(store) == [
        ("create", "data"),
        ("create", unnamed),
        ("destroy", "data"),
        ("destroy", unnamed),
        ("prune", ""),
    ]


# A container's mounts


def test_all_mounts_have_names(image: str) -> None:
    web = spec(Volume("data", "/data"), Volume("f" * 64, "/unnamed", is_anonymous=True), Tmpfs("/tmp"))
    house = cast("Household", Rows(web=web))
    found = storage.gathered(
        house, spec(Volume("", "/own"), volumes_from=("web:ro",), volumes=("/data", "/image")), NO_LEASE
    )
    named = {mount.target: mount for mount in found.mounts}
    assert named["/data"] == Volume("data", "/data", read_only=True, copies=False)
    assert named["/unnamed"] == Volume("f" * 64, "/unnamed", read_only=True, copies=False, is_anonymous=True)
    own, images = named["/own"], named["/image"]
    assert isinstance(own, Volume)
    assert isinstance(images, Volume)
    assert own.is_anonymous
    assert images.is_anonymous
    assert len({own.name, images.name}) == 2
    assert len(own.name) == 64


def test_another_container_that_is_not_there_is_told_with_the_option() -> None:
    house = cast("Household", Rows())
    with pytest.raises(NotFound, match="No such container: web") as caught:
        storage.gathered(house, spec(volumes_from=("web:ro",)), NO_LEASE)
    assert caught.value.hint == "--volumes-from web:ro names it"
    asked = ContainerSpec(image="image", namespaces=Namespaces(pid=namespaces.of("web")))
    with pytest.raises(NotFound, match="No such container: web") as caught:
        sharing.by_id(house, asked)
    assert caught.value.hint == "--pid container:web names it"


def test_volumes_come_with_the_container(store: Store, view: Union, image: str) -> None:
    add(store, view, image, Volume("app", "/link"), Volume("b" * 64, "/none", is_anonymous=True), Bind("/", "/host"))
    assert [(row.name, row.is_anonymous) for row in store.volumes.list()] == [("app", False), ("b" * 64, True)]
    folder = Path(store.volumes.data("app"))
    assert (folder / "sub/file").read_text() == "text"
    assert (folder.stat().st_uid, folder.stat().st_gid) == (7, 8)
    assert os.listdir(store.volumes.data("b" * 64)) == []


def test_without_the_container_there_are_no_volumes(store: Store, view: Union, image: str) -> None:
    add(store, view, image, name="taken")
    with pytest.raises(Conflict):
        add(store, view, image, Volume("app", "/app"), name="taken")
    assert store.volumes.list() == []
    assert os.listdir(store.root / "tmp") == []


def test_one_volume_at_two_places_is_filled_once(store: Store, view: Union, image: str) -> None:
    add(store, view, image, Volume("app", "/app/sub"), Volume("app", "/app"))
    assert os.listdir(store.volumes.data("app")) == ["file"]


def test_the_name_of_a_volume_is_checked_first(store: Store, view: Union, image: str) -> None:
    with pytest.raises(Invalid, match='"a/b" includes invalid characters'):
        add(store, view, image, Volume("a/b", "/x"))
    with pytest.raises(Conflict, match="cannot mount volume over existing file, file exists /file"):
        add(store, view, image, Volume("data", "/file"))
    assert store.volumes.list() == []


def test_a_part_of_a_volume_is_not_filled(store: Store, view: Union, image: str) -> None:
    add(store, view, image, Volume("app", "/app", subpath="x"))
    assert os.listdir(store.volumes.data("app")) == []


def test_where_volumes_are_when_it_starts(store: Store, volumes: Volumes, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    volumes.create("own")
    volumes.create("there", options={"type": "none", "o": "bind,ro", "device": str(elsewhere)})
    volumes.create("memory", options={"type": "tmpfs", "device": "tmpfs", "o": "size=1m"})
    asked = spec(*(Volume(name, f"/{name}") for name in ("own", "there", "memory")))
    folder = store.volumes.folder("memory")
    assert storage.places(store, asked, tmp_path) == {
        "own": Folder(store.volumes.data("own")),
        "there": Folder(str(elsewhere), ("ro",)),
        "memory": FileSystem("tmpfs", "tmpfs", (), "size=1m", f"{folder}/_data", f"{folder}/users"),
    }
    elsewhere.rmdir()
    with pytest.raises(NotFound, match=f"failed to mount volume there: {elsewhere}: no such folder"):
        storage.places(store, asked, tmp_path)


def test_where_images_are_when_it_starts(store: Store, tmp_path: Path) -> None:
    """One for all that mount it, and each of its layers once."""
    upper, lower = (f"sha256:{digit * 64}" for digit in "ab")
    layers = (upper, lower, upper)
    asked = spec(ImageMount("tools", "/t", "", "sha256:1", layers), ImageMount("tools", "/u", "x", "sha256:1", layers))
    folders = tuple(store.snapshots.path(layer) for layer in (upper, lower))
    assert storage.places(store, asked, tmp_path) == {"sha256:1": Tree(folders, str(tmp_path / "image"))}
    assert list((tmp_path / "image").iterdir()) == []


def test_what_a_killed_process_began_is_completed_at_the_start(store: Store, volumes: Volumes, tmp_path: Path) -> None:
    volumes.create("data")
    begun = Path(store.volumes.folder("data"), ".onggi-new")
    (begun / "tree/sub").mkdir(parents=True)
    begun.chmod(0o700)
    storage.places(store, spec(Volume("data", "/data")), tmp_path)
    assert os.listdir(store.volumes.data("data")) == ["sub"]
    assert not begun.exists()


@pytest.mark.parametrize(
    ("kind", "device", "data"),
    [
        ("nfs", ":/export", "addr={host},nolock"),
        ("nfs", ":/export", "addr=10.0.0.1,nolock"),
        ("cifs", "//{host}/share/a", "username=x"),
        ("cifs", "//{host}", "addr={host}"),
        ("ext4", "/dev/localhost", "addr=localhost"),
    ],
)
def test_names_of_hosts(kind: str, device: str, data: str) -> None:
    def place(host: str) -> FileSystem:
        return FileSystem(kind, device.format(host=host), (), data.format(host=host), "/place", "/users")

    address = str(socket.getaddrinfo("localhost", None)[0][4][0])
    assert volume_place.by_address(place("localhost")) == place(address)


def test_a_host_that_cannot_be() -> None:
    with pytest.raises(Unavailable, match=r"error resolving passed in network volume address: no\.\.host"):
        volume_place.by_address(FileSystem("nfs", ":/x", (), "addr=no..host", "/place", "/users"))


# Binds


def test_sources_of_binds(tmp_path: Path) -> None:
    missing = spec(Bind(f"{tmp_path}/a/b", "/x", creates=True))
    binds.require_sources(missing)
    assert not (tmp_path / "a").exists()
    binds.make_sources(missing)
    assert (tmp_path / "a/b").is_dir()
    with pytest.raises(NotFound, match=f"bind source path does not exist: {tmp_path}/none"):
        binds.make_sources(spec(Bind(f"{tmp_path}/none", "/x")))
    with pytest.raises(Invalid, match="cannot make the folder /proc/onggi to mount it"):
        binds.make_sources(spec(Bind("/proc/onggi", "/x", creates=True)))
