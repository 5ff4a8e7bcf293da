"""What fixes promise, over every Dockerfile that the tests have: a fix takes its finding away and brings no other, what
is around it stays byte for byte, the file still parses, and with the safe ones it builds the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product
from pathlib import Path

import pytest
from tests.graphs import graphs

from onggi.dockerfile import ignore
from onggi.dockerfile.parse import parse_all
from onggi.dockerfile.source import DockerfileError, Span
from onggi.lint import draft
from onggi.lint.finding import Finding
from onggi.lint.fix import Mended, mend
from onggi.lint.rule import Example
from onggi.lint.rules.table import RULES
from onggi.lint.view.context import MemoryContext
from onggi.lint.view.facts import Facts
from onggi.lint.violation import Edit, Fix, Text
from onggi.lower.request import LowerRequest
from onggi.lower.scope import automatic_arguments
from onggi.oci.platform import Platform

ROOT = Path(__file__).parents[1]
NOW = 1_800_000_000.0  # 2027-01-15
MOST_ROUNDS = 10

CHANGES: Mapping[str, str] = {
    "DL3009": "the lists are removed",
    "DL3012": "a HEALTHCHECK less in the history",
    "DL3014": "-y",
    "DL3019": "--no-cache",
    "DL3020": "COPY in the place of ADD",
    "DL3021": "a slash behind the folder",
    "DL3027": "apt-get in the place of apt",
    "DL3030": "-y",
    "DL3032": "yum clean all",
    "DL3034": "-n",
    "DL3036": "zypper clean --all",
    "DL3038": "-y",
    "DL3040": "dnf clean all",
    "DL3042": "--no-cache-dir",
    "DL3046": "-l",
    "DL3060": "yarn cache clean",
    "DL4000": "a label in the place of the author",
    "DL4003": "a CMD less in the history",
    "DL4004": "an ENTRYPOINT less in the history",
    "OG1003": "a cache mount",
    "OG2007": "one entry of the history in the place of many",
    "OG4002": "exec before the command",
    "OG4007": "no RUN for a folder that WORKDIR makes",
}
"""Rules whose safe fix does change the graph, and how: what the rule is about."""

UNCOVERS = frozenset({"DL3004", "DL3020", "DL3025", "DL3027", "DL4000"})
"""Rules behind whose findings there may be others, which are seen when they are mended: after `sudo`, of COPY, of
the CMD behind an ENTRYPOINT, of `apt-get`, and of labels."""


def cases() -> dict[str, list[Example]]:
    """By the folder that they are in, or the rule that they show."""
    found: dict[str, list[Example]] = {}
    for path in sorted([*ROOT.glob("build/*/Dockerfile"), *ROOT.glob("lint/corpus/*/*.Dockerfile")]):
        try:
            text = path.read_bytes().decode().replace("\r\n", "\n")
        except UnicodeDecodeError:
            continue  # nothing can be mended there
        group = "build" if path.name == "Dockerfile" else path.parent.name
        found.setdefault(group, []).append(Example(text))
    return found | {rule.code: [*rule.bad, *rule.good] for rule in RULES}


CASES = [pytest.param(examples, id=name) for name, examples in cases().items()]


def lint(example: Example, text: str) -> tuple[Finding, ...]:
    """By all rules but ShellCheck's."""
    dockerfile, errors = parse_all(text)
    request = LowerRequest(platform=Platform("amd64"))
    facts = Facts(
        automatic=automatic_arguments(dockerfile, request) if dockerfile.stages else {},
        ignore=ignore.parse(example.ignore or ""),
        bases=example.bases,
        context=None if example.files is None else MemoryContext(example.files, example.ignore is not None),
        policy=example.policy,
        now=NOW,
    )
    made = draft.draft(dockerfile, errors, facts, RULES)
    return draft.findings(made, RULES, draft.violations(made, RULES))


def fixables(examples: Iterable[Example]) -> Iterator[tuple[Example, Finding]]:
    for example in examples:
        for finding in lint(example, example.dockerfile):
            if finding.fix is not None:
                yield example, finding


def mended(example: Example, text: str, *, unsafe: bool) -> str:
    """Mended until nothing is left to mend."""
    for _ in range(MOST_ROUNDS):
        done = mend(text, lint(example, text), unsafe=unsafe)
        if not done.findings:
            return done.text
        text = done.text
    raise AssertionError(f"after {MOST_ROUNDS} rounds there is still something to mend:\n{text}")


