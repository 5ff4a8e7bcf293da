from __future__ import annotations

from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.violation import Text

RULE = Rule(
    code="DL3061",
    title=Text(
        "A Dockerfile begins with FROM; only ARG may come before it", "FROM보다 먼저 올 수 있는 것은 ARG뿐입니다"
    ),
    reason=Text(
        "Without FROM there is no image yet that an instruction could change: every builder refuses the file.",
        "FROM이 없으면 명령어가 바꿀 이미지가 아직 없습니다. 어떤 빌더도 받아들이지 않습니다.",
    ),
    exception=Text("Never: no builder takes it.", "예외가 없습니다. 어떤 빌더도 받아들이지 않습니다."),
    bad=(Example("RUN make\nFROM debian:12"), Example("# about\nARG TAG=12\nENV A=b\nFROM debian:$TAG")),
    good=(Example("# about\nARG TAG=12\nFROM debian:$TAG"),),
    check=lambda subject: (),  # whoever reads the file tells
    severity=Severity.ERROR,
)
