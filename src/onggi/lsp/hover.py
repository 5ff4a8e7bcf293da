"""What is told of the thing under the pointer: the page of a rule that found something there, or what an instruction is
for."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from onggi.dockerfile.source import Span
from onggi.dockerfile.syntax import Instruction, OnBuild
from onggi.lint.finding import Finding
from onggi.lint.pages.page import markdown, page
from onggi.lint.violation import Language
from onggi.lsp.document import Document, holds
from onggi.lsp.manual import MANUALS, Manual


class Hover(msgspec.Struct, frozen=True):
    """`text` is Markdown about what is at `span`."""

    text: str
    span: Span


def hover(document: Document, findings: Sequence[Finding], line: int, column: int, language: Language) -> Hover | None:
    here = [finding for finding in findings if holds(finding.span, line, column)]
    if here:
        rules = {finding.rule.code: finding.rule for finding in here}
        return Hover("\n---\n\n".join(markdown(page(rule, language)) for rule in rules.values()), here[0].span)
    instruction = document.instruction_at(line)
    while instruction is not None:
        keyword = instruction.origin.keywords[0]
        if holds(keyword.span, line, column):
            return Hover(_help(instruction, language), keyword.span)
        instruction = instruction.trigger if isinstance(instruction, OnBuild) else None
    return None


def _help(instruction: Instruction, language: Language) -> str:
    manual = MANUALS[instruction.keyword]
    return "\n\n".join(
        (f"```dockerfile\n{manual.form}\n```", manual.text.language(language), *_flags(manual, language))
    )


def _flags(manual: Manual, language: Language) -> list[str]:
    lines = [f"- `{flag}` {text.language(language)}" for flag, text in manual.flags.items()]
    return ["\n".join(lines)] if lines else []
