from __future__ import annotations

import base64
import json

from onggi.cli.calls import outline_text, targets_text
from onggi.dockerfile.parse import parse
from onggi.engine.build import inquiry_json
from onggi.lower.parameters import parameters
from onggi.lower.request import LowerRequest
from onggi.lower.targets import targets
from onggi.oci.platform import Platform

TEXT = """\
# base is for all
FROM --platform=$BUILDPLATFORM alpine AS base

FROM base
RUN x

# release is what we ship
FROM base \\
  AS release
# VERSION of the program
ARG VERSION=1
ARG OTHER
RUN --mount=type=secret,id=npmrc,required --mount=type=secret,id=aws --mount=type=ssh x
"""
DATA = base64.b64encode(TEXT.encode()).decode()
REQUEST = LowerRequest(platform=Platform("amd64"))


def test_targets_are_a_table() -> None:
    assert targets_text(targets(parse(TEXT))) == (
        "TARGET              DESCRIPTION\nbase                is for all\nrelease (default)   is what we ship\n"
    )
    assert targets_text(targets(parse("FROM a\nFROM b"))) == "TARGET      DESCRIPTION\n(default)   \n"


def test_targets_are_buildkits_json() -> None:
    dockerfile = parse(TEXT)
    document = json.loads(inquiry_json.of_targets(targets(dockerfile), dockerfile.source))
    assert document["sources"] == [DATA]
    first, second, third = document["targets"]
    assert first == {
        "name": "base",
        "description": "is for all",
        "base": "alpine",
        "platform": "$BUILDPLATFORM",
        "location": {"ranges": [{"start": {"line": 2}, "end": {"line": 2}}]},
    }
    assert second == {"base": "base", "location": {"ranges": [{"start": {"line": 4}, "end": {"line": 4}}]}}
    assert third["default"] is True
    assert third["location"]["ranges"] == [{"start": {"line": n}, "end": {"line": n}} for n in (8, 9)]


def test_an_outline_is_tables() -> None:
    assert outline_text(parameters(parse(TEXT), REQUEST)) == (
        "TARGET:      release\n"
        "DESCRIPTION: is what we ship\n"
        "\n"
        "BUILD ARG   VALUE     DESCRIPTION\n"
        "VERSION     1         of the program\n"
        "OTHER                 \n"
        "\n"
        "SECRET    REQUIRED\n"
        "npmrc     true\n"
        "aws       \n"
        "\n"
        "SSH       REQUIRED\n"
        "default   \n"
    )
    assert outline_text(parameters(parse("FROM a"), REQUEST)) == "TARGET:      (default)\n"


def test_an_outline_is_buildkits_json() -> None:
    dockerfile = parse(TEXT)
    document = json.loads(inquiry_json.of_parameters(parameters(dockerfile, REQUEST), dockerfile.source))

    def location(line: int) -> object:
        return {"ranges": [{"start": {"line": line}, "end": {"line": line}}]}

    assert document == {
        "name": "release",
        "description": "is what we ship",
        "args": [
            {"name": "VERSION", "description": "of the program", "value": "1", "location": location(11)},
            {"name": "OTHER", "location": location(12)},
        ],
        "secrets": [
            {"name": "npmrc", "required": True, "location": location(13)},
            {"name": "aws", "location": location(13)},
        ],
        "ssh": [{"name": "default", "location": location(13)}],
        "sources": [DATA],
    }
