from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.subject import Subject
from onggi.lint.view.tags import tagged
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "{name}:{tag} may be another image tomorrow: add its digest, @sha256:…",
    "{name}:{tag} 태그는 내일이면 다른 이미지일 수 있습니다. 다이제스트(@sha256:…)를 붙이세요",
)
_ASKED = "# check=experimental=OG5003\n"


def check(subject: Subject) -> Iterator[Violation]:
    for each in tagged(subject):
        base = each.stage.stage.base
        message = _MESSAGE.format(tag=each.image.tag, name=each.image.familiar_name())
        yield Violation(base, base.image.span, message)


RULE = Rule(
    code="OG5003",
    title=Text("Pin a base by its digest", "베이스 이미지를 다이제스트로 고정합니다"),
    reason=Text(
        "A tag can be moved by whoever may push to the registry; a digest is the content itself. It needs a tool that "
        "moves it on, for a pinned base gets no security fixes; so this rule runs only where it is asked for.",
        "태그는 레지스트리에 올릴 수 있는 사람이 옮길 수 있지만, 다이제스트는 내용 그 자체입니다. "
        "고정하면 보안 수정도 저절로 오지 않아 갱신해 줄 도구가 필요하므로, 켜 달라고 한 곳에서만 검사합니다.",
    ),
    exception=Text(
        "Where nothing renews the digests.",
        "다이제스트를 갱신해 줄 도구가 없을 때.",
    ),
    bad=(
        Example(f"{_ASKED}FROM debian:12.8-slim"),
        Example(f"{_ASKED}FROM node:22.12-slim AS build\n\nFROM build"),
    ),
    good=(
        Example(f"{_ASKED}FROM debian:12.8-slim@sha256:" + "0" * 64),
        Example(f"{_ASKED}FROM scratch"),
        Example("FROM debian:12.8-slim"),
    ),
    check=check,
    severity=Severity.STYLE,
    is_experimental=True,
)
