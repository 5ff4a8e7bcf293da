"""A rule tried on one of its examples."""

from __future__ import annotations

from onggi.dockerfile import ignore
from onggi.dockerfile.parse import parse_all
from onggi.lint import draft
from onggi.lint.finding import Finding
from onggi.lint.rule import Example, Rule
from onggi.lint.rules.table import RULES
from onggi.lint.view.context import MemoryContext
from onggi.lint.view.facts import Facts

NOW = 1_800_000_000.0
"""When it is tried: 15 January 2027."""

_AUTOMATIC = {
    f"{side}{name}": value
    for side in ("BUILD", "TARGET")
    for name, value in (("PLATFORM", "linux/amd64"), ("OS", "linux"), ("ARCH", "amd64"), ("VARIANT", ""))
}


def findings(rule: Rule, example: Example, text: str | None = None) -> list[Finding]:
    """What it finds in the example, or in another text of the same circumstances. A mistake of the file is told by
    whichever rule runs, so others are left out."""
    facts = Facts(
        automatic=_AUTOMATIC,
        ignore=ignore.parse(example.ignore or ""),
        bases=example.bases,
        context=_context(example),
        policy=example.policy,
        now=NOW,
    )
    dockerfile, errors = parse_all(example.dockerfile if text is None else text)
    made = draft.draft(dockerfile, errors, facts, RULES)
    told = draft.findings(made, [rule], draft.violations(made, [rule]))
    return [finding for finding in told if finding.rule is rule]


def _context(example: Example) -> MemoryContext | None:
    if example.files is None:
        return None
    ignored = ignore.Matcher(ignore.parse(example.ignore or ""))
    sent = {path: text for path, text in example.files.items() if not ignored.excludes(path)}
    return MemoryContext(sent, example.ignore is not None)
