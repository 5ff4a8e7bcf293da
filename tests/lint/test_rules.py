"""Every rule's examples are its tests."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

from onggi.lint.fix import mend
from onggi.lint.pages.trial import findings as found
from onggi.lint.rule import Example, Rule
from onggi.lint.rules import buildkit, hadolint, onggi
from onggi.lint.rules.table import BY_CODE, RULES

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
