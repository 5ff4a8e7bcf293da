from __future__ import annotations

from collections.abc import Iterator

from onggi.characters import quoted
from onggi.dockerfile.secrecy import is_secret_name
from onggi.dockerfile.source import Span
from onggi.dockerfile.syntax import Arg, Env
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Step, Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "Do not use ARG or ENV instructions for sensitive data ({keyword} {name})",
    "비밀 값을 ARG나 ENV에 두지 마세요 ({keyword} {name})",
)


def check(subject: Subject) -> Iterator[Violation]:
    for step in subject.steps():
        match step.instruction:
            case Env(pairs=pairs):
                for pair in pairs:
                    yield from _judge(step, step.standing.scope.expand(pair.name.text), pair.name.span)
            case Arg(definitions=definitions):
                for definition in definitions:
                    yield from _judge(step, definition.name.text, definition.name.span)


def _judge(step: Step, name: str, span: Span) -> Iterator[Violation]:
    if is_secret_name(name):
        yield step.violation(span, _MESSAGE.format(keyword=step.instruction.keyword, name=quoted(name)))


RULE = Rule(
    code="SecretsUsedInArgOrEnv",
    title=Text("Sensitive data should not be used in the ARG or ENV commands", "비밀 값은 ARG나 ENV에 두지 않습니다"),
    reason=Text(
        "Build arguments and environment stay in the image's history and configuration for all who can pull it; "
        "RUN --mount=type=secret leaves no trace.",
        "빌드 인자와 환경 변수는 이미지의 이력과 설정에 남아 이미지를 받는 누구나 볼 수 있습니다. "
        "RUN --mount=type=secret은 흔적을 남기지 않습니다.",
    ),
    exception=Text("Where only the name sounds like a secret.", "이름만 비밀처럼 보일 뿐 비밀이 아닐 때."),
    bad=(
        Example("FROM scratch\nARG AWS_SECRET_ACCESS_KEY"),
        Example("FROM scratch\nENV password=bar sunflower=foo"),
        Example("FROM scratch\nARG name=auth\nENV $name=x"),
        Example("FROM scratch\nENV git_key="),
    ),
    good=(
        Example("FROM scratch\nRUN --mount=type=secret,id=aws ./upload"),
        Example("FROM scratch\nENV PUBLIC_KEY= TOKEN_FILE=/run/token KEYBOARD=us\nARG public_token"),
        Example("ARG AUTH\nFROM scratch"),
    ),
    check=check,
    url="https://docs.docker.com/go/dockerfile/rule/secrets-used-in-arg-or-env/",
)
