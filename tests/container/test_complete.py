"""What the image says where the person says nothing; and what is asked for must fit together."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from onggi.container.complete import complete
from onggi.container.network.port import PortBinding
from onggi.container.spec import (
    BY_MOUNT,
    Attachment,
    ContainerSpec,
    Dns,
    Health,
    Namespaces,
    Networking,
    Process,
    RestartPolicy,
    Volume,
)
from onggi.errors import Conflict, Invalid
from onggi.oci.config import Healthcheck, RunConfig

IMAGE = RunConfig(cmd=("sh",), env=("PATH=/bin", "LANG=C"), user="app", working_dir="/srv", labels={"a": "1", "b": "1"})
SPEC = ContainerSpec(image="image", image_id="sha256:" + "0" * 64)
SHARED = Networking(mode="container:web")


def spec(**fields: Any) -> ContainerSpec:
    return complete(replace(SPEC, hostname="abc", **fields), IMAGE)


def test_complete_takes_from_the_image_what_is_left_open() -> None:
    whole = spec(labels={"b": "2"})
    assert whole.process.command == ("sh",)
    assert whole.process.entrypoint == ()
    assert whole.process.user == "app"
    assert whole.process.working_directory == "/srv"
    assert whole.process.environment == ("PATH=/bin", "LANG=C")
    assert whole.labels == {"a": "1", "b": "2"}
    assert whole.stop_signal == ""


def test_complete_keeps_what_the_person_said() -> None:
    process = Process(command=("ls",), user="0", working_directory="/x", environment=("LANG=ko", "A=1"))
    whole = complete(replace(SPEC, process=process, stop_signal="SIGINT"), replace(IMAGE, stop_signal="SIGQUIT"))
    assert whole.process.command == ("ls",)
    assert whole.process.user == "0"
    assert whole.process.working_directory == "/x"
    assert whole.process.environment == ("LANG=ko", "A=1", "PATH=/bin")
    assert whole.stop_signal == "SIGINT"


def test_paths_that_are_asked_for_alone_are_volumes_as_those_of_the_image() -> None:
    asked = (Volume("", "/own"), Volume("", "/by-mount", asked=BY_MOUNT), Volume("data", "/data", asked="data:/data"))
    whole = complete(replace(SPEC, mounts=asked), replace(IMAGE, volumes={"/of-image": {}}))
    assert whole.volumes == ("/of-image", "/own")


def test_complete_refuses_a_stop_signal_that_is_none() -> None:
    with pytest.raises(Invalid, match="'SIGTREM' is no signal"):
        spec(stop_signal="SIGTREM")


@pytest.mark.parametrize("name", ["a b", "a\nb", "x" * 65, "\x1b[2J", "a\n"])
def test_complete_refuses_a_host_name_that_is_none(name: str) -> None:
    with pytest.raises(Invalid, match="invalid host name"):
        complete(replace(SPEC, hostname=name), IMAGE)


def test_complete_refuses_a_relative_folder_and_mends_the_images() -> None:
    with pytest.raises(Invalid, match="the working directory 'app' is not an absolute path"):
        spec(process=Process(working_directory="app"))
    assert complete(SPEC, replace(IMAGE, working_dir="app")).process.working_directory == "/app"
    assert complete(SPEC, replace(IMAGE, working_dir="")).process.working_directory == ""


def test_what_the_image_says_of_ports_volumes_and_health_stays_with_the_container() -> None:
    check = Healthcheck(test=("CMD", "true"))
    image = replace(IMAGE, exposed_ports={"80/tcp": {}}, volumes={"/data": {}}, healthcheck=check)
    whole = complete(SPEC, image)
    assert (whole.exposed_ports, whole.volumes, whole.health) == (("80/tcp",), ("/data",), Health(check=check))


@pytest.mark.parametrize(
    ("asked", "image", "expected"),
    [
        (None, None, None),
        (None, Healthcheck(test=("NONE",)), None),
        (Health(check=Healthcheck(test=("NONE",))), Healthcheck(test=("CMD", "x")), None),
        (Health(check=Healthcheck(retries=3)), None, None),
        (
            Health(check=Healthcheck(retries=3)),
            Healthcheck(test=("CMD", "x"), interval=7),
            Health(check=Healthcheck(test=("CMD", "x"), interval=7, retries=3)),
        ),
        (
            Health(check=Healthcheck(test=("CMD-SHELL", "y"))),
            Healthcheck(test=("NONE",)),
            Health(check=Healthcheck(test=("CMD-SHELL", "y"))),
        ),
        (Health(tcp="80"), None, Health(tcp="80")),
    ],
    ids=["none", "image-off", "person-off", "no-test", "merged", "person-on", "probe"],
)
def test_what_the_person_says_of_health_wins(
    asked: Health | None, image: Healthcheck | None, expected: Health | None
) -> None:
    assert complete(replace(SPEC, health=asked), replace(IMAGE, healthcheck=image)).health == expected


def test_an_action_without_a_probe_is_refused() -> None:
    for asked in (Health(on_failure="kill"), Health(on_failure="kill", check=Healthcheck(test=("NONE",)))):
        with pytest.raises(Invalid, match="nothing tells when to kill the container: it has no health check"):
            spec(health=asked)


def test_ports_are_the_images_and_the_persons() -> None:
    image = replace(IMAGE, exposed_ports={"80/tcp": {}, "53/udp": {}})
    asked = replace(SPEC, exposed_ports=("443/tcp", "80/tcp"))
    assert complete(asked, image).exposed_ports == ("443/tcp", "53/udp", "80/tcp")


@pytest.mark.parametrize("name", ["a b", "a\nb", "x" * 65])
def test_a_domain_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="invalid domain name"):
        spec(domain_name=name)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"auto_remove": True, "restart": RestartPolicy("always")}, "cannot specify both --restart and --rm"),
        ({"namespaces": Namespaces(uts="host"), "hostname": "jar"}, "hostname and the UTS mode"),
        ({"namespaces": Namespaces(uts="host"), "domain_name": "jar"}, "domain name and the UTS mode"),
        ({"hosts": ("host.docker.internal:host-gateway",)}, "host-gateway and the network mode"),
        ({"networking": SHARED, "hostname": "jar"}, "hostname and the network mode"),
        ({"networking": SHARED, "domain_name": "jar"}, "domain name and the network mode"),
        ({"networking": SHARED, "hosts": ("db:10.0.0.5",)}, "custom host-to-IP mapping and the network mode"),
        ({"networking": replace(SHARED, dns=Dns(servers=("10.0.0.5",)))}, "dns and the network mode"),
        (
            {"networking": replace(SHARED, ports=(PortBinding(80),))},
            "port publishing and the container type network mode",
        ),
        (
            {"networking": replace(SHARED, publishes_all=True)},
            "port publishing and the container type network mode",
        ),
        ({"networking": SHARED, "exposed_ports": ("80/tcp",)}, "port exposing and the container type network mode"),
    ],
)
def test_what_excludes_one_another(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(Invalid, match=f"^conflicting options: {message}$"):
        complete(replace(SPEC, **fields), IMAGE)


def test_what_the_image_exposes_is_no_conflict() -> None:
    image = replace(IMAGE, exposed_ports={"80/tcp": {}})
    assert complete(replace(SPEC, networking=SHARED), image).networking == SHARED


def test_what_is_published_is_exposed() -> None:
    networking = Networking(mode="shop", ports=(PortBinding(80, host_port=8080), PortBinding(53, "udp")))
    whole = complete(replace(SPEC, networking=networking, exposed_ports=("81/tcp",)), IMAGE)
    assert whole.exposed_ports == ("53/udp", "80/tcp", "81/tcp")
    assert whole.networking.attachments == (Attachment(network="shop"),)


def test_what_goes_together() -> None:
    spec(auto_remove=True, restart=RestartPolicy("no"))
    spec(networking=Networking(mode="host"), hosts=("db:host-gateway",))
    complete(replace(SPEC, namespaces=Namespaces(uts="host")), IMAGE)


# sysctls


def test_what_is_of_its_own_namespaces_may_be_set() -> None:
    sysctls = {"net.core.somaxconn": "9", "kernel.msgmax": "1", "fs.mqueue.msg_max": "2", "kernel.sem": "1 2 3 4"}
    assert spec(sysctls=sysctls).sysctls == sysctls
    assert spec(sysctls={"net.core.somaxconn": "9"}, namespaces=Namespaces(ipc="host"))
    assert spec(
        sysctls={"kernel.msgmax": "1"}, namespaces=Namespaces(ipc="container:x"), networking=Networking(mode="host")
    )


@pytest.mark.parametrize("name", ["kernel.hostname", "kernel.msg", "vm.swappiness", "net", "fs.mqueue", "../net.x", ""])
def test_what_is_the_hosts_may_not(name: str) -> None:
    with pytest.raises(Invalid, match=r"^sysctl .* is not allowed$"):
        spec(sysctls={name: "1"})


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("net.core.somaxconn", {"networking": Networking(mode="host")}),
        ("kernel.shmmax", {"namespaces": Namespaces(ipc="host")}),
        ("fs.mqueue.msg_max", {"namespaces": Namespaces(ipc="host")}),
    ],
)
def test_nor_what_the_host_shares_with_it(name: str, fields: dict[str, Any]) -> None:
    with pytest.raises(Conflict, match="is not allowed in the host's"):
        spec(sysctls={name: "1"}, **fields)
