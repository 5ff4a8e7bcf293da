"""Outputs of a build by BuildKit's protocol that no client of today's asks for, or that come to nothing."""

from __future__ import annotations

import io
import tarfile

import pytest
from tests.api.buildkit.own_client import CONTROL, Possessions, answer, build, call, connection, session
from tests.api.client import Client
from tests.registries.real import Real

from onggi.api.buildkit.grpc.status import CANCELLED, INTERNAL, CallError
from onggi.api.buildkit.grpc.stream import Stream
from onggi.api.buildkit.wire.control_pb2 import Exporter, SolveRequest, SolveResponse
from onggi.api.buildkit.wire.session_pb2 import BytesMessage

from .conftest import BUSYBOX, Onggi

pytestmark = pytest.mark.one_server
TAR = Exporter(type="tar")


class Taker:
    """Takes one file."""

    def __init__(self) -> None:
        self.got = b""
        self.exporters: list[str] = []
        self.is_whole = False

    def __call__(self, stream: Stream) -> None:
        self.exporters.append(stream.metadata["buildkit-attachable-exporter-id"])
        while (message := stream.receive()) is not None:
            self.got += BytesMessage.FromString(message).data
        self.is_whole = True


def test_a_file_among_several_outputs(api: Client, lasting: Onggi) -> None:
    taker = Taker()
    image = Exporter(type="image", attrs={"name": "beside:1"})
    dockerfile = "FROM scratch\nCOPY Dockerfile /file\n"
    said = build(api.path, dockerfile, Possessions(taking=taker), image, TAR).exporter_response
    assert (taker.is_whole, taker.exporters) == (True, ["1"])
    with tarfile.open(fileobj=io.BytesIO(taker.got)) as tar:
        file = tar.extractfile("file")
        assert tar.getnames() == ["file"] and file is not None
        assert file.read() == dockerfile.encode()
    assert said["containerimage.config.digest"] == lasting("image", "inspect", "-f", "{{.Id}}", "beside:1")


def test_a_client_that_cannot_write_what_it_gets(api: Client) -> None:
    def fail(stream: Stream) -> None:
        stream.receive()
        raise CallError(INTERNAL, "the disk is full")

    with pytest.raises(CallError, match="the client does not take an output: the disk is full"):
        build(api.path, f"FROM {BUSYBOX}\n", Possessions(taking=fail), TAR)
    with pytest.raises(CallError, match="the client does not take an output: the disk is full"):
        build(api.path, f"FROM {BUSYBOX}\n", Possessions(taking=fail), Exporter(type="local"))
    with pytest.raises(CallError, match="the client takes no files"):
        build(api.path, f"FROM {BUSYBOX}\n", None, TAR)


def test_a_build_that_fails_sends_nothing(api: Client) -> None:
    taker = Taker()
    with pytest.raises(CallError, match="exit code: 3"):
        build(api.path, f"FROM {BUSYBOX}\nRUN exit 3\n", Possessions(taking=taker), TAR)
    assert taker.exporters == []


def test_who_has_several_outputs_gets_none_whole_where_another_one_fails(api: Client) -> None:
    """The tar was sent by then: that it is whole the client is not told."""
    ends: list[int] = []

    def take(stream: Stream) -> None:
        try:
            while stream.receive() is not None:
                pass
        except CallError as error:
            ends.append(error.code)
            raise

    nowhere = Exporter(type="image", attrs={"name": "127.0.0.1:1/nowhere:1", "push": "true"})
    with pytest.raises(CallError, match="does not take connections"):
        build(api.path, f"FROM {BUSYBOX}\n", Possessions(taking=take), TAR, nowhere)
    assert ends == [CANCELLED]


def test_older_clients_name_their_exporter_otherwise(api: Client, lasting: Onggi, registry: Real) -> None:
    """And one that is no Docker pushes by the exporter."""
    name = f"{registry.host}/older:1"
    with session(api.path, "FROM scratch\nCOPY Dockerfile /\n") as own, connection(api.path) as channel:
        request = SolveRequest(ref=own, session=own, frontend="dockerfile.v0", exporter_deprecated="image")
        request.exporter_attrs_deprecated.update({"name": name, "push": "true"})
        said = answer(call(channel, f"{CONTROL}/Solve", request), SolveResponse).exporter_response
    assert said["image.name"] == name
    lasting("image", "rm", name)
    assert f"sha256:{said['containerimage.digest'].removeprefix('sha256:')}" in lasting("pull", name)
