"""Streams over the Engine API: raw connections, and Docker's own command line."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests import processes
from tests.api.client import Client
from tests.api.served import DOCKER, Docker
from tests.api.streams import Raw, frames_of, opened, split
from tests.waiting import eventually

from .conftest import BUSYBOX, Onggi

pytestmark = pytest.mark.one_server

FOREVER = ("sleep", "1000.54")
POOL = 16
"""Threads that a server keeps for what is answered soon, once it has needed so many."""
ALL = "stream=1&stdin=1&stdout=1&stderr=1"
INTERACTIVE: dict[str, Any] = {"OpenStdin": True, "StdinOnce": True, "HostConfig": {"NetworkMode": "none"}}
ALONE: dict[str, Any] = {"HostConfig": {"NetworkMode": "none"}}


def attached(api: Client, name: str, query: str = ALL, **how: Any) -> AbstractContextManager[Raw]:
    return opened(api.path, "POST", f"/containers/{name}/attach?{query}", **how)


def running(api: Client, *command: str, **config: Any) -> str:
    made = api.create(BUSYBOX, *(command or FOREVER), **{**ALONE, **config})
    api.post(f"/containers/{made}/start")
    return made


def state(api: Client, name: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/containers/{name}/json")["State"]
    return found


def server_of(api: Client) -> Path:
    """What the kernel says of it."""
    (server,) = processes.with_word(f"unix://{api.path}".encode())
    return server


def threads(api: Client) -> int:
    """How many the server has."""
    return len(os.listdir(server_of(api) / "task"))


# Attach


def test_who_attaches_before_the_start_gets_every_byte(api: Client) -> None:
    made = api.create(BUSYBOX, "sh", "-c", "cat /bin/busybox; cat /bin/busybox >&2; exit 3", **ALONE)
    with attached(api, made, "stream=1&stdout=1&stderr=1") as raw:
        assert raw.status == 101
        assert raw.headers["content-type"] == "application/vnd.docker.multiplexed-stream"
        assert raw.headers["upgrade"] == "tcp"
        api.post(f"/containers/{made}/start")
        out, err = raw.streams()
    assert out == err
    assert len(out) > 100_000
    assert api.post(f"/containers/{made}/wait") == {"StatusCode": 3}


def test_the_end_of_stdin_leaves_the_output_going(api: Client) -> None:
    made = api.create(BUSYBOX, "sh", "-c", "cat; sleep 0.3; echo and more", **INTERACTIVE)
    with attached(api, made, after=b"early\n") as raw:
        api.post(f"/containers/{made}/start")
        raw.send(b"late\n")
        raw.end_input()
        assert raw.streams() == (b"early\nlate\nand more\n", b"")


def test_large_things_pass_unchanged_both_ways(api: Client) -> None:
    data = os.urandom(1 << 20) * 24
    made = api.create(BUSYBOX, "cat", **INTERACTIVE)
    with attached(api, made) as raw:
        api.post(f"/containers/{made}/start")

        def write() -> None:
            raw.send(data)
            raw.end_input()

        writer = threading.Thread(target=write)
        writer.start()
        out, _ = raw.streams()
        writer.join()
    assert hashlib.sha256(out).digest() == hashlib.sha256(data).digest()


@pytest.mark.one_server
@pytest.mark.parametrize(
    ("version", "upgrade", "terminal", "status", "kind"),
    [
        ("1.41", True, False, 101, "raw-stream"),
        ("1.42", True, False, 101, "multiplexed-stream"),
        ("1.42", True, True, 101, "raw-stream"),
        ("1.42", False, False, 200, "raw-stream"),
    ],
)
def test_heads(api: Client, version: str, upgrade: bool, terminal: bool, status: int, kind: str) -> None:
    made = api.create(BUSYBOX, "echo", "hi", Tty=terminal, **ALONE)
    target = f"/v{version}/containers/{made}/attach?{ALL}"
    with opened(api.path, "POST", target, upgrade=upgrade) as raw:
        assert (raw.status, raw.headers["content-type"]) == (status, f"application/vnd.docker.{kind}")
        api.post(f"/containers/{made}/start")
        assert (raw.rest() if terminal else raw.streams()[0]) == (b"hi\r\n" if terminal else b"hi\n")


def test_a_client_that_goes_leaves_the_container(api: Client) -> None:
    made = running(api, "sh", "-c", "while echo line; do sleep 0.02; done")
    before = threads(api)
    with attached(api, made, "stream=1&stdout=1") as raw:
        assert next(raw.frames())[0] == 1
    eventually(lambda: threads(api) <= before)
    with attached(api, made, "stream=1&stdout=1") as raw:
        assert next(raw.frames())[1].startswith(b"line")
    assert state(api, made)["Running"]


def test_a_client_that_goes_from_one_that_is_silent_leaves_no_thread(api: Client) -> None:
    silent, created = running(api), api.create(BUSYBOX, *FOREVER, **ALONE)
    before = threads(api)
    for made in (silent, created):
        with attached(api, made):
            pass
    eventually(lambda: threads(api) <= before)
    api.post(f"/containers/{created}/start")
    assert state(api, created)["Running"]


def test_what_was_written_before_the_client_went_is_read(api: Client) -> None:
    made = running(api, "sh", "-c", "cat; echo and the end", **INTERACTIVE)
    with attached(api, made, "stream=1&stdin=1") as raw:
        raw.send(b"my last words\n")
    api.post(f"/containers/{made}/wait")
    logged = api.request("GET", f"/containers/{made}/logs", stdout=1).body
    assert split(frames_of(logged))[0] == b"my last words\nand the end\n"


def test_who_does_not_write_does_not_end_the_input(api: Client) -> None:
    made = api.create(BUSYBOX, "cat", **INTERACTIVE)
    with attached(api, made) as raw:
        api.post(f"/containers/{made}/start")
        with attached(api, made, "stream=1&stdout=1"):
            pass
        with attached(api, made, "stream=1&stdout=1") as other:
            raw.send(b"still here\n")
            raw.end_input()
            assert other.streams()[0] == raw.streams()[0] == b"still here\n"


def test_the_log_and_what_follows_are_one(api: Client) -> None:
    """Numbers without a gap and without one twice, while they are written as fast as can be; and a line that is not
    whole is not missing."""
    made = running(api, "sh", "-c", "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); echo $i; done; printf half; sleep 0.5")
    numbers = "".join(f"{number}\n" for number in range(1, 30001)).encode() + b"half"
    for _ in range(3):
        with attached(api, made, "logs=1&stream=1&stdout=1") as raw:
            assert raw.streams()[0] == numbers
        if not state(api, made)["Running"]:
            break


def test_the_log_alone(api: Client) -> None:
    made = running(api, "sh", "-c", "echo out; echo err >&2")
    api.post(f"/containers/{made}/wait")
    with attached(api, made, "logs=1&stdout=1&stderr=1") as raw:
        assert raw.streams() == (b"out\n", b"err\n")
    with attached(api, made, "logs=1&stderr=1") as raw:
        assert raw.streams() == (b"", b"err\n")


def test_one_that_has_ended_is_waited_for(api: Client) -> None:
    made = running(api, "sh", "-c", "echo $((1+1))")
    api.post(f"/containers/{made}/wait")
    with attached(api, made, "stream=1&stdout=1") as raw:
        api.post(f"/containers/{made}/start")
        assert raw.streams()[0] == b"2\n"


def test_one_that_is_restarted_though_it_does_not_run(api: Client) -> None:
    made = api.create(BUSYBOX, "echo", "all of it", **ALONE)
    with attached(api, made, "stream=1&stdout=1") as raw:
        api.post(f"/containers/{made}/restart")
        assert raw.streams()[0] == b"all of it\n"


def test_who_waits_for_a_start_outlives_one_that_is_refused(api: Client) -> None:
    other = api.create(BUSYBOX, *FOREVER, **ALONE)
    config: dict[str, Any] = {"HostConfig": {"NetworkMode": "none", "PidMode": f"container:{other}"}}
    made = api.create(BUSYBOX, "echo", "all of it", **config)
    with attached(api, made, "stream=1&stdout=1") as raw:
        assert api.request("POST", f"/containers/{made}/start").status == 409
        api.post(f"/containers/{other}/start")
        api.post(f"/containers/{made}/start")
        assert raw.streams()[0] == b"all of it\n"


def test_two_servers_start_one_at_once(onggi: Onggi, api: Client) -> None:
    """Each has a client who waits for that; whichever is quicker, both get all."""
    with second_server(onggi) as (second, _):
        for _ in range(3):
            made = api.create(BUSYBOX, "echo", "all of it", **ALONE)
            with attached(api, made, "stream=1&stdout=1") as ours, attached(second, made, "stream=1&stdout=1") as its:
                starts = [
                    threading.Thread(target=client.request, args=("POST", f"/containers/{made}/start"))
                    for client in (api, second)
                ]
                for start in starts:
                    start.start()
                for start in starts:
                    start.join()
                assert ours.streams()[0] == its.streams()[0] == b"all of it\n"


@pytest.mark.parametrize("script", ["echo all of it", "echo all of it; sleep 1"])
def test_one_that_another_process_starts(onggi: Onggi, api: Client, script: str) -> None:
    made = api.create(BUSYBOX, "sh", "-c", script, **ALONE)
    with attached(api, made, "stream=1&stdout=1") as raw:
        onggi("start", made)
        assert raw.streams()[0] == b"all of it\n"


def test_detach_keys(api: Client) -> None:
    made = running(api, "cat", Tty=True, OpenStdin=True)
    with attached(api, made, f"{ALL}&detachKeys=ctrl-a,b") as raw:
        raw.send(b"\x01b")
        assert raw.rest() == b""
    with attached(api, made) as raw:
        raw.send(b"\x10\x11")
        raw.rest()
    assert state(api, made)["Running"]
    refused = api.request("POST", f"/containers/{made}/attach", detachKeys="ctrl-!", stream=1)
    assert (refused.status, refused.message) == (400, "Invalid detach keys (ctrl-!) provided")


def test_what_cannot_be_attached_to(api: Client) -> None:
    assert api.request("POST", "/containers/nobody/attach", stream=1).status == 404
    made = running(api)
    api.post(f"/containers/{made}/pause")
    refused = api.request("POST", f"/containers/{made}/attach", stream=1)
    assert (refused.status, refused.message) == (
        409,
        f"container {made} is paused, unpause the container before attach",
    )
    with opened(api.path, "POST", f"/containers/{made}/attach?{ALL}") as raw:
        assert raw.status == 409
    api.post(f"/containers/{made}/unpause")


def test_many_are_attached_at_once(api: Client) -> None:
    made = api.create(BUSYBOX, "sh", "-c", "read line; echo $line; echo $line >&2", OpenStdin=True, **ALONE)
    before = threads(api)
    with ExitStack() as stack:
        early = [stack.enter_context(attached(api, made, "stream=1&stdout=1&stderr=1")) for _ in range(100)]
        api.post(f"/containers/{made}/start")
        late = [stack.enter_context(attached(api, made, "stream=1&stdout=1&stderr=1")) for _ in range(99)]
        writer = stack.enter_context(attached(api, made))
        writer.send(b"hello\n")
        for raw in (*early, *late, writer):
            assert raw.streams() == (b"hello\n", b"hello\n")
    eventually(lambda: threads(api) <= before)


def test_a_client_that_reads_nothing_holds_up_nobody_else(api: Client) -> None:
    made = api.create(BUSYBOX, "sh", "-c", "head -c 20000000 /dev/zero; echo done >&2", **ALONE)
    with attached(api, made, "stream=1&stdout=1") as lazy, attached(api, made, "stream=1&stderr=1") as other:
        api.post(f"/containers/{made}/start")
        assert other.streams() == (b"", b"done\n")
        assert len(lazy.streams()[0]) == 20_000_000


@contextmanager
def second_server(onggi: Onggi) -> Iterator[tuple[Client, subprocess.Popen[bytes]]]:
    path = onggi.root / "second.sock"
    server = subprocess.Popen(
        onggi.argv("serve", "-H", f"unix://{path}"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert server.stdout is not None
    assert server.stdout.readline().startswith(b"Serving")
    client = Client(path)
    try:
        yield client, server
    finally:
        client.close()
        server.kill()
        server.communicate()


def test_a_server_that_is_killed_leaves_nothing_of_rm(onggi: Onggi, api: Client) -> None:
    config: dict[str, Any] = {"HostConfig": {"NetworkMode": "none", "AutoRemove": True}, "OpenStdin": True}
    made = api.create(BUSYBOX, "sh", "-c", "echo up; read line", **config)
    with second_server(onggi) as (second, server), attached(second, made, "stream=1&stdout=1") as raw:
        second.post(f"/containers/{made}/start")
        assert next(raw.frames()) == (1, b"up\n")
        server.kill()
        assert raw.rest() == b""
        assert state(api, made)["Running"]
        with attached(api, made, "stream=1&stdin=1") as writer:
            writer.send(b"\n")
        eventually(lambda: api.request("GET", f"/containers/{made}/json").status == 404)


def test_two_servers_know_the_same_of_an_exec(onggi: Onggi, api: Client) -> None:
    made = running(api)
    name = execution(api, made, "sh", "-c", "read line; exit 6", AttachStdin=True)
    with second_server(onggi) as (second, server), opened(second.path, "POST", f"/exec/{name}/start", {}):
        eventually(lambda: api.get(f"/exec/{name}/json")["Running"])
        assert api.request("POST", f"/exec/{name}/start", {}).status == 409
        server.kill()
    eventually(lambda: api.get(f"/exec/{name}/json")["ExitCode"] == 6)


def test_removal_is_waited_for_and_its_code_told(api: Client) -> None:
    for code in (0, 3, 7):
        config: dict[str, Any] = {"HostConfig": {"NetworkMode": "none", "AutoRemove": True}}
        made = api.create(BUSYBOX, "sh", "-c", f"exit {code}", **config)
        with (
            opened(api.path, "POST", f"/containers/{made}/wait?condition=removed", upgrade=False) as wait,
            attached(api, made, "stream=1&stdout=1") as raw,
        ):
            api.post(f"/containers/{made}/start")
            assert raw.rest() == b""
            body = wait.exactly(24)
        assert f'"StatusCode":{code}'.encode() in body
        assert api.request("GET", f"/containers/{made}/json").status == 404


async def _spoken(path: Path, made: str, version: str = "") -> list[Any]:
    async with (
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(path))) as session,
        session.ws_connect(
            f"http://docker{version}/containers/{made}/attach/ws?{ALL}", protocols=("chat", "other")
        ) as messages,
    ):
        assert messages.protocol == "chat"
        await messages.send_bytes(b"binary\n")
        first = await messages.receive()
        await messages.send_str("text\n")
        return [first.data, (await messages.receive()).data]


def test_a_websocket(api: Client) -> None:
    made = running(api, "cat", **INTERACTIVE)
    api.get("/containers/json")  # so that there is a thread for what is short
    before = threads(api)
    assert asyncio.run(_spoken(api.path, made)) == [b"binary\n", b"text\n"]
    assert api.post(f"/containers/{made}/wait") == {"StatusCode": 0}
    eventually(lambda: threads(api) <= before)
    api.post(f"/containers/{made}/start")
    assert asyncio.run(_spoken(api.path, made, "/v1.27")) == ["binary\n", "text\n"]


async def _heard_when_removed(api: Client, made: str) -> tuple[Any, int | None]:
    async with (
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(api.path))) as session,
        session.ws_connect(f"http://docker/containers/{made}/attach/ws?{ALL}") as messages,
    ):
        await asyncio.to_thread(api.delete, f"/containers/{made}")
        return (await messages.receive()).type, messages.close_code


def test_a_websocket_ends_with_what_it_waits_for(api: Client) -> None:
    """Also where that is a mistake: behind its head there is no place for another answer."""
    made = api.create(BUSYBOX, "true")
    assert asyncio.run(_heard_when_removed(api, made)) == (aiohttp.WSMsgType.CLOSE, 1000)


def descriptors(api: Client) -> int:
    """How many the server has open."""
    return len(os.listdir(server_of(api) / "fd"))


def test_what_is_no_websocket_leaves_nothing_behind(api: Client) -> None:
    made = api.create(BUSYBOX, "true")
    answer = api.request("GET", f"/containers/{made}/attach/ws", stream=1)
    assert (answer.status, "websocket" in answer.message) == (400, True)
    before = descriptors(api)
    for _ in range(5):
        assert api.request("GET", f"/containers/{made}/attach/ws", stream=1).status == 400
    assert descriptors(api) <= before


# Exec


def execution(api: Client, made: str, *command: str, **config: Any) -> str:
    """The ID of one that is to be started."""
    body = {"Cmd": list(command), "AttachStdout": True, "AttachStderr": True, **config}
    name: str = api.post(f"/containers/{made}/exec", body)["Id"]
    return name


def run_exec(api: Client, made: str, *command: str, **config: Any) -> tuple[str, tuple[bytes, bytes]]:
    name = execution(api, made, *command, **config)
    with opened(api.path, "POST", f"/exec/{name}/start", {"Detach": False, "Tty": False}) as raw:
        assert raw.status == 101
        return name, raw.streams()


def test_an_exec(api: Client) -> None:
    made = running(api)
    name, said = run_exec(
        api,
        made,
        *("sh", "-c", "echo $A; pwd; id -u >&2; exit 5"),
        Env=["A=b"],
        WorkingDir="/tmp",
        User="1000",
    )
    assert said == (b"b\n/tmp\n", b"1000\n")
    found = api.get(f"/exec/{name}/json")
    assert found["Pid"] > 0
    assert {key: found[key] for key in ("ID", "Running", "ExitCode", "ContainerID", "CanRemove", "OpenStdin")} == {
        "ID": name,
        "Running": False,
        "ExitCode": 5,
        "ContainerID": made,
        "CanRemove": True,
        "OpenStdin": False,
    }
    assert found["ProcessConfig"] == {
        "tty": False,
        "entrypoint": "sh",
        "arguments": ["-c", "echo $A; pwd; id -u >&2; exit 5"],
        "privileged": False,
        "user": "1000",
    }


def test_an_exec_reads_until_the_input_ends(api: Client) -> None:
    made = running(api)
    data = os.urandom(1 << 20) * 8
    name = execution(api, made, "sh", "-c", "cat; echo over >&2", AttachStdin=True)
    with opened(api.path, "POST", f"/exec/{name}/start", {}, after=data[:1000]) as raw:

        def write() -> None:
            raw.send(data[1000:])
            raw.end_input()

        writer = threading.Thread(target=write)
        writer.start()
        out, err = raw.streams()
        writer.join()
    assert hashlib.sha256(out).digest() == hashlib.sha256(data).digest()
    assert err == b"over\n"


def test_an_exec_in_the_background(api: Client) -> None:
    made = running(api)
    name = execution(api, made, "sleep", "1000.55")
    before = api.get(f"/exec/{name}/json")
    assert (before["Running"], before["ExitCode"], before["Pid"]) == (False, None, 0)
    assert api.request("POST", f"/exec/{name}/start", {"Detach": True}).status == 200
    found = api.get(f"/exec/{name}/json")
    assert found["Running"]
    assert found["ExitCode"] is None
    assert b"1000.55" in Path(f"/proc/{found['Pid']}/cmdline").read_bytes()
    assert api.get(f"/containers/{made}/json")["ExecIDs"] == [name]
    refused = api.request("POST", f"/exec/{name}/start", {"Detach": True})
    assert (refused.status, refused.message) == (409, f"Error: Exec command {name} is already running")
    os.kill(found["Pid"], signal.SIGKILL)
    eventually(lambda: api.get(f"/exec/{name}/json")["ExitCode"] == 137)
    refused = api.request("POST", f"/exec/{name}/start", {"Detach": False})
    assert (refused.status, refused.message) == (409, f"Error: Exec command {name} has already run")


def test_an_exec_on_a_terminal(api: Client) -> None:
    made = running(api)
    name = execution(api, made, "sh", "-c", "stty size; read line; stty size", AttachStdin=True, Tty=True)
    body = {"Tty": True, "ConsoleSize": [31, 99]}
    with opened(api.path, "POST", f"/exec/{name}/start", body) as raw:
        assert raw.headers["content-type"] == "application/vnd.docker.raw-stream"
        assert raw.exactly(7) == b"31 99\r\n"
        assert api.request("POST", f"/exec/{name}/resize", h=24, w=80).status == 200
        raw.send(b"\n")
        assert raw.rest() == b"\r\n24 80\r\n"
    assert api.request("POST", f"/exec/{name}/resize", h=24, w=80).status == 409
    assert api.request("POST", f"/exec/{name}/resize", h="x", w=80).status == 400


def test_a_terminal_gets_a_size_that_was_asked_for_before_its_start(api: Client) -> None:
    """Clients ask for both at once."""
    made = running(api)
    name = execution(api, made, "sh", "-c", "read line; stty size", AttachStdin=True, Tty=True)
    other, statuses = api.speaking(""), list[int]()
    resize = threading.Thread(
        target=lambda: statuses.append(other.request("POST", f"/exec/{name}/resize", h=24, w=80).status)
    )
    resize.start()
    with opened(api.path, "POST", f"/exec/{name}/start", {"Tty": True}) as raw:
        resize.join()
        assert statuses == [200]
        raw.send(b"\n")
        assert raw.rest() == b"\r\n24 80\r\n"


def test_an_exec_whose_client_goes_goes_on(api: Client) -> None:
    made = running(api)
    script = "for i in 1 2 3 4 5 6 7 8; do head -c 100000 /dev/zero; sleep 0.05; done; touch /finished"
    name = execution(api, made, "sh", "-c", script)
    before = threads(api)
    with opened(api.path, "POST", f"/exec/{name}/start", {}) as raw:
        raw.exactly(8)
    eventually(lambda: threads(api) <= before)
    eventually(lambda: api.get(f"/exec/{name}/json")["ExitCode"] == 0)
    assert run_exec(api, made, "ls", "/finished")[1][0] == b"/finished\n"


def test_what_cannot_be_executed(api: Client) -> None:
    made = running(api)
    name, (out, err) = run_exec(api, made, "/nothere")
    assert b"/nothere" in out
    assert err == b""
    assert api.get(f"/exec/{name}/json")["ExitCode"] == 127
    refused = api.request("POST", f"/containers/{made}/exec", {"Cmd": []})
    assert (refused.status, refused.message) == (400, "No exec command specified")
    for unknown in ("0" * 64, "../../etc/passwd", "x"):
        answer = api.request("GET", f"/exec/{unknown.replace('/', '%2F')}/json")
        assert answer.status == 404
    assert api.request("GET", f"/exec/{'0' * 64}/json").message == f"No such exec instance: {'0' * 64}"
    assert api.request("POST", f"/exec/{'0' * 64}/start", {}).status == 404
    api.post(f"/containers/{made}/pause")
    assert api.request("POST", f"/containers/{made}/exec", {"Cmd": ["true"]}).status == 409
    api.post(f"/containers/{made}/unpause")
    name = execution(api, made, "true")
    api.post(f"/containers/{made}/stop", t=0)
    assert api.request("POST", f"/containers/{made}/exec", {"Cmd": ["true"]}).status == 409
    assert api.request("POST", f"/exec/{name}/start", {}).status == 409
    assert api.get(f"/exec/{name}/json")["Running"] is False
    api.post(f"/containers/{made}/start")
    assert api.request("GET", f"/exec/{name}/json").status == 404


def test_an_exec_ends_with_its_container(api: Client) -> None:
    made = running(api)
    name = execution(api, made, *FOREVER)
    with opened(api.path, "POST", f"/exec/{name}/start", {}) as raw:
        eventually(lambda: api.get(f"/exec/{name}/json")["Pid"])
        api.post(f"/containers/{made}/kill")
        assert raw.rest() == b""
    eventually(lambda: api.get(f"/exec/{name}/json")["ExitCode"] == 137)


# Logs


def test_logs(api: Client) -> None:
    made = running(api, "sh", "-c", "echo one; echo two >&2; echo three")
    api.post(f"/containers/{made}/wait")

    def logs(**query: Any) -> tuple[bytes, bytes]:
        answer = api.request("GET", f"/containers/{made}/logs", **query)
        assert answer.status == 200, answer
        assert answer.headers["content-type"] == "application/vnd.docker.multiplexed-stream"
        return split(frames_of(answer.body))

    assert logs(stdout=1, stderr=1) == (b"one\nthree\n", b"two\n")
    assert logs(stdout=1) == (b"one\nthree\n", b"")
    assert sorted(b"".join(logs(stdout=1, stderr=1, tail=2)).split())[-1] in (b"three", b"two")
    assert b"".join(logs(stdout=1, stderr=1, tail=1)).count(b"\n") == 1
    assert logs(stdout=1, stderr=1, since=int(time.time()) + 100) == (b"", b"")
    assert logs(stdout=1, stderr=1, until=1) == (b"", b"")
    assert re.fullmatch(rb"\d{4}-\d\d-\d\dT\S+Z two\n", logs(stderr=1, timestamps=1)[1])
    refused = api.request("GET", f"/containers/{made}/logs")
    assert (refused.status, refused.message) == (400, "Bad parameters: you must choose at least one stream")
    assert api.request("GET", f"/containers/{made}/logs", stdout=1, since="yesterday").status == 400
    assert api.request("GET", "/containers/nobody/logs", stdout=1).status == 404


def test_logs_that_are_not_kept(api: Client) -> None:
    config: dict[str, Any] = {"HostConfig": {"NetworkMode": "none", "LogConfig": {"Type": "none", "Config": {}}}}
    made = running(api, "echo", "hi", **config)
    refused = api.request("GET", f"/containers/{made}/logs", stdout=1)
    assert (refused.status, "does not support reading" in refused.message) == (501, True)


def test_a_damaged_log_is_told_in_that_of_the_server(onggi: Onggi, api: Client) -> None:
    made = running(api, "sh", "-c", "for i in 1 2 3; do echo line $i; done")
    api.post(f"/containers/{made}/wait")
    (log,) = (onggi.root / "containers" / made).glob("*-json.log")
    log.write_bytes(log.read_bytes().replace(b"line 2", b'"""'))
    with second_server(onggi) as (second, server):
        answer = second.request("GET", f"/containers/{made}/logs", stdout=1)
        server.terminate()
        assert server.stdout is not None
        said = server.stdout.read().decode()
    assert split(frames_of(answer.body))[0] == b"line 1\nline 3\n"
    assert f"container {made}: " in said
    assert "is damaged" in said


