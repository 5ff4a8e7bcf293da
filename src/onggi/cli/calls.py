"""What `build --call` prints instead of building: tables as BuildKit's, or its JSON."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence

from onggi.cli.streams import columns
from onggi.cli.table import layout
from onggi.dockerfile.source import DockerfileError
from onggi.engine.build import inquiry_json
from onggi.engine.build.survey import Checked
from onggi.engine.engine import Engine
from onggi.engine.types import BuildRequest
from onggi.lint.reports import tty
from onggi.lint.reports.buildkit import render_json, verdict
from onggi.lint.reports.sheet import Look, Sheet
from onggi.lower.parameters import Credential, Parameters
from onggi.lower.targets import Target


def targets_text(targets: Sequence[Target]) -> str:
    """A line for each stage that has a name, and for the last one."""
    named = [target for target in targets if target.name or target.is_default]
    return layout([("TARGET", "DESCRIPTION"), *((_label(target), target.description) for target in named)])


def _label(target: Target) -> str:
    return " ".join(part for part in (target.name, "(default)" if target.is_default else "") if part)


def outline_text(parameters: Parameters) -> str:
    """The target, and a table for each kind of parameter that it has."""
    target = parameters.target
    head = [f"TARGET:      {target.name or '(default)'}"]
    head += [f"DESCRIPTION: {target.description}"] if target.description else []
    tables = [
        "".join(f"{line}\n" for line in head),
        _table(
            ("BUILD ARG", "VALUE", "DESCRIPTION"),
            [(argument.name, argument.value, argument.description) for argument in parameters.arguments],
        ),
        _table(("SECRET", "REQUIRED"), [_row(secret) for secret in parameters.secrets]),
        _table(("SSH", "REQUIRED"), [_row(agent) for agent in parameters.agents]),
    ]
    return "\n".join(table for table in tables if table)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    return layout([head, *rows]) if rows else ""


def _row(credential: Credential) -> tuple[str, str]:
    return credential.name, "true" if credential.is_required else ""


def _check(engine: Engine, asked: BuildRequest, is_json: bool) -> tuple[str, int]:
    try:
        checked = engine.check(asked)
    except DockerfileError as error:
        if not is_json:
            raise
        checked = Checked(error.source, (), error)
    code = 1 if checked.is_bad else 0
    if is_json:
        return render_json(checked.source, checked.findings, checked.error), code
    sheet = Sheet(checked.source, checked.findings)
    text = tty.render_findings([sheet], Look(width=columns(sys.stdout)))
    if checked.error is not None:
        return f"{text}\n{checked.error}\n".lstrip("\n"), code
    return f"{text}{verdict(checked.findings)}\n", code


def _outline(engine: Engine, asked: BuildRequest, is_json: bool) -> tuple[str, int]:
    source, found = engine.parameters(asked)
    return inquiry_json.of_parameters(found, source) if is_json else outline_text(found), 0


def _targets(engine: Engine, asked: BuildRequest, is_json: bool) -> tuple[str, int]:
    source, found = engine.targets(asked)
    return inquiry_json.of_targets(found, source) if is_json else targets_text(found), 0


METHODS: Mapping[str, Callable[[Engine, BuildRequest, bool], tuple[str, int]]] = {
    "check": _check,
    "outline": _outline,
    "targets": _targets,
}
"""What --call asks for → what to print, as text or JSON, and the exit code."""
