"""What `docker buildx build` can be told besides what to build: options of steps, outputs, caches."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Callable
from pathlib import Path

from tests.registries.real import Real

from .command_line import Docker
from .conftest import BUSYBOX, Served

Context = Callable[..., Path]


def test_what_steps_are_given(docker: Docker, context: Context) -> None:
    folder = context(f"""\
# syntax=docker/dockerfile:1
FROM {BUSYBOX}
ARG said
ARG ours
RUN echo "args $said $ours"; echo "shm $(df -k /dev/shm | awk 'END {{print $2}}')"; echo "files $(ulimit -n)"; \
    echo "hosts $(grep -c -e '^10.0.0.5.db$' -e '^127.0.0.1.us$' /etc/hosts)"; ls /sys/class/net | xargs echo links
""")
    given = Docker({**docker.env, "ours": "2"})
    said = given.told(
        *("build", "--progress=plain", "--no-cache", "--build-arg=said=1", "--build-arg=ours", "--shm-size=100m"),
        *("--ulimit=nofile=100:200", "--add-host=db:10.0.0.5", "--add-host=us:host-gateway", "--network=none", folder),
    )
    told = dict(re.findall(r"^#\d+ [\d.]+ (\w+) (.*)$", said, re.MULTILINE))
    assert told == {"args": "1 2", "shm": "102400", "files": "100", "hosts": "2", "links": "lo"}, said
    host = docker.told("build", "--progress=plain", "--network=host", "--no-cache", folder)
    assert "links lo" in host


def test_a_stage_is_made_again(docker: Docker, context: Context) -> None:
    folder = context(f"""\
FROM {BUSYBOX} AS tools
RUN echo same > /same
FROM {BUSYBOX}
COPY --from=tools /same /
RUN cat /same
""")
    docker("build", folder)
    said = docker.told("build", "--progress=plain", "--no-cache-filter=tools", folder)
    fates = dict(re.findall(r"^#(\d+) (CACHED|DONE)", said, re.MULTILINE))
    steps = {
        text: fates[number] for number, text in re.findall(r"^#(\d+) \[[^]]*\] (RUN .*|COPY .*)$", said, re.MULTILINE)
    }
    assert steps == {"RUN echo same > /same": "DONE", "COPY --from=tools /same /": "CACHED", "RUN cat /same": "CACHED"}


def test_several_outputs_for_several_platforms(docker: Docker, context: Context, tmp_path: Path) -> None:
    folder = context(
        "FROM scratch\nARG TARGETARCH\nCOPY files-$TARGETARCH /\n", {"files-amd64/a": "1", "files-arm64/a": "2"}
    )
    docker(
        *("build", "--platform=linux/amd64,linux/arm64", "-t", "several:1", f"--metadata-file={tmp_path / 'metadata'}"),
        *("--annotation=index:of=tests", "-o", f"type=oci,dest={tmp_path / 'oci.tar'}", "-o", tmp_path / "out"),
        *("-o", "type=image", folder),
    )
    assert (tmp_path / "out/linux_amd64/a").read_text() == "1"
    assert (tmp_path / "out/linux_arm64/a").read_text() == "2"
    metadata = json.loads((tmp_path / "metadata").read_text())
    with tarfile.open(tmp_path / "oci.tar") as tar:
        index = tar.extractfile("index.json")
        assert index is not None
        (entry,) = json.load(index)["manifests"]
        document = tar.extractfile(f"blobs/sha256/{entry['digest'].removeprefix('sha256:')}")
        assert document is not None
        assert json.load(document)["annotations"] == {"of": "tests"}
    assert metadata["containerimage.descriptor"]["mediaType"] == entry["mediaType"]
    assert metadata["image.name"] == "docker.io/library/several:1"
    assert docker("images", "-q", "several:1")


def test_another_frontend_is_named_and_not_run(docker: Docker, context: Context) -> None:
    said = docker.told("build", "--progress=plain", context(f"# syntax=other/frontend\nFROM {BUSYBOX}\n"))
    assert "other/frontend" in said.split("1 warning found")[1]


def test_an_image_for_another_processor(docker: Docker, context: Context, tmp_path: Path) -> None:
    folder = context("FROM scratch\nCOPY . /\n", {"file": ""})
    docker("build", "--platform=linux/arm64", "-t", "other:1", f"--iidfile={tmp_path / 'id'}", folder)
    assert docker("inspect", "-f", "{{.Architecture}} {{.Id}}", "other:1") == f"arm64 {(tmp_path / 'id').read_text()}"


def test_caches(docker: Docker, served: Served, context: Context, registry: Real, tmp_path: Path) -> None:
    name = f"{registry.host}/cached"
    folder = context(f"FROM {BUSYBOX} AS made\nRUN echo made > /made\nFROM {BUSYBOX}\nCOPY --from=made /made /\n")
    docker("build", f"--cache-to=type=registry,ref={name}:cache,mode=max", "-o", "type=cacheonly", folder)
    docker("build", "--push", "-t", f"{name}:inline", "--cache-to=type=inline", folder)
    docker("image", "rm", f"{name}:inline")
    docker("build", f"--cache-to=type=local,dest={tmp_path / 'cache'},mode=max", "-o", "type=cacheonly", folder)
    for cache in (f"{name}:cache", f"{name}:inline", f"type=local,src={tmp_path / 'cache'}"):
        served.onggi("builder", "prune", "--all", "--force")
        said = docker.told("build", "--progress=plain", "-o", "type=cacheonly", f"--cache-from={cache}", folder)
        number = re.search(r"^#(\d+) \[.*\] COPY --from=made /made /$", said, re.MULTILINE)
        assert number is not None and f"#{number[1]} CACHED" in said, said
    served.onggi("builder", "prune", "--all", "--force")
    said = served.onggi.run("build", "-o", "type=cacheonly", "--cache-from", cache, folder).stderr.decode()
    assert "COPY --from=made /made /  kept" in said  # which onggi's own command has at the same place
    said = docker.told("build", "--progress=plain", f"--cache-from={name}:nosuch", folder)
    assert f"the cache {name}:nosuch is not used" in said


def test_what_is_refused_by_name(docker: Docker, context: Context, tmp_path: Path) -> None:
    folder = context(f"FROM {BUSYBOX}\nRUN --security=insecure true\n")
    assert "security.insecure" in docker.fails("build", folder)
    docker("build", "--allow=security.insecure", folder)
    plain = context(f"FROM {BUSYBOX}\n")
    assert "Attestations are not supported" in docker.fails("build", "--provenance=mode=max", plain)
    assert "BUILDKIT_SANDBOX_HOSTNAME" in docker.fails("build", "--build-arg=BUILDKIT_SANDBOX_HOSTNAME=a", plain)
    (tmp_path / "policy").write_text('{"rules": [{"action": "DENY", "selector": {"identifier": "*"}}]}')
    policy = Docker({**docker.env, "EXPERIMENTAL_BUILDKIT_SOURCE_POLICY": str(tmp_path / "policy")})
    assert "source policies are not heeded" in policy.fails("build", plain)
    said = docker.fails("build", "-o", f"type=oci,tar=false,dest={tmp_path / 'layout'}", plain)
    assert "an image layout in a folder cannot be sent" in said
