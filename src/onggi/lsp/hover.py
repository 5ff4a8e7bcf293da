"""What is told of the thing under the pointer: the page of a rule that found something there, or what an instruction is
for."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from onggi.dockerfile.source import Span
from onggi.dockerfile.syntax import Instruction, OnBuild
from onggi.lint.finding import Finding
from onggi.lint.rule import Rule
from onggi.lint.violation import Language, Text
from onggi.lsp.document import Document, holds
from onggi.lsp.manual import MANUALS, Manual

_BAD, _GOOD = Text("Bad", "나쁜 예"), Text("Good", "좋은 예")
_IGNORED = Text("When to ignore it", "무시해도 될 때")
_MORE = Text("More", "더 보기")


class Hover(msgspec.Struct, frozen=True):
    """`text` is Markdown about what is at `span`."""

    text: str
    span: Span


def hover(document: Document, findings: Sequence[Finding], line: int, column: int, language: Language) -> Hover | None:
    here = [finding for finding in findings if holds(finding.span, line, column)]
    if here:
        rules = {finding.rule.code: finding.rule for finding in here}
        return Hover("\n\n---\n\n".join(_page(rule, language) for rule in rules.values()), here[0].span)
    instruction = document.instruction_at(line)
    while instruction is not None:
        keyword = instruction.origin.keywords[0]
        if holds(keyword.span, line, column):
            return Hover(_help(instruction, language), keyword.span)
        instruction = instruction.trigger if isinstance(instruction, OnBuild) else None
    return None


def _page(rule: Rule, language: Language) -> str:
    parts = [f"**{rule.code}**: {rule.title.language(language)}", rule.reason.language(language)]
    for heading, examples in ((_BAD, rule.bad), (_GOOD, rule.good)):
        if examples:
            parts.append(f"{heading.language(language)}:\n```dockerfile\n{examples[0].dockerfile.strip()}\n```")
    exception = rule.exception.language(language)
    if exception:
        parts.append(f"{_IGNORED.language(language)}: {exception}")
    if rule.url:
        parts.append(f"[{_MORE.language(language)}]({rule.url})")
    return "\n\n".join(parts)


def _help(instruction: Instruction, language: Language) -> str:
    manual = MANUALS[instruction.keyword]
    return "\n\n".join(
        (f"```dockerfile\n{manual.form}\n```", manual.text.language(language), *_flags(manual, language))
    )


def _flags(manual: Manual, language: Language) -> list[str]:
    lines = [f"- `{flag}` {text.language(language)}" for flag, text in manual.flags.items()]
    return ["\n".join(lines)] if lines else []
