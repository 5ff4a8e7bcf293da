"""What BuildKit's protocol says of the build cache and of builds, who may ask for what, and what becomes of builds
whose client or server goes away."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from tests import processes
from tests.api.buildkit.own_client import CONTROL, Possessions, answer, build, call, connection, session
from tests.waiting import eventually

from onggi.api.buildkit.grpc.channel import Channel
from onggi.api.buildkit.grpc.status import INTERNAL, NOT_FOUND, PERMISSION_DENIED, CallError
from onggi.api.buildkit.grpc.stream import Stream
from onggi.api.buildkit.methods import METHODS
from onggi.api.buildkit.wire.control_pb2 import (
    BuildHistoryEvent,
    BuildHistoryRequest,
    DiskUsageRequest,
    DiskUsageResponse,
    Exporter,
    ListWorkersRequest,
    PruneRequest,
    SolveRequest,
    StatusRequest,
    StatusResponse,
    UpdateBuildHistoryRequest,
    UpdateBuildHistoryResponse,
    UsageRecord,
)
from onggi.api.buildkit.wire.gateway_pb2 import BridgeSolveRequest, ReturnRequest

from .conftest import BUSYBOX, Onggi
from .test_api_serve import client, served

_TYPES = {
    FieldDescriptor.TYPE_STRING: "string",
    FieldDescriptor.TYPE_BYTES: "bytes",
    FieldDescriptor.TYPE_BOOL: "bool",
    FieldDescriptor.TYPE_INT32: "int32",
    FieldDescriptor.TYPE_INT64: "int64",
}
BRIDGE = "/moby.buildkit.v1.frontend.LLBBridge"
STEPS = f"FROM {BUSYBOX}\nRUN echo told > /one\nRUN echo said; echo more > /two\n"


@pytest.fixture(scope="module")
def path(lasting: Onggi) -> Iterator[Path]:
    with served(lasting, "-H", lasting.root / "a.sock"):
        yield lasting.root / "a.sock"


@pytest.fixture(scope="module")
def limited(lasting: Onggi) -> Iterator[Path]:
    """One that may build, and no more."""
    with served(lasting, "-H", lasting.root / "b.sock", "--allow", "build:name=ci/*"):
        yield lasting.root / "b.sock"


def ask(path: Path, method: str, request: Message) -> Iterator[bytes]:
    """All that is answered. Raises CallError."""
    with connection(path) as channel:
        stream = call(channel, f"{CONTROL}/{method}", request)
        while (message := stream.receive()) is not None:
            yield message


def cache(path: Path, *filters: str) -> dict[str, UsageRecord]:
    (said,) = ask(path, "DiskUsage", DiskUsageRequest(filter=filters))
    return {each.id: each for each in DiskUsageResponse.FromString(said).record}


def test_the_cache_is_what_the_engine_api_says(path: Path) -> None:
    build(path, STEPS)
    found = cache(path)
    with client(path) as api:
        known = {each["ID"]: each for each in api.get("/system/df", type="build-cache")["BuildCache"]}
    assert {key: (each.size, each.shared, each.record_type, each.description) for key, each in found.items()} == {
        key: (each["Size"], each["Shared"], each["Type"], each["Description"]) for key, each in known.items()
    }
    assert found
    one = next(iter(found))
    assert set(cache(path, f"id~={one[:12]}")) == {one}
    assert cache(path, "type==exec.cachemount") == {}
    assert cache(path, "private,type==regular") == {key: each for key, each in found.items() if not each.shared}
    for wrong in ("type!=regular", "shape==round", "type==square", "?"):
        with pytest.raises(CallError):
            cache(path, wrong)


def test_what_is_pruned_is_told_and_gone(path: Path) -> None:
    build(path, f"{STEPS}RUN echo {'x' * 100} > /three\n")
    day = 24 * 3600 * 1_000_000_000
    assert list(ask(path, "Prune", PruneRequest(keep_duration=day))) == []
    assert list(ask(path, "Prune", PruneRequest(reserved_space=1 << 40))) == []
    build(path, STEPS, None, Exporter(type="moby", attrs={"name": "kept"}))
    history = BuildHistoryRequest(early_exit=True)
    records = list(ask(path, "ListenBuildHistory", history))
    before = cache(path)
    taken = {each.id for each in map(UsageRecord.FromString, ask(path, "Prune", PruneRequest()))}
    assert taken and cache(path) == {key: each for key, each in before.items() if each.shared} != {}
    assert list(ask(path, "ListenBuildHistory", history)) == records
    before = cache(path)
    gone = {each.id: each for each in map(UsageRecord.FromString, ask(path, "Prune", PruneRequest(all=True)))}
    assert set(before) <= set(gone)
    assert sum(each.size for each in gone.values()) >= sum(each.size for each in before.values() if not each.shared)
    assert cache(path) == {}


def test_builds_are_listed_told_and_forgotten(path: Path) -> None:
    build(path, STEPS, None, Exporter(type="moby", attrs={"name": "history"}))
    with pytest.raises(CallError):
        build(path, f"FROM {BUSYBOX}\nRUN false\n")
    said = ask(path, "ListenBuildHistory", BuildHistoryRequest(early_exit=True, limit=2))
    failed, made = (BuildHistoryEvent.FromString(each).record for each in said)
    why = 'process "/bin/sh -c false" did not complete successfully: exit code: 1'
    assert failed.error.message == why and not made.HasField("error")
    logs = (StatusResponse.FromString(each) for each in ask(path, "Status", StatusRequest(ref=failed.ref)))
    assert [vertex.error for each in logs for vertex in each.vertexes] == ["", why]
    assert made.exporter_response["image.name"] == "docker.io/library/history:latest"
    assert (made.num_total_steps, made.num_completed_steps) == (3, 3)
    assert made.completed_at.ToNanoseconds() > made.created_at.ToNanoseconds() > 0
    told = [StatusResponse.FromString(each) for each in ask(path, "Status", StatusRequest(ref=made.ref))]
    assert [vertex.name for each in told for vertex in each.vertexes][1].endswith("RUN echo told > /one")
    assert b"said\n" in b"".join(log.msg for each in told for log in each.logs)
    update = UpdateBuildHistoryRequest(ref=made.ref, delete=True)
    (done,) = ask(path, "UpdateBuildHistory", update)
    assert UpdateBuildHistoryResponse.FromString(done) == UpdateBuildHistoryResponse()
    with pytest.raises(CallError) as missing:
        list(ask(path, "UpdateBuildHistory", update))
    assert missing.value.code == NOT_FOUND
    only = BuildHistoryRequest(early_exit=True, ref=made.ref)
    assert list(ask(path, "ListenBuildHistory", only)) == []
    with pytest.raises(CallError, match="still to come"):
        list(ask(path, "ListenBuildHistory", BuildHistoryRequest()))


def test_who_does_not_upgrade_is_refused(path: Path) -> None:
    """In Docker's shape and words."""
    with client(path) as api:
        for route in ("/grpc", "/session"):
            refused = api.request("POST", route)
            assert (refused.status, refused.message) == (400, "no upgrade proto in request")


