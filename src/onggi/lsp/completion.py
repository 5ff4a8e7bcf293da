"""What could be written at a place: instructions, flags and their values, stages, variables, files, codes of rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, TypeAlias

import msgspec

from onggi.dockerfile.source import SPACES
from onggi.dockerfile.syntax import Arg, Env, Stage
from onggi.lint.rules.table import RULES
from onggi.lint.violation import Language
from onggi.lsp.cursor import Cursor, cursor
from onggi.lsp.document import Document
from onggi.lsp.manual import MANUALS

Kind: TypeAlias = Literal["keyword", "flag", "value", "stage", "variable", "file", "folder", "rule"]
Files: TypeAlias = Callable[[str], Iterable[str]]
"""The names in a folder of the context, by its path with / at the end ("" is the context itself); those of folders end
in /."""

_VARIABLE = re.compile(r"\$\{?(\w*)\Z", re.ASCII)
_CODE = re.compile(r"(?:ignore[ \t]*=|skip[ \t]*=)[ \t]*(?:[^#,]*,)*[ \t]*([\w-]*)\Z")
_LAST_FIELD = re.compile(r"[^=,]*\Z")
_DIRECTIVE = re.compile(r"#[ \t]*([a-z]*)\Z", re.IGNORECASE)

PLATFORM_ARGUMENTS = tuple(
    f"{side}{part}" for side in ("TARGET", "BUILD") for part in ("PLATFORM", "OS", "ARCH", "VARIANT")
)
_PLATFORMS = ("$BUILDPLATFORM", "$TARGETPLATFORM", "linux/amd64", "linux/arm64")
_MOUNT_TYPES = ("bind", "cache", "tmpfs", "secret", "ssh")
_MOUNT_FIELDS = {
    "bind": ("target", "source", "from", "rw"),
    "cache": ("target", "id", "sharing", "from", "source", "mode", "uid", "gid", "ro"),
    "tmpfs": ("target", "size"),
    "secret": ("id", "target", "env", "required", "mode", "uid", "gid"),
    "ssh": ("id", "target", "required", "mode", "uid", "gid"),
}
_VALUES: Mapping[str, tuple[str, ...]] = {
    "--network": ("default", "none", "host"),
    "--security": ("sandbox", "insecure"),
    "--platform": _PLATFORMS,
    "sharing": ("shared", "private", "locked"),
    "type": _MOUNT_TYPES,
}
_DIRECTIVES = ("syntax=docker/dockerfile:1", "escape=`", "check=skip=")


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """`text` is to stand from `column` of the line to the cursor. `detail` is a few words about it, `help` some
    more."""

    text: str
    kind: Kind
    column: int
    detail: str = ""
    help: str = ""


def complete(document: Document, line: int, column: int, files: Files, language: Language = "en") -> list[Suggestion]:
    """Those that begin as what is written begins, best first."""
    place = cursor(document, line, column)
    offered = _OFFERS[place.kind](document, line, place, files, language)
    return [item for item in offered if _fits(item, document.line(line)[item.column - 1 : column - 1])]


def _fits(item: Suggestion, written: str) -> bool:
    return item.text.lower().startswith(written.lower()) and item.text != written


def _in_heredoc(document: Document, line: int, place: Cursor, files: Files, language: Language) -> Iterator[Suggestion]:
    return _variables(document, line, place)


def _in_comment(document: Document, line: int, place: Cursor, files: Files, language: Language) -> Iterator[Suggestion]:
    match = _CODE.search(place.word)
    if match is not None:
        for rule in RULES:
            title = rule.title.language(language)
            yield Suggestion(text=rule.code, kind="rule", column=match.start(1) + 1, detail=title)
        return
    match = _DIRECTIVE.fullmatch(place.word.lstrip(SPACES))
    if match is not None and line <= len(document.dockerfile.directives) + 1:
        begin = len(place.word) - len(match[1]) + 1
        yield from (Suggestion(text=text, kind="keyword", column=begin) for text in _DIRECTIVES)


def _in_instruction(
    document: Document, line: int, place: Cursor, files: Files, language: Language
) -> Iterator[Suggestion]:
    if not place.keyword:
        for name, manual in MANUALS.items():
            text = manual.text.language(language)
            yield Suggestion(text=name, kind="keyword", column=place.column, detail=manual.form, help=text)
    elif _VARIABLE.search(place.word):
        yield from _variables(document, line, place)
    elif place.word.startswith("--") and place.is_among_flags:
        yield from _flags(document, line, place, language)
    elif place.keyword in _ARGUMENTS:
        yield from _ARGUMENTS[place.keyword](document, line, place, files)


def _flags(document: Document, line: int, place: Cursor, language: Language) -> Iterator[Suggestion]:
    name, equals, value = place.word.partition("=")
    manual = MANUALS.get(place.keyword)
    if manual is None:
        return
    if not equals:
        for flag, text in manual.flags.items():
            yield Suggestion(text=f"{flag}=", kind="flag", column=place.column, help=text.language(language))
        return
    begin = place.column + len(name) + 1
    if name == "--from":
        yield from _stages(document, line, begin)
    elif name == "--mount":
        yield from _mount(document, line, value, begin)
    else:
        yield from (Suggestion(text=text, kind="value", column=begin) for text in _VALUES.get(name, ()))


def _mount(document: Document, line: int, value: str, begin: int) -> Iterator[Suggestion]:
    fields = value.split(",")
    kind = next((field.removeprefix("type=") for field in fields[:-1] if field.startswith("type=")), "bind")
    name, equals, _ = fields[-1].partition("=")
    column = begin + len(value) - len(_LAST_FIELD.findall(value)[0])
    if equals and name == "from":
        yield from _stages(document, line, column)
    elif equals:
        yield from (Suggestion(text=text, kind="value", column=column) for text in _VALUES.get(name, ()))
    else:
        names = _MOUNT_FIELDS.get(kind, ()) if len(fields) > 1 else ("type", *_MOUNT_FIELDS["bind"])
        yield from (Suggestion(text=f"{text}=", kind="flag", column=column) for text in names)


def _stages(document: Document, line: int, column: int) -> Iterator[Suggestion]:
    """Those that come before the line's own."""
    own = document.stage_at(line)
    for stage in document.dockerfile.stages[: own.index if own is not None else 0]:
        if stage.base.name is not None:
            image = stage.base.image.text
            yield Suggestion(text=stage.base.name.text, kind="stage", column=column, detail=f"FROM {image}")


