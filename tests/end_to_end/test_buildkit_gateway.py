"""Builds of which the client says by the gateway what they are to become: bake, linked targets, questions; and BuildKit
by POST /build."""

from __future__ import annotations

import base64
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.api.buildkit.gateway import Job, job, solving
from tests.api.buildkit.own_client import CONTROL, Possessions, answer, call, connection, session, session_in_call
from tests.api.client import Client
from tests.waiting import eventually

from onggi.api.buildkit.grpc.channel import Channel
from onggi.api.buildkit.grpc.status import NOT_FOUND, UNIMPLEMENTED, CallError
from onggi.api.buildkit.wire.control_pb2 import (
    Exporter,
    SolveRequest,
    SolveResponse,
    Status,
    StatusRequest,
    StatusResponse,
)
from onggi.api.buildkit.wire.definition_pb2 import Definition, Input, Op, SourceOp
from onggi.api.buildkit.wire.gateway_pb2 import (
    BridgeSolveRequest,
    BridgeSolveResponse,
    EvaluateRequest,
    EvaluateResponse,
    InputsRequest,
    InputsResponse,
    PingRequest,
    PongResponse,
    WarnRequest,
    WarnResponse,
)
from onggi.oci import digest as digests

from .conftest import BUSYBOX

pytestmark = pytest.mark.one_server
BASE = f"FROM {BUSYBOX}\nENV OF=base\nRUN echo base > /base\n"
APP = 'FROM base\nRUN test "$OF" = base && cat /base > /app\n'
COPIES = f"FROM {BUSYBOX}\nCOPY --from=base /base /copied\n"


def moby(name: str) -> list[Exporter]:
    return [Exporter(type="moby", attrs={"name": name})]


def listed(api: Client) -> set[str]:
    return {each["Id"] for each in api.get("/images/json")}


def told(channel: Channel, name: str) -> Iterator[StatusResponse]:
    stream = call(channel, f"{CONTROL}/Status", StatusRequest(ref=name))
    while (message := stream.receive()) is not None:
        yield StatusResponse.FromString(message)


def test_what_can_be_asked_for(api: Client) -> None:
    with session(api.path, "") as name, connection(api.path) as channel, job(channel, name) as made:
        pong = made.gateway.ask("Ping", PingRequest(), PongResponse)
        known = {each.id for each in pong.frontend_api_caps if each.enabled}
        assert {"reference.output", "gateway.evaluate", "frontend.inputs"} <= known
        assert not {"readfile", "gateway.exec", "resolveimage"} & known
        assert len(pong.workers) == 1
        for method in ("ReadFile", "NewContainer", "ExecProcess", "ResolveImageConfig"):
            with pytest.raises(CallError, match=method) as caught:
                made.gateway.ask(method, InputsRequest(), InputsResponse)
            assert caught.value.code == UNIMPLEMENTED
    assert made.response.exporter_response == {}


def test_a_target_begins_with_another_which_goes_with_the_client(api: Client) -> None:
    with connection(api.path) as channel:
        with session(api.path, BASE) as name, job(channel, name) as made:
            base = made.gateway.solve().ref
            made.gateway.ask("Evaluate", EvaluateRequest(ref=base.id), EvaluateResponse)
        assert api.request("DELETE", f"/images/{base.id}").status == 409
        for number, dockerfile in enumerate((APP, COPIES)):
            with session(api.path, dockerfile) as name, job(channel, name, moby(f"app:{number}")) as made:
                result = made.gateway.solve({"0-base": base.definition}, context__base="input:0-base")
            assert made.response.exporter_response["containerimage.digest"] == result.ref.id
            assert digests.of(result.metadata["containerimage.config"]) == result.ref.id
        assert {base.id, result.ref.id} <= listed(api)
    eventually(lambda: base.id not in listed(api))
    assert api.get("/images/app:0/json")["Config"]["Env"][-1] == "OF=base"


def test_graphs_of_a_clients_own_are_refused(api: Client) -> None:
    source = Op(source=SourceOp(identifier="git://example.com/a.git")).SerializeToString()
    end = Op(inputs=[Input(digest=digests.of(source))]).SerializeToString()
    own = Definition(ops=[source, end])
    with session(api.path, APP) as name, connection(api.path) as channel:
        with job(channel, name) as made:
            for asked in (BridgeSolveRequest(definition=own), solving({"x": own}, context__base="input:x")):
                with pytest.raises(CallError, match="git://example"):
                    made.gateway.ask("Solve", asked, BridgeSolveResponse)
            with pytest.raises(CallError, match="no input y"):
                made.gateway.solve(context__base="input:y")
        with pytest.raises(CallError, match="no graph"):
            answer(call(channel, f"{CONTROL}/Solve", SolveRequest(session=name, definition=own)), SolveResponse)


