from __future__ import annotations

from onggi.lint.policy import LabelKind, Policy
from onggi.lint.rule import Example, Rule
from onggi.lint.view.labels import misfits
from onggi.lint.violation import Text

_MESSAGE = Text("Label `{label}` is not a valid git hash", "레이블 `{label}`의 값이 올바른 git 해시가 아닙니다")
_LABEL = "org.opencontainers.image.revision"
_POLICY = Policy(labels={_LABEL: LabelKind.HASH})
_FILE = f'FROM debian:12\nLABEL {_LABEL}="{{}}"'

RULE = Rule(
    code="DL3055",
    title=Text("A label that is a revision has a git hash", "리비전 레이블에는 git 해시를 적습니다"),
    reason=Text(
        "A branch or a tag may point elsewhere tomorrow; the hash, whole or its first 7 digits, does not.",
        "브랜치나 태그는 내일 다른 곳을 가리킬 수 있지만 해시(전체 또는 앞 7자리)는 그렇지 않습니다.",
    ),
    exception=Text(
        "Where the label is not what the project's configuration says: mend that.",
        "설정의 레이블 종류가 잘못된 때. 설정을 고치세요.",
    ),
    bad=(
        Example(_FILE.format("main"), policy=_POLICY),
        Example(_FILE.format("ABCDEF1"), policy=_POLICY),
    ),
    good=(
        Example(_FILE.format("abcdef1"), policy=_POLICY),
        Example(_FILE.format("0123456789abcdef0123456789abcdef01234567"), policy=_POLICY),
        Example(f"FROM debian:12\nARG VALUE\nLABEL {_LABEL}=$VALUE", policy=_POLICY),
        Example(_FILE.format("anything")),
    ),
    check=lambda subject: misfits(subject, LabelKind.HASH, _MESSAGE),
)
