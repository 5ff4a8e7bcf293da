from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import Copy, Word
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.shell.commands import Command
from onggi.lint.view.subject import StageSteps, Step, Subject
from onggi.lint.violation import Text, Violation

_ARCHIVE = Pattern(r".*\.(?:tar|tgz|tpz|tb2|tbz2?|txz|tzst|gz|bz2|xz|zst)")
_OLD_STYLE = Pattern(r"[A-Za-z]*x[A-Za-z]*")
_MESSAGE = Text("Use `ADD` for extracting archives into an image", "아카이브를 이미지에 풀 때는 `ADD`를 쓰세요")


def check(subject: Subject) -> Iterator[Violation]:
    for stage in subject.stages:
        yield from _unpacked(stage)


def _unpacked(stage: StageSteps) -> Iterator[Violation]:
    """The archives of COPYs that a tar behind them unpacks. ADD leaves alone what is compressed but no tar."""
    copied: dict[str, tuple[Step, Word]] = {}
    for step in stage.steps:
        if not step.is_written:
            continue
        if isinstance(step.inner, Copy):
            if step.inner.stage is None:
                copied.update({name: (step, word) for name, word in _archives(step.inner)})
            continue
        for command in step.commands:
            for name in _extracted(command):
                if name in copied:
                    copying, word = copied.pop(name)
                    yield copying.violation(word.span, _MESSAGE)


def _archives(copy: Copy) -> Iterator[tuple[str, Word]]:
    """The name that each has in the image."""
    target = _file_name(copy.destination.text)
    if _ARCHIVE.fullmatch(target):
        yield target, copy.destination
        return
    for source in copy.sources:
        name = _file_name(source.text)
        if _ARCHIVE.fullmatch(name):
            yield name, source


def _extracted(command: Command) -> Iterator[str]:
    if command.program != "tar" or not command.arguments:
        return
    first = command.arguments[0]
    if command.has_flag("x", "extract", "get") or (not first.is_flag and _OLD_STYLE.fullmatch(first.text)):
        for argument in command.arguments:
            yield _file_name(argument.text.removeprefix("--file="))


def _file_name(path: str) -> str:
    return path.strip("'\"").rpartition("/")[2]


RULE = Rule(
    code="DL3010",
    title=Text("Use ADD to unpack a local tar archive", "로컬 tar 아카이브는 ADD로 풉니다"),
    reason=Text(
        "ADD unpacks it in one step. With COPY and tar the archive stays in a layer, beside what was in it.",
        "ADD는 한 단계로 풉니다. COPY와 tar를 쓰면 내용물 말고 아카이브도 레이어에 남습니다.",
    ),
    exception=Text(
        "Where only some of its files are wanted, or the stage is not the last.",
        "일부 파일만 필요하거나, 마지막 단계가 아닐 때.",
    ),
    bad=(
        Example("FROM debian:12\nCOPY app.tar.gz /tmp/\nRUN tar -xzf /tmp/app.tar.gz -C /opt"),
        Example("FROM debian:12\nCOPY dist/x /tmp/app.tgz\nRUN cd /tmp && tar xf app.tgz"),
        Example('FROM debian:12\nCOPY ["a.tar", "b", "/tmp/"]\nRUN ["tar", "--extract", "--file=/tmp/a.tar"]'),
    ),
    good=(
        Example("FROM debian:12\nADD app.tar.gz /opt/"),
        Example("FROM debian:12\nCOPY app.tar.gz /tmp/\nRUN tar -tzf /tmp/app.tar.gz"),
        Example("FROM debian:12\nCOPY page.gz /tmp/\nRUN gunzip /tmp/page.gz"),
        Example("FROM debian:12\nCOPY --from=build /app.tar /tmp/\nRUN tar -xf /tmp/app.tar"),
    ),
    check=check,
    severity=Severity.INFO,
)
