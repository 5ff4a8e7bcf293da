from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.source import Span
from onggi.dockerfile.syntax import Copy
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.subject import Step, Subject
from onggi.lint.violation import Edit, Fix, Text, Violation

_MESSAGE = Text(
    "COPY with more than 2 arguments requires the last argument to end with /",
    "인자가 셋 이상인 COPY의 마지막 인자는 /로 끝나야 합니다",
)
_SEPARATORS = ("/", "\\")


def check(subject: Subject) -> Iterator[Violation]:
    for step in subject.steps():
        copy = step.inner
        if step.is_written and isinstance(copy, Copy) and len(copy.sources) + len(copy.heredocs) > 1:
            target = copy.destination
            if not target.text.strip("'\"").endswith(_SEPARATORS):
                yield step.violation(target.span, _MESSAGE, _fix(step, copy))


def _fix(step: Step, copy: Copy) -> Fix | None:
    """Not in the JSON form, whose words have no place of their own, nor where variables may come to nothing: with a
    slash, that would be the root."""
    target = copy.destination
    expansion = step.standing.scope.look_up(target.text)
    if expansion.missed or not expansion.text or (copy.sources and copy.sources[0].span == target.span):
        return None
    column = target.span.end_column - (target.text[-1:] in ("'", '"'))
    place = Span(target.span.end_line, column, target.span.end_line, column)
    return Fix((Edit(place, "/"),))


RULE = Rule(
    code="DL3021",
    title=Text("A COPY of several files names a folder, with a slash", "여러 파일의 COPY는 /로 끝나는 폴더로 합니다"),
    reason=Text(
        "Several files need a folder; without the slash at its end other builders fail.",
        "여러 파일은 폴더로만 복사할 수 있습니다. 끝에 /가 없으면 다른 빌더에서는 실패합니다.",
    ),
    exception=Text("Never needed: add the slash.", "예외가 필요 없습니다. /를 붙이세요."),
    bad=(
        Example("FROM debian:12\nCOPY a b /srv", fixed="FROM debian:12\nCOPY a b /srv/"),
        Example(
            'FROM debian:12\nENV DIR=/srv\nCOPY a b "$DIR"', fixed='FROM debian:12\nENV DIR=/srv\nCOPY a b "$DIR/"'
        ),
        Example("FROM debian:12\nCOPY a b $DIR"),
        Example("FROM debian:12\nARG DIR=\nCOPY a b $DIR"),
        Example('FROM debian:12\nCOPY ["a", "b", "/srv"]'),
    ),
    good=(
        Example("FROM debian:12\nCOPY a b /srv/"),
        Example("FROM debian:12\nCOPY a* /srv"),
        Example('FROM debian:12\nCOPY ["a", "b", "/srv/"]'),
    ),
    check=check,
    severity=Severity.ERROR,
)
