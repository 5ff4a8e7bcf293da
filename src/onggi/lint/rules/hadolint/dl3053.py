from __future__ import annotations

from onggi.lint.policy import LabelKind, Policy
from onggi.lint.rule import Example, Rule
from onggi.lint.view.labels import misfits
from onggi.lint.violation import Text

_MESSAGE = Text(
    "Label `{label}` is not a valid time format - must conform to RFC3339",
    "레이블 `{label}`의 값이 RFC3339 시각이 아닙니다",
)
_LABEL = "org.opencontainers.image.created"
_POLICY = Policy(labels={_LABEL: LabelKind.RFC3339})
_FILE = f'FROM debian:12\nLABEL {_LABEL}="{{}}"'

RULE = Rule(
    code="DL3053",
    title=Text("A label that is a time has one as in RFC 3339", "시각 레이블에는 RFC 3339 시각을 적습니다"),
    reason=Text(
        "What compares images by age reads this form and no other.",
        "이미지의 나이를 비교하는 도구는 이 형식만 읽습니다.",
    ),
    exception=Text(
        "Where the label is not what the project's configuration says: mend that.",
        "설정의 레이블 종류가 잘못된 때. 설정을 고치세요.",
    ),
    bad=(
        Example(_FILE.format("2024-02-30T10:00:00Z"), policy=_POLICY),
        Example(_FILE.format("2024-02-03"), policy=_POLICY),
    ),
    good=(
        Example(_FILE.format("2024-02-03T10:00:00Z"), policy=_POLICY),
        Example(_FILE.format("2024-02-03t10:00:00.5+09:00"), policy=_POLICY),
        Example(f"FROM debian:12\nARG VALUE\nLABEL {_LABEL}=$VALUE", policy=_POLICY),
        Example(_FILE.format("anything")),
    ),
    check=lambda subject: misfits(subject, LabelKind.RFC3339, _MESSAGE),
)
