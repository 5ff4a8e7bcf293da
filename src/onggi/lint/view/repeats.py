"""Instructions that only count once in a stage."""

from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import Instruction
from onggi.lint.fix import whole_lines
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Edit, Fix, Text, Violation


def repeated(subject: Subject, kind: type[Instruction], message: Text) -> Iterator[Violation]:
    """A violation for each one that puts another of its stage out of force; the fix takes that out. BuildKit shows the
    other one."""
    for stage in subject.stages:
        before: Instruction | None = None
        for instruction in stage.stage.instructions:
            if not isinstance(instruction, kind):
                continue
            if before is not None:
                lines = before.origin.span
                edit = Edit(whole_lines(subject.dockerfile.source, lines.line, lines.end_line), "")
                span = instruction.origin.keywords[0].span
                yield Violation(instruction, span, message, fix=Fix((edit,)), twin_line=lines.line)
            before = instruction
