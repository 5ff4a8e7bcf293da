"""All rules at a glance: as a table for a terminal, as JSON, and as pages of documentation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from onggi.lint.pages.page import Fixable, fixable, markdown, page
from onggi.lint.rule import Rule
from onggi.lint.rules.table import FAMILIES
from onggi.lint.violation import Language, Text

_TITLE = Text("Rules of `onggi lint`", "`onggi lint`의 규칙")
_ABOUT = Text(
    "Each has its page, with reason, examples, fix and when to ignore it; `onggi rules CODE` shows it in a terminal. "
    "What is *safe* to fix `onggi lint --fix` mends, what is *unsafe* only with `--unsafe-fixes`. "
    "Findings of ShellCheck (`SC…`) are explained in [its wiki](https://www.shellcheck.net/wiki/). "
    "Where onggi and hadolint differ on purpose: [differences](differences.md).",
    "규칙마다 이유, 예, 고치는 법, 무시해도 될 때를 적은 문서가 있습니다. 터미널에서는 `onggi rules CODE`로 봅니다. "
    "*safe*는 `onggi lint --fix`가, *unsafe*는 `--unsafe-fixes`까지 써야 고칩니다. "
    "ShellCheck가 찾은 것(`SC…`)은 [ShellCheck 위키](https://www.shellcheck.net/wiki/)에 설명이 있습니다.",
)
_HEAD = Text("| code | severity | fix | |\n|---|---|---|---|", "| 코드 | 심각도 | 고침 | |\n|---|---|---|---|")
_GENERATED = "<!-- made from the rules: scripts/goldens --update -->\n\n"


class Entry(msgspec.Struct, frozen=True, rename="camel"):
    """A rule for programs. `fix`: whether `--fix` mends it, only `--unsafe-fixes` does ("unsafe"), or neither ("")."""

    code: str
    family: str
    title: str
    severity: Literal["error", "warning", "info", "style"]
    fix: Fixable
    experimental: bool
    reason: str
    exception: str
    bad: tuple[str, ...]
    good: tuple[str, ...]
    twin: str
    url: str

    @classmethod
    def of(cls, rule: Rule, family: str, language: Language) -> Entry:
        return cls(
            code=rule.code,
            family=family,
            title=rule.title.language(language),
            severity=rule.severity.value,
            fix=fixable(rule),
            experimental=rule.is_experimental,
            reason=rule.reason.language(language),
            exception=rule.exception.language(language),
            bad=tuple(example.dockerfile for example in rule.bad),
            good=tuple(example.dockerfile for example in rule.good),
            twin=rule.twin,
            url=rule.url,
        )


def entries(language: Language) -> list[Entry]:
    return [Entry.of(rule, family, language) for family, rules in FAMILIES.items() for rule in rules]


def documents(language: Language) -> Iterator[tuple[str, str]]:
    """The name and text of each page, and of the index over them."""
    lines = [f"# {_TITLE.language(language)}", "", _ABOUT.language(language)]
    for family, rules in FAMILIES.items():
        lines += ["", f"## {family}", "", _HEAD.language(language)]
        for rule in rules:
            entry = Entry.of(rule, family, language)
            lines.append(f"| [{rule.code}]({rule.code}.md) | {entry.severity} | {entry.fix} | {entry.title} |")
            yield f"{rule.code}.md", _GENERATED + markdown(page(rule, language))
    yield "README.md", _GENERATED + "\n".join(lines) + "\n"
