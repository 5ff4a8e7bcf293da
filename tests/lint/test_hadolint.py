"""hadolint and onggi find the same in the corpus, but for the differences that are written down with their reasons."""

from __future__ import annotations

import pytest
from tests.lint.agreement import CORPUS, Agreement, agreement, differences, files

from onggi.dockerfile.parse import parse, parse_all
from onggi.dockerfile.source import DockerfileError
from onggi.lint.rules import hadolint

CODES = [rule.code for rule in hadolint.RULES]


@pytest.fixture(scope="module")
def found() -> Agreement:
    return agreement()


@pytest.mark.parametrize("code", CODES)
def test_each_rule_finds_what_hadolints_does(found: Agreement, code: str) -> None:
    theirs = {str(place) for place in found.only_hadolint if place.code == code}
    ours = {str(place) for place in found.only_onggi if place.code == code}
    told = differences()
    assert theirs == {place for each in told for place in each.hadolint if place.startswith(f"{code} ")}
    assert ours == {place for each in told for place in each.onggi if place.startswith(f"{code} ")}


@pytest.mark.parametrize("code", CODES)
def test_the_corpus_has_each_rule_both_ways(found: Agreement, code: str) -> None:
    """Found by both somewhere, and by neither elsewhere."""
    places = {place.file for place in found.both if place.code == code}
    assert places
    assert len(places) < len(files())


def test_every_rule_that_hadolint_tells_is_ours_too(found: Agreement) -> None:
    assert {place.code for place in found.hadolint} <= set(CODES)


def test_severities_are_hadolints(found: Agreement) -> None:
    assert {place: found.onggi[place] for place in found.both} == {place: found.hadolint[place] for place in found.both}


def test_files_that_hadolint_cannot_read_are_written_down(found: Agreement) -> None:
    assert found.unread == {name for each in differences() for name in each.unread}


def test_every_difference_has_an_example() -> None:
    assert all(each.hadolint or each.onggi or each.unread for each in differences())


@pytest.mark.parametrize("name", [str(path.relative_to(CORPUS)) for path in files()])
def test_what_the_builder_accepts_is_no_mistake_to_the_linter(name: str) -> None:
    text = (CORPUS / name).read_text()
    _, errors = parse_all(text, name)
    try:
        parse(text, name)
    except DockerfileError:
        assert errors
    else:
        assert errors == ()
