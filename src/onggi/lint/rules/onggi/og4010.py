from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import Cmd, Entrypoint, ExecForm, HealthCheck, Instruction
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.lineage import lineages
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_SHELLS = Pattern(r"(?:.*/)?(?:\w*sh|busybox|cmd(?:\.exe)?|powershell(?:\.exe)?|env|envsubst|.*\.sh|.*entrypoint.*)")
_OPERATORS = frozenset({"&&", "||", "|", ";", "&", ">", ">>", "<", "2>&1", ">/dev/null"})
_VARIABLE = Pattern(r"(?:[\w./:=-]*[=:/])?\$(?:[A-Z_][A-Z0-9_]+|\{[A-Z_][A-Z0-9_]*(?::?[-+=?][^}]*)?\})(?:[/:].*)?")
_MESSAGE = Text(
    "{word} means nothing here: in exec form no shell reads it, and the program gets it as it is",
    "여기서 {word}에는 아무 뜻이 없습니다. exec 형식은 셸을 거치지 않아 프로그램이 글자 그대로 받습니다",
)


def check(subject: Subject) -> Iterator[Violation]:
    """A shell, or a script, that is started may read its arguments as it likes; those of CMD are ENTRYPOINT's."""
    for image in lineages(subject):
        entrypoint = image.last(Entrypoint)
        for step in image.stage.steps:
            words = _words(step.instruction)
            before = _words(entrypoint[1]) if entrypoint is not None and isinstance(step.instruction, Cmd) else ()
            if not any(map(_SHELLS.fullmatch, (*before, *words))):
                found = next((word for word in words[1:] if word in _OPERATORS or _VARIABLE.fullmatch(word)), None)
                if found is not None:
                    yield step.violation(step.instruction.origin.span, _MESSAGE.format(word=found))


def _words(instruction: Instruction) -> tuple[str, ...]:
    """Of the exec form."""
    if isinstance(instruction, Cmd | Entrypoint | HealthCheck) and isinstance(instruction.command, ExecForm):
        return instruction.command.arguments
    return ()


RULE = Rule(
    code="OG4010",
    title=Text("No shell syntax in exec form", "exec 형식에는 셸 문법을 쓰지 않습니다"),
    reason=Text(
        "The words of a JSON array go to the program one by one. A variable is not replaced, and what stands behind "
        "&& or || is more arguments.",
        "JSON 배열의 단어는 하나씩 그대로 프로그램에 전해집니다. "
        "변수는 값으로 바뀌지 않고, && 뒤의 명령도 인자일 뿐입니다.",
    ),
    exception=Text(
        "Where the program itself reads such words.",
        "프로그램이 그런 단어를 직접 해석할 때.",
    ),
    bad=(
        Example('FROM node:22-slim\nHEALTHCHECK CMD ["node", "healthcheck.js", "||", "exit", "1"]'),
        Example('FROM python:3.13-slim\nCMD ["gunicorn", "--bind", "0.0.0.0:$PORT", "app:app"]'),
        Example('FROM eclipse-temurin:21-jre\nENTRYPOINT ["java", "$JAVA_OPTS", "-jar", "/app.jar"]'),
        Example('FROM node:22-slim\nCMD ["node", "migrate.js", "&&", "node", "server.js"]'),
    ),
    good=(
        Example('FROM python:3.13-slim\nCMD ["sh", "-c", "exec gunicorn --bind 0.0.0.0:$PORT app:app"]'),
        Example('FROM node:22-slim\nENTRYPOINT ["docker-entrypoint.sh", "$PORT"]\nCMD ["node", "server.js"]'),
        Example('FROM nginx:1.27\nCMD ["nginx", "-g", "daemon off;"]'),
        Example("FROM node:22-slim\nHEALTHCHECK CMD node healthcheck.js || exit 1"),
        Example('FROM debian:12 AS a\nENTRYPOINT ["/start.sh"]\n\nFROM a\nCMD ["/app", "$LEVEL"]'),
        Example('FROM debian:12\nCMD ["awk", "{ print $1 }"]'),
        Example('FROM debian:12\nENTRYPOINT ["tini", "--", "bash", "-c"]\nCMD ["/app"]'),
    ),
    check=check,
    severity=Severity.ERROR,
)
