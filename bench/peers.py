"""The tools in the ring. Each gets a storage folder of its own, the same base image, and answers for its own flags."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench.measure import command

NO_NETWORK = ("--network", "none")


class Tool(Protocol):
    """A container tool as the rows use it."""

    name: str

    def build(self, context: Path, *, no_cache: bool = False) -> list[str]: ...

    def run(self, *argv: str, options: Sequence[str] = NO_NETWORK) -> list[str] | None:
        """None for a tool that only builds."""
        ...

    def start(self, name: str, *words: str) -> list[str] | None:
        """In the background: options, image and command are `words`. None for a tool that only builds."""
        ...

    def remove(self, name: str) -> list[str]:
        """A container, running or not."""
        ...

    def load(self, archive: Path) -> None: ...

    def forget_builds(self) -> None:
        """Throw away what was built, so that the next build is a cold one; the base image stays."""
        ...


@dataclass
class Onggi:
    root: Path
    name: str = "onggi"

    def command(self) -> list[str]:
        """The program, on its store."""
        return [str(Path(sys.executable).with_name("onggi")), "--root", str(self.root)]

    def _argv(self, *words: str) -> list[str]:
        return [*self.command(), *words]

    def make(self, rootfs: Path, image: str) -> None:
        command(*self._argv("import", str(rootfs), image))

    def save(self, archive: Path, image: str) -> None:
        command(*self._argv("save", "-o", str(archive), image))

    def load(self, archive: Path) -> None:
        command(*self._argv("load", "-q", "-i", str(archive)))

    def build(self, context: Path, *, no_cache: bool = False) -> list[str]:
        return self._argv("build", "-q", "-t", "bench", *(["--no-cache"] if no_cache else []), str(context))

    def run(self, *argv: str, options: Sequence[str] = NO_NETWORK) -> list[str]:
        return self._argv("run", "--rm", *options, "busybox:1.35", *argv)

    def start(self, name: str, *words: str) -> list[str]:
        return self._argv("run", "-d", "--name", name, *words)

    def remove(self, name: str) -> list[str]:
        return self._argv("rm", "-f", name)

    def pull(self, name: str) -> list[str]:
        return self._argv("pull", "-q", name)

    def push(self, name: str) -> list[str]:
        return self._argv("push", "-q", name)

    def forget_builds(self) -> None:
        command(*self._argv("rmi", "-f", "bench"))
        command(*self._argv("system", "prune", "-f"))


@dataclass
class Podman:
    """Podman or Buildah: one storage library, two programs. `runc`, because crun 1.8 refuses hybrid cgroups."""

    root: Path
    name: str

    # Its default limits may be more than this host's hard ones.
    _HERE = ("--pull=never", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024")

    def _argv(self, *words: str) -> list[str]:
        storage = [
            "--root",
            str(self.root / "root"),
            "--runroot",
            str(self.root / "run"),
            "--storage-driver",
            "overlay",
        ]
        runtime = ["--runtime", "runc", "--cgroup-manager", "cgroupfs"] if self.name == "podman" else []
        return [self.name, *storage, *runtime, *words]

    def load(self, archive: Path) -> None:
        verb = ["load", "-i", str(archive)] if self.name == "podman" else ["pull", f"docker-archive:{archive}"]
        command(*self._argv(*verb))

    def build(self, context: Path, *, no_cache: bool = False) -> list[str]:
        runtime = ["--runtime", "runc"] if self.name == "buildah" else []
        cache = ["--no-cache"] if no_cache else []
        return self._argv(
            "build", *runtime, "-q", "--pull=never", "--layers", "--jobs=0", *cache, "-t", "bench", str(context)
        )

    def run(self, *argv: str, options: Sequence[str] = NO_NETWORK) -> list[str] | None:
        if self.name == "buildah":
            return None
        return self._argv("run", "--rm", *options, *self._HERE, "busybox:1.35", *argv)

    def start(self, name: str, *words: str) -> list[str] | None:
        if self.name == "buildah":
            return None
        return self._argv("run", "-d", "--name", name, *self._HERE, *words)

    def remove(self, name: str) -> list[str]:
        return self._argv("rm", "-f", "-t", "0", name)

    def pull(self, name: str) -> list[str]:
        return self._argv("pull", "-q", "--tls-verify=false", name)

    def forget_builds(self) -> None:
        command(*self._argv("rmi", "-f", "bench"))
        if self.name == "podman":
            command(*self._argv("image", "prune", "-f"))
        else:
            command(*self._argv("rmi", "--prune", "-f"))


@dataclass
class Docker:
    """Needs an engine that answers; `docker info` is asked."""

    name: str = "docker"

    def load(self, archive: Path) -> None:
        command("docker", "load", "-i", archive)

    def build(self, context: Path, *, no_cache: bool = False) -> list[str]:
        return ["docker", "build", "-q", *(["--no-cache"] if no_cache else []), "-t", "bench", str(context)]

    def run(self, *argv: str, options: Sequence[str] = NO_NETWORK) -> list[str]:
        return ["docker", "run", "--rm", *options, "--pull=never", "busybox:1.35", *argv]

    def start(self, name: str, *words: str) -> list[str]:
        return ["docker", "run", "-d", "--name", name, "--pull=never", *words]

    def remove(self, name: str) -> list[str]:
        return ["docker", "rm", "-f", name]

    def forget_builds(self) -> None:
        command("docker", "rmi", "-f", "bench")
        command("docker", "builder", "prune", "-af")


def gather(work: Path, wanted: set[str]) -> tuple[Onggi, list[Tool]]:
    """onggi, and every peer that is installed and wanted, all with busybox:1.35 in their storage."""
    rootfs = _busybox(work)
    onggi = Onggi(work / "onggi")
    onggi.make(rootfs, "busybox:1.35")
    archive = work / "busybox.tar"
    onggi.save(archive, "busybox:1.35")
    tools: list[Tool] = []
    for name in ("buildah", "podman"):
        if name in wanted and shutil.which(name):
            podman = Podman(work / name, name)
            podman.load(archive)
            tools.append(podman)
    if "docker" in wanted and shutil.which("docker") and _docker_answers():
        docker = Docker()
        docker.load(archive)
        tools.append(docker)
    return onggi, tools


def _docker_answers() -> bool:
    return subprocess.run(["docker", "info"], capture_output=True).returncode == 0


def _busybox(work: Path) -> Path:
    """A root file system of Debian's static busybox, as a tar."""
    root = work / "rootfs"
    for folder in ("bin", "etc", "proc", "sys", "dev", "tmp"):
        (root / folder).mkdir(parents=True)
    shutil.copy("/bin/busybox", root / "bin/busybox")
    for applet in ("sh", "true", "sleep", "echo", "cat", "ls", "cp", "env", "httpd"):
        (root / "bin" / applet).symlink_to("busybox")
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    archive = work / "rootfs.tar"
    command("tar", "-C", root, "-cf", archive, ".")
    return archive
