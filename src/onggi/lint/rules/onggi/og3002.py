from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import Arg, Env, Label, Word
from onggi.lint.knowledge.tokens import tokens
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.subject import Step, Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "The value of {name} is {kind}: whoever has the image or this file can use it",
    "{name}의 값은 {kind}입니다. 이미지나 이 파일을 가진 누구나 쓸 수 있습니다",
)


def check(subject: Subject) -> Iterator[Violation]:
    """By values: what only sounds like a secret is SecretsUsedInArgOrEnv."""
    for arg in subject.dockerfile.arguments:
        for definition in arg.definitions:
            kind = _kind(definition.default)
            if kind is not None and definition.default is not None:
                yield Violation(arg, definition.default.span, _MESSAGE.format(name=definition.name.text, kind=kind))
    for step in subject.steps():
        for name, value in _values(step):
            kind = _kind(value)
            if kind is not None and value is not None:
                yield step.violation(value.span, _MESSAGE.format(name=name.text, kind=kind))


def _values(step: Step) -> Iterator[tuple[Word, Word | None]]:
    match step.instruction:
        case Arg(definitions=definitions):
            yield from ((definition.name, definition.default) for definition in definitions)
        case Env(pairs=pairs) | Label(pairs=pairs):
            yield from ((pair.name, pair.value) for pair in pairs)


def _kind(value: Word | None) -> Text | None:
    found = next(tokens(value.text), None) if value is not None else None
    return found.kind if found is not None else None


RULE = Rule(
    code="OG3002",
    title=Text("No key or token in ENV, ARG or LABEL", "ENV, ARG, LABEL에 키나 토큰을 적지 않습니다"),
    reason=Text(
        "Values of ENV, ARG and LABEL stay in the image and in the history of the file. A key that has been there is "
        "to be withdrawn; RUN --mount=type=secret gives one to a step, the container's environment to a program.",
        "ENV, ARG, LABEL의 값은 이미지와 파일의 이력에 남습니다. 한 번 적은 키는 폐기하고 새로 받으세요. "
        "빌드 단계에는 RUN --mount=type=secret으로, 프로그램에는 실행할 때 환경 변수로 전하세요.",
    ),
    exception=Text(
        "Where the value opens nothing: a key for tests that run in the build only.",
        "아무것도 열 수 없는 값일 때(빌드 중에 도는 테스트용 키 등).",
    ),
    bad=(
        Example(f"FROM debian:12\nENV AWS_ID={'AKIA' + 'Q3EG' * 4}"),
        Example(f"FROM debian:12\nARG NPM_TOKEN=npm_{'a1B2' * 9}"),
        Example(f"ARG REPO=ghp_{'a1B2' * 9}\nFROM debian:12"),
        Example("FROM debian:12\nENV DATABASE_URL=postgres://app:s3kr1t-pw@db.internal/app LEVEL=info"),
        Example(f"FROM debian:12\nLABEL build.hook=https://hooks.internal/?t=xoxb-{'123' * 4}-{'abcd' * 6}"),
    ),
    good=(
        Example("FROM debian:12\nENV DATABASE_URL=postgres://app:$PASSWORD@db/app"),
        Example("FROM debian:12\nENV DATABASE_URL=postgres://postgres:postgres@localhost/app"),
        Example("FROM debian:12\nENV AWS_ID=AKIAIOSFODNN7EXAMPLE npm_config_cache=/tmp/npm_cache_of_the_build"),
        Example("FROM debian:12\nENV API_TOKEN=none"),
        Example("FROM debian:12\nRUN --mount=type=secret,id=npm npm ci"),
    ),
    check=check,
    severity=Severity.ERROR,
)