def test_logs_that_are_followed(api: Client) -> None:
    made = running(api, "sh", "-c", "echo a; read line; echo b", OpenStdin=True)
    with opened(api.path, "GET", f"/containers/{made}/logs?follow=1&stdout=1", upgrade=False) as raw:
        assert b"a\n" in raw.exactly(15)
        with attached(api, made, "stream=1&stdin=1") as writer:
            writer.send(b"\n")
        assert b"b\n" in raw.exactly(15)


def test_who_follows_and_goes_leaves_no_thread(api: Client) -> None:
    made = running(api)
    before = threads(api)
    for target in ("logs?follow=1&stdout=1", "stats", "wait") * 7:
        method = "POST" if target == "wait" else "GET"
        with opened(api.path, method, f"/containers/{made}/{target}", upgrade=False):
            pass
    eventually(lambda: threads(api) <= before + POOL)


def test_streams_leave_no_descriptor_behind(api: Client) -> None:
    """Each opens some: connections to the monitor and to the database, files of logs and events, pipes."""
    made, rounds = running(api, "sh", "-c", "echo line; sleep 1000.56"), 60

    def every_kind() -> None:
        run_exec(api, made, "true")
        api.request("GET", f"/containers/{made}/logs", stdout=1)
        for method, target in (("POST", "wait"), ("GET", "logs?follow=1&stdout=1"), ("POST", f"attach?{ALL}")):
            with opened(api.path, method, f"/containers/{made}/{target}", upgrade=False):
                pass

    every_kind()
    before = descriptors(api)
    for _ in range(rounds):
        every_kind()
    eventually(lambda: descriptors(api) < before + rounds)


