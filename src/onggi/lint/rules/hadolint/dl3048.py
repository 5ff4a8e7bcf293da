from __future__ import annotations

import re
from collections.abc import Iterator

from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.labels import Labelled, labels
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Edit, Fix, Text, Violation

_MESSAGE = Text("Invalid label key", "레이블 이름이 규칙에 맞지 않습니다")
_KEY = Pattern(
    r"(?!com\.docker\.|io\.docker\.|org\.dockerproject\.)(?!.*(?:\.\.|--))[a-z](?:[a-z0-9._/-]*[a-z0-9])?", re.DOTALL
)


def check(subject: Subject) -> Iterator[Violation]:
    for label in labels(subject):
        if label.name is not None and not _KEY.fullmatch(label.name):
            yield label.step.violation(label.pair.name.span, _MESSAGE, _fix(label, label.name))


def _fix(label: Labelled, name: str) -> Fix | None:
    """Not a safe one: who asks for the label may ask for it as it was."""
    if label.pair.name.text != name or not _KEY.fullmatch(name.lower()):
        return None
    return Fix((Edit(label.pair.name.span, name.lower()),), is_safe=False)


RULE = Rule(
    code="DL3048",
    title=Text("Name labels as Docker asks", "레이블 이름은 Docker의 규칙을 따릅니다"),
    reason=Text(
        "Names are lower-case letters, digits and single . - between them, and begin with a letter; com.docker., "
        "io.docker. and org.dockerproject. are Docker's own. Tools that select by labels rely on it.",
        "이름은 영문 소문자로 시작하고 소문자와 숫자, 그 사이의 .과 -로 이루어집니다. com.docker., io.docker., "
        "org.dockerproject.는 Docker가 씁니다. 레이블로 이미지를 고르는 도구들이 이를 따릅니다.",
    ),
    exception=Text("Where a tool asks for just that name.", "바로 그 이름을 요구하는 도구가 있을 때."),
    bad=(
        Example("FROM debian:12\nLABEL Version=1", fixed="FROM debian:12\nLABEL version=1"),
        Example("FROM debian:12\nLABEL com.docker.extension=1"),
        Example('FROM debian:12\nLABEL org.example..name="x"'),
        Example("FROM debian:12\nONBUILD LABEL vendor-=x"),
    ),
    good=(
        Example("FROM debian:12\nLABEL org.opencontainers.image.title=x com.docker-x=y app.kubernetes.io/name=z"),
        Example("FROM debian:12\nARG PREFIX\nLABEL $PREFIX.Name=x"),
    ),
    check=check,
    severity=Severity.STYLE,
)
