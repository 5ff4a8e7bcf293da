from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.rule import Example, Rule
from onggi.lint.rules.buildkit.exposed import ExposedPort, exposed
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Edit, Fix, Text, Violation

_MESSAGE = Text(
    "Defined protocol '{port}' in EXPOSE instruction should be lowercase",
    "EXPOSE의 프로토콜은 소문자여야 합니다: '{port}'",
)


def check(subject: Subject) -> Iterator[Violation]:
    for port in exposed(subject):
        if port.protocol != port.protocol.lower():
            yield port.step.violation(port.word.span, _MESSAGE.format(port=port.text), _fix(port))


def _fix(port: ExposedPort) -> Fix | None:
    """Where no variable says it."""
    if port.word.text != port.text:
        return None
    return Fix((Edit(port.word.span, port.text.removesuffix(port.protocol) + port.protocol.lower()),))


RULE = Rule(
    code="ExposeProtoCasing",
    title=Text("Protocol in EXPOSE instruction should be lowercase", "EXPOSE의 프로토콜은 소문자로 씁니다"),
    reason=Text(
        "The image keeps it in lowercase; written so, file and image say the same.",
        "이미지에는 소문자로 남습니다. 그렇게 쓰면 파일과 이미지가 같아집니다.",
    ),
    exception=Text(
        "Never needed: the fix changes nothing else.", "예외가 필요 없습니다. 고쳐도 달라지는 것이 없습니다."
    ),
    bad=(
        Example("FROM alpine\nEXPOSE 80/TcP", fixed="FROM alpine\nEXPOSE 80/tcp"),
        Example("FROM alpine\nARG p=UDP\nEXPOSE 53 53/$p"),
    ),
    good=(Example("FROM alpine\nEXPOSE 80/tcp 8080 53/udp"), Example("FROM alpine\nEXPOSE 80/WHAT")),
    check=check,
    url="https://docs.docker.com/go/dockerfile/rule/expose-proto-casing/",
)
