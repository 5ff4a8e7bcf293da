"""Each folder beside this file is a case: a Dockerfile and the graph that it lowers to (or the mistake that it holds),
and where it matters a `request.json` with the fields of LowerRequest. `scripts/goldens` compares and renews them."""

from __future__ import annotations

import argparse
import difflib
import hashlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from onggi.dockerfile.parse import parse
from onggi.errors import OnggiError
from onggi.graph.show import show
from onggi.lower.lower import lower
from onggi.lower.needs import missing, needs
from onggi.lower.request import BaseImage, ImageName, LowerRequest
from onggi.oci.config import ImageConfig, RootFs, RunConfig
from onggi.oci.platform import Platform

FOLDER = Path(__file__).parent
_PLATFORM = Platform("amd64")
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def _image(name: str, config: RunConfig, *, architecture: str = "amd64", author: str = "") -> BaseImage:
    document = ImageConfig(
        architecture=architecture, os="linux", rootfs=RootFs("layers", ()), config=config, author=author
    )
    return BaseImage("sha256:" + hashlib.sha256(name.encode()).hexdigest(), document, Platform(architecture))


_CONFIGS: Mapping[str, RunConfig] = {
    "busybox:1.35": RunConfig(env=(_PATH,), cmd=("sh",)),
    "debian:bookworm-slim": RunConfig(env=(_PATH,), cmd=("bash",)),
    "eclipse-temurin:17-jre": RunConfig(
        env=("PATH=/opt/java/openjdk/bin:/usr/bin:/bin", "JAVA_HOME=/opt/java/openjdk"), entrypoint=("/__cacert.sh",)
    ),
    "maven:3-eclipse-temurin-17": RunConfig(env=(_PATH, "MAVEN_HOME=/usr/share/maven"), cmd=("mvn",)),
    "nginx:1.25": RunConfig(
        env=(_PATH, "NGINX_VERSION=1.25.5"),
        entrypoint=("/docker-entrypoint.sh",),
        cmd=("nginx", "-g", "daemon off;"),
        exposed_ports={"80/tcp": {}},
        stop_signal="SIGQUIT",
    ),
    "node:18-slim": RunConfig(env=(_PATH, "NODE_VERSION=18.20.4"), entrypoint=("docker-entrypoint.sh",), cmd=("node",)),
    "python:3.11-slim": RunConfig(env=(_PATH, "LANG=C.UTF-8"), cmd=("python3",)),
    "without-path:latest": RunConfig(working_dir="/srv", user="web", labels={"a": "base"}),
    "with-triggers:latest": RunConfig(
        env=(_PATH,),
        on_build=("ARG ENVIRONMENT=production", "COPY --from=debian:bookworm-slim /etc/hosts /hosts", "RUN make"),
    ),
    "with-bad-trigger:latest": RunConfig(on_build=("RNU make",)),
}
BASES = {
    **{name: _image(name, config) for name, config in _CONFIGS.items()},
    "for-arm:latest": _image("for-arm:latest", RunConfig(), architecture="arm64"),
}


def cases() -> list[Path]:
    return sorted(path.parent for path in FOLDER.glob("*/Dockerfile"))


def render(case: Path) -> str:
    """What the case's golden file should hold. Bases are resolved in rounds, as the engine does it."""
    path = case / "request.json"
    fields: dict[str, Any] = msgspec.json.decode(path.read_bytes()) if path.exists() else {}
    request = msgspec.convert({"platform": {"architecture": "amd64"}, **fields}, type=LowerRequest)
    try:
        dockerfile = parse((case / "Dockerfile").read_text())
        bases: dict[ImageName, BaseImage] = {}
        while names := needs(dockerfile, request, bases):
            for name in names:
                if name.reference not in BASES:
                    raise missing(dockerfile, request, bases, name)
                bases[name] = BASES[name.reference]
        return show(lower(dockerfile, bases, request))
    except OnggiError as error:
        return f"{type(error).__name__}: {error}\n" + (f"{error.hint}\n" if error.hint else "")


def main() -> int:
    parser = argparse.ArgumentParser(prog="goldens", description="Compare the graphs in tests/build.")
    parser.add_argument("--update", action="store_true", help="write them anew; git shows what changed")
    is_update = parser.parse_args().update
    differing = 0
    for case in cases():
        golden, wanted = case / "graph", render(case)
        kept = golden.read_text() if golden.exists() else ""
        if kept == wanted:
            continue
        differing += 1
        if is_update:
            golden.write_text(wanted)
            print(f"wrote {golden}")
        else:
            lines = difflib.unified_diff(kept.splitlines(True), wanted.splitlines(True), str(golden), "lowered now")
            sys.stdout.writelines(lines)
    return 1 if differing and not is_update else 0


if __name__ == "__main__":
    sys.exit(main())
