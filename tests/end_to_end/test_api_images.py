"""Images over the Engine API: raw requests, Docker's own command line, docker-py; and a real registry."""

from __future__ import annotations

import base64
import io
import json
import re
import socket
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import docker as docker_py
import pytest
from docker.errors import APIError, ImageNotFound
from tests.api.client import Answer, Client
from tests.api.served import Docker
from tests.registries import real
from tests.registries.images import OTHER, Shelf
from tests.registries.real import Real

from .conftest import BUSYBOX, Onggi, served

FROM = f"FROM {BUSYBOX}\n"
LOGIN = {"username": "me", "password": "secret"}


def lines(answer: Answer) -> list[dict[str, Any]]:
    assert answer.status == 200, answer
    return [json.loads(line) for line in answer.body.splitlines()]


def statuses(told: list[dict[str, Any]]) -> list[str]:
    return [line.get("status", "") for line in told]


def made(api: Client, name: str, *instructions: str) -> str:
    """The ID of a new image on busybox."""
    dockerfile = FROM + "\n".join(instructions)
    told = lines(api.request("POST", "/build", dockerfile.encode(), t=name))
    (image,) = [line["aux"]["ID"] for line in told if "aux" in line]
    return str(image)


def tags(api: Client, **query: Any) -> list[str]:
    return sorted(tag for image in api.get("/images/json", **query) for tag in image["RepoTags"])


def asked(api: Client, method: str, path: str, login: dict[str, str]) -> Answer:
    """With a login."""
    header = base64.urlsafe_b64encode(json.dumps(login).encode()).decode()
    api._connection.request(method, path, None, {"X-Registry-Auth": header})
    answer = api._connection.getresponse()
    return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    with real.serve(tmp_path_factory.mktemp("private"), users={"me": "secret"}) as served:
        yield served


@pytest.fixture
def py(api: Client) -> Iterator[docker_py.DockerClient]:
    client = docker_py.DockerClient(base_url=f"unix://{api.path}")
    yield client
    client.close()


# The list


def test_the_list_and_its_filters(api: Client) -> None:
    old = made(api, "shop/old:1", "RUN echo 1", "LABEL a=1")
    made(api, "shop/new:2", "RUN echo 2", "LABEL a=2", "LABEL b=3")
    made(api, "shop/new:2", "RUN echo 3", "LABEL a=4")
    api.request("POST", "/images/shop/new:2/tag", repo="other")
    assert tags(api) == [BUSYBOX, "other:latest", "shop/new:2", "shop/old:1"]
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"reference": ["shop/*"]}, ["shop/new:2", "shop/old:1"]),
        ({"reference": ["shop/new"]}, ["shop/new:2"]),
        ({"reference": ["*:1.35"]}, [BUSYBOX]),
        ({"reference": ["*"]}, [BUSYBOX, "other:latest"]),
        ({"reference": ["*/[^o]*"]}, ["shop/new:2"]),
        ({"reference": []}, [BUSYBOX, "other:latest", "shop/new:2", "shop/old:1"]),
        ({"label": ["a"]}, ["other:latest", "shop/new:2", "shop/old:1"]),
        ({"label": ["a=1"]}, ["shop/old:1"]),
        ({"label": {"a=1": True}}, ["shop/old:1"]),
        ({"dangling": ["true"]}, []),
        ({"dangling": ["0"]}, [BUSYBOX, "other:latest", "shop/new:2", "shop/old:1"]),
        ({"since": ["shop/old:1"]}, ["other:latest", "shop/new:2"]),
        ({"before": [old]}, [BUSYBOX]),
        ({"before": [old.removeprefix("sha256:")[:6]]}, [BUSYBOX]),
        ({"until": ["2020-01-01"]}, []),
    ]
    for filters, expected in cases:
        assert tags(api, filters=filters) == expected, filters
    (dangling,) = api.get("/images/json", filters={"dangling": ["true"]})
    assert dangling["RepoTags"] == [] and dangling["Labels"] == {"a": "2", "b": "3"}
    assert api.speaking("1.24").get("/images/json", filter="shop/old")[0]["RepoTags"] == ["shop/old:1"]
    for filters in (
        {"nosuch": ["x"]},
        {"dangling": ["maybe"]},
        {"before": ["nosuch"]},
        {"before": [""]},
        {"reference": ["["]},
    ):
        answer = api.request("GET", "/images/json", filters=filters)
        assert answer.status in (400, 404), answer
    assert api.request("GET", "/images/json", filters="{").status == 400


