"""Containers over the Engine API: raw requests, and Docker's own command line."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.api.client import Client, UnixConnection
from tests.api.served import Docker
from tests.waiting import eventually

from onggi.linux.events import encode

from .conftest import BUSYBOX, Onggi

pytestmark = pytest.mark.one_server

FOREVER = ("sleep", "1000.53")


def running(api: Client, name: str, *command: str, **config: Any) -> str:
    """The ID of a container that runs."""
    made = api.create(BUSYBOX, *(command or FOREVER), name=name, **config)
    api.post(f"/containers/{made}/start")
    return made


def state(api: Client, name: str) -> str:
    found: str = api.get(f"/containers/{name}/json")["State"]["Status"]
    return found


def listed(api: Client, **query: Any) -> list[str]:
    return [summary["Names"][0] for summary in api.get("/containers/json", **query)]


# Life


def test_a_life(api: Client) -> None:
    made = api.create(BUSYBOX, *FOREVER, name="web")
    steps: list[tuple[str, str, int, str]] = [
        ("POST", "start", 204, "running"),
        ("POST", "start", 304, "running"),
        ("POST", "pause", 204, "paused"),
        ("POST", "pause", 409, "paused"),
        ("POST", "start", 409, "paused"),
        ("POST", "unpause", 204, "running"),
        ("POST", "unpause", 409, "running"),
        ("POST", "stop?t=0", 204, "exited"),
        ("POST", "stop", 304, "exited"),
        ("POST", "kill", 409, "exited"),
        ("POST", "pause", 409, "exited"),
        ("POST", "restart?t=0", 204, "running"),
        ("POST", "restart?t=0", 204, "running"),
        ("POST", "kill?signal=KILL", 204, "exited"),
    ]
    for method, what, status, after in steps:
        path, _, query = what.partition("?")
        said = dict([query.split("=")]) if query else {}
        answer = api.request(method, f"/containers/web/{path}", **said)
        assert answer.status == status, (what, answer)
        eventually(partial(lambda wanted: state(api, made) == wanted, after))
    assert api.post("/containers/web/wait") == {"StatusCode": 137}
    assert api.request("POST", "/containers/web/rename", name="shop").status == 204
    assert api.request("DELETE", f"/containers/{made[:12]}").status == 204
    assert api.request("DELETE", "/containers/shop").status == 404


def test_a_stop_has_a_signal_and_a_time(onggi: Onggi, api: Client) -> None:
    script = "trap 'exit 7' USR1; echo ready; while true; do sleep 0.1; done"
    running(api, "web", "sh", "-c", script)
    eventually(lambda: onggi("logs", "web") == "ready")
    assert api.request("POST", "/containers/web/stop", signal="USR1", t=-1).status == 204
    assert api.get("/containers/web/json")["State"]["ExitCode"] == 7
    assert api.request("POST", "/containers/web/stop", signal="NONE").status == 304


def test_what_cannot_be_is_told_in_dockers_words(api: Client) -> None:
    made = running(api, "web")
    api.create(BUSYBOX, "nosuch", name="bad")
    refusals: list[tuple[str, str, dict[str, Any], int, str]] = [
        ("GET", "/containers/nosuch/json", {}, 404, "No such container: nosuch"),
        ("POST", "/containers/nosuch/start", {}, 404, "No such container: nosuch"),
        ("POST", "/containers/nosuch/wait", {}, 404, "No such container: nosuch"),
        ("DELETE", "/containers/nosuch", {}, 404, "No such container: nosuch"),
        ("DELETE", "/containers/web", {}, 409, 'cannot remove container "web": container web is running'),
        ("DELETE", "/containers/web", {"link": 1}, 501, "a link cannot be taken away"),
        ("POST", "/containers/web/rename", {}, 400, "Neither old nor new names may be empty"),
        ("POST", "/containers/web/rename", {"name": "web"}, 400, "Renaming a container with the same name"),
        ("POST", "/containers/web/rename", {"name": "bad"}, 409, 'Conflict. The container name "/bad" is already in'),
        ("POST", "/containers/web/kill", {"signal": "FOO"}, 400, "cannot kill container: web: "),
        ("POST", "/containers/bad/kill", {}, 409, "cannot kill container: bad: container bad is not running"),
        ("POST", "/containers/web/wait", {"condition": "bored"}, 400, 'invalid condition: "bored"'),
        ("POST", "/containers/bad/start", {}, 400, "failed to create task for container: "),
        ("POST", "/containers/bad/start", {"checkpoint": "x"}, 501, "checkpoints are not supported"),
        ("GET", "/containers/bad/top", {}, 409, "container bad is not running"),
        ("GET", "/containers/web/top", {"ps_args": "--nosuch"}, 500, "ps: "),
        ("GET", "/containers/json", {"filters": {"colour": ["red"]}}, 400, "invalid filter 'colour'"),
        ("GET", "/containers/json", {"filters": {"status": ["odd"]}}, 400, "invalid filter 'status=odd'"),
        ("GET", "/containers/json", {"limit": "x"}, 400, ""),
        ("POST", "/containers/prune", {"filters": {"name": ["x"]}}, 400, "invalid filter 'name'"),
    ]
    for method, path, query, status, words in refusals:
        answer = api.request(method, path, **query)
        assert (answer.status, answer.message[: len(words)]) == (status, words), (path, answer)
    assert "executable file not found in $PATH" in api.request("POST", "/containers/bad/start").message
    assert api.request("POST", "/containers/web/start", {"Binds": []}).status == 400
    taken = api.request("POST", "/containers/create", {"Image": BUSYBOX}, name="web")
    assert taken.status == 409
    assert taken.message.startswith(f'Conflict. The container name "/web" is already in use by container "{made}"')
    gone = api.request("POST", "/containers/create", {"Image": "nosuch:1"})
    assert (gone.status, gone.message[:23]) == (404, "No such image: nosuch:1")
    other = api.request("POST", "/containers/create", {"Image": BUSYBOX}, platform="linux/s390x")
    assert (other.status, "does not provide the specified platform" in other.message) == (404, True)
    for host, words in (
        ({"NetworkMode": "nosuch"}, "network nosuch not found"),
        ({"VolumesFrom": ["nosuch"]}, "No such container: nosuch"),
        ({"PidMode": "container:nosuch"}, "No such container: nosuch"),
        ({"Links": ["nosuch"]}, "No such container: nosuch"),
        ({"VolumeDriver": "foo", "Binds": ["vv:/v"]}, "error looking up volume plugin foo"),
        (
            {"Mounts": [{"Type": "volume", "Target": "/v", "VolumeOptions": {"DriverConfig": {"Name": "foo"}}}]},
            "error looking up volume plugin foo",
        ),
    ):
        lacking = api.request("POST", "/containers/create", {"Image": BUSYBOX, "HostConfig": host})
        assert (lacking.status, lacking.message[: len(words)]) == (400, words)
    named = api.request("POST", "/containers/create", {"Image": BUSYBOX}, name="-")
    assert (named.status, named.message[:28]) == (400, "Invalid container name (-), ")


# Create


def test_what_was_asked_for_is_so(onggi: Onggi, api: Client) -> None:
    script = "stty size; hostname; id -G; cat /sys/fs/cgroup/memory.max 2>/dev/null; echo $A; pwd; ulimit -n"
    api.create(
        BUSYBOX,
        name="all",
        Entrypoint=["/bin/sh", "-c"],
        Cmd=[script],
        Tty=True,
        Env=["A=1 2"],
        Hostname="shop",
        WorkingDir="/tmp",
        StopTimeout=3,
        HostConfig={
            "ConsoleSize": [31, 77],
            "GroupAdd": ["44"],
            "Memory": 64 << 20,
            "Ulimits": [{"Name": "nofile", "Soft": 77, "Hard": 99}],
            "NetworkMode": "none",
        },
    )
    api.post("/containers/all/start")
    assert api.post("/containers/all/wait")["StatusCode"] == 0
    lines = onggi("logs", "all").splitlines()
    assert lines[:2] == ["31 77", "shop"]
    assert "44" in lines[2].split()
    assert lines[-3:] == ["1 2", "/tmp", "77"]
    about = api.get("/containers/all/json", size=1)
    assert about["HostConfig"]["ConsoleSize"] == [31, 77]
    assert (about["HostConfig"]["Memory"], about["Config"]["StopTimeout"], about["Config"]["Tty"]) == (
        64 << 20,
        3,
        True,
    )
    assert about["SizeRootFs"] >= about["SizeRw"] >= 0
    assert "Health" not in about["State"]


def test_no_entry_point_leaves_the_images_command(onggi: Onggi, api: Client, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f'FROM {BUSYBOX}\nENTRYPOINT ["/entry"]\nCMD ["echo", "image"]\n')
    onggi("build", "-q", "-t", "both", tmp_path)
    for given, words in (([], ["echo", "image"]), (None, ["/entry", "echo", "image"])):
        about = api.get(f"/containers/{api.create('both', Entrypoint=given)}/json")
        assert [about["Path"], *about["Args"]] == words
    answer = api.request("POST", "/containers/create", {"Image": "both", "Entrypoint": [""]})
    assert (answer.status, answer.message.partition(" (")[0]) == (400, "no command specified")


def test_limits_that_cannot_be_are_told(api: Client) -> None:
    asked = {"Image": BUSYBOX, "HostConfig": {"KernelMemoryTCP": 1 << 20}}
    made = api.speaking("1.51").post("/containers/create", asked)
    assert [text[:47] for text in made["Warnings"]] == ["Your kernel does not support kernel memory TCP "]
    refused = api.request("POST", "/containers/create", {"Image": BUSYBOX, "HostConfig": {"Memory": 1}})
    assert (refused.status, refused.message) == (400, "Minimum memory limit allowed is 6MB")


def test_inspect_as_older_versions_have_it(onggi: Onggi, api: Client) -> None:
    onggi("network", "create", "shop")
    body = {"EndpointsConfig": {"shop": {"Aliases": ["db"]}}}
    made = api.create(BUSYBOX, name="web", HostConfig={"NetworkMode": "shop"}, NetworkingConfig=body)
    aliases = [
        client.get("/containers/web/json")["NetworkSettings"]["Networks"]["shop"]["Aliases"]
        for client in (api, api.speaking("1.44"))
    ]
    assert aliases == [["db"], ["db", made[:12]]]


# Lists


def test_a_summary(onggi: Onggi, api: Client) -> None:
    onggi("network", "create", "--subnet", "10.215.0.0/16", "shop")
    made = running(
        api,
        "web",
        "sh",
        "-c",
        "sleep 1000.53",
        Labels={"tier": "front"},
        ExposedPorts={"81/tcp": {}},
        HostConfig={
            "NetworkMode": "shop",
            "Binds": ["data:/data", "/tmp:/host:ro"],
            "Tmpfs": {"/t": ""},
            "PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "18080"}]},
            "Annotations": {"a": "b"},
        },
    )
    (found,) = api.get("/containers/json", size=1)
    endpoint = found["NetworkSettings"]["Networks"].pop("shop")
    assert found["NetworkSettings"]["Networks"] == {}
    assert (endpoint["IPAddress"], endpoint["Gateway"], endpoint["IPPrefixLen"]) == ("10.215.0.2", "10.215.0.1", 16)
    assert endpoint["MacAddress"] and endpoint["NetworkID"] and endpoint["EndpointID"]
    volume, bind = found.pop("Mounts")
    assert (volume["Type"], volume["Name"], volume["Destination"], volume["RW"]) == ("volume", "data", "/data", True)
    assert volume["Source"] == str(onggi.root / "volumes" / "data" / "_data")
    assert (bind["Type"], bind["Source"], bind["Destination"], bind["RW"]) == ("bind", "/tmp", "/host", False)
    assert found.pop("SizeRw") >= 0
    assert found.pop("SizeRootFs") > 100_000
    assert re.fullmatch(r"Up .*", found.pop("Status"))
    about = api.get("/containers/web/json")
    assert found == {
        "Id": made,
        "Names": ["/web"],
        "Image": BUSYBOX,
        "ImageID": about["Image"],
        "Health": {"Status": "none", "FailingStreak": 0},
        "Command": "sh -c 'sleep 1000.53'",
        "Created": found["Created"],
        "Ports": [
            {"IP": "127.0.0.1", "PrivatePort": 80, "PublicPort": 18080, "Type": "tcp"},
            {"PrivatePort": 81, "Type": "tcp"},
        ],
        "Labels": {"tier": "front"},
        "State": "running",
        "HostConfig": {"NetworkMode": "shop", "Annotations": {"a": "b"}},
        "NetworkSettings": {"Networks": {}},
    }
    (old,) = api.speaking("1.45").get("/containers/json")
    assert old["HostConfig"] == {"NetworkMode": "shop"}
    assert "SizeRw" not in old


def test_what_is_listed(api: Client) -> None:
    running(api, "one", Labels={"tier": "front"})
    api.create(BUSYBOX, *FOREVER, name="two", Labels={"tier": "back"})
    api.create(BUSYBOX, *FOREVER, name="three")
    queries: list[tuple[dict[str, Any], list[str]]] = [
        ({}, ["/one"]),
        ({"all": 1}, ["/three", "/two", "/one"]),
        ({"all": "false"}, ["/one"]),
        ({"limit": 2}, ["/three", "/two"]),
        ({"limit": 0}, ["/one"]),
        ({"limit": -1}, ["/one"]),
        ({"all": 1, "filters": {"label": ["tier"]}}, ["/two", "/one"]),
        ({"all": 1, "filters": {"label": {"tier=back": True}}}, ["/two"]),
        ({"filters": {"status": ["created", "running"]}}, ["/three", "/two", "/one"]),
        ({"all": 1, "filters": {"name": ["^/t"]}}, ["/three", "/two"]),
        ({"all": 1, "filters": {"ancestor": [BUSYBOX], "before": ["three"]}}, ["/two", "/one"]),
        ({"all": 1, "since": "one"}, ["/three", "/two"]),
        ({"all": 1, "before": "two"}, ["/one"]),
        ({"all": 1, "filters": {"isolation": ["default"]}}, ["/three", "/two", "/one"]),
        ({"all": 1, "filters": {"network": ["bridge"], "id": ["zz"]}}, []),
    ]
    for query, names in queries:
        assert listed(api, **query) == names, query


def test_a_list_tells_what_others_have_done(onggi: Onggi, api: Client) -> None:
    """The server keeps what it has read; it is right all the same."""
    assert listed(api, all=1) == []
    onggi("run", "-d", "--name", "web", BUSYBOX, *FOREVER)
    assert listed(api) == ["/web"]
    onggi("rename", "web", "shop")
    assert listed(api) == ["/shop"]
    onggi("pause", "shop")
    assert [(each["State"], each["Status"].endswith("(Paused)")) for each in api.get("/containers/json")] == [
        ("paused", True)
    ]
    onggi("unpause", "shop")
    onggi("network", "create", "back")
    onggi("network", "connect", "back", "shop")
    (found,) = api.get("/containers/json")
    assert sorted(found["NetworkSettings"]["Networks"]) == ["back", "bridge"]
    onggi("stop", "-t", "0", "shop")
    assert listed(api) == []
    onggi("tag", BUSYBOX, "other")
    onggi("image", "rm", BUSYBOX)
    (found,) = api.get("/containers/json", all=1)
    assert (found["State"], found["Image"]) == ("exited", found["ImageID"])
    onggi("rm", "shop")
    assert listed(api, all=1) == []


def test_a_list_tells_that_a_monitor_was_killed(onggi: Onggi, api: Client) -> None:
    made = running(api, "web", HostConfig={"NetworkMode": "none"})
    assert listed(api) == ["/web"]
    os.kill(_monitor(onggi.root / "containers" / made), signal.SIGKILL)
    eventually(lambda: listed(api) == [])
    assert [each["State"] for each in api.get("/containers/json", all=1)] == ["exited"]
    api.post("/containers/web/start")
    assert listed(api) == ["/web"]


def _monitor(home: Path) -> int:
    """The process that holds the container's lock."""
    inode = (home / "monitor.lock").stat().st_ino
    for line in Path("/proc/locks").read_text().splitlines():
        words = line.split()
        if words[1] == "FLOCK" and words[5].endswith(f":{inode}"):
            return int(words[4])
    raise AssertionError("no process holds it")


