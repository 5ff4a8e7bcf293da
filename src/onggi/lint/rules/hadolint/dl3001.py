from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_SENSELESS = frozenset({"free", "kill", "mount", "ps", "service", "shutdown", "ssh", "top", "vim"})
_MESSAGE = Text(
    "For some bash commands it makes no sense running them in a Docker container like `ssh`, `vim`, `shutdown`, "
    "`service`, `ps`, `free`, `top`, `kill`, `mount`, `ifconfig`",
    "`ssh`, `vim`, `shutdown`, `service`, `ps`, `free`, `top`, `kill`, `mount`, `ifconfig` 같은 명령은 컨테이너 "
    "안에서 실행할 까닭이 없습니다",
)


def check(subject: Subject) -> Iterator[Violation]:
    for step in subject.runs():
        for command in step.commands:
            if command.name in _SENSELESS:
                yield step.violation(command.place, _MESSAGE)


RULE = Rule(
    code="DL3001",
    title=Text("Do not run in a build what only a machine needs", "기계에서나 쓸 명령을 빌드에서 실행하지 않습니다"),
    reason=Text(
        "A build step keeps files, not processes: a service that is started is gone when the step ends.",
        "빌드 단계에는 파일만 남고 프로세스는 남지 않습니다. 시작한 서비스는 단계가 끝나면 사라집니다.",
    ),
    exception=Text(
        "Where a step starts a service, fills its database and stops it again.",
        "한 단계 안에서 서비스를 띄워 데이터를 채우고 다시 멈출 때.",
    ),
    bad=(
        Example("FROM debian:12\nRUN service nginx start"),
        Example("FROM debian:12\nRUN make && (ps aux | tee log)"),
        Example('FROM debian:12\nRUN ["kill", "1"]'),
    ),
    good=(Example("FROM debian:12\nRUN echo ps"), Example('FROM debian:12\nCMD ["service", "nginx", "start"]')),
    check=check,
    severity=Severity.INFO,
)
