from __future__ import annotations

from onggi.dockerfile.parse import parse_all
from onggi.dockerfile.source import Span
from onggi.lint.finding import Finding
from onggi.lint.fix import mend
from onggi.lint.rules.hadolint import dl1000
from onggi.lint.rules.table import BY_CODE
from onggi.lint.violation import Edit, Fix, Text
from onggi.lsp.actions import Action, actions
from onggi.lsp.document import Document

TEXT = "FROM a\nrun x\nrun y\n  USER z\n"


def found(code: str, line: int, edit: str = "", *, is_safe: bool = True) -> Finding:
    """About the first word of a line, which `edit` takes the place of."""
    span = Span(line, 1, line, 4)
    fix = Fix((Edit(span, edit),), is_safe) if edit else None
    rule = BY_CODE[code]
    return Finding(rule, Text("", ""), span, (line, line), rule.severity, fix)


def offered(findings: list[Finding], line: int, text: str = TEXT) -> list[Action]:
    return actions(Document(text), findings, Span(line, 2, line, 2), "en")


def done(action: Action, text: str = TEXT) -> str:
    finding = found("DL3007", 1)
    about = Finding(finding.rule, finding.message, finding.span, finding.lines, finding.severity, Fix(action.edits))
    return mend(text, [about]).text


def test_one_finding_can_be_fixed_or_ignored() -> None:
    fix, ignore, everything = offered([found("DL3007", 2, "RUN")], 2)
    assert (fix.title, fix.kind, fix.is_preferred) == (f"Fix DL3007: {BY_CODE['DL3007'].title.en}", "quickfix", True)
    assert done(fix) == done(everything) == TEXT.replace("run x", "RUN x")
    assert (ignore.title, done(ignore)) == (
        "Ignore DL3007 here",
        TEXT.replace("run x", "# hadolint ignore=DL3007\nrun x"),
    )
    assert everything.kind == "source.fixAll"


def test_findings_elsewhere_are_mended_only_with_all() -> None:
    (everything,) = offered([found("DL3007", 2, "RUN"), found("DL3003", 3, "RUN")], 1)
    assert (everything.kind, done(everything)) == ("source.fixAll", TEXT.replace("run", "RUN"))
    assert offered([found("DL3007", 2)], 1) == []


def test_all_of_one_rule() -> None:
    findings = [found("DL3007", 2, "RUN"), found("DL3007", 3, "RUN"), found("DL3003", 3, "NUR")]
    titles = {action.title: action for action in offered(findings, 2)}
    assert done(titles["Fix all DL3007 in this file"]) == TEXT.replace("run", "RUN")


def test_an_unsafe_fix_says_so_and_does_not_come_with_all() -> None:
    fix, _ = offered([found("DL3007", 2, "RUN", is_safe=False)], 2)
    assert "which may change the image" in fix.title and not fix.is_preferred


def test_codes_go_behind_those_that_are_ignored() -> None:
    text = "FROM a\n# hadolint ignore=DL3003  \nrun x\n"
    _, ignore = (*offered([found("DL3007", 3, "RUN")], 3, text)[:1], offered([found("DL3007", 3, "RUN")], 3, text)[1])
    assert done(ignore, text) == "FROM a\n# hadolint ignore=DL3003,DL3007  \nrun x\n"


def test_a_comment_for_more_than_this_line_is_left_alone() -> None:
    text = "FROM a\n# hadolint stage ignore=DL3003\nrun x\n"
    ignore = offered([found("DL3007", 3)], 3, text)[0]
    assert done(ignore, text) == "FROM a\n# hadolint stage ignore=DL3003\n# hadolint ignore=DL3007\nrun x\n"


def test_what_hadolint_does_not_know_is_ignored_in_our_name() -> None:
    ignore = offered([found("JSONArgsRecommended", 4)], 4)[0]
    assert done(ignore) == TEXT.replace("  USER", "  # onggi ignore=JSONArgsRecommended\n  USER")


def test_what_does_not_parse_cannot_be_ignored() -> None:
    assert offered([found(dl1000.RULE.code, 2)], 2) == []
    text = "FROM a\nNOPE\n"
    assert parse_all(text)[1] and offered([found("DL3007", 2)], 2, text) == []


def test_ignored_in_a_heredoc_is_above_its_instruction() -> None:
    text = "FROM a\nRUN <<E\nx\nE\n"
    ignore = offered([found("DL3003", 2)], 2, text)[0]
    assert done(ignore, text) == "FROM a\n# hadolint ignore=DL3003\nRUN <<E\nx\nE\n"
    within = Finding(BY_CODE["DL3003"], Text("", ""), Span(3, 1, 3, 2), (2, 4), BY_CODE["DL3003"].severity)
    assert done(offered([within], 3, text)[0], text) == "FROM a\n# hadolint ignore=DL3003\nRUN <<E\nx\nE\n"


def test_titles_in_korean() -> None:
    (action, *_) = actions(Document(TEXT), [found("DL3007", 2, "RUN")], Span(2, 1, 2, 1), "ko")
    assert action.title == f"DL3007 고치기: {BY_CODE['DL3007'].title.ko}"
