from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.rule import Example, Rule
from onggi.lint.rules.buildkit.exposed import exposed
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "EXPOSE instruction should not define an IP address or host-port mapping, found '{port}'",
    "EXPOSE에는 IP 주소나 호스트 포트를 적지 않습니다: '{port}'",
)


def check(subject: Subject) -> Iterator[Violation]:
    for port in exposed(subject):
        if port.host:
            yield port.step.violation(port.word.span, _MESSAGE.format(port=port.text))


RULE = Rule(
    code="ExposeInvalidFormat",
    title=Text(
        "IP address and host-port mapping should not be used in EXPOSE instruction. This will become an error in a "
        "future release",
        "EXPOSE에는 IP 주소나 호스트 포트를 적지 않습니다. 앞으로 오류가 됩니다",
    ),
    reason=Text(
        "An image says on which ports it listens; where the host publishes them is said at run time, with -p.",
        "이미지는 어느 포트를 여는지만 말합니다. 호스트의 어디에 내보낼지는 실행할 때 -p로 정합니다.",
    ),
    exception=Text(
        "Never needed: the host's part has no effect.", "예외가 필요 없습니다. 호스트 부분은 아무 효과가 없습니다."
    ),
    bad=(Example("FROM alpine\nEXPOSE 127.0.0.1:80:80"), Example("FROM alpine\nEXPOSE 22 80:80")),
    good=(Example("FROM alpine\nEXPOSE 80 7000-7010/udp"), Example("FROM alpine\nEXPOSE :80")),
    check=check,
    url="https://docs.docker.com/go/dockerfile/rule/expose-invalid-format/",
)
