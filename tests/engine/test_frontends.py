"""Which images that are to read a Dockerfile would read it in another way."""

from __future__ import annotations

import pytest

from onggi.dockerfile.parse import parse
from onggi.engine.build import frontends


@pytest.mark.parametrize(
    ("directive", "arguments", "image"),
    [
        ("", {}, ""),
        ("# syntax=docker/dockerfile:1.7-labs", {}, ""),
        ("# check=skip=all\n# Syntax = mirror.local:5000/hub/docker/dockerfile:1 more", {}, ""),
        (f"# syntax=docker/dockerfile-upstream:master@sha256:{'0' * 64}", {}, ""),
        ("# syntax=docker/dockerfile-x:1 more", {}, "docker/dockerfile-x:1"),
        ("# syntax=dockerfile/other", {}, "dockerfile/other"),
        ("# syntax=other/one", {"BUILDKIT_SYNTAX": "docker/dockerfile:1"}, ""),
        ("# syntax=docker/dockerfile:1", {"BUILDKIT_SYNTAX": "other/one cmd"}, "other/one"),
    ],
)
def test_another_frontend(directive: str, arguments: dict[str, str], image: str) -> None:
    assert frontends.passed_over(parse(f"{directive}\nFROM scratch\n"), arguments) == image
