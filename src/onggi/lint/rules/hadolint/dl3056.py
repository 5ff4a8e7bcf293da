from __future__ import annotations

from onggi.lint.policy import LabelKind, Policy
from onggi.lint.rule import Example, Rule
from onggi.lint.view.labels import misfits
from onggi.lint.violation import Text

_MESSAGE = Text(
    "Label `{label}` does not conform to semantic versioning", "레이블 `{label}`의 값이 유의적 버전(semver)이 아닙니다"
)
_LABEL = "org.opencontainers.image.version"
_POLICY = Policy(labels={_LABEL: LabelKind.SEMVER})
_FILE = f'FROM debian:12\nLABEL {_LABEL}="{{}}"'

RULE = Rule(
    code="DL3056",
    title=Text("A label that is a version has a semantic one", "버전 레이블에는 유의적 버전을 적습니다"),
    reason=Text(
        "Tools order versions by these rules: three numbers, then what comes before a release.",
        "도구들은 이 규칙(숫자 셋과 그 뒤의 정식 배포 전 표시)으로 버전의 앞뒤를 가립니다.",
    ),
    exception=Text(
        "Where the label is not what the project's configuration says: mend that.",
        "설정의 레이블 종류가 잘못된 때. 설정을 고치세요.",
    ),
    bad=(
        Example(_FILE.format("v1.2.3"), policy=_POLICY),
        Example(_FILE.format("1.2"), policy=_POLICY),
    ),
    good=(
        Example(_FILE.format("1.2.3"), policy=_POLICY),
        Example(_FILE.format("1.2.3-rc.1+build.5"), policy=_POLICY),
        Example(f"FROM debian:12\nARG VALUE\nLABEL {_LABEL}=$VALUE", policy=_POLICY),
        Example(_FILE.format("anything")),
    ),
    check=lambda subject: misfits(subject, LabelKind.SEMVER, _MESSAGE),
)
