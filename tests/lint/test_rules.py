"""Every rule's examples are its tests."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

from onggi.dockerfile import ignore
from onggi.dockerfile.parse import parse_all
from onggi.lint import draft
from onggi.lint.context import MemoryContext
from onggi.lint.facts import Facts
from onggi.lint.finding import Finding
from onggi.lint.fix import mend
from onggi.lint.rule import Example, Rule
from onggi.lint.rules import buildkit, hadolint, onggi
from onggi.lint.rules.table import BY_CODE, RULES

AUTOMATIC = {
    f"{side}{name}": value
    for side in ("BUILD", "TARGET")
    for name, value in (("PLATFORM", "linux/amd64"), ("OS", "linux"), ("ARCH", "amd64"), ("VARIANT", ""))
}
NOW = 1_800_000_000.0  # 2027-01-15


def found(rule: Rule, example: Example, text: str | None = None) -> list[Finding]:
    """By this rule alone. A mistake of the file is told by whichever rule runs, so others are left out."""
    context = _context(example)
    facts = Facts(
        automatic=AUTOMATIC,
        ignore=ignore.parse(example.ignore or ""),
        bases=example.bases,
        context=context,
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


BAD = [pytest.param(rule, bad, id=f"{rule.code}-{number}") for rule in RULES for number, bad in enumerate(rule.bad)]
GOOD = [pytest.param(rule, good, id=f"{rule.code}-{number}") for rule in RULES for number, good in enumerate(rule.good)]


@pytest.mark.parametrize("rule, example", BAD)
def test_a_bad_example_is_found(rule: Rule, example: Example) -> None:
    assert len(found(rule, example)) == 1


@pytest.mark.parametrize("rule, example", GOOD)
def test_a_good_example_is_not(rule: Rule, example: Example) -> None:
    assert found(rule, example) == []


@pytest.mark.parametrize("rule, example", BAD)
def test_a_fix_makes_a_bad_example_good(rule: Rule, example: Example) -> None:
    """What a fix comes to is written beside the example; without a fix nothing is."""
    findings = found(rule, example)
    mended = mend(example.dockerfile, findings, unsafe=True)
    assert (mended.text if mended.findings else None) == example.fixed
    if example.fixed is not None:
        assert found(rule, example, example.fixed) == []


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.code) for rule in RULES])
def test_a_rule_has_its_page_in_both_languages(rule: Rule) -> None:
    assert rule.bad and rule.good
    for text in (rule.title, rule.reason, rule.exception):
        assert text.en and text.ko and text.en != text.ko


@pytest.mark.parametrize("package", [buildkit, hadolint, onggi])
def test_every_file_that_has_a_rule_is_in_its_table(package: ModuleType) -> None:
    folder = Path(str(package.__file__)).parent
    files = {path.stem for path in folder.glob("*.py") if "RULE = Rule(" in path.read_text()}
    assert {rule.code.lower() for rule in package.RULES} == {name.replace("_", "") for name in files}
    assert len(package.RULES) == len(files)


def test_codes_are_unique_and_twins_are_checks_of_buildkits() -> None:
    assert len(BY_CODE) == len(RULES)
    names = {rule.code for rule in buildkit.RULES}
    assert {rule.twin for rule in RULES if rule.twin} <= names
    assert all(re.fullmatch(r"DL\d{4}", rule.code) for rule in hadolint.RULES)
    assert all(re.fullmatch(r"OG\d{4}", rule.code) for rule in onggi.RULES)
