"""What an image that is made of a container says of how to run it: what the container was told, over its own image."""

from __future__ import annotations

from msgspec.structs import replace

from onggi.container.command import merge_environment
from onggi.container.spec import ContainerSpec, Volume
from onggi.oci.config import Healthcheck, RunConfig

_NEVER = Healthcheck(test=("NONE",))


def committed(spec: ContainerSpec, image: RunConfig) -> RunConfig:
    """`spec` is complete, so all that it took from the image is in it (moby, daemon/commit.go, merge). What it got only
    because nobody said anything is not said now either. Triggers were for builds on the image: they are gone."""
    process = spec.process
    anonymous = [mount.target for mount in spec.mounts if isinstance(mount, Volume) and mount.is_anonymous]
    return replace(
        image,
        user=process.user,
        exposed_ports={port: {} for port in spec.exposed_ports},
        env=tuple(pair for pair in process.environment if "=" in pair),
        entrypoint=process.entrypoint or None,
        cmd=process.command or None,
        volumes={**image.volumes, **{path: {} for path in anonymous}},
        working_dir=process.working_directory,
        labels=spec.labels,
        stop_signal=spec.stop_signal,
        healthcheck=_healthcheck(spec, image),
        on_build=(),
    )


def overlaid(said: RunConfig, config: RunConfig) -> RunConfig:
    """`config`, and over it what is `said`: what there can be several of comes to it, all else is in its place (moby,
    daemon/commit.go, merge). A command that stands with the entrypoint goes with it."""
    chosen = {
        name: value
        for name in ("user", "working_dir", "stop_signal", "healthcheck", "shell", "on_build", "entrypoint", "cmd")
        if (value := getattr(said, name))
    }
    if said.entrypoint:
        chosen["cmd"] = said.cmd
    return replace(
        config,
        **chosen,
        exposed_ports={**config.exposed_ports, **said.exposed_ports},
        env=merge_environment(said.env, config.env),
        volumes={**config.volumes, **said.volumes},
        labels={**config.labels, **said.labels},
    )


def _healthcheck(spec: ContainerSpec, image: RunConfig) -> Healthcheck | None:
    """One that was switched off stays off. Probes that only we know cannot be said in an image."""
    if spec.health is None:
        return _NEVER if image.healthcheck else None
    return spec.health.check if spec.health.check.test else image.healthcheck
