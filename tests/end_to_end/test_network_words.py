"""What people see of networks: ps, port, inspect, events and filters, of containers that are on some."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import pytest

from onggi.linux import netns

from .conftest import BUSYBOX, Onggi

FOREVER = ("sleep", "100000")


@pytest.fixture
def shop(onggi: Onggi) -> str:
    """The ID of a network; `web` is in it with all that can be said, `db` in it and in another."""
    onggi("network", "create", "back")
    made = onggi("network", "create", "--subnet", "10.88.0.0/16", "shop")
    onggi(
        *("run", "-d", "--name", "web", "--hostname", "box", "--network", "name=shop,alias=till,ip=10.88.0.9"),
        *("-p", "127.0.0.1:8080:80", "-p", "0.0.0.0:8443:443", "--expose", "99/udp", "--dns", "10.0.0.5", BUSYBOX),
        *FOREVER,
    )
    onggi("run", "-d", "--name", "db", "--network", "shop", "--network", "back", "-p", "9000-9001", BUSYBOX, *FOREVER)
    return made


def inspected(onggi: Onggi, name: str) -> dict[str, Any]:
    (document,) = json.loads(onggi("inspect", name))
    assert isinstance(document, dict)
    return document


def names(onggi: Onggi, *filters: str) -> str:
    words = [word for text in filters for word in ("-f", text)]
    return " ".join(sorted(onggi("ps", "--format", "{{.Names}}", *words).split()))


def test_ps_tells_ports_and_networks(onggi: Onggi, shop: str) -> None:
    shown = onggi.run("ps", "-f", "name=web")
    assert b"   99/udp, 127.0.0.1:8080->80/tcp, *0.0.0.0:8443->443/tcp   web\n" in shown.stdout
    assert shown.stderr == b"* other hosts can reach this port\n"
    words = "99/udp, 127.0.0.1:8080->80/tcp, 0.0.0.0:8443->443/tcp"
    assert onggi("ps", "-f", "name=web", "--format", "{{.Networks}}|{{.Ports}}") == f"shop|{words}"
    assert onggi("ps", "-f", "name=db", "--format", "{{.Networks}}") == "shop,back"
    onggi("stop", "-t", "0", "web")
    assert onggi("ps", "-a", "-f", "name=web", "--format", "{{.Networks}}|{{.Ports}}") == "shop|"


def test_filters_of_ps(onggi: Onggi, shop: str) -> None:
    onggi("run", "-d", "--name", "alone", "--network", "none", "--expose", "80", BUSYBOX, *FOREVER)
    assert (
        names(onggi, "network=shop")
        == names(onggi, f"network={shop}")
        == names(onggi, f"network={shop[:7]}")
        == "db web"
    )
    assert names(onggi, "network=back") == "db"
    assert names(onggi, "network=none") == "alone"
    assert names(onggi, f"network={onggi('network', 'inspect', '-f', '{{.Id}}', 'none')}") == "alone"
    assert names(onggi, "network=elsewhere") == ""
    assert names(onggi, "publish=8080") == names(onggi, "publish=8000-8100/tcp") == "web"
    assert names(onggi, "publish=80") == names(onggi, "publish=8080/udp") == ""
    assert names(onggi, "expose=80") == names(onggi, "expose=99/udp") == "web"
    assert names(onggi, "expose=9001") == "db"
    onggi("stop", "-t", "0", "web")
    assert names(onggi, "status=exited", "network=shop") == "web"
    assert names(onggi, "status=exited", "publish=8080") == ""


def test_port(onggi: Onggi, shop: str) -> None:
    assert onggi("port", "web").splitlines() == ["80/tcp -> 127.0.0.1:8080", "443/tcp -> 0.0.0.0:8443"]
    assert onggi("port", "web", "443/tcp") == "0.0.0.0:8443"
    assert "No public port '81/tcp' published for web" in onggi.fails("port", "web", "81/tcp")
    assert "No public port '99/udp' published for web" in onggi.fails("port", "web", "99/udp")
    place, _, port = onggi("port", "db", "9000").splitlines()[0].rpartition(":")
    assert place == "0.0.0.0"
    with socket.socket() as rival, pytest.raises(OSError, match="in use"):
        rival.bind((place, int(port)))
    onggi("stop", "-t", "0", "web")
    assert onggi("port", "web") == ""


def test_inspect_while_it_runs_and_after(onggi: Onggi, shop: str) -> None:
    document = inspected(onggi, "web")
    host, found = document["HostConfig"], document["NetworkSettings"]
    assert (host["NetworkMode"], host["Dns"], host["PublishAllPorts"]) == ("shop", ["10.0.0.5"], False)
    asked = {
        "443/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8443"}],
        "80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}],
    }
    assert host["PortBindings"] == asked
    assert found["Ports"] == {**asked, "99/udp": None}
    assert netns.is_bound(found["SandboxKey"])
    own = found["Networks"]["shop"]
    assert (own["IPAddress"], own["IPPrefixLen"], own["Gateway"]) == ("10.88.0.9", 16, "10.88.0.1")
    assert own["MacAddress"] in onggi("exec", "web", "ip", "link", "show", "eth0")
    assert (own["NetworkID"], own["IPAMConfig"]) == (shop, {"IPv4Address": "10.88.0.9"})
    assert own["DNSNames"] == ["web", "till", document["Id"][:12], "box"]
    assert found["IPAddress"] == "", "it is not on the default network"
    assert list(inspected(onggi, "db")["NetworkSettings"]["Networks"]) == ["back", "shop"]

    onggi("stop", "-t", "0", "web")
    ended = inspected(onggi, "web")
    assert ended["HostConfig"]["PortBindings"] == asked
    assert (ended["NetworkSettings"]["Ports"], ended["NetworkSettings"]["SandboxKey"]) == ({}, "")
    assert not netns.is_bound(found["SandboxKey"])
    own = ended["NetworkSettings"]["Networks"]["shop"]
    assert (own["IPAddress"], own["EndpointID"], own["MacAddress"], own["NetworkID"]) == ("", "", "", shop)


def test_the_default_network_is_told_twice(onggi: Onggi) -> None:
    onggi("run", "-d", "--name", "web", "--network", "bridge", BUSYBOX, *FOREVER)
    found = inspected(onggi, "web")["NetworkSettings"]
    bridge = found["Networks"]["bridge"]
    assert found["IPAddress"] == bridge["IPAddress"] != ""
    assert found["Gateway"] == bridge["Gateway"] != ""
    assert bridge["DNSNames"] is None


def test_templates(onggi: Onggi, shop: str) -> None:
    def shown(template: str) -> str:
        return onggi("inspect", "-f", template, "web")

    assert shown("{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}") == "10.88.0.9"
    assert shown('{{(index (index .NetworkSettings.Ports "443/tcp") 0).HostPort}}') == "8443"
    assert shown("{{range $p, $all := .HostConfig.PortBindings}}{{$p}} {{end}}") == "443/tcp 80/tcp"
    members = onggi("network", "inspect", "-f", "{{range .Containers}}{{.Name}}={{.IPv4Address}} {{end}}", "shop")
    assert sorted(members.split()) == ["db=10.88.0.2/16", "web=10.88.0.9/16"]
    assert onggi("inspect", "--type", "network", "-f", "{{.Id}}", "shop") == shop


def test_its_names_are_known_to_others(onggi: Onggi, shop: str) -> None:
    for name in inspected(onggi, "web")["NetworkSettings"]["Networks"]["shop"]["DNSNames"]:
        assert "10.88.0.9" in onggi("exec", "db", "nslookup", name)


def test_who_has_no_network_of_its_own(onggi: Onggi, shop: str) -> None:
    onggi("run", "-d", "--name", "guest", "--network", "container:web", BUSYBOX, *FOREVER)
    onggi("run", "-d", "--name", "bare", "--network", "host", "--expose", "80", BUSYBOX, *FOREVER)
    assert onggi("ps", "-f", "name=guest", "-f", "name=bare", "--format", "{{.Networks}}|{{.Ports}}").split() == [
        "host|",
        "|",
    ]
    guest, bare = (inspected(onggi, name) for name in ("guest", "bare"))
    assert guest["HostConfig"]["NetworkMode"] == f"container:{inspected(onggi, 'web')['Id']}"
    assert (guest["NetworkSettings"]["Networks"], guest["NetworkSettings"]["SandboxKey"]) == ({}, "")
    assert bare["NetworkSettings"]["SandboxKey"] == f"/proc/{bare['State']['Pid']}/ns/net"
    assert len(bare["NetworkSettings"]["Networks"]["host"]["NetworkID"]) == 64


def test_events(onggi: Onggi) -> None:
    since = str(time.time())
    shop, back = (onggi("network", "create", name) for name in ("shop", "back"))
    web = onggi("run", "-d", "--name", "web", "--network", "shop", "--network", "back", BUSYBOX, *FOREVER)
    onggi("stop", "-t", "0", "web")
    lines = onggi("events", "--since", since, "--until", "0s", "--format", "{{json .}}").splitlines()
    happened = [(each["Type"], each["Action"], each["Actor"]["ID"]) for each in map(json.loads, lines)]
    joined = [("network", "connect", shop), ("network", "connect", back), ("container", "start", web)]
    left = [("container", "die", web), ("network", "disconnect", shop), ("network", "disconnect", back)]
    assert happened[3:6] == joined
    assert [each for each in happened if each in left] == left
    told = onggi(*("events", "--since", since, "--until", "0s", "-f", "network=shop", "-f", "event=disconnect"))
    assert told.endswith(f" network disconnect {shop} (container={web}, name=shop, type=bridge)")
    assert "\n" not in told


def test_a_start_that_fails_leaves_the_network(onggi: Onggi) -> None:
    since = str(time.time())
    onggi("network", "create", "shop")
    onggi.fails("run", "--name", "web", "--network", "shop", BUSYBOX, "/no/such/program", code=127)
    told = onggi(*("events", "--since", since, "--until", "0s", "-f", "type=network", "--format", "{{.Action}}"))
    assert told.split() == ["create", "connect", "disconnect"]
