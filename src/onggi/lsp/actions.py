"""What can be done about findings at a place: mended, all at once, or ignored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec

from onggi.dockerfile.source import Span
from onggi.dockerfile.syntax import Instruction
from onggi.lint.finding import Finding
from onggi.lint.fix import mend
from onggi.lint.pragma import takes_another
from onggi.lint.rules.hadolint import dl1000
from onggi.lint.violation import Edit, Language, Text
from onggi.lsp.document import Document

_FIX = Text("Fix {code}: {title}", "{code} 고치기: {title}")
_FIX_UNSAFE = Text("Fix {code}, which may change the image: {title}", "{code} 고치기(이미지가 달라질 수 있음): {title}")
_FIX_RULE = Text("Fix all {code} in this file", "이 파일의 {code} 모두 고치기")
_FIX_ALL = Text("Fix all that is safe to fix", "안전한 것 모두 고치기")
_IGNORE = Text("Ignore {code} here", "여기서 {code} 무시하기")

_HADOLINTS = re.compile(r"(?:DL|SC)\d+")
"""Codes that hadolint knows too: for these a comment is written that both read."""


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """`edits` do not overlap. `findings` are those that it is about; `is_preferred`: what a person most likely
    wants."""

    title: str
    kind: Literal["quickfix", "source.fixAll"]
    edits: tuple[Edit, ...]
    findings: tuple[Finding, ...] = ()
    is_preferred: bool = False


def actions(document: Document, findings: Sequence[Finding], span: Span, language: Language) -> list[Action]:
    """For the findings that a range touches; to mend all comes with every range."""
    here = [finding for finding in findings if _touches(finding.span, span)]
    return [
        *_fixes(here, language),
        *_rule_fixes(document, findings, here, language),
        *_ignores(document, here, language),
        *_all(document, findings, language),
    ]


def _touches(one: Span, other: Span) -> bool:
    return (one.line, one.column) <= (other.end_line, other.end_column) and (other.line, other.column) <= (
        one.end_line,
        one.end_column,
    )


def _fixes(here: Iterable[Finding], language: Language) -> Iterator[Action]:
    for finding in here:
        if finding.fix is not None:
            text = (_FIX if finding.fix.is_safe else _FIX_UNSAFE).language(language)
            yield Action(
                title=text.format(code=finding.rule.code, title=finding.rule.title.language(language)),
                kind="quickfix",
                edits=finding.fix.edits,
                findings=(finding,),
                is_preferred=finding.fix.is_safe,
            )


def _rule_fixes(
    document: Document, findings: Sequence[Finding], here: Iterable[Finding], language: Language
) -> Iterator[Action]:
    """Where there is more than one to mend."""
    for code in dict.fromkeys(finding.rule.code for finding in here if finding.fix is not None):
        same = [finding for finding in findings if finding.rule.code == code]
        mended = mend(document.text, same, unsafe=True).findings
        if len(mended) > 1:
            title = _FIX_RULE.language(language).format(code=code)
            yield Action(title=title, kind="quickfix", edits=_edits(mended), findings=mended)


def _all(document: Document, findings: Sequence[Finding], language: Language) -> Iterator[Action]:
    mended = mend(document.text, findings).findings
    if mended:
        yield Action(title=_FIX_ALL.language(language), kind="source.fixAll", edits=_edits(mended), findings=mended)


def _ignores(document: Document, here: Iterable[Finding], language: Language) -> Iterator[Action]:
    """What does not parse cannot be ignored."""
    for code in dict.fromkeys(finding.rule.code for finding in here if finding.rule.code != dl1000.RULE.code):
        about = tuple(finding for finding in here if finding.rule.code == code)
        instruction = document.instruction_at(about[0].lines[0])
        if instruction is not None:
            title = _IGNORE.language(language).format(code=code)
            edit = _pragma(document, instruction, code)
            yield Action(title=title, kind="quickfix", edits=(edit,), findings=about)


def _pragma(document: Document, instruction: Instruction, code: str) -> Edit:
    """A comment above the instruction, or the code behind those of one that is there."""
    number = instruction.origin.span.line
    above = document.line(number - 1) if number > 1 else ""
    if above.lstrip().startswith("#") and takes_another(above.strip()[1:].strip()):
        end = len(above.rstrip()) + 1
        return Edit(Span(number - 1, end, number - 1, end), f",{code}")
    reader = "hadolint" if _HADOLINTS.fullmatch(code) else "onggi"
    indent = document.line(number)[: instruction.origin.span.column - 1]
    return Edit(Span(number, 1, number, 1), f"{indent}# {reader} ignore={code}\n")


def _edits(findings: Iterable[Finding]) -> tuple[Edit, ...]:
    return tuple(edit for finding in findings if finding.fix is not None for edit in finding.fix.edits)