def _variables(document: Document, line: int, place: Cursor) -> Iterator[Suggestion]:
    match = _VARIABLE.search(place.word)
    if match is None:
        return
    column = (place.column if place.kind == "instruction" else 1) + match.start(1)
    for name, detail in _known(document, line, place.keyword).items():
        yield Suggestion(text=name, kind="variable", column=column, detail=detail)


def _known(document: Document, line: int, keyword: str) -> dict[str, str]:
    """The variables that are declared above the line and count there, each with how; the last first."""
    own = document.stage_at(line)
    if own is None or keyword == "FROM":
        arguments = {
            item.name.text: f"ARG {item.name.text}"
            for arg in document.dockerfile.arguments
            if arg.origin.span.line < line
            for item in arg.definitions
        }
        return arguments | dict.fromkeys(PLATFORM_ARGUMENTS, "")
    return dict(reversed(_declared(document, own, line).items()))


def _declared(document: Document, stage: Stage, line: int) -> dict[str, str]:
    earlier = document.dockerfile.stages[: stage.index]
    below = next((item for item in earlier if item.name == stage.base.image.text.lower()), None)
    found: dict[str, str] = {}
    if below is not None:
        inherited = _declared(document, below, line)
        found = {name: detail for name, detail in inherited.items() if detail.startswith(Env.keyword)}
    for instruction in stage.instructions:
        if instruction.origin.span.line >= line:
            break
        match instruction:
            case Env(pairs=pairs):
                found |= {pair.name.text: f"ENV {pair.name.text}={pair.value.text}" for pair in pairs}
            case Arg(definitions=definitions):
                found |= {item.name.text: f"ARG {item.name.text}" for item in definitions}
    return found


def _from(document: Document, line: int, place: Cursor, files: Files) -> Iterator[Suggestion]:
    count = sum(not word.startswith("--") for word in place.words)
    if count == 0:
        yield from _stages(document, line, place.column)
        yield Suggestion(text="scratch", kind="value", column=place.column)
    elif count == 1:
        yield Suggestion(text="AS", kind="keyword", column=place.column)


def _arg(document: Document, line: int, place: Cursor, files: Files) -> Iterator[Suggestion]:
    """Arguments from above the first FROM, and the platform's: a stage has to declare them to know them."""
    if document.stage_at(line) is not None:
        outer = [item.name.text for arg in document.dockerfile.arguments for item in arg.definitions]
        for name in (*outer, *PLATFORM_ARGUMENTS):
            yield Suggestion(text=name, kind="variable", column=place.column)


def _healthcheck(document: Document, line: int, place: Cursor, files: Files) -> Iterator[Suggestion]:
    if place.is_among_flags:
        yield from (Suggestion(text=text, kind="keyword", column=place.column) for text in ("CMD", "NONE"))


def _files(document: Document, line: int, place: Cursor, files: Files) -> Iterator[Suggestion]:
    if any(word.startswith("--from") for word in place.words):
        return
    quote = place.word[:1] if place.word[:1] in ('"', "'") else '["' if place.word.startswith('["') else ""
    folder, slash, _ = place.word.removeprefix(quote).rpartition("/")
    path = folder + slash
    column = place.column + len(quote) + len(path)
    for name in sorted(files(path.removeprefix("./"))):
        yield Suggestion(text=name, kind="folder" if name.endswith("/") else "file", column=column)


_Offer: TypeAlias = Callable[[Document, int, Cursor, Files, Language], Iterator[Suggestion]]

_OFFERS: Mapping[str, _Offer] = {"instruction": _in_instruction, "comment": _in_comment, "heredoc": _in_heredoc}

_ARGUMENTS: Mapping[str, Callable[[Document, int, Cursor, Files], Iterator[Suggestion]]] = {
    "ADD": _files,
    "ARG": _arg,
    "COPY": _files,
    "FROM": _from,
    "HEALTHCHECK": _healthcheck,
}
