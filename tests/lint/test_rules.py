"""Every rule's examples are its tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from onggi.dockerfile import ignore
from onggi.dockerfile.parse import parse
from onggi.lint.check import check
from onggi.lint.facts import Facts
from onggi.lint.rule import Example, Rule
from onggi.lint.rules import buildkit
from onggi.lint.rules.buildkit import RULES

AUTOMATIC = {
    f"{side}{name}": value
    for side in ("BUILD", "TARGET")
    for name, value in (("PLATFORM", "linux/amd64"), ("OS", "linux"), ("ARCH", "amd64"), ("VARIANT", ""))
}


def found(rule: Rule, example: Example) -> list[str]:
    facts = Facts(automatic=AUTOMATIC, ignore=ignore.parse(example.ignore), bases=example.bases)
    return [finding.message.en for finding in check(parse(example.dockerfile), facts, [rule])]


BAD = [pytest.param(rule, bad, id=f"{rule.code}-{number}") for rule in RULES for number, bad in enumerate(rule.bad)]
GOOD = [pytest.param(rule, good, id=f"{rule.code}-{number}") for rule in RULES for number, good in enumerate(rule.good)]


@pytest.mark.parametrize("rule, example", BAD)
def test_a_bad_example_is_found(rule: Rule, example: Example) -> None:
    assert len(found(rule, example)) == 1


@pytest.mark.parametrize("rule, example", GOOD)
def test_a_good_example_is_not(rule: Rule, example: Example) -> None:
    assert found(rule, example) == []


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.code) for rule in RULES])
def test_a_rule_has_its_page_in_both_languages(rule: Rule) -> None:
    assert rule.bad and rule.good
    for text in (rule.title, rule.reason, rule.exception):
        assert text.en and text.ko and text.en != text.ko


def test_every_file_that_has_a_rule_is_in_the_table() -> None:
    files = {path.stem for path in Path(str(buildkit.__file__)).parent.glob("*.py")} - {"__init__", "exposed"}
    names = {rule.check.__module__.rpartition(".")[2] for rule in RULES}
    assert names == files
    assert {name.replace("_", "") for name in names} == {rule.code.lower() for rule in RULES}
