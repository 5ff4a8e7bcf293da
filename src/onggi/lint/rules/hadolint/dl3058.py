from __future__ import annotations

from onggi.lint.policy import LabelKind, Policy
from onggi.lint.rule import Example, Rule
from onggi.lint.view.labels import misfits
from onggi.lint.violation import Text

_MESSAGE = Text(
    "Label `{label}` is not a valid email format - must conform to RFC5322",
    "레이블 `{label}`의 값이 RFC5322 이메일 주소가 아닙니다",
)
_LABEL = "org.example.contact"
_POLICY = Policy(labels={_LABEL: LabelKind.EMAIL})
_FILE = f'FROM debian:12\nLABEL {_LABEL}="{{}}"'

RULE = Rule(
    code="DL3058",
    title=Text("A label that is an email address has one", "이메일 레이블에는 이메일 주소를 적습니다"),
    reason=Text(
        "Somebody will want to write to it when the image has a hole.",
        "이미지에 보안 문제가 있을 때 누군가 그 주소로 연락해야 합니다.",
    ),
    exception=Text(
        "Where the label is not what the project's configuration says: mend that.",
        "설정의 레이블 종류가 잘못된 때. 설정을 고치세요.",
    ),
    bad=(
        Example(_FILE.format("me at example.com"), policy=_POLICY),
        Example(_FILE.format("Me <me@example.com>"), policy=_POLICY),
    ),
    good=(
        Example(_FILE.format("me@example.com"), policy=_POLICY),
        Example(_FILE.format("first.last+images@example.com"), policy=_POLICY),
        Example(f"FROM debian:12\nARG VALUE\nLABEL {_LABEL}=$VALUE", policy=_POLICY),
        Example(_FILE.format("anything")),
    ),
    check=lambda subject: misfits(subject, LabelKind.EMAIL, _MESSAGE),
)
