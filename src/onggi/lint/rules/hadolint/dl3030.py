from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.rule import Example, Rule
from onggi.lint.view.packages import YUM, installations
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "Use the -y switch to avoid manual input `yum install -y <package>`",
    "-y를 주어 물음을 피하세요: `yum install -y <패키지>`",
)


def check(subject: Subject) -> Iterator[Violation]:
    for step, found in installations(subject, YUM):
        if not found.command.has_flag("y", "assumeyes"):
            yield step.violation(found.verb.span, _MESSAGE, found.fix("-y"))


RULE = Rule(
    code="DL3030",
    title=Text("Install with -y", "-y를 주어 설치합니다"),
    reason=Text(
        "Nobody is there in a build to answer the question, so it counts as no and the step fails.",
        "빌드에는 물음에 답할 사람이 없으므로, 아니라고 답한 셈이 되어 단계가 실패합니다.",
    ),
    exception=Text("Where the manager's configuration answers already.", "패키지 관리자 설정에서 이미 답해 두었을 때."),
    bad=(
        Example(
            "FROM rockylinux:9\nRUN yum group install tools && yum clean all",
            fixed="FROM rockylinux:9\nRUN yum group install -y tools && yum clean all",
        ),
        Example('FROM rockylinux:9\nRUN ["yum", "install", "-q", "curl"]'),
    ),
    good=(
        Example("FROM rockylinux:9\nRUN yum -y install curl"),
        Example("FROM rockylinux:9\nRUN yum localinstall --assumeyes mine.rpm"),
    ),
    check=check,
)