def test_questions_are_answered_and_nothing_is_built(api: Client) -> None:
    before = listed(api)
    written = f"FROM {BUSYBOX} as base\nRUN cd /tmp\n"  # the latter is for rules that BuildKit has not
    with connection(api.path) as channel, session(api.path, written) as name, job(channel, name) as made:
        outline = made.gateway.solve(requestid="frontend.outline")
        found = made.gateway.solve(requestid="frontend.lint")
        described = made.gateway.solve(requestid="frontend.subrequests.describe").metadata["result.json"]
        with pytest.raises(CallError, match="nonsense"):
            made.gateway.solve(requestid="frontend.nonsense")
    assert json.loads(outline.metadata["result.json"])["sources"]
    assert [each["ruleName"] for each in json.loads(found.metadata["result.json"])["warnings"]] == ["FromAsCasing"]
    assert b"FromAsCasing" in found.metadata["result.txt"]
    assert "frontend.lint" in {each["name"] for each in json.loads(described)}
    with connection(api.path) as channel, session(api.path, APP) as name, job(channel, name) as made:
        app = made.gateway.solve({"b": outline.ref.definition}, context__base="input:b", requestid="frontend.targets")
    assert json.loads(app.metadata["result.json"])["targets"][0]["base"] == "base"
    assert listed(api) == before


def test_a_solve_is_given_up_and_its_job_goes_on(api: Client) -> None:
    sleeps = f"FROM {BUSYBOX}\nRUN echo begun; sleep 600\n"
    with connection(api.path) as channel, session(api.path, sleeps) as name, job(channel, name) as made:
        status = told(channel, made.gateway.job)
        begun = made.gateway.begin("Solve", solving())
        next(each for each in status if any(b"begun" in log.msg for log in each.logs))
        begun.give_up()
        next(each for each in status if any("cancel" in vertex.error for vertex in each.vertexes))
        made.gateway.ask("Warn", WarnRequest(digest="sha256:" + "1" * 64, short=b"of the client"), WarnResponse)
        next(each for each in status if any(warning.short == b"of the client" for warning in each.warnings))


def test_what_went_wrong_with_the_client_is_what_its_solve_says(api: Client) -> None:
    with connection(api.path) as channel, session(api.path, f"FROM {BUSYBOX}\nRUN exit 3\n") as name:
        made = Job(channel, SolveRequest(ref="of-an-error", session=name))
        with pytest.raises(CallError, match="exit code: 3"):
            made.gateway.solve()
        with pytest.raises(CallError, match="of the client's own") as caught:
            made.end(Status(code=NOT_FOUND, message="of the client's own"))
        assert caught.value.code == NOT_FOUND


def test_a_session_within_a_call(api: Client) -> None:
    with connection(api.path) as channel, session_in_call(channel, BASE) as name, job(channel, name) as made:
        assert made.gateway.solve().ref.id


def tar_of(dockerfile: str) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(dockerfile)
        archive.addfile(entry, io.BytesIO(dockerfile.encode()))
    return made.getvalue()


def built(api: Client, body: bytes | None = None, **query: str) -> list[dict[str, Any]]:
    answer = api.request("POST", "/build", body, version="2", networkmode="none", **query)
    assert answer.status == 200, answer.body
    return [json.loads(line) for line in answer.body.splitlines()]


def test_a_tar_by_the_engine_api(api: Client) -> None:
    lines = built(api, tar_of(BASE), t="by-tar:1")
    traced = [StatusResponse.FromString(base64.b64decode(each["aux"])) for each in lines[:-1]]
    assert {each["id"] for each in lines[:-1]} == {"moby.buildkit.trace"}
    assert any("RUN echo base" in vertex.name for each in traced for vertex in each.vertexes)
    assert lines[-1] == {"id": "moby.image.id", "aux": {"ID": api.get("/images/by-tar:1/json")["Id"]}}
    assert built(api, tar_of(BASE), q="1") == [{"stream": lines[-1]["aux"]["ID"] + "\n"}]
    assert "exit code: 3" in built(api, tar_of(f"FROM {BUSYBOX}\nRUN exit 3\n"))[-1]["errorDetail"]["message"]


def test_a_session_by_the_engine_api(api: Client) -> None:
    mounts = f"FROM {BUSYBOX}\nRUN --mount=type=secret,id=x test $(cat /run/secrets/x) = hidden\n"
    with session(api.path, mounts, Possessions(secrets={"x": b"hidden"})) as name:
        lines = built(api, session=name, remote="client-session", outputs='[{"Type":"cacheonly"}]')
        assert {each["id"] for each in lines} == {"moby.buildkit.trace"}
    with session(api.path, "") as name:
        offers = threading.Thread(target=upload, args=(api.path, "upload-request:of-tests", tar_of(BASE)))
        offers.start()
        lines = built(api, session=name, remote="upload-request", buildid="of-tests")
        offers.join()
        assert lines[-1]["id"] == "moby.image.id"


def upload(path: Path, name: str, body: bytes) -> None:
    client = Client(path)
    try:
        assert client.request("POST", "/build", body, version="2", buildid=name).body == b""
    finally:
        client.close()
