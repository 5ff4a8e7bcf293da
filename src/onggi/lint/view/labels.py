"""The labels of a Dockerfile, and what a project demands of their values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date

import msgspec

from onggi.dockerfile.syntax import Label, Pair
from onggi.lint.pattern import Pattern
from onggi.lint.policy import LabelKind
from onggi.lint.view.subject import Step, Subject, once
from onggi.lint.violation import Text, Violation

_URI = Pattern(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")
"""RFC 3986, section 3."""

_NUMBER = r"(?:0|[1-9]\d*)"
_PRERELEASE = r"(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)"
_BUILD = r"[0-9A-Za-z-]+"
_SEMVER = Pattern(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_PRERELEASE}(?:\.{_PRERELEASE})*)?(?:\+{_BUILD}(?:\.{_BUILD})*)?", re.ASCII
)
"""semver.org, version 2.0.0."""

_TIME = Pattern(
    r"(\d{4}-\d\d-\d\d)[Tt](?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
"""RFC 3339, section 5.6."""

_HASH = Pattern(r"[0-9a-f]{7}|[0-9a-f]{40}")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_EMAIL = Pattern(rf'(?:{_ATOM}(?:\.{_ATOM})*|"(?:[^"\\]|\\.)*")@(?:{_HOST}(?:\.{_HOST})*|\[[^\[\]\\]*\])', re.ASCII)
"""RFC 5322, section 3.4.1, without comments."""


class Labelled(msgspec.Struct, frozen=True):
    """A label as it comes to be. `name` and `value` are None where a variable leaves them open."""

    step: Step
    pair: Pair
    name: str | None
    value: str | None


@once
def labels(subject: Subject) -> tuple[Labelled, ...]:
    """Those of LABEL instructions in this file, behind ONBUILD too."""
    return tuple(
        Labelled(step, pair, _text(step, pair.name.text), _text(step, pair.value.text))
        for step in subject.steps()
        if step.is_written and isinstance(step.inner, Label)
        for pair in step.inner.pairs
    )


def misfits(subject: Subject, kind: LabelKind, message: Text) -> Iterator[Violation]:
    """A violation for each label that is to be of this kind, and whose value is not. `message` names the `{label}`."""
    for label in labels(subject):
        if label.name is None or subject.policy.labels.get(label.name) is not kind:
            continue
        if label.value is not None and not is_of_kind(label.value, kind):
            yield label.step.violation(label.pair.value.span, message.format(label=label.name))


def is_of_kind(value: str, kind: LabelKind) -> bool:
    return bool(_CHECKS[kind](value))


def _text(step: Step, word: str) -> str | None:
    """What a word comes to, unless it asks for a variable: that may be another in each build."""
    expansion = step.standing.scope.look_up(word)
    return None if expansion.found or expansion.missed else expansion.text


def _is_time(value: str) -> bool:
    match = _TIME.fullmatch(value)
    if match is None:
        return False
    try:
        date.fromisoformat(match[1])
    except ValueError:
        return False
    return True


def _is_license(value: str) -> bool:
    from onggi.lint.knowledge import spdx

    return spdx.is_expression(value)


_CHECKS: Mapping[LabelKind, Callable[[str], object]] = {
    LabelKind.TEXT: lambda value: True,
    LabelKind.URL: _URI.fullmatch,
    LabelKind.SEMVER: _SEMVER.fullmatch,
    LabelKind.RFC3339: _is_time,
    LabelKind.SPDX: _is_license,
    LabelKind.HASH: _HASH.fullmatch,
    LabelKind.EMAIL: _EMAIL.fullmatch,
}
