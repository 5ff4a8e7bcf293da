from __future__ import annotations

import posixpath
from collections.abc import Iterator

from onggi.characters import quoted
from onggi.dockerfile.ignore import Matcher
from onggi.dockerfile.syntax import Add, Copy
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_REMOTE = Pattern(r"(?:https?|git|ssh)://|git@|github\.com/")
_EVERYTHING = frozenset({"*", "**", "**/*"})
_MESSAGE = Text(
    "Attempting to {verb} file {path} that is excluded by .dockerignore",
    ".dockerignore가 빼 놓은 {path} 파일을 {verb}하려 합니다",
)


def check(subject: Subject) -> Iterator[Violation]:
    """Where the `.dockerignore` has exceptions, what is left of a folder cannot be told from its name."""
    patterns = subject.facts.ignore
    if not patterns or any(pattern.startswith("!") for pattern in patterns):
        return
    matcher = Matcher(patterns)
    for step in subject.steps():
        instruction = step.instruction
        if not isinstance(instruction, Copy | Add) or (isinstance(instruction, Copy) and instruction.stage is not None):
            continue
        for word in instruction.sources:
            text = step.standing.scope.expand(word.text)
            if isinstance(instruction, Add) and _REMOTE.match(text):
                continue
            path = posixpath.normpath(text)
            is_root = path in (".", "/")
            if matcher.excludes(path) and (not is_root or _EVERYTHING.intersection(patterns)):
                verb = instruction.keyword.capitalize()
                yield step.violation(word.span, _MESSAGE.format(verb=verb, path=quoted(path)))


RULE = Rule(
    code="CopyIgnoredFile",
    title=Text(
        "Attempting to Copy file that is excluded by .dockerignore",
        ".dockerignore가 빼 놓은 파일은 복사할 수 없습니다",
    ),
    reason=Text(
        "What .dockerignore excludes is not in the build context, so the step fails with a file that is not found.",
        ".dockerignore가 빼 놓은 것은 빌드 컨텍스트에 없으므로, 파일을 찾을 수 없다는 오류로 실패합니다.",
    ),
    exception=Text("Never needed: the build cannot succeed.", "예외가 필요 없습니다. 빌드가 성공할 수 없습니다."),
    bad=(
        Example("FROM scratch\nCOPY ./tmp/hello.txt /hello.txt", ignore="*/hello.txt"),
        Example("FROM scratch\nADD Dockerfile /", ignore="Dockerfile"),
        Example("FROM scratch\nARG file=secrets/key\nCOPY $file /", ignore="secrets"),
        Example("FROM scratch\nCOPY . /", ignore="*"),
    ),
    good=(
        Example("FROM scratch\nCOPY ./forever/hello.txt /hello.txt", ignore="*/tmp/*"),
        Example("FROM scratch AS a\n\nFROM a\nCOPY --from=a /tmp/x /", ignore="tmp"),
        Example("FROM scratch\nCOPY tmp /", ignore="tmp\n!tmp/keep"),
        Example("FROM scratch\nCOPY . /\nADD https://example.com/tmp /", ignore="tmp\nhttps:"),
        Example("FROM scratch\nCOPY tmp /"),
    ),
    check=check,
    url="https://docs.docker.com/go/dockerfile/rule/copy-ignored-file/",
)
