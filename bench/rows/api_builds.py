"""`docker build` with buildx, at each engine that serves Docker's API: 20 trivial RUN steps, and 20,000 files to send.
The limit is onggi's own command line, which sends nothing."""

from __future__ import annotations

import json
from pathlib import Path

from bench.engines import Served, served
from bench.measure import Measurement, Work, command, take_turns, timed
from bench.ring import Ring
from bench.rows import copy_files, run_steps

_PLUGINS = Path(__file__).parents[2] / ".cache/clients/docker/usr/libexec/docker/cli-plugins"
"""Where scripts/clients puts buildx."""


def steps(ring: Ring) -> Measurement:
    context = run_steps.context(ring)
    return _builds(ring, f"docker build by buildx, {run_steps.STEPS} RUN steps, no cache", context, is_cold=True)


def files(ring: Ring) -> Measurement:
    return _builds(ring, "the same, COPY of 20,000 files, nothing cached", copy_files.tree(ring), is_cold=True)


def files_unchanged(ring: Ring) -> Measurement:
    return _builds(ring, "the same, nothing changed", copy_files.tree(ring))


def _builds(ring: Ring, name: str, context: Path, *, is_cold: bool = False) -> Measurement:
    """is_cold: what was built before, and sent, is forgotten each time."""
    if not (_PLUGINS / "docker-buildx").exists():
        raise SystemExit("buildx is not there: run scripts/clients")
    config = ring.context("docker-config", {"config.json": json.dumps({"cliPluginsExtraDirs": [str(_PLUGINS)]})})

    def work(engine: Served) -> Work:
        words = ("build", "-q", "--network=none", "-t", "bench", str(context))
        argv = ["docker", "--config", str(config), *engine.docker(*words)[1:]]
        command(*argv)
        return timed(*argv, before=(lambda: _forget(engine)) if is_cold else None)

    with served(ring) as engines:
        works = {"limit": timed(*ring.onggi.build(context), before=ring.onggi.forget_builds if is_cold else None)}
        works |= {who: work(engine) for who, engine in engines.items()}
        series = take_turns(works, min(ring.runs, 3))
    reference = "docker" if "docker" in series else "limit"
    owed = (lambda docker: docker) if "docker" in series else None
    return Measurement(name, "s", series, reference, owed, "limit: onggi build; must: no slower than docker")


def _forget(engine: Served) -> None:
    command(*engine.docker("rmi", "-f", "bench"))
    command(*engine.docker("builder", "prune", "-af"))
