from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.source import Span
from onggi.dockerfile.syntax import Cmd, Entrypoint, HealthCheck, ShellForm
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Step, Subject
from onggi.lint.violation import Edit, Fix, Text, Violation

_PLAIN = Pattern(r"""(?![\w]+=)(?:[\w./:=@%+,-]|"[^"$`\\]*"|'[^']*'|[ \t])+""")
_BUILTINS = frozenset(
    {".", ":", "cd", "command", "eval", "exec", "exit", "export", "set", "source", "trap", "ulimit", "umask"}
)
_MESSAGE = Text(
    "Use arguments JSON notation for CMD and ENTRYPOINT arguments", "CMD와 ENTRYPOINT의 인자는 JSON 형식으로 쓰세요"
)


def check(subject: Subject) -> Iterator[Violation]:
    for step in subject.steps():
        instruction = step.instruction
        command = instruction.command if isinstance(instruction, Cmd | Entrypoint | HealthCheck) else None
        if step.is_written and isinstance(command, ShellForm):
            span = _span(step) or instruction.origin.span
            yield step.violation(span, _MESSAGE, _fix(step, command.text))


def _span(step: Step) -> Span | None:
    """Where the command stands; None if it takes several lines."""
    script = step.script
    if script is None or "\n" in script.text:
        return None
    return script.span((0, 0), (0, len(script.text)))


def _fix(step: Step, text: str) -> Fix | None:
    """For a program and its words, nothing that a shell would do anything about. Without the shell, the program is
    process 1: that may be seen."""
    span = _span(step)
    if span is None or step.standing.has_own_shell or not _PLAIN.fullmatch(text):
        return None
    import json
    import shlex

    words = shlex.split(text)
    if words[0] in _BUILTINS:
        return None
    return Fix((Edit(span, json.dumps(words, ensure_ascii=False)),), is_safe=False)


RULE = Rule(
    code="DL3025",
    title=Text("Write commands as a JSON array", "명령은 JSON 배열로 씁니다"),
    reason=Text(
        "In shell form a shell starts the program. In CMD and ENTRYPOINT it may stay as process 1, without passing "
        "SIGTERM on: stopping takes ten seconds and a kill. In HEALTHCHECK it is one more process each time. And an "
        "image without a shell runs none of them.",
        "셸 형식에서는 셸이 프로그램을 시작합니다. CMD와 ENTRYPOINT에서는 셸이 1번 프로세스로 남아 SIGTERM을 "
        "넘겨주지 않을 수 있고, 그러면 멈추는 데 10초가 걸리고 강제로 끝납니다. HEALTHCHECK에서는 검사할 때마다 "
        "프로세스가 하나 더 생깁니다. 셸이 없는 이미지에서는 어느 것도 실행되지 않습니다.",
    ),
    exception=Text(
        "Where the command needs a shell, for a variable, a pipe or `||`; in CMD and ENTRYPOINT only if it starts the "
        "program with exec (`exec java $JAVA_OPTS`).",
        "변수, 파이프, `||` 때문에 셸이 필요할 때. 다만 CMD와 ENTRYPOINT라면 exec로 프로그램을 시작할 "
        "때만(`exec java $JAVA_OPTS`).",
    ),
    bad=(
        Example(
            "FROM nginx:1.27\nCMD nginx -g 'daemon off;'",
            fixed='FROM nginx:1.27\nCMD ["nginx", "-g", "daemon off;"]',
        ),
        Example("FROM debian:12\nENTRYPOINT exec app $OPTIONS"),
        Example(
            "FROM debian:12\nHEALTHCHECK --interval=5s CMD app health",
            fixed='FROM debian:12\nHEALTHCHECK --interval=5s CMD ["app", "health"]',
        ),
        Example("FROM debian:12\nHEALTHCHECK CMD app health || exit 1"),
    ),
    good=(
        Example('FROM nginx:1.27\nCMD ["nginx", "-g", "daemon off;"]'),
        Example("FROM debian:12\nHEALTHCHECK NONE"),
        Example("FROM debian:12\nONBUILD CMD app"),
    ),
    check=check,
    twin="JSONArgsRecommended",
)