# Wait


def waiting(api: Client, name: str, version: str = "1.41", has_head: bool = True, **query: Any) -> Callable[[], Any]:
    """Asks how the container ends; a call says it. has_head: the head of the answer comes as soon as nothing can be
    missed any more, and is waited for."""
    connection = UnixConnection(api.path)
    connection.request("POST", f"{version and f'/v{version}'}/containers/{name}/wait?{urlencode(query)}")
    answer = connection.getresponse() if has_head else None

    def result() -> Any:
        with closing(connection):
            return json.loads((answer or connection.getresponse()).read())

    return result


@pytest.mark.parametrize(("version", "has_head"), [("", True), ("1.29", False), ("1.30", True), ("1.41", True)])
def test_wait_for_its_end(api: Client, version: str, has_head: bool) -> None:
    running(api, "web")
    ended = waiting(api, "web", version, has_head)
    api.post("/containers/web/kill")
    assert ended() == {"StatusCode": 137}
    assert api.speaking(version).post("/containers/web/wait") == {"StatusCode": 137}


def test_wait_for_the_next_end(api: Client) -> None:
    api.create(BUSYBOX, "sh", "-c", "exit 3", name="web")
    for _ in range(2):
        ended = waiting(api, "web", condition="next-exit")
        api.post("/containers/web/start")
        assert ended() == {"StatusCode": 3}