# Stats


def test_stats(api: Client) -> None:
    made = running(api, "sh", "-c", "while :; do :; done")
    found = api.get(f"/containers/{made}/stats", stream=0)
    used = found["cpu_stats"]["cpu_usage"]["total_usage"] - found["precpu_stats"]["cpu_usage"]["total_usage"]
    passed = found["cpu_stats"]["system_cpu_usage"] - found["precpu_stats"]["system_cpu_usage"]
    assert 0 < used <= passed * 1.1
    assert found["cpu_stats"]["online_cpus"] >= 1
    assert 0 < found["memory_stats"]["usage"] < found["memory_stats"]["limit"]
    assert found["memory_stats"]["stats"]
    assert found["pids_stats"]["current"] == 1
    assert (found["id"], found["read"] > found["preread"]) == (made, True)
    once = api.get(f"/containers/{made}/stats", **{"stream": 0, "one-shot": 1})
    assert once["preread"] == "0001-01-01T00:00:00Z"
    assert once["precpu_stats"]["cpu_usage"]["total_usage"] == 0
    api.post(f"/containers/{made}/kill")
    ended = api.get(f"/containers/{made}/stats", stream=0)
    assert (ended["id"], ended["read"], ended["memory_stats"]) == (made, "0001-01-01T00:00:00Z", {})
    assert api.request("GET", "/containers/nobody/stats").status == 404


