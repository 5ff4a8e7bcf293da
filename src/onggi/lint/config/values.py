"""Values as policies of the linter have them. Each raises Invalid, with place and key, for another one."""

from __future__ import annotations

from collections.abc import Mapping

from onggi.configuration.document import Cell
from onggi.configuration.values import one_of, text, texts
from onggi.dockerfile.ignore import Matcher
from onggi.errors import Invalid
from onggi.lint.policy import LabelKind
from onggi.lint.reports import ALIASES, FORMATS
from onggi.lint.severity import Severity
from onggi.lint.violation import Language

_SEVERITIES = {severity.value: severity for severity in Severity}
_THRESHOLDS = {**_SEVERITIES, "ignore": Severity.STYLE, "none": Severity.STYLE}
"""hadolint's last two mean that whatever is found fails."""
_KINDS = {kind.value: kind for kind in LabelKind}
_FORMATS = {**{name: name for name in FORMATS}, **ALIASES}
_LANGUAGES: Mapping[str, Language] = {"en": "en", "ko": "ko"}


def codes(cell: Cell) -> frozenset[str]:
    return frozenset(texts(cell))


def days(cell: Cell) -> int:
    if not isinstance(cell.value, int) or isinstance(cell.value, bool):
        raise cell.wrong("a number of days")
    if cell.value < 1:
        raise cell.fault(f"expected at least 1 day, not {cell.value}")
    return cell.value


def severity(cell: Cell) -> Severity:
    return one_of(cell, _SEVERITIES)


def threshold(cell: Cell) -> Severity:
    return one_of(cell, _THRESHOLDS)


def report_format(cell: Cell) -> str:
    return one_of(cell, _FORMATS)


def language(cell: Cell) -> Language:
    return one_of(cell, _LANGUAGES)


def severities(cell: Cell) -> dict[str, Severity]:
    return {code: severity(each) for code, each in cell.pairs()}


def labels(cell: Cell) -> dict[str, LabelKind]:
    return {name: one_of(each, _KINDS) for name, each in cell.pairs()}


def patterns(cell: Cell) -> tuple[str, ...]:
    """As those of `.dockerignore`."""
    for each in cell.cells():
        try:
            Matcher([text(each)])
        except Invalid as error:
            raise each.wrong(f"a pattern ({error.message})") from error
    return tuple(pattern.removeprefix("/") for pattern in texts(cell))
