from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import Cmd, Entrypoint, ShellForm
from onggi.lint.rule import Example, Rule
from onggi.lint.view.lineage import lineages
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "This CMD is never used: the ENTRYPOINT in line {line} is in shell form, which takes no arguments",
    "이 CMD는 쓰이지 않습니다. {line}번째 줄의 ENTRYPOINT가 셸 형식이라 인자를 받지 않습니다",
)


def check(subject: Subject) -> Iterator[Violation]:
    """Of each stage the ENTRYPOINT and the CMD that count. A CMD before the ENTRYPOINT of a later stage is taken away
    by that; a default of a base that others replace says nothing."""
    for image in lineages(subject):
        entrypoint, cmd = image.last(Entrypoint), image.last(Cmd)
        if entrypoint is None or cmd is None or cmd[0] not in image.stage.steps:
            continue
        if isinstance(entrypoint[1].command, ShellForm) and "$@" not in entrypoint[1].command.text:
            line = str(entrypoint[1].origin.span.line)
            yield cmd[0].violation(cmd[1].origin.span, _MESSAGE.format(line=line))


RULE = Rule(
    code="OG4001",
    title=Text("CMD needs an ENTRYPOINT in exec form", "CMD와 함께 쓰는 ENTRYPOINT는 exec 형식으로 씁니다"),
    reason=Text(
        "ENTRYPOINT in shell form becomes the script of /bin/sh -c; CMD, and what is given to run behind the image, "
        "are put where no one looks at them.",
        "셸 형식의 ENTRYPOINT는 /bin/sh -c의 스크립트가 됩니다. "
        "CMD도, 실행할 때 이미지 뒤에 적는 인자도 아무도 읽지 않습니다.",
    ),
    exception=Text(
        "Never needed: write the ENTRYPOINT as a JSON array, or leave the CMD out.",
        "예외가 필요 없습니다. ENTRYPOINT를 JSON 배열로 쓰거나 CMD를 지우세요.",
    ),
    bad=(
        Example('FROM debian:12-slim\nENTRYPOINT /usr/local/bin/server\nCMD ["--port", "80"]'),
        Example("FROM debian:12-slim\nCMD serve\nENTRYPOINT exec /usr/local/bin/server"),
        Example('FROM debian:12-slim AS base\nENTRYPOINT /server\n\nFROM base\nCMD ["--verbose"]'),
    ),
    good=(
        Example('FROM debian:12-slim\nENTRYPOINT ["/usr/local/bin/server"]\nCMD ["--port", "80"]'),
        Example("FROM debian:12-slim\nENTRYPOINT exec /usr/local/bin/server --port 80"),
        Example('FROM debian:12-slim\nENTRYPOINT ["/bin/sh", "-c", "exec /server $0 $@"]\nCMD ["--port", "80"]'),
        Example('FROM debian:12-slim AS base\nENTRYPOINT /server\n\nFROM base\nENTRYPOINT ["/server"]\nCMD ["-v"]'),
    ),
    check=check,
)