@pytest.mark.parametrize("examples", CASES)
def test_mending_comes_to_an_end_and_the_file_still_parses(examples: list[Example]) -> None:
    for example, unsafe in product(examples, (False, True)):
        _, before = parse_all(example.dockerfile)
        text = mended(example, example.dockerfile, unsafe=unsafe)
        assert mend(text, lint(example, text), unsafe=unsafe).text == text
        _, after = parse_all(text)
        assert [error.sentence for error in after] == [error.sentence for error in before]


@pytest.mark.parametrize("examples", CASES)
def test_what_a_fix_mends_is_not_found_again(examples: list[Example]) -> None:
    """And it brings nothing else that would be told."""
    for example, finding in fixables(examples):
        text = mend(example.dockerfile, [finding], unsafe=True).text
        before = Counter(each.rule.code for each in lint(example, example.dockerfile))
        after = Counter(each.rule.code for each in lint(example, text))
        assert after[finding.rule.code] < before[finding.rule.code], text
        assert finding.rule.code in UNCOVERS or not after - before, text


@pytest.mark.parametrize("examples", CASES)
def test_safe_fixes_build_the_same(examples: list[Example]) -> None:
    for example, finding in fixables(examples):
        if finding.fix is not None and finding.fix.is_safe and finding.rule.code not in CHANGES:
            text = mend(example.dockerfile, [finding]).text
            assert outcome(text) == outcome(example.dockerfile), f"{finding.rule.code}:\n{text}"


def outcome(text: str) -> object:
    try:
        return graphs(text)
    except DockerfileError as error:
        return error.sentence


@pytest.mark.parametrize("examples", CASES)
def test_what_is_outside_of_the_edits_stays(examples: list[Example]) -> None:
    for example, finding in fixables(examples):
        assert finding.fix is not None
        text = example.dockerfile
        pieces, at = [], 0
        for edit in sorted(finding.fix.edits, key=lambda edit: (edit.span.line, edit.span.column)):
            begin, end = offsets(text, edit.span)
            assert begin >= at, "edits of one fix overlap"
            pieces += [re.escape(text[at:begin]), re.escape(edit.text)]
            at = end
        assert re.fullmatch("".join([*pieces, re.escape(text[at:])]), mend(text, [finding], unsafe=True).text)


def offsets(text: str, span: Span) -> tuple[int, int]:
    lines = text.split("\n")
    begin, end = (sum(len(line) + 1 for line in lines[: number - 1]) for number in (span.line, span.end_line))
    return begin + span.column - 1, end + span.end_column - 1


def crlf(text: str) -> str:
    return text.replace("\n", "\r\n")


def marked(text: str) -> str:
    return f"\ufeff{text}"


def foreign(text: str) -> str:
    """With a comment that is not ASCII, where it cannot stand above an instruction or in a heredoc."""
    return f"{text}\n\n# 마지막 줄 😀"


@pytest.mark.parametrize("change", [crlf, marked, foreign])
@pytest.mark.parametrize("examples", CASES)
def test_line_ends_byte_order_marks_and_other_letters_stay(
    examples: list[Example], change: Callable[[str], str]
) -> None:
    for example in examples:
        text = example.dockerfile
        if change is foreign and parse_all(text)[1]:
            continue
        before, after = lint(example, text), lint(example, change(text))
        assert mend(change(text), after, unsafe=True).text == change(mend(text, before, unsafe=True).text)


def finding_with(*edits: Edit) -> Finding:
    rule = RULES[0]
    return Finding(rule, Text("", ""), edits[0].span, (1, 1), rule.severity, Fix(edits))


def test_edits_that_overlap_wait_for_the_next_round() -> None:
    first = finding_with(Edit(Span(1, 1, 1, 5), "USER"))
    second = finding_with(Edit(Span(1, 3, 1, 7), "x"), Edit(Span(2, 1, 2, 1), "y"))
    touching = finding_with(Edit(Span(1, 5, 1, 6), "  "))
    assert mend("user a\nb", [first, second, touching]) == Mended("USER  a\nb", (first, touching))


def test_two_insertions_at_one_place_wait_for_each_other() -> None:
    first, second = (finding_with(Edit(Span(1, 1, 1, 1), text)) for text in "xy")
    assert mend("a", [first, second]).text == "xa"


def test_places_count_letters_not_bytes() -> None:
    edit = Edit(Span(2, 5, 2, 6), "c\nd")
    assert mend("\ufeff# 한\r\nA 😀 b\r\n", [finding_with(edit)]).text == "\ufeff# 한\r\nA 😀 c\r\nd\r\n"


def test_many_fixes_take_a_time_that_grows_with_the_text() -> None:
    count = 20_000
    findings = [finding_with(Edit(Span(number, 1, number, 2), "b")) for number in range(1, count + 1)]
    assert mend("a\n" * count, findings).text == "b\n" * count