def test_wait_for_its_removal(api: Client) -> None:
    api.create(BUSYBOX, "sh", "-c", "exit 3", name="web", HostConfig={"AutoRemove": True})
    ended = waiting(api, "web", condition="removed")
    api.post("/containers/web/start")
    assert ended() == {"StatusCode": 3}
    assert listed(api, all=1) == []


def test_who_comes_after_its_removal_hears_how_it_ended(api: Client, onggi: Onggi) -> None:
    """Clients start a container and then wait for it: by then it may have ended, and --rm has removed it."""
    made = api.create(BUSYBOX, "sh", "-c", "exit 3", name="web", HostConfig={"AutoRemove": True})
    api.post(f"/containers/{made}/start")
    eventually(lambda: listed(api, all=1) == [])
    for name in (made, "web"):
        assert api.post(f"/containers/{name}/wait") == {"StatusCode": 3}
    assert api.speaking("1.41").post("/containers/web/wait", condition="removed") == {"StatusCode": 3}
    assert onggi("wait", "web") == "3"
    assert api.request("POST", "/containers/web/wait", condition="next-exit").status == 404
    assert api.request("POST", f"/containers/{made[:12]}/wait").status == 404


def test_who_comes_long_after_does_not(api: Client, onggi: Onggi) -> None:
    told = encode("container", "a" * 64, "die", {"name": "old", "exitCode": "3"}, time.time_ns() - 11 * 10**9)
    (onggi.root / "events/00000001.json").write_bytes(told)
    assert api.request("POST", "/containers/old/wait").status == 404


