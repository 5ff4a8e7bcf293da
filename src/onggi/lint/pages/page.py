"""The page about a rule: what it says as parts, and these as Markdown or for a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import ndiff
from typing import Literal, TypeAlias

import msgspec

from onggi.lint.pages.trial import findings
from onggi.lint.pages.wrapping import wrapped
from onggi.lint.policy import Policy
from onggi.lint.rule import Example, Rule
from onggi.lint.view.facts import Base
from onggi.lint.violation import Language, Text

Fixable: TypeAlias = Literal["", "safe", "unsafe"]

_INDENT = "    "
_USUAL_WIDTH = 80

_BAD = Text("Bad", "나쁜 예")
_GOOD = Text("Good", "좋은 예")
_FIX = Text("Fix", "고치기")
_WHEN = Text("When to ignore it", "무시해도 될 때")
_FIXED = {
    True: Text("With `onggi lint --fix`:", "`onggi lint --fix`로:"),
    False: Text(
        "With `onggi lint --fix --unsafe-fixes`, since what is built may change:",
        "빌드 결과가 달라질 수 있어서 `onggi lint --fix --unsafe-fixes`로:",
    ),
}
_BY_HAND = Text("By hand.", "직접 고쳐야 합니다.")
_ASKED_FOR = Text(
    "It runs only where the configuration gives it a severity, or `# check=experimental={code}` asks for it.",
    "설정에서 심각도를 정하거나 `# check=experimental={code}`라고 적은 곳에서만 검사합니다.",
)
_TWIN = Text(
    "BuildKit's check {code} finds the same; ignoring one of them ignores both.",
    "BuildKit의 {code} 검사와 같은 것을 찾습니다. 하나를 무시하면 둘 다 무시됩니다.",
)
_SEVERITY = Text("Severity: {severity}.", "심각도: {severity}.")
_MORE = Text("More: {url}", "더 보기: {url}")
_IGNORED = Text("with this `.dockerignore`:", "`.dockerignore`가 이럴 때:")
_NOT_IGNORED = Text("without a `.dockerignore`", "`.dockerignore`가 없을 때")
_FILES = Text("with these files in the context: {files}", "컨텍스트에 이 파일들이 있을 때: {files}")
_BASE = Text("where the base image says: {facts}", "베이스 이미지가 이럴 때: {facts}")
_POLICY = Text("where the configuration says:", "설정이 이럴 때:")


class Heading(msgspec.Struct, frozen=True, tag=True):
    text: str
    level: int = 2


class Paragraph(msgspec.Struct, frozen=True, tag=True):
    text: str


class Code(msgspec.Struct, frozen=True, tag=True):
    text: str
    language: str = "dockerfile"


Part: TypeAlias = Heading | Paragraph | Code


def fixable(rule: Rule) -> Fixable:
    """Whether a program mends what the rule finds, or some of it, and what is built stays the same."""
    kinds = {is_safe for _, is_safe in _mended(rule)}
    return "safe" if True in kinds else "unsafe" if kinds else ""


def _mended(rule: Rule) -> list[tuple[Example, bool]]:
    """The examples that are mended, and whether safely."""
    return [
        (example, all(finding.fix.is_safe for finding in found if finding.fix is not None))
        for example in rule.bad
        if example.fixed is not None and (found := findings(rule, example))
    ]


def page(rule: Rule, language: Language) -> list[Part]:
    """Reason, examples, fix, and when to ignore it."""
    return list(_parts(rule, language))


def _parts(rule: Rule, language: Language) -> Iterator[Part]:
    yield Heading(f"{rule.code}: {rule.title.language(language)}", 1)
    yield Paragraph(rule.reason.language(language))
    if rule.bad:  # ShellCheck's have no examples here: the page is elsewhere
        yield Paragraph(_facts(rule, language))
        yield from _examples(rule, language)
        yield from _fix(rule, language)
    yield Heading(_WHEN.language(language))
    yield Paragraph(rule.exception.language(language))
    if rule.url:
        yield Paragraph(_MORE.format(url=rule.url).language(language))


def _examples(rule: Rule, language: Language) -> Iterator[Part]:
    for title, examples in ((_BAD, rule.bad), (_GOOD, rule.good)):
        yield Heading(title.language(language))
        for example in examples:
            yield from _example(example, language)


def _fix(rule: Rule, language: Language) -> Iterator[Part]:
    yield Heading(_FIX.language(language))
    mended = _mended(rule)
    for is_safe, text in _FIXED.items():
        example = next((example for example, kind in mended if kind == is_safe), None)
        if example is not None and example.fixed is not None:
            yield Paragraph(text.language(language))
            yield Code(_difference(example.dockerfile, example.fixed), "diff")
    if not mended:
        yield Paragraph(_BY_HAND.language(language))


def _facts(rule: Rule, language: Language) -> str:
    facts = [_SEVERITY.format(severity=rule.severity.value)]
    if rule.twin:
        facts.append(_TWIN.format(code=rule.twin))
    if rule.is_experimental:
        facts.append(_ASKED_FOR.format(code=rule.code))
    return " ".join(fact.language(language) for fact in facts)


def _example(example: Example, language: Language) -> Iterator[Part]:
    yield Code(example.dockerfile)
    if example.files:
        yield Paragraph(_FILES.format(files=", ".join(f"`{name}`" for name in example.files)).language(language))
    if example.ignore is None:
        yield Paragraph(_NOT_IGNORED.language(language))
    elif example.ignore:
        yield Paragraph(_IGNORED.language(language))
        yield Code(example.ignore, "")
    if facts := [fact for base in example.bases.values() for fact in _facts_of(base)]:
        yield Paragraph(_BASE.format(facts=", ".join(f"`{fact}`" for fact in facts)).language(language))
    if settings := _settings(example.policy):
        yield Paragraph(_POLICY.language(language))
        yield Code("\n".join(["[lint]", *settings]), "toml")


def _facts_of(base: Base) -> Iterator[str]:
    """In the words of a Dockerfile and of an image's configuration."""
    if base.created:
        yield f"created: {base.created[:10]}"
    if base.platform is not None:
        yield f"platform: {base.platform}"
    if base.user:
        yield f"USER {base.user}"
    if base.shell:
        yield f"SHELL {json.dumps(base.shell)}"
    yield from (f"ENV {name}={value}" for name, value in base.environment.items())
    yield from (f"ONBUILD {trigger}" for trigger in base.triggers)


