"""Building real images and looking into them with real containers."""

from __future__ import annotations

import json
import os
import tarfile
from pathlib import Path
from typing import IO

import pytest

from onggi.engine.engine import Engine
from onggi.engine.types import BuildRequest
from onggi.settings import Settings
from onggi.solve.events import Event

from .conftest import Context, Onggi


def sh(onggi: Onggi, image: str, script: str) -> str:
    return onggi("run", "--rm", "--entrypoint", "sh", image, "-c", script)


def test_run_copy_and_configuration(onggi: Onggi, context: Context) -> None:
    folder = context(
        """\
FROM busybox:1.35
ARG WHO=nobody
ENV GREETING="hello world" NAME=onggi
LABEL org.example.kind="test image"
WORKDIR /srv/app
COPY data.txt renamed.txt
COPY tree/ ./tree/
RUN echo "$GREETING from $NAME to $WHO" > out.txt
RUN ["/bin/sh", "-c", "echo exec form > exec.txt"]
EXPOSE 8080 53/udp
USER nobody
STOPSIGNAL SIGINT
VOLUME /data
CMD ["cat", "out.txt"]
""",
        {"data.txt": "data\n", "tree/a/b.txt": "b\n", "tree/c.txt": "c\n"},
    )
    image = onggi.build(folder, "-t", "example", "--build-arg", "WHO=you", "--label", "extra=1")
    assert onggi("run", "--rm", "example") == "hello world from onggi to you"
    assert sh(onggi, "example", "pwd; id -un; cat renamed.txt exec.txt tree/a/b.txt tree/c.txt").split("\n") == [
        "/srv/app",
        "nobody",
        "data",
        "exec form",
        "b",
        "c",
    ]
    (described,) = json.loads(onggi("inspect", "example"))
    assert described["Id"] == image
    config = described["Config"]
    assert config["Labels"] == {"org.example.kind": "test image", "extra": "1"}
    assert set(config["ExposedPorts"]) == {"8080/tcp", "53/udp"}
    assert config["Volumes"] == {"/data": {}}
    assert (config["User"], config["StopSignal"], config["WorkingDir"]) == ("nobody", "SIGINT", "/srv/app")


def test_cache_and_its_order(onggi: Onggi, context: Context) -> None:
    unique = "cat /proc/sys/kernel/random/uuid"
    steps = [
        "COPY first /first",
        f"RUN cat /first > /one && {unique} >> /one",
        "COPY second /second",
        f"RUN {unique} > /two",
    ]
    folder = context("\n".join(["FROM busybox:1.35", *steps]), {"first": "1\n", "second": "2\n"})
    one = onggi.build(folder, "-t", "one")
    assert onggi.build(folder) == one
    stamp = sh(onggi, one, "cat /one")
    (folder / "second").write_text("changed\n")
    two = onggi.build(folder)
    assert two != one
    assert sh(onggi, two, "cat /one") == stamp, "what comes before the change is kept"
    (folder / "first").write_text("changed\n")
    assert sh(onggi, onggi.build(folder), "cat /one") != stamp
    fresh = onggi.build(folder, "--no-cache")
    assert sh(onggi, fresh, "cat /two") != sh(onggi, two, "cat /two")


def test_touched_files_do_not_invalidate(onggi: Onggi, context: Context) -> None:
    folder = context("FROM busybox:1.35\nCOPY . /app\nRUN cat /proc/sys/kernel/random/uuid > /stamp\n", {"a": "a\n"})
    first = onggi.build(folder)
    (folder / "a").touch()
    assert onggi.build(folder) == first


def test_rebuilt_stage_with_the_same_artefact_keeps_what_follows(onggi: Onggi, context: Context) -> None:
    folder = context(
        """\
FROM busybox:1.35 AS build
COPY source /source
RUN grep -v '^#' /source > /artefact; cat /proc/sys/kernel/random/uuid > /noise
FROM busybox:1.35
COPY --from=build /artefact /artefact
RUN cat /proc/sys/kernel/random/uuid > /stamp
""",
        {"source": "# one\nvalue\n"},
    )
    stamp = sh(onggi, onggi.build(folder), "cat /stamp")
    (folder / "source").write_text("# another comment\nvalue\n")
    assert sh(onggi, onggi.build(folder), "cat /stamp") == stamp


def test_only_needed_stages_are_built(onggi: Onggi, context: Context) -> None:
    folder = context(
        """\
FROM busybox:1.35 AS base
RUN echo base > /base
FROM base AS broken
RUN false
FROM base AS good
RUN echo good > /good
FROM good
COPY --from=base /base /copied
"""
    )
    image = onggi.build(folder)
    assert sh(onggi, image, "cat /good /copied") == "good\nbase"
    assert onggi.fails("build", "--target", "broken", folder)
    target = onggi.build(folder, "--target", "base")
    assert sh(onggi, target, "ls /good 2>&1; cat /base").endswith("base")