def test_one_that_is_renamed_is_not_gone(api: Client) -> None:
    api.create(BUSYBOX, "true", name="before")
    api.post("/containers/before/start")
    api.post("/containers/before/wait")
    api.post("/containers/before/rename", name="after")
    assert api.request("POST", "/containers/before/wait").status == 404


def test_who_waits_for_what_never_comes_is_told(api: Client) -> None:
    api.create(BUSYBOX, *FOREVER, name="web")
    ended = waiting(api, "web", condition="next-exit")
    api.delete("/containers/web")
    told = ended()
    assert told["StatusCode"] == -1
    assert told["Error"]["Message"].startswith("No such container: ")


# Changes


def test_update_top_changes_and_prune(api: Client) -> None:
    made = running(api, "web", "sh", "-c", "echo > /new; rm /bin/vi; sleep 1000.53", HostConfig={"NetworkMode": "none"})
    assert api.post("/containers/web/update", {"Memory": 64 << 20, "MemorySwap": 128 << 20, "PidsLimit": 77}) == {
        "Warnings": []
    }
    limits = api.get("/containers/web/json")["HostConfig"]
    assert (limits["Memory"], limits["PidsLimit"]) == (64 << 20, 77)
    api.post("/containers/web/update", {"RestartPolicy": {"Name": "unless-stopped"}, "PidsLimit": 0})
    changed = api.get("/containers/web/json")["HostConfig"]
    assert changed["RestartPolicy"] == {"Name": "unless-stopped", "MaximumRetryCount": 0}
    refused = api.request("POST", "/containers/web/update", {"Memory": 1})
    assert (refused.status, refused.message) == (400, "Minimum memory limit allowed is 6MB")
    eventually(lambda: {"Path": "/bin/vi", "Kind": 2} in api.get("/containers/web/changes"))
    assert {"Path": "/new", "Kind": 1} in api.get("/containers/web/changes")
    assert {"Path": "/bin", "Kind": 0} in api.get("/containers/web/changes")
    found = api.get("/containers/web/top", ps_args="-o pid,args")
    assert found["Titles"][0] == "PID"
    assert any("sleep 1000.53" in row[-1] for row in found["Processes"])
    assert api.post("/containers/prune") == {"ContainersDeleted": None, "SpaceReclaimed": 0}
    api.post("/containers/web/stop", t=0)
    assert api.post("/containers/prune", filters={"label": ["x"]})["ContainersDeleted"] is None
    assert api.post("/containers/prune", filters={"until": ["0s"]})["ContainersDeleted"] == [made]


