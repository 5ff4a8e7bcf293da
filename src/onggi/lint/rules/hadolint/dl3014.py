from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.rule import Example, Rule
from onggi.lint.view.packages import APT_GET, installations
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "Use the `-y` switch to avoid manual input `apt-get -y install <package>`",
    "`-y`를 주어 물음을 피하세요: `apt-get -y install <패키지>`",
)


def check(subject: Subject) -> Iterator[Violation]:
    for step, found in installations(subject, APT_GET):
        command = found.command
        is_quiet = command.flags.count("q") > 1 or command.has_argument("-q=2")
        if not is_quiet and not command.has_flag("y", "yes", "assume-yes"):
            yield step.violation(found.verb.span, _MESSAGE, found.fix("-y"))


RULE = Rule(
    code="DL3014",
    title=Text("Install with -y", "-y를 주어 설치합니다"),
    reason=Text(
        "Nobody is there in a build to answer the question, so it counts as no and the step fails.",
        "빌드에는 물음에 답할 사람이 없으므로, 아니라고 답한 셈이 되어 단계가 실패합니다.",
    ),
    exception=Text("Where the manager's configuration answers already.", "패키지 관리자 설정에서 이미 답해 두었을 때."),
    bad=(
        Example(
            "FROM debian:12\nRUN apt-get install curl=7.88.1",
            fixed="FROM debian:12\nRUN apt-get install -y curl=7.88.1",
        ),
        Example('FROM debian:12\nRUN ["apt-get", "install", "-q", "curl=7.88.1"]'),
    ),
    good=(
        Example("FROM debian:12\nRUN apt-get install -y curl=7.88.1"),
        Example("FROM debian:12\nRUN apt-get -qq install curl=7.88.1"),
    ),
    check=check,
)