def _settings(policy: Policy) -> list[str]:
    """What is not usual about it, as onggi.toml has it."""
    told = {
        "severity": _inline_table({code: level.value for code, level in policy.severities.items()}),
        "trusted-registries": json.dumps(policy.registries) if policy.registries else "",
        "labels": _inline_table({name: kind.value for name, kind in policy.labels.items()}),
        "strict-labels": "true" if policy.has_only_labels else "",
        "base-days": "" if policy.base_days == Policy().base_days else str(policy.base_days),
    }
    return [f"{key} = {value}" for key, value in told.items() if value]


def _inline_table(values: Mapping[str, str]) -> str:
    pairs = ", ".join(f"{json.dumps(key)} = {json.dumps(value)}" for key, value in values.items())
    return f"{{ {pairs} }}" if pairs else ""


def _difference(before: str, after: str) -> str:
    """Line by line, without places."""
    return "\n".join(line.rstrip() for line in ndiff(before.splitlines(), after.splitlines()) if line[:1] != "?")


def markdown(parts: Sequence[Part]) -> str:
    return "\n\n".join(map(_as_markdown, parts)) + "\n"


def _as_markdown(part: Part) -> str:
    match part:
        case Heading(text, level):
            return f"{'#' * level} {text}"
        case Code(text, language):
            return f"```{language}\n{text.rstrip()}\n```"
        case Paragraph(text):
            return text


def plain(parts: Sequence[Part], columns: int | None, *, has_bold: bool = False) -> str:
    """For a terminal, or 80 columns. `has_bold`: headings stand out."""
    return "\n\n".join(_as_plain(part, columns or _USUAL_WIDTH, has_bold) for part in parts) + "\n"


def _as_plain(part: Part, columns: int, has_bold: bool) -> str:
    match part:
        case Heading(text) if has_bold:
            return f"\x1b[1m{text}\x1b[0m"
        case Code(text):
            return "\n".join(f"{_INDENT}{line}".rstrip() for line in text.rstrip().split("\n"))
        case Heading(text) | Paragraph(text):
            return "\n".join(wrapped(text.replace("`", "").split(), columns))
