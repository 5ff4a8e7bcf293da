from __future__ import annotations

from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.violation import Text

RULE = Rule(
    code="DL3043",
    title=Text(
        "ONBUILD triggers no ONBUILD, FROM or MAINTAINER", "ONBUILD 뒤에 ONBUILD, FROM, MAINTAINER를 두지 않습니다"
    ),
    reason=Text(
        "No builder takes it: a trigger that made triggers would never end, and a child has its own FROM.",
        "어떤 빌더도 받아들이지 않습니다. 트리거가 트리거를 만들면 끝이 없고, 자식에게는 자신의 FROM이 있습니다.",
    ),
    exception=Text("Never: no builder takes it.", "예외가 없습니다. 어떤 빌더도 받아들이지 않습니다."),
    bad=(
        Example("FROM debian:12\nONBUILD ONBUILD RUN make"),
        Example("FROM debian:12\nONBUILD FROM debian:12"),
        Example("FROM debian:12\nONBUILD MAINTAINER me@example.com"),
    ),
    good=(Example("FROM debian:12\nONBUILD RUN make"),),
    check=lambda subject: (),  # whoever reads the file tells
    severity=Severity.ERROR,
)
