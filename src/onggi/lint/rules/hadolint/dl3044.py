from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.source import Span
from onggi.dockerfile.syntax import Env, OnBuild
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.subject import Step, Subject
from onggi.lint.violation import Edit, Fix, Text, Violation

_MESSAGE = Text(
    "Do not refer to an environment variable within the same `ENV` statement where it is defined",
    "같은 `ENV` 안에서 정의한 변수를 쓰지 마세요",
)


def check(subject: Subject) -> Iterator[Violation]:
    for step in subject.steps():
        if step.is_written and isinstance(step.inner, Env) and not step.inner.is_spaced:
            yield from _judge(step, step.inner)


def _judge(step: Step, env: Env) -> Iterator[Violation]:
    """The first value that asks for a variable which is not there yet, but set by another pair."""
    scope = step.standing.scope
    last = {pair.name.text: index for index, pair in enumerate(env.pairs)}
    before: set[str] = set()
    for index, pair in enumerate(env.pairs):
        missed = [name for name in scope.look_up(pair.value.text).missed if name not in scope.declared]
        if any(name in before or last.get(name, index) > index for name in missed):
            fix = _fix(step, env, index) if not before.isdisjoint(missed) else None
            yield step.violation(pair.value.span, _MESSAGE, fix)
            return
        before.add(pair.name.text)


def _fix(step: Step, env: Env, index: int) -> Fix:
    """An ENV of its own from there on. Not a safe one: the variable gets another value."""
    end, begin = env.pairs[index - 1].value.span, env.pairs[index].name.span
    keyword = "ONBUILD ENV" if isinstance(step.instruction, OnBuild) else "ENV"
    between = Span(end.end_line, end.end_column, begin.line, begin.column)
    return Fix((Edit(between, f"\n{keyword} "),), is_safe=False)


RULE = Rule(
    code="DL3044",
    title=Text("Set a variable before the ENV that uses it", "변수는 그것을 쓰는 ENV보다 먼저 정의합니다"),
    reason=Text(
        "All of an ENV sees the variables as they were before it: the reference comes to nothing, or to an old value.",
        "한 ENV 안의 값은 모두 그 ENV 이전의 변수를 봅니다. 그래서 참조가 빈 값이나 옛 값이 됩니다.",
    ),
    exception=Text(
        "Where the base image sets the variable and its value from there is meant.",
        "베이스 이미지가 정한 값을 일부러 쓸 때.",
    ),
    bad=(
        Example(
            'FROM debian:12\nENV HOME_DIR=/app BIN="$HOME_DIR/bin"',
            fixed='FROM debian:12\nENV HOME_DIR=/app\nENV BIN="$HOME_DIR/bin"',
        ),
        Example("FROM debian:12\nENV BIN=${ROOT}/bin ROOT=/app"),
        Example(
            "FROM debian:12\nONBUILD ENV A=1 \\\n  B=$A",
            fixed="FROM debian:12\nONBUILD ENV A=1\nONBUILD ENV B=$A",
        ),
    ),
    good=(
        Example("FROM debian:12\nENV HOME_DIR=/app\nENV BIN=$HOME_DIR/bin"),
        Example("FROM debian:12\nARG VERSION\nENV VERSION=${VERSION:-1} NAME=x-$VERSION"),
        Example("FROM debian:12\nENV PATH=/app/bin:$PATH PRICE='$PATH'"),
    ),
    check=check,
    severity=Severity.ERROR,
)