def test_stats_are_streamed(api: Client) -> None:
    made = running(api)
    with opened(api.path, "GET", f"/containers/{made}/stats", upgrade=False) as raw:
        seen: list[bytes] = []
        while len(seen) < 2:
            size = b""
            while not size.endswith(b"\r\n"):
                size += raw.exactly(1)
            seen.append(raw.exactly(int(size, 16)))
            raw.exactly(2)
    first, second = map(json.loads, seen)
    assert second["preread"] == first["read"]


# Files


def test_archives(api: Client) -> None:
    made = api.create(BUSYBOX, *FOREVER, **ALONE)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        entry = tarfile.TarInfo("hello")
        entry.size, entry.mode, entry.uid, entry.gid = 5, 0o4640, 12, 34
        tar.addfile(entry, io.BytesIO(b"hello"))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/tmp/hello"
        tar.addfile(link)
    put = api.request("PUT", f"/containers/{made}/archive", packed.getvalue(), path="/tmp")
    assert (put.status, put.body) == (200, b"")
    answer = api.request("HEAD", f"/containers/{made}/archive", path="/tmp/hello")
    found = json.loads(base64.b64decode(answer.headers["x-docker-container-path-stat"]))
    assert (found["name"], found["size"], found["mode"], found["linkTarget"]) == ("hello", 5, 0o640 | 1 << 23, "")
    answer = api.request("HEAD", f"/containers/{made}/archive", path="/tmp/link")
    found = json.loads(base64.b64decode(answer.headers["x-docker-container-path-stat"]))
    assert (found["mode"], found["linkTarget"]) == (0o777 | 1 << 27, "/tmp/hello")
    answer = api.request("GET", f"/containers/{made}/archive", path="/tmp/hello")
    assert answer.headers["content-type"] == "application/x-tar"
    with tarfile.open(fileobj=io.BytesIO(answer.body)) as tar:
        (entry,) = tar.getmembers()
        assert (entry.name, entry.uid, entry.gid) == ("hello", 0, 0)
    api.request("PUT", f"/containers/{made}/archive", packed.getvalue(), path="/tmp", copyUIDGID=1)
    answer = api.request("GET", f"/containers/{made}/archive", path="/tmp/hello")
    with tarfile.open(fileobj=io.BytesIO(answer.body)) as tar:
        assert [(each.uid, each.gid) for each in tar] == [(12, 34)]


