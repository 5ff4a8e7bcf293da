from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.source import Source, Span
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Edit, Fix, Text, Violation

_MESSAGE = Text(
    "Setting `FROM --platform` to predefined `$TARGETPLATFORM` is redundant as this is the default behavior",
    "`FROM --platform`은 본디 `$TARGETPLATFORM`이므로 따로 적을 필요가 없습니다",
)
_FLAG = Pattern(r"--platform=\S+[ \t]+(?=\S)")


def check(subject: Subject) -> Iterator[Violation]:
    for stage in subject.stages:
        base = stage.stage.base
        if base.platform is not None and base.platform.text in ("$TARGETPLATFORM", "${TARGETPLATFORM}"):
            fix = _fix(subject.dockerfile.source, base.platform.span)
            yield Violation(base, base.platform.span, _MESSAGE, fix=fix)


def _fix(source: Source, value: Span) -> Fix | None:
    """Takes the flag out, where it stands on one line with what follows."""
    line = source.lines[value.line - 1]
    match = _FLAG.search(line[:-1] if line.endswith("\\") else line)
    if match is None or not match.start() <= value.column - 1 < match.end():
        return None
    return Fix((Edit(Span(value.line, match.start() + 1, value.line, match.end() + 1), ""),))


RULE = Rule(
    code="DL3065",
    title=Text("Leave --platform=$TARGETPLATFORM out", "--platform=$TARGETPLATFORM은 적지 않습니다"),
    reason=Text(
        "A stage is for the target's platform unless it says otherwise.",
        "따로 말하지 않으면 단계는 목표 플랫폼을 위한 것입니다.",
    ),
    exception=Text(
        "Where the file is also built by tools that have another default.",
        "기본값이 다른 도구로도 이 파일을 빌드할 때.",
    ),
    bad=(
        Example("FROM --platform=$TARGETPLATFORM debian:12", fixed="FROM debian:12"),
        Example("FROM --platform=${TARGETPLATFORM}  debian:12 AS base", fixed="FROM debian:12 AS base"),
        Example("FROM --platform=$TARGETPLATFORM \\\n  debian:12"),
    ),
    good=(Example("FROM debian:12"), Example("FROM --platform=$BUILDPLATFORM debian:12")),
    check=check,
    twin="RedundantTargetPlatform",
)