def test_a_job_and_a_session_are_of_who_has_them(path: Path) -> None:
    """Somebody else, who has heard of the name of a build, can neither go on with it nor end it, nor take its place;
    who has heard of a session's cannot stand in for it."""
    with session(path, STEPS) as name, connection(path) as own, connection(path) as others:
        solve = call(own, f"{CONTROL}/Solve", SolveRequest(ref=name, session=name))
        said = [("buildkit-controlapi-buildid", name)]
        with pytest.raises(CallError, match="no such job"):
            answer(call(others, f"{BRIDGE}/Return", ReturnRequest(), said), ReturnRequest)
        with pytest.raises(CallError, match="no such job"):
            answer(call(others, f"{BRIDGE}/Solve", BridgeSolveRequest(frontend="dockerfile.v0"), said), ReturnRequest)
        with pytest.raises(CallError, match=f"job ID {name} exists"):
            answer(call(others, f"{CONTROL}/Solve", SolveRequest(ref=name, session=name)), ReturnRequest)
        with client(path) as api:
            head = f"POST /session HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nX-Docker-Expose-Session-Uuid: {name}\r\n\r\n"
            assert refusal(api.path, head).startswith(b"HTTP/1.1 409 ")
        call(own, f"{BRIDGE}/Return", ReturnRequest(), said)
        assert solve.receive() is not None


NASTY: Mapping[str, Any] = {
    "string": "\0../é%s",
    "bytes": b"\0\xff",
    "bool": True,
    "int32": -(2**31),
    "int64": -(2**63),
}


