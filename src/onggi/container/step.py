"""What a RUN step of a build is asked to be."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from onggi.container.spec import Mount, Resources, Rlimit, Security

SHM_SIZE = 64 * 1024 * 1024
"""Bytes of /dev/shm, as in Docker."""


class Layers(msgspec.Struct, frozen=True, kw_only=True):
    """What is at `source` in the tree of some layers, seen at `target`. `lowers` are host folders, highest first;
    without `upper` and `work` it is read-only. `place`: an empty host folder to mount the tree on meanwhile."""

    lowers: tuple[str, ...]
    place: str
    source: str
    target: str
    upper: str = ""
    work: str = ""


class SecretFile(msgspec.Struct, frozen=True, kw_only=True):
    """The step's secret of that number as a file in memory. `place` as in Layers."""

    number: int
    place: str
    target: str
    mode: int
    uid: int
    gid: int


StepNetwork: TypeAlias = Literal["none", "host"]
StepMount: TypeAlias = Mount | Layers | SecretFile


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What a RUN step runs. `env` is complete, but for the variables of `secret_env`: names, and the numbers of the
    secrets that are their values. The secrets themselves are nowhere in here: the launcher is given them beside the
    plan. `netns`: a network namespace in place of the host's, by a path; `cgroup_parent` as in op.Plan."""

    argv: tuple[str, ...]
    env: tuple[str, ...] = ()
    secret_env: tuple[tuple[str, int], ...] = ()
    working_directory: str = "/"
    network: StepNetwork = "host"
    netns: str = ""
    mounts: tuple[StepMount, ...] = ()
    security: Security = Security()
    rlimits: tuple[Rlimit, ...] = ()
    resources: Resources = Resources()
    cgroup_parent: str = ""
    shm_size: int = SHM_SIZE
    terminal: bool = False
