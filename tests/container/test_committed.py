"""What an image that is made of a container says."""

from __future__ import annotations

from typing import Any

from onggi.container.committed import committed, overlaid
from onggi.container.complete import complete
from onggi.container.spec import Bind, ContainerSpec, Health, Process, Volume
from onggi.oci.config import Healthcheck, RunConfig

IMAGE = RunConfig(
    user="app",
    exposed_ports={"80/tcp": {}},
    env=("PATH=/bin", "A=1"),
    entrypoint=("serve",),
    cmd=("--all",),
    volumes={"/data": {}},
    working_dir="/srv",
    labels={"a": "1"},
    stop_signal="SIGINT",
    shell=("/bin/ash", "-c"),
    on_build=("RUN make",),
)


def image_of(image: RunConfig, process: Process | None = None, **spec: Any) -> RunConfig:
    return committed(complete(ContainerSpec(image="x", process=process or Process(), **spec), image), image)


def test_who_said_nothing_gets_the_image_again_without_triggers() -> None:
    found = image_of(IMAGE)
    assert found == RunConfig(**{name: getattr(IMAGE, name) for name in IMAGE.__struct_fields__ if name != "on_build"})


def test_what_was_only_a_default_is_not_said() -> None:
    bare = RunConfig(cmd=("sh",))
    assert image_of(bare) == bare


def test_what_was_said_is_in_the_image() -> None:
    process = Process(
        command=("sh", "-c", "x"),
        environment=("B=2", "A", "PATH=/sbin"),
        working_directory="/w",
        user="5",
        entrypoint=(),
    )
    found = image_of(IMAGE, process, labels={"b": "2"}, exposed_ports=("99/udp",), stop_signal="SIGQUIT")
    assert (found.entrypoint, found.cmd) == (None, ("sh", "-c", "x"))
    assert found.env == ("B=2", "PATH=/sbin"), "A was taken away"
    assert (found.working_dir, found.user, found.stop_signal) == ("/w", "5", "SIGQUIT")
    assert found.labels == {"a": "1", "b": "2"}
    assert found.exposed_ports == {"80/tcp": {}, "99/udp": {}}


def test_volumes_without_a_name_are_declared_and_others_are_not() -> None:
    mounts = (Volume("f00", "/anonymous", is_anonymous=True), Volume("v", "/named"), Bind("/tmp", "/bound"))
    assert image_of(IMAGE, mounts=mounts).volumes == {"/data": {}, "/anonymous": {}}


def test_a_health_check_is_the_containers() -> None:
    image = RunConfig(cmd=("x",), healthcheck=Healthcheck(test=("CMD", "ok"), interval=5))
    assert image_of(image).healthcheck == image.healthcheck
    own = Health(check=Healthcheck(test=("CMD-SHELL", "mine")))
    assert image_of(image, health=own).healthcheck == Healthcheck(test=("CMD-SHELL", "mine"), interval=5)
    off = Health(check=Healthcheck(test=("NONE",)))
    assert image_of(image, health=off).healthcheck == Healthcheck(test=("NONE",))
    assert image_of(RunConfig(cmd=("x",)), health=Health(http="80/")).healthcheck is None


def test_what_a_commit_says_comes_over_the_containers_own() -> None:
    own = RunConfig(
        user="u",
        env=("A=1", "B=2"),
        entrypoint=("e",),
        cmd=("c",),
        labels={"l": "1", "m": "1"},
        exposed_ports={"80/tcp": {}},
        volumes={"/v": {}},
    )
    assert overlaid(RunConfig(), own) == own
    said = RunConfig(env=("A=9",), labels={"m": "2"}, exposed_ports={"81/tcp": {}}, working_dir="/w")
    found = overlaid(said, own)
    assert sorted(found.env) == ["A=9", "B=2"]
    assert found.labels == {"l": "1", "m": "2"}
    assert set(found.exposed_ports) == {"80/tcp", "81/tcp"}
    assert (found.user, found.working_dir, found.volumes) == ("u", "/w", {"/v": {}})


def test_a_command_goes_with_the_entrypoint_that_it_stands_with() -> None:
    own = RunConfig(entrypoint=("e",), cmd=("c",))
    for said, entrypoint, command in (
        (RunConfig(cmd=("x",)), ("e",), ("x",)),
        (RunConfig(entrypoint=("y",)), ("y",), None),
        (RunConfig(entrypoint=("y",), cmd=("x",)), ("y",), ("x",)),
    ):
        found = overlaid(said, own)
        assert (found.entrypoint, found.cmd) == (entrypoint, command)
