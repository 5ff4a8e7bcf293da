from __future__ import annotations

from onggi.dockerfile.source import Span
from onggi.lint.finding import Finding
from onggi.lint.rules.table import BY_CODE
from onggi.lint.violation import Text
from onggi.lsp.document import Document
from onggi.lsp.hover import Hover, hover
from onggi.lsp.manual import MANUALS

from .places import at


def shown(text: str, *findings: Finding) -> Hover | None:
    document, line, column = at(text)
    return hover(document, findings, line, column, "en")


def test_over_a_finding_stands_the_page_of_its_rule() -> None:
    rule = BY_CODE["DL3007"]
    finding = Finding(rule, Text("", ""), Span(1, 6, 1, 14), (1, 1), rule.severity)
    found = shown("FROM a:la│test", finding)
    assert found is not None and found.span == finding.span
    for text in (rule.code, rule.title.en, rule.reason.en, rule.exception.en, rule.bad[0].dockerfile.strip()):
        assert text in found.text


def test_several_findings_come_one_after_the_other() -> None:
    rules = [BY_CODE[code] for code in ("DL3007", "DL3003", "DL3007")]
    found = shown("FROM │a", *(Finding(rule, Text("", ""), Span(1, 6, 1, 7), (1, 1), rule.severity) for rule in rules))
    assert found is not None and found.text.count("\n---\n") == 1


def test_over_an_instruction_stands_what_it_is_for() -> None:
    found = shown("FROM a\nc│opy --from=b c d")
    assert found is not None and Document("FROM a\ncopy --from=b c d").source.marked(found.span) == "copy"
    assert MANUALS["COPY"].text.en in found.text and "`--parents`" in found.text


def test_over_a_trigger_too() -> None:
    found = shown("FROM a\nONBUILD WORK│DIR b")
    assert found is not None and MANUALS["WORKDIR"].text.en in found.text


def test_over_the_rest_stands_nothing() -> None:
    assert shown("FROM a\nRUN b c│d") is None
    assert shown("FROM a\n# c│") is None
    assert shown("NOPE│") is None
    assert shown("│") is None
