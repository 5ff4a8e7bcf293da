"""What was found, in the form that somebody reads: people, editors, and the services that show findings beside code."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from onggi.lint.reports.sheet import Look, Sheet

FORMATS = ("tty", "json", "sarif", "checkstyle", "codeclimate", "gitlab", "github", "gnu", "junit", "sonarqube")
"""Each is a module here, imported when it is asked for."""

ALIASES = {"gitlab_codeclimate": "gitlab"}
"""Names that hadolint has for them."""


def render(format: str, sheets: Sequence[Sheet], look: Look) -> str:
    """The whole report. `format` is one of FORMATS."""
    text: str = import_module(f"onggi.lint.reports.{format}").render(sheets, look)
    return text
