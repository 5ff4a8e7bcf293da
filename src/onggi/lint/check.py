"""Runs rules over a Dockerfile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from onggi.dockerfile.source import DockerfileError
from onggi.dockerfile.syntax import Add, Copy, Dockerfile, Instruction, OnBuild, Run
from onggi.lint.facts import Facts
from onggi.lint.options import Options, options, options_above
from onggi.lint.report import Finding
from onggi.lint.rule import Rule
from onggi.lint.rules.buildkit import RULES
from onggi.lint.subject import subject


def check(dockerfile: Dockerfile, facts: Facts, rules: Sequence[Rule] = RULES) -> tuple[Finding, ...]:
    """What the rules find, from top to bottom, without what the file says to skip. Raises DockerfileError where its
    directive `check` is wrong."""
    found = sorted(_findings(dockerfile, facts, rules), key=lambda finding: (finding.span.line, finding.span.column))
    return tuple(found)


def _findings(dockerfile: Dockerfile, facts: Facts, rules: Sequence[Rule]) -> Iterator[Finding]:
    whole = options(dockerfile, facts)
    seen = subject(dockerfile, facts)
    narrowed: dict[int, Options] = {}
    for rule in rules:
        for violation in rule.check(seen):
            line = violation.instruction.origin.span.line
            if line not in narrowed:
                narrowed[line] = whole.narrowed(options_above(dockerfile, violation.instruction))
            if narrowed[line].runs(rule):
                lines = violation.lines or _lines(violation.instruction)
                yield Finding(rule, violation.message, violation.span, lines)


def failure(dockerfile: Dockerfile, facts: Facts, findings: Sequence[Finding]) -> DockerfileError | None:
    """What a build is to raise before it begins, where the file says `check=error=true` and something was found."""
    if not findings or not options(dockerfile, facts).is_error:
        return None
    codes = ", ".join(dict.fromkeys(finding.rule.code for finding in findings))
    return DockerfileError(
        f"lint violation found for rules: {codes}",
        dockerfile.source,
        findings[0].span,
        hint="--check shows them all; the file's directive check=error=true makes them an error",
    )


def _lines(instruction: Instruction) -> tuple[int, int]:
    """From its first line to its last, heredocs included."""
    inner = instruction.trigger if isinstance(instruction, OnBuild) else instruction
    heredocs = inner.heredocs if isinstance(inner, Run | Copy | Add) else ()
    bodies = sum(heredoc.content.count("\n") + 1 for heredoc in heredocs)
    return instruction.origin.span.line, instruction.origin.span.end_line + bodies