def nasty(kind: type[Message], depth: int = 2) -> Message:
    """With something in each of its fields that nobody means."""
    made = kind()
    field: Any
    for field in kind.DESCRIPTOR.fields:
        value = NASTY.get(_TYPES.get(field.type, ""))
        if field.message_type is None and value is not None:
            if field.is_repeated:
                getattr(made, field.name).append(value)
            else:
                setattr(made, field.name, value)
        elif field.message_type is not None and field.message_type.GetOptions().map_entry:
            if field.message_type.fields_by_name["value"].type == FieldDescriptor.TYPE_STRING:
                getattr(made, field.name).update(OPTIONS)
        elif field.message_type is not None and depth:
            inner = nasty(GetMessageClass(field.message_type), depth - 1)
            one = getattr(made, field.name)
            one.append(inner) if field.is_repeated else one.CopyFrom(inner)
    return made


OPTIONS = {
    "context": "\0",
    "filename": "../../etc/passwd",
    "platform": "é/x/y/z",
    "shm-size": "-1e99",
    "ulimit": "x=",
    "add-hosts": "=,",
    "multi-platform": "?",
    "build-arg:SOURCE_DATE_EPOCH": "9" * 40,
    "cache-imports": "[{",
    "no-cache": ",",
    "context:a": "local:\0",
    "requestid": "\n",
}


@pytest.mark.parametrize("method", [each for each in METHODS if not each.endswith("/Session")])
def test_whatever_is_asked_is_answered(path: Path, method: str) -> None:
    """And that no mistake of the server's was the cause, its log says, which has no traceback in it at the end."""
    with session(path, STEPS) as name, connection(path) as channel:
        solve = call(channel, f"{CONTROL}/Solve", SolveRequest(ref=f"{name}-open", session=name))
        said = [("buildkit-controlapi-buildid", f"{name}-open")]
        kind = METHODS[method].request
        asked = nasty(kind)
        for field, value in {"session": name, "frontend": "dockerfile.v0"}.items():
            if method.endswith("/Solve") and field in kind.DESCRIPTOR.fields_by_name:
                setattr(asked, field, value)
        if method.endswith("/Status"):
            asked = StatusRequest(ref="0" * 12)  # for one that is no ID it is waited
        for data in (b"\xff" * 9, asked.SerializeToString(), *[b""] * (not method.endswith("/Return"))):
            stream = channel.call(method, said)
            stream.send(data)
            stream.finish()
            try:
                stream.receive()
            except CallError as error:
                assert error.code != INTERNAL, error.message
            stream.give_up()
        solve.give_up()


def refusal(path: Path, head: str) -> bytes:
    with socket.socket(socket.AF_UNIX) as asking:
        asking.connect(str(path))
        asking.sendall(head.encode())
        return asking.recv(4096)


def denied(path: Path, method: str, request: Message) -> str:
    with pytest.raises(CallError) as refused:
        list(ask(path, method, request))
    assert refused.value.code == PERMISSION_DENIED
    return refused.value.message


def test_a_socket_that_may_build_builds_and_no_more(limited: Path) -> None:
    image = Exporter(type="moby", attrs={"name": "ci/app"})
    assert build(limited, STEPS, None, image).exporter_response["image.name"] == "docker.io/ci/app:latest"
    with pytest.raises(CallError, match="matches none of ci/"):
        build(limited, STEPS, None, Exporter(type="moby", attrs={"name": "busybox"}))
    for option, why in {
        "force-network-mode": ("host", "host's network"),
        "cgroup-parent": ("/", "control groups"),
        "cache-from": ("busybox", "caches of others"),
        "context": ("git@example.com:x.git", "policy|git"),
    }.items():
        with pytest.raises(CallError, match=why[1]):
            build(limited, STEPS, None, image, **{option: why[0]})
    assert "--allow system" in denied(limited, "DiskUsage", DiskUsageRequest())
    assert "--allow remove" in denied(limited, "Prune", PruneRequest())
    assert "--allow system" in denied(limited, "ListenBuildHistory", BuildHistoryRequest(early_exit=True))
    assert "--allow remove" in denied(limited, "UpdateBuildHistory", UpdateBuildHistoryRequest(ref="x", delete=True))
    assert "--allow system" in denied(limited, "Status", StatusRequest(ref="0123456789ab"))


def test_what_the_secrets_of_a_limited_socket_made_is_believed_by_nobody_else(path: Path, limited: Path) -> None:
    """Nor is what it has put into a cache mount."""
    step = "RUN --mount=type=secret,id=s --mount=type=cache,target=/c cat /run/secrets/s >>/c/all; cp /c/all /made"
    for socket_path, secret in ((limited, "theirs"), (path, "ours"), (limited, "theirs")):
        text = f"FROM {BUSYBOX}\n{step}\nRUN test $(cat /made) = {secret}\n"
        build(socket_path, text, Possessions(secrets={"s": secret.encode()}))


