from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.rule import Example, Rule
from onggi.lint.view.packages import DNF, installations
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "Use the -y switch to avoid manual input `dnf install -y <package>`",
    "묻지 않도록 -y를 쓰세요: `dnf install -y <package>`",
)


def check(subject: Subject) -> Iterator[Violation]:
    for step, found in installations(subject, DNF):
        if not found.command.has_flag("y", "assumeyes"):
            yield step.violation(found.command.span, _MESSAGE, found.fix("-y"))


RULE = Rule(
    code="DL3038",
    title=Text("Let dnf ask nothing", "dnf가 묻지 않게 합니다"),
    reason=Text(
        "Nobody is there to answer in a build: dnf takes no for an answer and the build fails.",
        "빌드 중에는 대답할 사람이 없어 dnf가 '아니요'로 알고 빌드가 실패합니다.",
    ),
    exception=Text("Where /etc/dnf/dnf.conf says assumeyes=True.", "/etc/dnf/dnf.conf에 assumeyes=True가 있을 때."),
    bad=(
        Example(
            "FROM fedora:40\nRUN dnf install httpd-2.4.59 && dnf clean all",
            fixed="FROM fedora:40\nRUN dnf install -y httpd-2.4.59 && dnf clean all",
        ),
        Example(
            "FROM fedora:40\nRUN microdnf module install nodejs:20 \\\n && microdnf clean all",
            fixed="FROM fedora:40\nRUN microdnf module install -y nodejs:20 \\\n && microdnf clean all",
        ),
        Example('FROM fedora:40\nRUN ["dnf", "groupinstall", "web-server"]'),
    ),
    good=(
        Example("FROM fedora:40\nRUN dnf install -y httpd-2.4.59 && dnf clean all"),
        Example("FROM fedora:40\nRUN dnf -qy install httpd-2.4.59 && dnf clean all"),
        Example("FROM fedora:40\nRUN dnf search httpd"),
    ),
    check=check,
)