def test_dockerignore_and_the_one_beside_the_dockerfile(onggi: Onggi, context: Context) -> None:
    files = {
        "keep.txt": "",
        "skip.log": "",
        "logs/a.log": "",
        "logs/keep.log": "",
        ".dockerignore": "**/*.log\n!logs/keep.log\n",
    }
    folder = context("FROM busybox:1.35\nCOPY . /ctx\n", files)
    listing = "cd /ctx && find . -type f | sort"
    assert sh(onggi, onggi.build(folder), listing).split() == [
        "./.dockerignore",
        "./Dockerfile",
        "./keep.txt",
        "./logs/keep.log",
    ]
    (folder / "other.Dockerfile").write_text("FROM busybox:1.35\nCOPY . /ctx\n")
    (folder / "other.Dockerfile.dockerignore").write_text("*\n!keep.txt\n")
    assert sh(onggi, onggi.build(folder, "-f", str(folder / "other.Dockerfile")), listing).split() == ["./keep.txt"]


@pytest.mark.distributions
def test_workdir_belongs_to_the_user_and_owners_are_looked_up(onggi: Onggi, context: Context) -> None:
    folder = context(
        """\
FROM node:18-slim
USER node
WORKDIR /home/node/deep/app
COPY --chown=node:node --chmod=640 a /home/node/a
COPY a /home/node/root-owned
RUN touch made && stat -c '%U:%G %a' . /home/node/deep /home/node/a /home/node/root-owned made > /tmp/owners
CMD ["cat", "/tmp/owners"]
""",
        {"a": "a\n"},
    )
    (folder / "a").chmod(0o600)
    image = onggi.build(folder)
    assert onggi("run", "--rm", image).split("\n") == [
        "node:node 755",
        "node:node 755",
        "node:node 640",
        "root:root 600",
        "node:node 644",
    ]


def test_add_unpacks_a_local_tar_and_copy_does_not(onggi: Onggi, context: Context, tmp_path: Path) -> None:
    folder = context(
        "FROM busybox:1.35\nADD files.tar.gz /added/\nCOPY files.tar.gz /copied/\n", {"inside.txt": "inside\n"}
    )
    with tarfile.open(folder / "files.tar.gz", "w:gz") as archive:
        archive.add(folder / "inside.txt", "deep/inside.txt")
    image = onggi.build(folder)
    assert sh(onggi, image, "cat /added/deep/inside.txt; ls /copied") == "inside\nfiles.tar.gz"


def test_onbuild_runs_in_the_child(onggi: Onggi, context: Context) -> None:
    parent = context("FROM busybox:1.35\nONBUILD COPY app /app\nONBUILD RUN cat /app > /ran\n")
    onggi.build(parent, "-t", "parent")
    child = context("FROM parent\nCMD cat /ran\n", {"app": "triggered\n"})
    assert onggi("run", "--rm", onggi.build(child)) == "triggered"


def test_metadata_adds_no_layer(onggi: Onggi, context: Context) -> None:
    onggi.build(
        context('FROM busybox:1.35\nENV A=1\nLABEL b=2\nEXPOSE 80\nRUN echo x > /x\nCMD ["true"]\n'), "-t", "meta"
    )
    (base,) = json.loads(onggi("image", "inspect", "busybox:1.35"))
    (image,) = json.loads(onggi("image", "inspect", "meta"))
    assert len(image["RootFS"]["Layers"]) == len(base["RootFS"]["Layers"]) + 1
    sizes = onggi("history", "--human=false", "--format", "{{.Size}} {{.CreatedBy}}", "meta").split("\n")
    by_instruction = {line.split(maxsplit=1)[1].split()[0]: int(line.split()[0]) for line in sizes[:5]}
    assert by_instruction["CMD"] == by_instruction["EXPOSE"] == by_instruction["ENV"] == 0
    assert by_instruction["RUN"] > 0


def test_mounting_leaves_no_trace_in_layers(onggi: Onggi, context: Context, tmp_path: Path) -> None:
    image = onggi.build(
        context("FROM scratch\nCOPY --from=busybox:1.35 /bin /bin\nRUN true\n"), "--host-ca", "-t", "bare"
    )
    onggi("save", "--format", "oci", "-o", tmp_path / "bare.tar", image)
    with tarfile.open(tmp_path / "bare.tar") as archive:
        index = json.load(archive.extractfile("index.json"))  # type: ignore[arg-type]

        def blob(digest: str) -> IO[bytes]:
            found = archive.extractfile(f"blobs/sha256/{digest.partition(':')[2]}")
            assert found is not None
            return found

        manifest = json.load(blob(index["manifests"][0]["digest"]))
        with tarfile.open(fileobj=blob(manifest["layers"][-1]["digest"])) as layer:
            assert layer.getnames() in ([], ["."])


def test_host_ca_is_seen_and_leaves_no_trace(onggi: Onggi, context: Context) -> None:
    variables = ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "PIP_CERT")
    checks = " && ".join(f'test -s "${name}"' for name in variables)
    folder = context(f"FROM busybox:1.35\nRUN {checks}\n")
    image = onggi.build(folder, "--host-ca", "-t", "with-ca")
    (described,) = json.loads(onggi("inspect", image))
    assert not any("CERT" in variable for variable in described["Config"]["Env"])
    assert "CERT_FILE=" not in onggi("history", "--no-trunc", "with-ca")
    assert onggi.build(folder) == image, "the key does not know of it"


