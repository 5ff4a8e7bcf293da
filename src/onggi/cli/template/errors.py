"""What is wrong with a template, and where."""

from __future__ import annotations

from onggi.errors import Invalid


class TemplateError(Invalid):
    """A mistake in a template, at the character `at` of it, counted from 0."""

    def __init__(self, message: str, at: int, *, hint: str = "") -> None:
        super().__init__(f"--format, character {at + 1}: {message}", hint=hint)
        self.at = at


class Misuse(Exception):
    """A function was given values that it does not take. The evaluator adds where."""