def test_sizes_and_containers_of_the_list(api: Client) -> None:
    made(api, "shop", "RUN head -c 100000 /dev/zero >/z")
    api.create("shop", "true")
    found = {image["RepoTags"][0]: image for image in api.get("/images/json", **{"shared-size": "1"})}
    shop, base = found["shop:latest"], found[BUSYBOX]
    assert shop["SharedSize"] == base["SharedSize"] == base["Size"]
    assert shop["Size"] - shop["SharedSize"] >= 100_000
    assert (shop["Containers"], base["Containers"]) == (1, 0)
    assert api.get("/images/json")[0]["SharedSize"] == -1
    assert api.speaking("1.50").get("/images/json")[0]["Containers"] == -1


# One image


def test_inspect_and_history(api: Client) -> None:
    image = made(api, "shop:1", "RUN echo x >/x", "ENV A=1", 'CMD ["cat", "/x"]')
    found = api.get("/images/shop:1/json")
    assert found["Id"] == image and found["RepoTags"] == ["shop:1"]
    assert found["Descriptor"]["digest"].startswith("sha256:") and found["Descriptor"]["size"] > 100
    assert found["Config"]["Cmd"] == ["cat", "/x"]
    assert len(found["RootFS"]["Layers"]) == 2
    for name in (image, image[7:19], image[7:]):
        assert api.get(f"/images/{name}/json") == found
    old = api.speaking("1.43").get("/images/shop:1/json")
    assert old["VirtualSize"] == old["Size"] and "Descriptor" not in old and old["Config"]["Hostname"] == ""
    history = api.get("/images/shop:1/history")
    assert history[0]["Id"] == image and history[0]["Tags"] == ["shop:1"]
    assert {line["Id"] for line in history[1:]} == {"<missing>"}
    assert [line["Size"] > 0 for line in history] == [False, False, True, True]


@pytest.mark.one_server
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/images/nosuch/json"),
        ("GET", "/images/nosuch/history"),
        ("GET", "/images/nosuch/get"),
        ("POST", "/images/nosuch/tag?repo=x"),
        ("DELETE", "/images/nosuch"),
        ("GET", "/images/get?names=nosuch"),
    ],
)
def test_an_image_that_is_not_there(api: Client, method: str, path: str) -> None:
    path, _, query = path.partition("?")
    said = dict([query.split("=")]) if query else {}
    answer = api.request(method, path, **said)
    assert answer.status == 404
    assert answer.message.startswith("No such image: nosuch")


def test_another_platform_than_it_is_for(api: Client) -> None:
    wanted = {"os": "linux", "architecture": OTHER}
    for what in ("json", "history"):
        answer = api.request("GET", f"/images/{BUSYBOX}/{what}", platform=wanted)
        assert answer.status == 404
        assert "was found but does not match the specified platform" in answer.message
    assert api.request("GET", f"/images/{BUSYBOX}/json", platform="x").status == 400
    assert api.speaking("1.40").request("GET", f"/images/{BUSYBOX}/json", platform="x").status == 200


def test_tags_come_and_go(api: Client) -> None:
    image = made(api, "shop:1", "ENV A=1")
    assert api.request("POST", "/images/shop:1/tag", repo="127.0.0.1:5000/a/b", tag="x").status == 201
    assert api.request("POST", "/images/shop:1/tag", repo="other").status == 201
    assert api.get(f"/images/{image}/json")["RepoTags"] == ["127.0.0.1:5000/a/b:x", "other:latest", "shop:1"]
    for repository, name in (("", ""), ("UP", ""), ("a", "b c"), ("a", "sha256:" + "0" * 64)):
        assert api.request("POST", "/images/shop:1/tag", repo=repository, tag=name).status == 400
    assert api.delete("/images/other") == [{"Untagged": "other:latest"}]
    several = api.request("DELETE", f"/images/{image}")
    assert several.status == 409
    assert "referenced in multiple repositories" in several.message
    gone = api.delete(f"/images/{image}", force="1")
    assert {"Untagged": "shop:1"} in gone and {"Deleted": image} in gone


