from __future__ import annotations

from onggi.lint.policy import LabelKind, Policy
from onggi.lint.rule import Example, Rule
from onggi.lint.view.labels import misfits
from onggi.lint.violation import Text

_MESSAGE = Text("Label `{label}` is not a valid URL", "레이블 `{label}`의 값이 올바른 URL이 아닙니다")
_LABEL = "org.opencontainers.image.url"
_POLICY = Policy(labels={_LABEL: LabelKind.URL})
_FILE = f'FROM debian:12\nLABEL {_LABEL}="{{}}"'

RULE = Rule(
    code="DL3052",
    title=Text("A label that is a URL holds one", "URL 레이블에는 URL을 적습니다"),
    reason=Text(
        "Tools make a link of it; without a scheme it leads nowhere.",
        "도구들이 링크로 만들기 때문에 스킴이 없으면 아무 데도 이어지지 않습니다.",
    ),
    exception=Text(
        "Where the label is not what the project's configuration says: mend that.",
        "설정의 레이블 종류가 잘못된 때. 설정을 고치세요.",
    ),
    bad=(
        Example(_FILE.format("example.com"), policy=_POLICY),
        Example(_FILE.format("https://example.com/a b"), policy=_POLICY),
    ),
    good=(
        Example(_FILE.format("https://example.com/a?b=c#d"), policy=_POLICY),
        Example(_FILE.format("mailto:me@example.com"), policy=_POLICY),
        Example(f"FROM debian:12\nARG VALUE\nLABEL {_LABEL}=$VALUE", policy=_POLICY),
        Example(_FILE.format("anything")),
    ),
    check=lambda subject: misfits(subject, LabelKind.URL, _MESSAGE),
)
