from __future__ import annotations

from collections.abc import Callable, Sequence

from onggi.dockerfile.source import Source, Span
from onggi.engine.lint.lint import Linted, LintFile
from onggi.engine.lint.mend import Mended, mend
from onggi.lint.finding import Finding
from onggi.lint.rule import Rule
from onggi.lint.rules.hadolint import dl1000, dl3007
from onggi.lint.violation import Edit, Fix, Text

Lint = Callable[[Sequence[LintFile]], Sequence[Linted]]


def linter(replacements: dict[str, str], calls: list[int] | None = None) -> Lint:
    """Finds the words at the beginning of lines that it would replace; `!` is a mistake."""

    def lint(files: Sequence[LintFile]) -> list[Linted]:
        if calls is not None:
            calls.append(len(files))
        return [linted(file) for file in files]

    def linted(file: LintFile) -> Linted:
        source = Source.of(file.data.decode())
        findings = []
        for number, line in enumerate(source.lines, 1):
            span = Span(number, 1, number, len(line) + 1)
            if line in replacements:
                findings.append(finding(dl3007.RULE, span, Fix((Edit(span, replacements[line]),))))
            if line == "!":
                findings.append(finding(dl1000.RULE, span, None))
        return Linted(file, source, tuple(findings))

    return lint


def finding(rule: Rule, span: Span, fix: Fix | None) -> Finding:
    return Finding(rule, Text("", ""), span, (span.line, span.end_line), rule.severity, fix)


def run(lint: Lint, *texts: str) -> list[Mended]:
    return mend([LintFile(str(number), text.encode()) for number, text in enumerate(texts)], lint)


def test_what_a_fix_brings_to_light_is_mended_too() -> None:
    calls: list[int] = []
    first, second, third = run(linter({"a": "b", "b": "c"}, calls), "a\nx", "b", "x")
    assert [each.last.file.data for each in (first, second, third)] == [b"c\nx", b"c", b"x"]
    assert [len(each.findings) for each in (first, second, third)] == [2, 1, 0]
    assert [each.is_changed for each in (first, second, third)] == [True, True, False]
    assert first.first.file.data == b"a\nx"
    assert first.last.findings == ()
    assert calls == [3, 2, 1]


def test_fixes_that_undo_each_other_come_to_an_end() -> None:
    calls: list[int] = []
    (done,) = run(linter({"a": "b", "b": "a"}, calls), "a")
    assert len(calls) < 20
    assert len(done.last.findings) == 1


def test_a_fix_that_makes_a_mistake_is_left_out_and_told() -> None:
    (done,) = run(linter({"a": "b", "b": "!"}), "a")
    assert done.last.file.data == b"b"
    assert done.spoilt == ("DL3007",)


def test_a_file_with_a_mistake_is_mended_beside_it() -> None:
    (done,) = run(linter({"a": "b"}), "!\na")
    assert done.last.file.data == b"!\nb"
    assert done.spoilt == ()


def test_a_byte_order_mark_and_line_ends_stay() -> None:
    (done,) = run(linter({"a": "b"}), "\ufeffa\r\nx\r\na")
    assert done.last.file.data == "\ufeffb\r\nx\r\nb".encode()