@pytest.mark.one_server
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("HEAD", "/nothere", 404),
        ("GET", "/nothere", 404),
        ("PUT", "/nothere", 404),
        ("GET", "", 400),
        ("PUT", "/bin/busybox", 400),
        ("GET", "/tmp/\0", 400),
    ],
)
def test_archives_that_cannot_be(api: Client, method: str, path: str, status: int) -> None:
    made = api.create(BUSYBOX, *FOREVER, **ALONE)
    body = b"\0" * 1024 if method == "PUT" else None
    assert api.request(method, f"/containers/{made}/archive", body, path=path).status == status


@pytest.mark.parametrize("name", ["../../escaped", "/escaped", "link/escaped"])
def test_a_tar_stays_beneath_its_root(onggi: Onggi, api: Client, tmp_path: Path, name: str) -> None:
    made = api.create(BUSYBOX, *FOREVER, **ALONE)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, f"../../../../../..{tmp_path}"
        tar.addfile(link)
        tar.addfile(tarfile.TarInfo(name))
    answer = api.request("PUT", f"/containers/{made}/archive", packed.getvalue(), path="/tmp")
    assert answer.status in (200, 400, 404)
    assert list(tmp_path.iterdir()) == []
    assert not Path("/escaped").exists()
    assert not (onggi.root.parent / "escaped").exists()