def test_an_image_in_use_stays(api: Client) -> None:
    made(api, "shop:1", "ENV A=1")
    container = api.create("shop:1", "sleep", "1000.91")
    answer = api.request("DELETE", "/images/shop:1")
    assert answer.status == 409
    assert "conflict: unable to" in answer.message and container[:12] in answer.message
    gone = api.delete("/images/shop:1", force="1", noprune="1")
    assert gone[0] == {"Untagged": "shop:1"}
    api.delete(f"/containers/{container}")
    platforms = api.request("DELETE", f"/images/{BUSYBOX}", platforms='{"os":"linux","architecture":"arm64"}')
    assert (platforms.status, "platforms" in platforms.message) == (501, True)


def test_prune(api: Client) -> None:
    first = made(api, "shop:1", "LABEL keep=1")
    second = made(api, "shop:1", "LABEL a=2")
    nothing = api.post("/images/prune", filters={"label": ["none"]})
    assert nothing == {"ImagesDeleted": None, "SpaceReclaimed": 0}
    assert api.post("/images/prune", filters={"label!": ["keep"]})["ImagesDeleted"] is None
    assert api.post("/images/prune")["ImagesDeleted"] == [{"Deleted": first}]
    both = api.request("POST", "/images/prune", filters={"dangling": ["true", "false"]})
    assert (both.status, both.message[:39]) == (400, "invalid filter 'dangling=[true false]' ")
    every = api.post("/images/prune", filters={"dangling": ["false"], "label": ["a"]})
    assert {"Deleted": second} in every["ImagesDeleted"]
    assert api.request("POST", "/images/prune", filters={"x": ["y"]}).status == 400
    assert api.request("POST", "/images/prune", filters={"dangling": ["maybe"]}).status == 400


def test_search_says_that_there_is_none(api: Client, docker: Docker) -> None:
    answer = api.request("GET", "/images/search", term="x")
    assert (answer.status, "search is not supported" in answer.message) == (501, True)
    assert "search is not supported" in docker.fails("search", "x")


# Files


