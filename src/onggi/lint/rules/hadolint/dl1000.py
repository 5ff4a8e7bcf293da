from __future__ import annotations

from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.violation import Text

RULE = Rule(
    code="DL1000",
    title=Text("The file must be a Dockerfile", "Dockerfile 문법에 맞아야 합니다"),
    reason=Text(
        "A build of it fails here. The rest of the file is looked at as far as it can be read.",
        "빌드가 여기서 실패합니다. 나머지는 읽을 수 있는 데까지 살펴봅니다.",
    ),
    exception=Text("Never: no builder takes it.", "예외가 없습니다. 어떤 빌더도 받아들이지 않습니다."),
    bad=(Example("FORM alpine:3.20"), Example("FROM alpine:3.20\nCOPY\nUSER 1000"), Example("")),
    good=(Example("FROM alpine:3.20"),),
    check=lambda subject: (),  # whoever reads the file tells
    severity=Severity.ERROR,
)
