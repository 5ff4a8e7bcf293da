"""aiodocker: streams and events of many things at once."""

from __future__ import annotations

import asyncio
import io
import tarfile
import time
from collections.abc import Callable, Coroutine
from typing import Any

import aiodocker
import pytest

from .conftest import BUSYBOX, Served, tar_of

Life = Callable[[Any], Coroutine[Any, Any, None]]
"""It gets a client, whose types say too little to be of use."""


def live(served: Served, life: Life) -> None:
    async def run() -> None:
        async with aiodocker.Docker(url=served.url) as client:
            await asyncio.wait_for(life(client), 120)

    asyncio.run(run())


def config(*command: str, **more: object) -> dict[str, Any]:
    return {"Image": BUSYBOX, "Cmd": list(command), **more}


def test_the_life_of_a_container(served: Served) -> None:
    async def life(client: Any) -> None:
        container = await client.containers.create(config("sh", "-c", "echo hello; exec sleep 600"), name="lives")
        await container.start()
        (found,) = await client.containers.list(filters={"name": ["lives"]})
        assert found.id == container.id
        assert (await container.show())["State"]["Running"]
        assert any("sleep 600" in line[-1] for line in (await container.top())["Processes"])
        (stats,) = await container.stats(stream=False)
        assert stats["pids_stats"]["current"] == 1
        await container.pause()
        await container.unpause()
        await container.rename("lived")
        await container.kill(signal="TERM")
        await container.stop(t=1)
        assert (await container.wait())["StatusCode"] == 137
        assert await container.log(stdout=True) == ["hello\n"]
        await container.delete()
        with pytest.raises(aiodocker.DockerError) as refused:
            await client.containers.get("lived")
        assert refused.value.status == 404

    live(served, life)


def test_logs_of_many_are_followed_at_once(served: Served) -> None:
    async def life(client: Any) -> None:
        async def follow(number: int) -> list[str]:
            script = f"for i in 1 2 3; do echo {number}-$i; sleep 0.2; done"
            container = await client.containers.run(config("sh", "-c", script))
            lines = [line async for line in container.log(stdout=True, stderr=True, follow=True)]
            await container.delete(force=True)
            return lines

        said = await asyncio.gather(*map(follow, range(6)))
        assert ["".join(lines) for lines in said] == [f"{number}-1\n{number}-2\n{number}-3\n" for number in range(6)]

    live(served, life)


def test_attach_and_exec(served: Served) -> None:
    async def life(client: Any) -> None:
        reads = config("sh", "-c", "read line; echo got $line; echo end >&2; exec sleep 600", OpenStdin=True)
        container = await client.containers.create(reads)
        async with container.attach(stdin=True, stdout=True, stderr=True) as stream:
            await container.start()
            await stream.write_in(b"a line\n")
            said = [await stream.read_out(), await stream.read_out()]
        assert said == [(1, b"got a line\n"), (2, b"end\n")]
        execution = await container.exec(["sh", "-c", "cat; echo $A >&2; exit 3"], stdin=True, environment={"A": "b"})
        async with execution.start(detach=False) as stream:
            await stream.write_in(b"to and fro\n")
            assert await stream.read_out() == (1, b"to and fro\n")
        terminal = await container.exec(["sh", "-c", "read line; stty size"], tty=True, stdin=True)
        async with terminal.start(detach=False) as stream:
            await terminal.resize(h=33, w=111)
            await stream.write_in(b"go\n")
            seen = b""
            while message := await stream.read_out():
                seen += message.data
            assert seen == b"go\r\n33 111\r\n"
        failing = await container.exec(["sh", "-c", "exit 3"])
        await failing.start(detach=True)
        while (found := await failing.inspect())["Running"]:
            await asyncio.sleep(0.05)
        assert found["ExitCode"] == 3
        await container.delete(force=True)

    live(served, life)


def test_attach_over_a_websocket(served: Served) -> None:
    async def life(client: Any) -> None:
        container = await client.containers.create(config("cat", OpenStdin=True, StdinOnce=True))
        await container.start()
        socket = await container.websocket(stdin=True, stdout=True, stderr=True, stream=True)
        await socket.send_str("to and fro\n")
        said = await socket.receive(timeout=60)
        data = said.data if isinstance(said.data, bytes) else said.data.encode()
        assert data == b"to and fro\n"
        await socket.close()
        await container.delete(force=True)

    live(served, life)


def test_events(served: Served) -> None:
    async def life(client: Any) -> None:
        filters = '{"type": ["container"], "container": ["eventful"]}'
        seen = client.events.subscribe(filters=filters, since=str(int(time.time())))
        container = await client.containers.run(config("true"), name="eventful")
        await container.wait()
        await container.delete()
        actions: list[str] = []
        while not actions or actions[-1] != "destroy":
            event = await seen.get()
            assert event["Actor"]["Attributes"]["name"] == "eventful"
            actions.append(event["Action"])
        assert actions == ["create", "start", "die", "destroy"]
        await client.events.stop()

    live(served, life)


def test_copies(served: Served) -> None:
    async def life(client: Any) -> None:
        container = await client.containers.create(config("true"))
        await container.put_archive("/tmp", tar_of({"in/file": b"content\n"}))
        with await container.get_archive("/tmp/in/file") as tar:
            content = tar.extractfile("file")
            assert content is not None and content.read() == b"content\n"
        await container.delete()

    live(served, life)


def test_images(served: Served) -> None:
    async def life(client: Any) -> None:
        context = io.BytesIO(tar_of({"Dockerfile": f"FROM {BUSYBOX}\nRUN <<E\necho made > /made\nE\n".encode()}))
        told = await client.images.build(fileobj=context, encoding="identity", tag="made:1")
        assert any("made:1" in line.get("stream", "") for line in told)
        container = await client.containers.run({"Image": "made:1", "Cmd": ["cat", "/made"]})
        await container.wait()
        assert await container.log(stdout=True) == ["made\n"]
        await container.delete()
        await client.images.tag("made:1", "made", tag="2")
        assert {"made:1", "made:2"} <= {tag for image in await client.images.list() for tag in image["RepoTags"]}
        async with client.images.export_image("made:1") as exported:
            saved = await exported.read()
        with tarfile.open(fileobj=io.BytesIO(saved)) as tar:
            assert "manifest.json" in tar.getnames()
        for tag in ("made:1", "made:2"):
            await client.images.delete(tag)
        loaded = await client.images.import_image(io.BytesIO(saved))
        assert any("made:1" in line.get("stream", "") for line in loaded)
        broken = io.BytesIO(tar_of({"Dockerfile": f"FROM {BUSYBOX}\nRUN exit 9\n".encode()}))
        with pytest.raises(aiodocker.DockerError, match="9"):
            await client.images.build(fileobj=broken, encoding="identity")

    live(served, life)


def test_networks_and_volumes(served: Served) -> None:
    async def life(client: Any) -> None:
        network = await client.networks.create({"Name": "of-tests", "Driver": "bridge"})
        volume = await client.volumes.create({"Name": "data"})
        host = {"NetworkMode": "of-tests", "Binds": ["data:/data"]}
        container = await client.containers.run(config("sleep", "600", HostConfig=host), name="member")
        members = (await network.show())["Containers"]
        assert [member["Name"] for member in members.values()] == ["member"]
        with pytest.raises(aiodocker.DockerError) as refused:
            await volume.delete()
        assert refused.value.status == 409
        await container.delete(force=True)
        await volume.delete()
        await network.delete()
        assert "of-tests" not in [each["Name"] for each in await client.networks.list()]
        assert not (await client.volumes.list())["Volumes"]

    live(served, life)
