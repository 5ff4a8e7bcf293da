from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.rule import Example, Rule
from onggi.lint.view.leavings import Cache, uncleaned
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text("`zypper clean` missing after zypper use", "zypper 뒤에 `zypper clean`이 없습니다")
_ZYPPER = Cache(
    program="zypper",
    fills=frozenset({"install", "in"}),
    cleans=frozenset({"clean", "cc"}),
    cleaning="zypper clean --all",
    folders=("/var/cache/zypp",),
)


def check(subject: Subject) -> Iterator[Violation]:
    return uncleaned(subject.runs(), _ZYPPER, _MESSAGE)


RULE = Rule(
    code="DL3036",
    title=Text("Clean up after zypper in the same RUN", "zypper를 쓴 RUN 안에서 캐시를 지웁니다"),
    reason=Text(
        "zypper keeps lists and packages in /var/cache/zypp. A later RUN that deletes them leaves them in the layer "
        "before.",
        "zypper는 목록과 패키지를 /var/cache/zypp에 남깁니다. 다음 RUN에서 지워도 앞 레이어에는 그대로 들어 있습니다.",
    ),
    exception=Text(
        "Where the stage is left behind and only some of its files are copied on.",
        "파일 몇 개만 복사하고 버리는 단계일 때.",
    ),
    bad=(
        Example(
            "FROM opensuse/leap:15.5\nRUN zypper install -y httpd=2.4.46",
            fixed="FROM opensuse/leap:15.5\nRUN zypper install -y httpd=2.4.46 && zypper clean --all",
        ),
        Example(
            "FROM opensuse/leap:15.5\nRUN zypper clean && zypper -n in vim=9 && vim -h",
            fixed="FROM opensuse/leap:15.5\nRUN zypper clean && zypper -n in vim=9 && zypper clean --all && vim -h",
        ),
    ),
    good=(
        Example("FROM opensuse/leap:15.5\nRUN zypper install -y httpd=2.4.46 && zypper clean"),
        Example("FROM opensuse/leap:15.5\nRUN zypper -n in httpd=2.4.46 && rm -rf /var/cache/zypp/*"),
        Example("FROM opensuse/leap:15.5\nRUN --mount=type=cache,target=/var/cache/zypp zypper -n in httpd=2.4.46"),
    ),
    check=check,
)
