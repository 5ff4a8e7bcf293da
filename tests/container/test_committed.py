"""What an image that is made of a container says."""

from __future__ import annotations

from typing import Any

from onggi.container.committed import committed
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
