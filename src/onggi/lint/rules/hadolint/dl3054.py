from __future__ import annotations

from onggi.lint.policy import LabelKind, Policy
from onggi.lint.rule import Example, Rule
from onggi.lint.view.labels import misfits
from onggi.lint.violation import Text

_MESSAGE = Text(
    "Label `{label}` is not a valid SPDX identifier", "레이블 `{label}`의 값이 올바른 SPDX 식별자가 아닙니다"
)
_LABEL = "org.opencontainers.image.licenses"
_POLICY = Policy(labels={_LABEL: LabelKind.SPDX})
_FILE = f'FROM debian:12\nLABEL {_LABEL}="{{}}"'

RULE = Rule(
    code="DL3054",
    title=Text("A label that is a license has SPDX's name for it", "라이선스 레이블에는 SPDX 이름을 적습니다"),
    reason=Text(
        "Tools that check licenses know them by these names; GPL-3.0 alone leaves open whether later versions count.",
        "라이선스를 검사하는 도구는 이 이름으로 알아봅니다. GPL-3.0만으로는 이후 버전도 되는지 알 수 없습니다.",
    ),
    exception=Text(
        "Where the label is not what the project's configuration says: mend that.",
        "설정의 레이블 종류가 잘못된 때. 설정을 고치세요.",
    ),
    bad=(
        Example(_FILE.format("Apache 2"), policy=_POLICY),
        Example(_FILE.format("GPL-3.0"), policy=_POLICY),
    ),
    good=(
        Example(_FILE.format("MIT"), policy=_POLICY),
        Example(_FILE.format("GPL-3.0-or-later"), policy=_POLICY),
        Example(_FILE.format("MIT OR (Apache-2.0 AND BSD-3-Clause)"), policy=_POLICY),
        Example(f"FROM debian:12\nARG VALUE\nLABEL {_LABEL}=$VALUE", policy=_POLICY),
        Example(_FILE.format("anything")),
    ),
    check=lambda subject: misfits(subject, LabelKind.SPDX, _MESSAGE),
)
