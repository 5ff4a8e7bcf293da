"""What an inquiry tells, as BuildKit's JSON (frontend/subrequests)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from onggi.dockerfile import wire
from onggi.dockerfile.source import Source
from onggi.lower.parameters import Argument, Credential, Parameters
from onggi.lower.targets import Target


def of_targets(targets: Sequence[Target], source: Source) -> str:
    return _document({"targets": [_target(target) for target in targets], "sources": [wire.data(source)]})


def _target(target: Target) -> dict[str, Any]:
    told = {
        "name": target.name,
        "default": target.is_default,
        "description": target.description,
        "base": target.base,
        "platform": target.platform,
    }
    return {**_given(told), "location": wire.location(*target.lines)}


def of_parameters(parameters: Parameters, source: Source) -> str:
    """The outline of a target."""
    told = {
        "name": parameters.target.name,
        "description": parameters.target.description,
        "args": [_argument(argument) for argument in parameters.arguments],
        "secrets": [_credential(secret) for secret in parameters.secrets],
        "ssh": [_credential(agent) for agent in parameters.agents],
        "sources": [wire.data(source)],
    }
    return _document(_given(told))


def _argument(argument: Argument) -> dict[str, Any]:
    told = {"name": argument.name, "description": argument.description, "value": argument.value}
    return {**_given(told), "location": wire.location(*argument.lines)}


def _credential(credential: Credential) -> dict[str, Any]:
    told = {"name": credential.name, "required": credential.is_required}
    return {**_given(told), "location": wire.location(*credential.lines)}


def _given(told: dict[str, Any]) -> dict[str, Any]:
    """What is not empty: the others are left out, as BuildKit does."""
    return {name: value for name, value in told.items() if value}


def _document(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
