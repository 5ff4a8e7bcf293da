"""Runs rules over a Dockerfile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from onggi.dockerfile.source import NotAllowed
from onggi.dockerfile.syntax import Dockerfile, last_line
from onggi.lint.finding import Finding
from onggi.lint.options import Options, options, options_above
from onggi.lint.pragma import Ignored, ignored
from onggi.lint.rule import Rule
from onggi.lint.rules.buildkit import RULES
from onggi.lint.view.facts import Facts
from onggi.lint.view.subject import subject
from onggi.lint.violation import Violation

_NOTHING = Ignored({}, frozenset())
_CHECKS = frozenset(rule.code for rule in RULES)


def check(dockerfile: Dockerfile, facts: Facts, rules: Sequence[Rule] = RULES) -> tuple[Finding, ...]:
    """What the rules find, from top to bottom, without what the file or the project says to skip; of two that find the
    same, BuildKit's. Raises DockerfileError where the file's directive `check` is wrong."""
    seen = subject(dockerfile, facts, (rule.code for rule in rules))
    found = ((rule, violation) for rule in rules for violation in rule.check(seen))
    counted = list(_counted(dockerfile, facts, rules, found))
    told = {(finding.rule.code, finding.lines[0]) for finding in counted}
    return _in_order(finding for finding in counted if (finding.rule.twin, finding.twin_line) not in told)


def arrange(
    dockerfile: Dockerfile, facts: Facts, rules: Sequence[Rule], found: Iterable[tuple[Rule, Violation]]
) -> tuple[Finding, ...]:
    """What counts of what was found, from top to bottom; of two that are the same, the one that is not BuildKit's."""
    counted = list(_counted(dockerfile, facts, rules, found))
    told = {(finding.rule.twin, finding.twin_line) for finding in counted}
    kept = [finding for finding in counted if (finding.rule.code, finding.lines[0]) not in told]
    if options(dockerfile, facts).is_error:
        fatal = {(finding.rule.code, finding.lines[0]) for finding in counted if finding.rule.code in _CHECKS}
        kept = [replace(finding, fails_build=not fatal.isdisjoint(_told_as(finding))) for finding in kept]
    return _in_order(kept)


def _told_as(finding: Finding) -> tuple[tuple[str | None, int | None], ...]:
    """By its own code, and by its twin's."""
    return (finding.rule.code, finding.lines[0]), (finding.rule.twin, finding.twin_line)


def _in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: (finding.span.line, finding.span.column)))


def _counted(
    dockerfile: Dockerfile, facts: Facts, rules: Sequence[Rule], found: Iterable[tuple[Rule, Violation]]
) -> Iterator[Finding]:
    whole = options(dockerfile, facts)
    policy = facts.policy
    pragmas = ignored(dockerfile) if policy.has_pragmas else _NOTHING
    twins = _twins(rules)
    narrowed: dict[int, Options] = {}
    extents: dict[int, tuple[int, int]] = {}
    for rule, violation in found:
        line = violation.instruction.origin.span.line
        codes = {rule.code, rule.twin or rule.code, twins.get(rule.code, rule.code)}
        if codes & policy.ignored or codes & pragmas.at(line):
            continue
        if line not in narrowed:
            narrowed[line] = whole.narrowed(options_above(dockerfile, violation.instruction))
        if narrowed[line].runs(rule, codes) or (rule.is_experimental and rule.code in policy.severities):
            if line not in extents:
                extents[line] = line, last_line(violation.instruction)
            severity = policy.severities.get(rule.code, rule.severity)
            lines = violation.lines or extents[line]
            twin_line = violation.twin_line or lines[0]
            yield Finding(rule, violation.message, violation.span, lines, severity, violation.fix, twin_line)


def _twins(rules: Sequence[Rule]) -> dict[str, str]:
    """By the codes of BuildKit's checks. Who ignores one of several that share a twin leaves it to that one."""
    shares = Counter(rule.twin for rule in rules)
    return {rule.twin: rule.code for rule in rules if rule.twin and shares[rule.twin] == 1}


def failure(dockerfile: Dockerfile, facts: Facts, findings: Sequence[Finding]) -> NotAllowed | None:
    """What a build is to raise before it begins, where the file says `check=error=true` and something was found."""
    if not findings or not options(dockerfile, facts).is_error:
        return None
    codes = ", ".join(dict.fromkeys(finding.rule.code for finding in findings))
    return NotAllowed(
        f"lint violation found for rules: {codes}",
        dockerfile.source,
        findings[0].span,
        hint="--check shows them all; the file's directive check=error=true makes them an error",
    )