def test_a_tar_that_is_cut_short(api: Client) -> None:
    made = api.create(BUSYBOX, *FOREVER, **ALONE)
    entry = tarfile.TarInfo("big")
    entry.size = 1 << 20
    assert api.request("PUT", f"/containers/{made}/archive", entry.tobuf() + b"x" * 1000, path="/tmp").status == 400
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(api.path))
        head = f"PUT /containers/{made}/archive?path=/tmp HTTP/1.1\r\nHost: d\r\nContent-Length: 9000\r\n\r\n"
        connection.sendall(head.encode() + entry.tobuf())
    before = threads(api)
    eventually(lambda: threads(api) <= before)
    assert api.request("HEAD", f"/containers/{made}/archive", path="/tmp/").status == 200


def test_an_export(api: Client) -> None:
    made = running(api, "sh", "-c", "echo mine > /mine")
    api.post(f"/containers/{made}/wait")
    answer = api.request("GET", f"/containers/{made}/export")
    with tarfile.open(fileobj=io.BytesIO(answer.body)) as tar:
        found = tar.extractfile("mine")
        assert found is not None
        assert found.read() == b"mine\n"
    assert api.request("GET", "/containers/nobody/export").status == 404


# Docker's command line


def on_terminal(docker: Docker, *words: str, script: list[tuple[str, str]]) -> tuple[str, int]:
    """What is seen on a terminal of 31 lines and 99 columns, and the exit code. script: what to wait for, and what to
    type then."""
    ours, its = pty.openpty()
    subprocess.run(["stty", "rows", "31", "cols", "99"], stdin=its, check=True)
    client = subprocess.Popen(
        [DOCKER, *words], stdin=its, stdout=its, stderr=its, env=docker.env, start_new_session=True
    )
    os.close(its)
    seen = ""
    try:
        for wanted, typed in script:
            seen += _read_until(ours, lambda now, wanted=wanted: wanted in now)  # type: ignore[misc]
            os.write(ours, typed.encode())
        seen += _read_until(ours, lambda now: False)
        return seen, client.wait(timeout=60)
    finally:
        client.kill()
        client.wait()
        os.close(ours)