@pytest.mark.parametrize("network", ["none", "host"])
def test_network_of_steps(onggi: Onggi, context: Context, network: str) -> None:
    image = onggi.build(context("FROM busybox:1.35\nRUN readlink /proc/self/ns/net > /mine\n"), "--network", network)
    is_ours = sh(onggi, image, "cat /mine").strip() == os.readlink("/proc/self/ns/net")
    assert is_ours == (network == "host")


def test_iidfile_and_many_tags(onggi: Onggi, context: Context, tmp_path: Path) -> None:
    folder = context("FROM busybox:1.35\nRUN echo hi > /hi\n")
    onggi("build", "-t", "a:1", "-t", "registry.example:5000/b:2", "--iidfile", tmp_path / "iid", folder)
    image = (tmp_path / "iid").read_text()
    names = onggi("image", "ls", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}").split("\n")
    assert {f"a:1 {image}", f"registry.example:5000/b:2 {image}"} <= set(names)


def test_moving_a_tag_leaves_a_dangling_image(onggi: Onggi, context: Context) -> None:
    def dangling() -> set[str]:
        return set(onggi("image", "ls", "--filter", "dangling=true", "-q", "--no-trunc").split())

    before = dangling()
    first = onggi.build(context("FROM busybox:1.35\nRUN echo 1 > /n\n"), "-t", "moving")
    onggi.build(context("FROM busybox:1.35\nRUN echo 2 > /n\n"), "-t", "moving")
    assert dangling() - before == {first}
    onggi("image", "prune", "-f")
    assert onggi.fails("inspect", first)


def test_a_base_in_use_keeps_what_is_needed_of_it(onggi: Onggi, context: Context) -> None:
    folder = context("FROM base\nCOPY a /a\n", {"a": "a\n"})
    onggi("tag", "busybox:1.35", "base")
    seen: list[Event] = []

    def meddle(event: Event) -> None:
        if not seen:
            onggi("rmi", "base")  # it has another name
            assert "being used by a build" in onggi.fails("rmi", "busybox:1.35")
            onggi("image", "prune", "-af")
        seen.append(event)

    with Engine(Settings(root=onggi.root)) as engine:
        built = engine.build(BuildRequest(context=folder, references=("new",)), meddle)
    assert seen
    assert sh(onggi, built.image_id, "cat /a") == "a"
    assert onggi.fails("build", folder)
    onggi("rmi", "busybox:1.35")


def test_a_layer_that_comes_twice(onggi: Onggi, context: Context) -> None:
    steps = "RUN echo 1\nRUN echo 2\nCOPY a /a\nRUN rm /a\nCOPY a /a\nRUN ls /a\n"
    image = onggi.build(context(f"FROM busybox:1.35\n{steps}", {"a": "a\n"}))
    layers = json.loads(onggi("inspect", "--format", "{{json .RootFS.Layers}}", image))
    assert len(set(layers)) < len(layers), "nothing was changed twice, and it is told twice"
    assert onggi("run", "--rm", image, "cat", "/a") == "a"
    assert onggi("run", "--rm", "--runtime", "runc", image, "cat", "/a") == "a"


def test_the_folder_of_a_volume_is_there(onggi: Onggi, context: Context) -> None:
    image = onggi.build(context("FROM busybox:1.35\nVOLUME /data/deep /var/other\n"))
    assert onggi("run", "--rm", image, "sh", "-c", "touch /data/deep/x && ls -d /var/other") == "/var/other"


def test_what_the_host_calls_others_is_no_input(onggi: Onggi, context: Context) -> None:
    image = onggi.build(context("FROM busybox:1.35\nRUN cat /etc/hosts > /seen\n"))
    assert sh(onggi, image, "grep -c localhost /seen; grep -vc localhost /seen || true").split()[0] != "0"
    assert Path("/etc/hosts").read_text() != sh(onggi, image, "cat /seen")


def test_the_error_is_among_the_last_lines_of_a_step_that_fails(onggi: Onggi, tmp_path: Path) -> None:
    count = "for i in $(seq 1 200); do echo line $i; done"
    for name, script, last in (
        ("after", f"{count}; echo FATAL >&2; exit 1", ["line 199", "line 200", "FATAL"]),
        ("before", f"echo FATAL >&2; sleep 0.1; {count}; exit 1", ["line 199", "line 200"]),
    ):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "Dockerfile").write_text(f"FROM busybox:1.35\nRUN {script}\n")
        said = onggi.fails("build", "-q", folder).splitlines()
        assert "FATAL" in said
        assert said[20 - len(last) : 20] == last


def test_a_frontend_of_others_is_not_run(onggi: Onggi, context: Context) -> None:
    said = onggi.run("build", context("# syntax=other.example/one:2 more\nFROM scratch\nCOPY Dockerfile /\n")).stderr
    assert b"the frontend other.example/one:2 is not run" in said
