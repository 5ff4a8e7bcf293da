from __future__ import annotations

from collections.abc import Iterator, Sequence

from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.shell.commands import Argument, Command
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "Pin versions in go. Instead of `go install <package>` use `go install <package>@<version>`",
    "go의 버전을 적으세요. `go install <package>` 대신 `go install <package>@<version>`을 쓰세요",
)
_VERBS = ("install", "get", "run")
_VALUED = frozenset(
    f"-{name}"
    for name in (
        "C", "asmflags", "buildmode", "compiler", "exec", "gccgoflags", "gcflags", "installsuffix", "ldflags", "mod",
        "modfile", "o", "overlay", "p", "pgo", "pkgdir", "tags", "toolexec",
    )
)  # fmt: skip
_LOCAL = Pattern(r"[./].*|[^.$]+(?:/.*)?|.*\.go")
"""A folder, a package of the standard library or of a module that is worked on, a file."""

_MOVING = Pattern(r"[^@]*(?:@(?:latest|upgrade|patch)?)?")


def check(subject: Subject) -> Iterator[Violation]:
    for step in subject.runs():
        word = next((word for command in step.commands for word in _packages(command) if _is_loose(word.text)), None)
        if word is not None:
            yield step.violation(word.span, _MESSAGE)


def _packages(command: Command) -> Sequence[Argument]:
    """What go is to fetch. All that follows the package of `go run` is for the program."""
    if command.name != "go" or not command.arguments or command.arguments[0].text not in _VERBS:
        return ()
    words: list[Argument] = []
    is_value = False
    for word in command.arguments[1:]:
        if not is_value and not word.is_flag:
            words.append(word)
        is_value = not is_value and word.text in _VALUED
    return words[:1] if command.arguments[0].text == "run" else words


def _is_loose(package: str) -> bool:
    return not _LOCAL.fullmatch(package) and bool(_MOVING.fullmatch(package))


RULE = Rule(
    code="DL3062",
    title=Text("Pin versions in go install", "go install에는 버전을 적습니다"),
    reason=Text(
        "latest is whatever was released on the day of the build, or the day before, from the cache.",
        "latest는 빌드한 날, 또는 캐시에 남은 어느 날의 최신 버전입니다.",
    ),
    exception=Text(
        "Where go.mod pins it and the module is the working directory.",
        "작업 폴더의 go.mod가 버전을 고정하고 있을 때.",
    ),
    bad=(
        Example("FROM golang:1.24\nRUN go install golang.org/x/tools/gopls@latest"),
        Example("FROM golang:1.24\nRUN go install -v golang.org/x/tools/gopls"),
        Example("FROM golang:1.24\nRUN go run example.com/gen@latest -o out"),
        Example("FROM golang:1.24\nRUN go get $PACKAGE"),
    ),
    good=(
        Example("FROM golang:1.24\nRUN go install golang.org/x/tools/gopls@v0.16.1"),
        Example("FROM golang:1.24\nRUN go install -tags netgo example.com/app@$VERSION"),
        Example("FROM golang:1.24\nRUN go install ./... && go run main.go && go install std"),
        Example("FROM golang:1.24\nRUN go build example.com/app"),
    ),
    check=check,
)