def test_remove_takes_volumes_without_a_name(onggi: Onggi, api: Client) -> None:
    for name, flags in (("keeps", {}), ("drops", {"v": 1})):
        running(api, name, Volumes={"/data": {}})
        (volume,) = [each["Name"] for each in api.get(f"/containers/{name}/json")["Mounts"]]
        assert api.request("DELETE", f"/containers/{name}", force="true", **flags).status == 204
        assert (volume in onggi("volume", "ls", "-q")) is (name == "keeps")


# Docker's command line


def test_dockers_command_line(docker: Docker) -> None:
    made = docker("run", "-d", "--name", "web", "-l", "tier=front", "-p", "127.0.0.1:18081:80", BUSYBOX, *FOREVER)
    line = "{{.ID}} {{.Names}} {{.Image}} {{.State}} {{.Ports}} {{.Labels}} {{.Networks}}"
    assert docker("ps", "--no-trunc", "--format", line) == (
        f"{made} web {BUSYBOX} running 127.0.0.1:18081->80/tcp tier=front bridge"
    )
    assert docker("port", "web") == "80/tcp -> 127.0.0.1:18081"
    assert docker("inspect", "-f", "{{.State.Running}} {{.Config.Image}} {{.Name}}", "web") == f"true {BUSYBOX} /web"
    assert docker("pause", "web") == "web"
    assert "(Paused)" in docker("ps", "--format", "{{.Status}}")
    assert docker("unpause", "web") == "web"
    assert docker("update", "--memory", "64m", "--memory-swap", "128m", "web") == "web"
    assert "sleep 1000.53" in docker("top", "web")
    assert docker("rename", "web", "shop") == ""
    assert docker("restart", "-t", "0", "shop") == "shop"
    assert 'cannot remove container "shop": container shop is running' in docker.fails("rm", "shop")
    assert docker("stop", "-t", "0", "shop") == "shop"
    assert docker("stop", "shop") == "shop"
    assert docker("wait", "shop") == "137"
    assert docker("start", "shop") == "shop"
    assert docker("kill", "shop") == "shop"
    assert "is not running" in docker.fails("kill", "shop")
    assert docker("diff", "shop") == ""
    assert docker("ps", "-aq", "--no-trunc", "--filter", "label=tier=front") == made
    assert docker("rm", "-v", "shop") == "shop"
    assert "No such container: shop" in docker.fails("rm", "shop")
    assert docker("ps", "-a", "--format", "{{.Names}}") == ""


