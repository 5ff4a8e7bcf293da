from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.rule import Example, Rule
from onggi.lint.view.leavings import Cache, uncleaned
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text("`yum clean all` missing after yum command", "yum 뒤에 `yum clean all`이 없습니다")
_YUM = Cache(
    program="yum",
    fills=frozenset({"install"}),
    cleans=frozenset({"clean"}),
    cleaning="yum clean all",
    folders=("/var/cache/yum", "/var/cache/dnf", "/var/cache/libdnf5"),
)


def check(subject: Subject) -> Iterator[Violation]:
    return uncleaned(subject.runs(), _YUM, _MESSAGE)


RULE = Rule(
    code="DL3032",
    title=Text("Clean up after yum in the same RUN", "yum을 쓴 RUN 안에서 캐시를 지웁니다"),
    reason=Text(
        "yum keeps lists and packages in /var/cache/yum. A later RUN that deletes them leaves them in the layer "
        "before.",
        "yum은 목록과 패키지를 /var/cache/yum에 남깁니다. 다음 RUN에서 지워도 앞 레이어에는 그대로 들어 있습니다.",
    ),
    exception=Text(
        "Where the stage is left behind and only some of its files are copied on.",
        "파일 몇 개만 복사하고 버리는 단계일 때.",
    ),
    bad=(
        Example(
            "FROM centos:7\nRUN yum install -y httpd-2.4.6",
            fixed="FROM centos:7\nRUN yum install -y httpd-2.4.6 && yum clean all",
        ),
        Example(
            "FROM centos:7\nRUN yum install -y httpd-2.4.6 \\\n && httpd -t",
            fixed="FROM centos:7\nRUN yum install -y httpd-2.4.6 && yum clean all \\\n && httpd -t",
        ),
        Example("FROM centos:7\nRUN yum install -y httpd-2.4.6 | tee /log"),
    ),
    good=(
        Example("FROM centos:7\nRUN yum install -y httpd-2.4.6 && yum clean all"),
        Example("FROM centos:7\nRUN yum install -y httpd-2.4.6 && rm -rf /var/cache/yum/*"),
        Example("FROM centos:7\nRUN --mount=type=cache,target=/var/cache/yum yum install -y httpd-2.4.6"),
    ),
    check=check,
)