@contextmanager
def building(path: Path, seconds: str) -> Iterator[tuple[Channel, Stream]]:
    """A build whose step sleeps, once it does."""
    with ExitStack() as scope:
        name = scope.enter_context(session(path, f"FROM {BUSYBOX}\nRUN sleep {seconds}\n"))
        channel = scope.enter_context(connection(path))
        request = SolveRequest(ref=name, session=name, frontend="dockerfile.v0")
        request.frontend_attrs["force-network-mode"] = "none"
        request.exporters.append(Exporter(type="moby"))
        solve = call(channel, f"{CONTROL}/Solve", request)
        eventually(lambda: processes.with_word(seconds.encode()))
        yield channel, solve


def test_a_call_that_is_given_up_ends_its_build(path: Path, lasting: Onggi) -> None:
    with building(path, "1000.81") as (_, solve):
        solve.give_up()
        eventually(lambda: not processes.with_word(b"1000.81"))
    eventually(lambda: "running" not in lasting("builds", "ls"))


def test_a_client_that_goes_away_ends_its_build(path: Path, lasting: Onggi) -> None:
    with building(path, "1000.82"):
        pass
    eventually(lambda: not processes.with_word(b"1000.82"))
    eventually(lambda: "running" not in lasting("builds", "ls"))


def test_a_server_that_ends_gives_builds_their_time(lasting: Onggi) -> None:
    """Five seconds, after which long ones of either protocol end with it. It lets go at once of who has no build."""
    path = lasting.root / "c.sock"
    classic = f"FROM {BUSYBOX}\nRUN sleep 1000.87\n".encode()
    with ExitStack() as scope:
        server = scope.enter_context(served(lasting, "-H", path))
        pool = scope.enter_context(ThreadPoolExecutor())
        told = pool.submit(scope.enter_context(client(path)).request, "POST", "/build", classic, networkmode="none")
        eventually(lambda: processes.with_word(b"1000.87"))
        _, long = scope.enter_context(building(path, "1000.85"))
        _, short = scope.enter_context(building(path, "1.84"))
        idle = scope.enter_context(connection(path))
        server.process.terminate()
        with pytest.raises(CallError, match=r"gone|ends"):
            while True:
                workers(idle)
        assert short.receive() is not None
        with pytest.raises(CallError, match="given up, because this server ends"):
            long.receive()
        assert b"errorDetail" in told.result().body
        assert server.process.wait(timeout=60) == 0
    eventually(lambda: not processes.with_word(b"1000.85") + processes.with_word(b"1000.87"))  # they are being ended
    assert "running" not in lasting("builds", "ls")


def test_what_a_killed_server_leaves_is_collected(lasting: Onggi) -> None:
    path = lasting.root / "c.sock"
    process = subprocess.Popen(lasting.argv("serve", "-H", path), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline().startswith(b"Serving")
    with building(path, "1000.86") as (_, solve):
        process.send_signal(signal.SIGKILL)
        with pytest.raises(CallError):
            solve.receive()
    process.communicate()
    eventually(lambda: not processes.with_word(b"1000.86"))
    with served(lasting, "-H", path):
        build(path, STEPS)
    with lasting.engine() as engine:
        assert engine.system.check() == []


def test_calls_beyond_what_is_served_are_refused(lasting: Onggi) -> None:
    path = lasting.root / "c.sock"
    with served(lasting, "-H", path, "--streams", "3"), connection(path) as channel:
        waiting = [channel.call(f"{CONTROL}/Info") for _ in range(3)]  # what is asked has not come yet
        with pytest.raises(CallError, match="3 calls go on already"):
            while True:  # they may not have begun either; one that comes later than another call is refused itself
                workers(channel)
                waiting = [channel.call(each.path) if each.has_ended.is_set() else each for each in waiting]
        waiting.pop().give_up()
        eventually(lambda: is_served(channel))
        for each in waiting:
            each.give_up()


def workers(channel: Channel) -> bytes | None:
    return call(channel, f"{CONTROL}/ListWorkers", ListWorkersRequest()).receive()


def is_served(channel: Channel) -> bool:
    try:
        return workers(channel) is not None
    except CallError:
        return False