def _read_until(terminal: int, is_enough: Callable[[str], bool]) -> str:
    seen = b""
    while not is_enough(seen.decode(errors="replace")):
        if not select.select([terminal], [], [], 60)[0]:
            raise AssertionError(f"nothing more came after {seen!r}")
        try:
            seen += os.read(terminal, 65536)
        except OSError:  # the client has ended
            break
    return seen.decode(errors="replace")


def test_docker_run(docker: Docker) -> None:
    run = ("run", "--rm", "--network", "none")
    assert docker(*run, "-i", BUSYBOX, "cat", stdin=b"to and fro") == "to and fro"
    done = docker.run(*run, BUSYBOX, "sh", "-c", "echo out; echo err >&2; exit 3")
    assert (done.stdout, done.stderr, done.returncode) == (b"out\n", b"err\n", 3)
    assert docker("ps", "-aq") == ""


def test_docker_on_terminals(docker: Docker) -> None:
    words = ("run", "-it", "--name", "web", "--network", "none", BUSYBOX, "sh")
    sized = "until stty size | grep '1 9'; do sleep 0.02; done; echo $((6*7))\n"  # a request of its own brings it
    seen, code = on_terminal(docker, *words, script=[("#", sized), ("42", "\x10\x11")])
    assert "31 99" in seen
    assert code == 0
    seen, code = on_terminal(docker, "exec", "-it", "web", "sh", script=[("#", sized), ("42", "exit 6\n")])
    assert "31 99" in seen
    assert code == 6
    seen, code = on_terminal(docker, "attach", "web", script=[("", "echo $((7*9))\n"), ("63", "exit 4\n")])
    assert code == 4


def test_docker_exec_logs_stats_and_files(docker: Docker, tmp_path: Path) -> None:
    docker(
        "run", "-d", "--name", "web", "--network", "none", BUSYBOX, "sh", "-c", "echo one; echo two; exec sleep 1000"
    )
    assert docker("exec", "-i", "web", "cat", stdin=b"in and out") == "in and out"
    done = docker.run("exec", "web", "/nothere")
    assert (done.returncode, b"/nothere" in done.stdout) == (127, True)  # where Docker says it too
    assert docker("logs", "-f", "--tail", "1", "--until", "0s", "web") in ("", "two")
    assert docker("logs", "web") == "one\ntwo"
    fields = json.loads(docker("stats", "--no-stream", "--format", "json", "web"))
    assert (fields["Name"], fields["PIDs"]) == ("web", "1")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_text("text")
    docker("cp", str(tmp_path / "folder"), "web:/tmp")
    docker("cp", "web:/tmp/folder/file", str(tmp_path / "back"))
    assert (tmp_path / "back").read_text() == "text"
    docker("export", "-o", str(tmp_path / "all.tar"), "web")
    with tarfile.open(tmp_path / "all.tar") as tar:
        assert "tmp/folder/file" in tar.getnames()
