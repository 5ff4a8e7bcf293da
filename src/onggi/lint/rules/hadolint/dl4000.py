from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import Maintainer
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Edit, Fix, Text, Violation

_MESSAGE = Text("MAINTAINER is deprecated", "MAINTAINER는 더 쓰지 않습니다")
_LABEL = "org.opencontainers.image.authors"


def check(subject: Subject) -> Iterator[Violation]:
    for step in subject.steps():
        if step.is_written and isinstance(step.instruction, Maintainer):
            fix = _fix(step.instruction, step.standing.scope.escape)
            yield step.violation(step.instruction.origin.keywords[0].span, _MESSAGE, fix)


def _fix(maintainer: Maintainer, escape: str) -> Fix | None:
    """The label says the same. None where a label would read the name otherwise: a `$` or what escapes."""
    name = maintainer.name.text
    if "$" in name or escape in name:
        return None
    if name.count('"') == 2 and name[0] == name[-1] == '"':
        name = name[1:-1]
    value = name.replace('"', f'{escape}"')
    return Fix((Edit(maintainer.origin.span, f'LABEL {_LABEL}="{value}"'),))


RULE = Rule(
    code="DL4000",
    title=Text("Name the authors in a label", "만든 이는 레이블로 적습니다"),
    reason=Text(
        "The label org.opencontainers.image.authors says the same, and tools read it as they read other labels.",
        "org.opencontainers.image.authors 레이블이 같은 일을 하며, 도구들은 다른 레이블처럼 이를 읽습니다.",
    ),
    exception=Text(
        "Where something still reads the image's author field.", "이미지의 author 항목을 아직 읽는 곳이 있을 때."
    ),
    bad=(
        Example(
            "FROM debian:12\nMAINTAINER Me <me@example.com>",
            fixed='FROM debian:12\nLABEL org.opencontainers.image.authors="Me <me@example.com>"',
        ),
        Example(
            'FROM debian:12\nMAINTAINER "Me" and "You"',
            fixed='FROM debian:12\nLABEL org.opencontainers.image.authors="\\"Me\\" and \\"You\\""',
        ),
        Example("FROM debian:12\nMAINTAINER $ME"),
    ),
    good=(Example('FROM debian:12\nLABEL org.opencontainers.image.authors="me@example.com"'),),
    check=check,
    severity=Severity.ERROR,
    twin="MaintainerDeprecated",
)
