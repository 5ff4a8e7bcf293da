"""What a client wants to know of a Dockerfile instead of building it: `--check`, `--call` (moby/buildkit,
frontend/subrequests)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec

from onggi.api.buildkit.frontend import build
from onggi.api.buildkit.frontend.attempt import Solve, attempt
from onggi.api.buildkit.hub import Hub
from onggi.api.buildkit.jobs import Job
from onggi.dockerfile.source import DockerfileError
from onggi.engine.build import inquiry_json
from onggi.engine.build.survey import Checked
from onggi.engine.engine import Engine
from onggi.engine.types import BuildRequest
from onggi.errors import Unsupported
from onggi.lint.reports import tty
from onggi.lint.reports.buildkit import render_json
from onggi.lint.reports.sheet import Look, Sheet
from onggi.suggest import did_you_mean

Answer: TypeAlias = dict[str, str]
"""By the names that clients look for: result.json, result.txt, result.statuscode."""

_VERSION = "1.0.0"


class _Inquiry(msgspec.Struct, frozen=True):
    description: str
    names: tuple[str, ...]
    answer: Callable[[Engine, BuildRequest], Answer]


def is_asked(solve: Solve) -> bool:
    """Whether it is no build."""
    return bool(solve.options.get("requestid"))


def answer(hub: Hub, job: Job, solve: Solve) -> Answer:
    """Raises Unsupported for an inquiry that is not known, and what is wrong with the Dockerfile, or comes of it that
    the client does not send it."""
    name = solve.options["requestid"]
    if name == _DESCRIBE:
        return {"result.json": _described(), "version": _VERSION}
    inquiry = _INQUIRIES.get(name)
    if inquiry is None:
        raise Unsupported(f"there is no request {name}{did_you_mean(name, _INQUIRIES)}")
    with attempt(hub, job, solve) as begun:
        return {**inquiry.answer(hub.engine, build.request(begun)), "version": _VERSION}


def _check(engine: Engine, asked: BuildRequest) -> Answer:
    """By BuildKit's checks alone: what the project wants of other rules lies in a context that does not come along."""
    try:
        checked = engine.check(asked, is_brief=True)
    except DockerfileError as error:
        checked = Checked(error.source, (), error)
    return {
        "result.json": render_json(checked.source, checked.findings, checked.error),
        "result.txt": tty.render_findings([Sheet(checked.source, checked.findings)], Look()),
        "result.statuscode": "1" if checked.is_bad else "0",
    }


def _outline(engine: Engine, asked: BuildRequest) -> Answer:
    source, found = engine.parameters(asked)
    return {"result.json": inquiry_json.of_parameters(found, source)}


def _targets(engine: Engine, asked: BuildRequest) -> Answer:
    source, found = engine.targets(asked)
    return {"result.json": inquiry_json.of_targets(found, source)}


_INQUIRIES: Mapping[str, _Inquiry] = {
    "frontend.outline": _Inquiry("List all parameters current build target supports", ("result.json",), _outline),
    "frontend.targets": _Inquiry("List all targets current build supports", ("result.json",), _targets),
    "frontend.lint": _Inquiry("Lint a Dockerfile", ("result.json", "result.txt", "result.statuscode"), _check),
}
_DESCRIBE = "frontend.subrequests.describe"


def _described() -> str:
    known = {name: (each.description, each.names) for name, each in _INQUIRIES.items()}
    known[_DESCRIBE] = ("List available subrequest types", ("result.json",))
    told = [
        {
            "name": name,
            "version": _VERSION,
            "type": "rpc",
            "description": description,
            "metadata": [{"name": each} for each in names],
        }
        for name, (description, names) in known.items()
    ]
    return json.dumps(told, indent=2)
