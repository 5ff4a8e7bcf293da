"""A Dockerfile on its way to findings. Reading and telling are two steps, so that ShellCheck can work in between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from onggi.dockerfile.source import DockerfileError, ForbiddenTrigger, OutOfOrder
from onggi.dockerfile.syntax import Dockerfile
from onggi.lint.check import arrange
from onggi.lint.finding import Finding
from onggi.lint.pragma import ignored, ignored_above
from onggi.lint.rule import Rule
from onggi.lint.rules.hadolint import dl1000, dl3043, dl3061
from onggi.lint.view.facts import Facts
from onggi.lint.view.subject import Subject, subject
from onggi.lint.violation import Text, Violation

_RULES: Mapping[type[DockerfileError], Rule] = {OutOfOrder: dl3061.RULE, ForbiddenTrigger: dl3043.RULE}


class Draft(msgspec.Struct, frozen=True):
    """What could be read of a file, and what could not."""

    subject: Subject
    errors: tuple[DockerfileError, ...]

    @property
    def dockerfile(self) -> Dockerfile:
        return self.subject.dockerfile


def draft(dockerfile: Dockerfile, errors: Sequence[DockerfileError], facts: Facts, rules: Sequence[Rule]) -> Draft:
    return Draft(subject(dockerfile, facts, (rule.code for rule in rules)), tuple(errors))


def violations(draft: Draft, rules: Sequence[Rule]) -> list[tuple[Rule, Violation]]:
    """What the rules find, whether it counts or not."""
    return [(rule, violation) for rule in rules for violation in rule.check(draft.subject)]


def findings(draft: Draft, rules: Sequence[Rule], found: Iterable[tuple[Rule, Violation]]) -> tuple[Finding, ...]:
    """What counts of what was found, and why the file could not be read, from top to bottom."""
    facts = draft.subject.facts
    mistakes = [_mistake(error, facts) for error in draft.errors if not _is_ignored(error, draft)]
    try:
        told = arrange(draft.dockerfile, facts, rules, found)
    except DockerfileError as error:  # its directive `check` is wrong
        told = (_mistake(error, facts),)
    return tuple(sorted((*mistakes, *told), key=lambda finding: (finding.span.line, finding.span.column)))


def _is_ignored(error: DockerfileError, draft: Draft) -> bool:
    """What other linters take for a rule like others can be switched off like others; DL1000 cannot."""
    rule, policy = _RULES.get(type(error)), draft.subject.policy
    if rule is None:
        return False
    is_told_off = policy.has_pragmas and (
        rule.code in ignored(draft.dockerfile).everywhere | ignored_above(draft.dockerfile, error.span.line)
    )
    return is_told_off or rule.code in policy.ignored


def _mistake(error: DockerfileError, facts: Facts) -> Finding:
    rule = _RULES.get(type(error), dl1000.RULE)
    hint = f" ({error.hint})" if error.hint else ""
    text = f"{error.sentence}{hint}"
    severity = facts.policy.severities.get(rule.code, rule.severity)
    return Finding(rule, Text(text, text), error.span, (error.span.line, error.span.end_line), severity)