def test_saved_and_loaded(api: Client) -> None:
    image = made(api, "shop:1", "RUN echo x >/x")
    api.request("POST", "/images/shop:1/tag", repo="shop", tag="2")
    one = api.request("GET", "/images/shop/get")  # all of its tags
    api._connection.request("GET", f"/images/get?names=shop:1&names={BUSYBOX}")
    two = api._connection.getresponse()
    assert two.getheader("Content-Type") == one.headers["content-type"] == "application/x-tar"
    data = two.read()
    (manifest,) = manifests(one.body)
    assert manifest["RepoTags"] == ["shop:1", "shop:2"]
    assert [each["RepoTags"] for each in manifests(data)] == [["shop:1"], [BUSYBOX]]
    api.delete(f"/images/{image}", force="1")
    told = lines(api.request("POST", "/images/load", data, quiet="1"))
    assert [line["stream"] for line in told] == ["Loaded image: shop:1\n", f"Loaded image: {BUSYBOX}\n"]
    assert api.get("/images/shop:1/json")["Id"] == image
    nameless = api.request("GET", f"/images/{image}/get").body
    (line,) = lines(api.request("POST", "/images/load", nameless))
    assert line["stream"] == f"Loaded image ID: {image}\n"
    for wrong in (b"", b"text", data[: len(data) // 2]):
        assert "errorDetail" in lines(api.request("POST", "/images/load", wrong))[-1]
    refused = api.request("GET", "/images/shop:1/get", platform='{"os":"linux","architecture":"arm64"}')
    assert (refused.status, "platform" in refused.message) == (501, True)


def manifests(data: bytes) -> list[dict[str, Any]]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        file = archive.extractfile("manifest.json")
        assert file is not None
        found: list[dict[str, Any]] = json.load(file)
        return found


def root_tar() -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        info = tarfile.TarInfo("etc/said")
        info.size = 2
        archive.addfile(info, io.BytesIO(b"x\n"))
    return data.getvalue()


def test_imported(api: Client, tmp_path: Path) -> None:
    address = "/images/create?fromSrc=-&repo=root&tag=1&message=why&changes=CMD%20x&changes=ENV%20A=1"
    api._connection.request("POST", address, root_tar(), {})
    answer = api._connection.getresponse()
    (line,) = [json.loads(line) for line in answer.read().splitlines()]
    found = api.get("/images/root:1/json")
    assert found["Id"] == line["status"]
    assert found["Config"]["Cmd"] == ["/bin/sh", "-c", "x"] and found["Config"]["Env"] == ["A=1"]
    assert found["Comment"] == "why"
    wrong = api.request("POST", "/images/create", b"text" * 999, fromSrc="-")
    assert wrong.status == 400
    assert api.request("POST", "/images/create", root_tar(), fromSrc="-", repo="UP").status == 400
    assert api.request("POST", "/images/create", root_tar(), fromSrc="-", changes="RUN x").status == 400
    assert api.request("POST", "/images/create").status == 400


def test_imported_from_a_url(api: Client) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/root.tar" else 404)
            self.send_header("Content-Length", str(len(root_tar())))
            self.end_headers()
            self.wfile.write(root_tar())

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        host = f"127.0.0.1:{server.server_port}"
        told = statuses(lines(api.request("POST", "/images/create", fromSrc=f"{host}/root.tar", repo="far")))
        assert told == [f"Downloading from http://{host}/root.tar", api.get("/images/far/json")["Id"]]
        none = lines(api.request("POST", "/images/create", fromSrc=f"http://{host}/none"))
        assert "404" in none[-1]["error"]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_committed(api: Client) -> None:
    made(api, "shop:1", "ENV A=1 B=2", 'ENTRYPOINT ["e"]', 'CMD ["c"]', "LABEL l=1", "EXPOSE 80")
    container = api.create("shop:1", name="web", Entrypoint=["sh", "-c"], Cmd=["echo x > /x"])
    api.post(f"/containers/{container}/start")
    api.post(f"/containers/{container}/wait")
    body = {
        "Env": ["A=9", "C=3"],
        "Cmd": ["other"],
        "Labels": {"m": "2"},
        "ExposedPorts": {"81/tcp": {}},
        "WorkingDir": "/x",
        "Hostname": "passed over",
    }
    address = "/commit?container=web&repo=kept&tag=1&comment=why&author=me&changes=USER%20u&changes=LABEL%20n=3"
    api._connection.request("POST", address, json.dumps(body).encode(), {"Content-Type": "application/json"})
    answer = api._connection.getresponse()
    said = json.loads(answer.read())
    assert answer.status == 201, said
    found = api.get("/images/kept:1/json")
    assert found["Id"] == said["Id"]
    config = found["Config"]
    assert sorted(pair for pair in config["Env"] if pair[0] in "ABC") == ["A=9", "B=2", "C=3"]
    assert (config["Entrypoint"], config["Cmd"]) == (["sh", "-c"], ["other"])
    assert config["Labels"] == {"l": "1", "m": "2", "n": "3"}
    assert sorted(config["ExposedPorts"]) == ["80/tcp", "81/tcp"]
    assert (config["WorkingDir"], config["User"], found["Author"], found["Comment"]) == ("/x", "u", "me", "why")
    assert api.request("POST", "/commit", container="web").status == 201
    assert api.request("POST", "/commit", container="nosuch").status == 404
    assert api.request("POST", "/commit", container="web", repo="UP").status == 400
    assert api.request("POST", "/commit", {"Env": "x"}, container="web").status == 400


# Registries


def test_pulled(api: Client, registry: Real, shelf: Shelf) -> None:
    name = f"{registry.host}/pulled"
    digest = shelf.put("layers", f"{name}:1")
    told = lines(api.request("POST", "/images/create", fromImage=name, tag="1"))
    assert told[0] == {"status": "Pulling from pulled", "id": "1"}
    assert statuses(told).count("Pulling fs layer") == statuses(told).count("Pull complete") == 21
    assert statuses(told)[-2:] == [f"Digest: {digest}", f"Status: Downloaded newer image for {name}:1"]
    again = statuses(lines(api.request("POST", "/images/create", fromImage=f"{name}:1")))
    assert again[-1] == f"Status: Image is up to date for {name}:1"
    by_digest = lines(api.request("POST", "/images/create", fromImage=name, tag=digest))
    assert statuses(by_digest)[-2] == f"Digest: {digest}"
    assert f"{name}@{digest}" in api.get(f"/images/{name}:1/json")["RepoDigests"]


def test_all_tags_are_pulled(api: Client, registry: Real, shelf: Shelf) -> None:
    name = f"{registry.host}/tagged"
    for tag in ("a", "b"):
        shelf.put("base", f"{name}:{tag}")
    lines(api.request("POST", "/images/create", fromImage=name, tag=""))
    assert tags(api, filters={"reference": [name]}) == [f"{name}:a", f"{name}:b"]


def test_the_platform_of_a_pull(api: Client, registry: Real, shelf: Shelf) -> None:
    name = f"{registry.host}/several"
    shelf.put("both", f"{name}:1")
    lines(api.request("POST", "/images/create", fromImage=name, tag="1", platform=f"linux/{OTHER}"))
    assert api.get(f"/images/{name}:1/json")["Architecture"] == OTHER
    none = api.request("POST", "/images/create", fromImage=name, tag="1", platform="linux/riscv64")
    assert none.status == 404
    assert api.request("POST", "/images/create", fromImage=name, tag="1", platform="vax").status == 400


def test_what_cannot_be_pulled(api: Client, registry: Real, private: Real) -> None:
    answer = api.request("POST", "/images/create", fromImage=f"{registry.host}/none", tag="1")
    assert answer.status == 404
    assert answer.message.startswith(f"manifest for {registry.host}/none:1 not found")
    answer = api.request("POST", "/images/create", fromImage=f"{private.host}/none", tag="1")
    assert answer.status == 404
    words = f"pull access denied for {private.host}/none, repository does not exist or may require 'docker login'"
    assert answer.message.startswith(words)
    assert api.request("POST", "/images/create", fromImage="UP", tag="1").status == 400


def test_pushed(api: Client, registry: Real) -> None:
    name = f"{registry.host}/pushed"
    made(api, f"{name}:1", "RUN echo x >/x")
    told = lines(api.request("POST", f"/images/{name}/push", tag="1"))
    assert told[0] == {"status": f"The push refers to repository [{name}]"}
    assert statuses(told).count("Pushed") == 2
    aux = told[-1]["aux"]
    assert aux["Tag"] == "1" and told[-2]["status"] == f"1: digest: {aux['Digest']} size: {aux['Size']}"
    again = lines(api.request("POST", f"/images/{name}:1/push"))
    assert "Layer already exists" in statuses(again) and again[-1]["aux"] == aux
    found = api.get(f"/distribution/{name}:1/json")
    assert found["Descriptor"]["digest"] == aux["Digest"] and found["Descriptor"]["size"] == aux["Size"]
    assert [platform["os"] for platform in found["Platforms"]] == ["linux"]
    api.request("POST", f"/images/{name}:1/tag", repo=name, tag="2")
    everything = lines(api.request("POST", f"/images/{name}/push"))
    assert [line["aux"]["Tag"] for line in everything if "aux" in line] == ["1", "2"]
    missing = lines(api.request("POST", f"/images/{name}/push", tag="3"))
    assert missing[-1]["error"] == f"An image does not exist locally with the tag: {name}"
    assert api.request("GET", f"/distribution/{registry.host}/none/json").status == 404


def test_a_login_comes_with_a_request(api: Client, private: Real) -> None:
    name = f"{private.host}/mine"
    made(api, f"{name}:1", "RUN echo x >/x")
    without = lines(api.request("POST", f"/images/{name}/push", tag="1"))
    assert "errorDetail" in without[-1]
    wrong = lines(asked(api, "POST", f"/images/{name}/push?tag=1", {"username": "me", "password": "no"}))
    assert "errorDetail" in wrong[-1]
    told = lines(asked(api, "POST", f"/images/{name}/push?tag=1", LOGIN))
    assert "aux" in told[-1]
    api.delete(f"/images/{name}:1")
    pulled = asked(api, "POST", f"/images/create?fromImage={name}&tag=1", LOGIN)
    assert statuses(lines(pulled))[-1].startswith("Status: ")
    assert asked(api, "GET", f"/distribution/{name}:1/json", LOGIN).status == 200
    assert api.request("GET", f"/distribution/{name}:1/json").status == 401


def test_the_logins_of_a_build(api: Client, private: Real) -> None:
    name = f"{private.host}/base:1"
    made(api, name, "RUN echo x >/x")
    assert "aux" in lines(asked(api, "POST", f"/images/{name}/push", LOGIN))[-1]
    api.delete(f"/images/{name}")
    dockerfile = f"FROM {name}\nRUN cat /x".encode()
    denied = lines(api.request("POST", "/build", dockerfile))
    assert denied[-1]["error"].startswith(f"pull access denied for {private.host}/base")
    header = base64.urlsafe_b64encode(json.dumps({private.host: LOGIN}).encode()).decode()
    api._connection.request("POST", "/build", dockerfile, {"X-Registry-Config": header})
    answer = api._connection.getresponse()
    assert b"Successfully built" in answer.read()


def test_a_client_that_goes_away_ends_its_pull(onggi: Onggi, tmp_path: Path) -> None:
    """A registry that never has an answer is left at the next look, which is when the wait for it is over."""
    (tmp_path / "registries.toml").write_text('[patience]\nconnect = "1s"\n')
    hasty = Onggi(onggi.root, {"ONGGI_REGISTRIES": str(tmp_path / "registries.toml")})
    with served(hasty) as api, socket.create_server(("127.0.0.1", 0)) as registry:
        registry.settimeout(60)
        client = Client(api.path)
        name = f"127.0.0.1:{registry.getsockname()[1]}/x"
        client._connection.request("POST", f"/images/create?fromImage={name}&tag=1")
        connection, _ = registry.accept()
        with connection:
            connection.settimeout(60)
            assert connection.recv(1)
            client.close()
            while connection.recv(65536):
                pass


# Docker's own command line, and docker-py


def test_docker(docker: Docker, registry: Real, tmp_path: Path) -> None:
    name = f"{registry.host}/cli"
    assert docker("tag", BUSYBOX, f"{name}:1") == ""
    assert re.search(r"1: digest: sha256:[0-9a-f]{64} size: \d+$", docker("push", f"{name}:1"))
    assert docker("rmi", f"{name}:1").startswith(f"Untagged: {name}:1")
    assert docker("pull", "-q", f"{name}:1") == f"{name}:1"
    assert docker("images", "-q", name) == docker("image", "inspect", "-f", "{{slice .Id 7 19}}", BUSYBOX)
    docker("pull", "-a", name)
    docker("save", "-o", str(tmp_path / "image.tar"), f"{name}:1")
    assert docker("load", "-i", str(tmp_path / "image.tar")) == f"Loaded image: {name}:1"
    assert docker("import", "-c", "CMD x", "-", "root:1", stdin=root_tar()).startswith("sha256:")
    assert "IMAGE" in docker("history", "root:1")
    assert "manifest for" in docker.fails("pull", f"{registry.host}/none")
    assert "No such image: none" in docker.fails("rmi", "none")
    assert "An image does not exist locally with the tag: none" in docker.fails("push", "none")
    assert "Total reclaimed space" in docker("image", "prune", "-a", "-f")
    assert "Total reclaimed space" in docker("image", "prune", "-f", "--filter", "until=1h")


def test_docker_py_images(py: docker_py.DockerClient, registry: Real, tmp_path: Path) -> None:
    name = f"{registry.host}/py"
    image = py.images.get(BUSYBOX)
    assert image.tag(name, "1")
    pushed = list(py.images.push(name, tag="1", stream=True, decode=True))
    assert pushed[-1]["aux"]["Tag"] == "1"
    py.images.remove(f"{name}:1")
    assert py.images.pull(name, tag="1").id == image.id
    assert py.images.get_registry_data(f"{name}:1").id == pushed[-1]["aux"]["Digest"]
    assert [each.id for each in py.images.list(name=name)] == [image.id]
    file = tmp_path / "image.tar"
    with file.open("wb") as out:
        for piece in image.save(named=True):
            out.write(piece)
    (loaded,) = py.images.load(file.read_bytes())
    assert loaded.id == image.id
    for missing in ("nosuch", f"{registry.host}/nosuch:1"):
        with pytest.raises(ImageNotFound):
            py.images.get(missing)
    with pytest.raises(APIError):
        py.images.pull(f"{registry.host}/nosuch", tag="1")
    with pytest.raises(APIError, match="search is not supported"):
        py.images.search("x")
    assert py.images.prune()["SpaceReclaimed"] == 0
    assert image.history()[0]["Id"] == image.id