def test_docker_run(docker: Docker) -> None:
    assert docker("run", "--rm", BUSYBOX, "echo", "hi") == "hi"
    assert docker.run("run", "--rm", BUSYBOX, "sh", "-c", "exit 7").returncode == 7
    assert "executable file not found" in docker.fails("run", "--rm", BUSYBOX, "nosuch", code=127)
    assert "permission denied" in docker.fails("run", "--rm", BUSYBOX, "/etc", code=126)
    assert docker("run", "--rm", "-i", BUSYBOX, "cat", stdin=b"through") == "through"
    flags = ["-e", "A=1", "-w", "/tmp", "-h", "shop", "--tmpfs", "/t:size=1m", "-v", "/tmp:/host:ro", "--init"]
    script = "echo $A; pwd; hostname; mount | grep -c ' on /t '; touch /host/x || echo no"
    assert docker("run", "--rm", *flags, BUSYBOX, "sh", "-c", script).splitlines() == ["1", "/tmp", "shop", "1", "no"]
    docker("create", "--name", "web", BUSYBOX, "true")
    taken = docker.fails("create", "--name", "web", BUSYBOX, "true")
    assert 'Conflict. The container name "/web" is already in use by container' in taken
    assert "could not select device driver" in docker.fails("run", "--gpus", "all", BUSYBOX, "true", code=125)
    assert docker("container", "prune", "-f").startswith("Deleted Containers:")
    assert docker("ps", "-aq") == ""
