from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree

import pytest
from tests.lint.reports.samples import ADD, CD, sheets

from onggi.dockerfile.source import Source, Span
from onggi.lint.finding import Finding
from onggi.lint.fingerprint import fingerprints, unique_fingerprints
from onggi.lint.reports import FORMATS, render
from onggi.lint.reports.sheet import Look, Sheet
from onggi.lint.severity import Severity
from onggi.lint.violation import Text

LOOK = Look()
ODD_NAMES = ("a b/Dockerfile", "a\nb", "a\udcff\udc80b", "C:d,e%20f", "<&\">'", "\x1b[31mred", "한글/Dockerfile")


def test_a_screen_of_80_columns_is_enough() -> None:
    for width in (50, 80):
        lines = render("tty", sheets(), Look(width=width)).splitlines()
        assert max(map(len, lines)) <= width


def test_a_reason_is_told_once() -> None:
    text = render("tty", sheets(), LOOK)
    assert text.count("ADD also unpacks") == 1
    assert text.count("use COPY, not ADD") == 2


def test_colours_are_all_that_colour_adds() -> None:
    coloured = render("tty", sheets(), Look(width=80, has_colour=True))
    for code in ("0", "1", "2", "31", "33", "36"):
        coloured = coloured.replace(f"\x1b[{code}m", "")
    assert coloured == render("tty", sheets(), Look(width=80))


def test_json_has_all_that_hadolints_has(tmp_path: Path) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text("FROM debian:latest\n")
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, "--no-fail", "-f", "json", file], capture_output=True, check=True)
    ours = json.loads(render("json", sheets(), LOOK))
    assert {key: type(value) for key, value in json.loads(done.stdout)[0].items()}.items() <= {
        key: type(value) for key, value in ours[0].items()
    }.items()


@pytest.mark.parametrize("name", ODD_NAMES)
def test_json_documents_have_any_name(name: str) -> None:
    readable = name.replace("\udcff\udc80", "\ufffd\ufffd")
    assert {each["file"] for each in json.loads(render("json", sheets(name), LOOK))} == {readable}
    assert {each["location"]["path"] for each in json.loads(render("gitlab", sheets(name), LOOK))} == {readable}
    issues = json.loads(render("sonarqube", sheets(name), LOOK))["issues"]
    assert {each["primaryLocation"]["filePath"] for each in issues} == {readable}
    *documents, last = render("codeclimate", sheets(name), LOOK).split("\0")
    assert last == ""
    assert {json.loads(each)["location"]["path"] for each in documents} == {readable}


@pytest.mark.parametrize("name", ODD_NAMES)
def test_xml_is_never_broken_by_a_name(name: str) -> None:
    readable = name.replace("\udcff\udc80", "\ufffd\ufffd").replace("\x1b", "\ufffd")
    file = ElementTree.fromstring(render("checkstyle", sheets(name), LOOK)).find("file")
    assert file is not None and file.get("name") == readable
    case = ElementTree.fromstring(render("junit", sheets(name), LOOK)).find("testsuite/testcase")
    assert case is not None and case.get("classname") == readable


@pytest.mark.parametrize("name", ODD_NAMES)
def test_sarif_has_the_bytes_of_a_name_in_its_uri(name: str) -> None:
    run = json.loads(render("sarif", sheets(name), LOOK))["runs"][0]
    uri = run["artifacts"][0]["location"]["uri"]
    assert uri.isascii() and not set(uri) & set(" \n:<>\"'")
    assert unquote_to_bytes(uri) == name.encode("utf-8", "surrogateescape")


def test_sarif_names_an_absolute_path_as_a_file() -> None:
    run = json.loads(render("sarif", sheets("/srv/a b"), LOOK))["runs"][0]
    assert run["artifacts"][0]["location"]["uri"] == "file:///srv/a%20b"


def test_sarif_points_from_results_to_rules_and_has_fixes() -> None:
    run = json.loads(render("sarif", sheets(), LOOK))["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert rules[result["ruleIndex"]]["help"]["text"]
    assert [len(result.get("fixes", ())) for result in run["results"]] == [0, 1, 0, 1, 1]
    replacement = run["results"][1]["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert replacement == {
        "deletedRegion": {"startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 4},
        "insertedContent": {"text": "COPY"},
    }


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_line_is_a_line_whatever_the_name(name: str) -> None:
    for form in ("github", "gnu", "tty"):
        shown = render(form, sheets(name), Look(is_brief=True))
        assert len(shown.splitlines()) == 5
        assert "\x1b" not in shown or form == "github"
        shown.encode("utf-8")


def test_github_is_given_no_way_to_end_a_property() -> None:
    line = render("github", sheets("C:d,e%20f\n"), LOOK).splitlines()[1]
    assert line.startswith("::error file=C%3Ad%2Ce%2520f%0A,line=2,endLine=2,col=1,endColumn=4,title=DL3020::")


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_found_is_a_report_too(format: str) -> None:
    text = render(format, [Sheet(Source.of("FROM scratch\n"))], LOOK)
    if format == "tty":
        assert text == "no findings in 1 file\n"
    if format in ("json", "gitlab"):
        assert json.loads(text) == []


def test_no_control_character_breaks_xml() -> None:
    text = "".join(map(chr, [*range(0x20), 0x7F, 0xFFFE, 0xFFFF]))
    finding = Finding(CD, Text(text, text), Span(1, 1, 1, 2), (1, 1), Severity.ERROR)
    for form in ("checkstyle", "junit"):
        ElementTree.fromstring(render(form, [Sheet(Source.of("x"), (finding,))], LOOK))


def test_a_fingerprint_stays_when_lines_move() -> None:
    def found(text: str, line: int, last: int = 0) -> Sheet:
        span = Span(line, 1, line, 4)
        return Sheet(Source.of(text), (Finding(ADD, ADD.title, span, (line, last or line), Severity.ERROR),))

    before = found("FROM a\nADD x  /y\n", 2)
    for same in (found("# new\nFROM b\n\nADD x /y\n", 4), found("ADD x \\\n   /y\n", 1, 2)):
        changed = fingerprints(same.source, same.findings) != fingerprints(before.source, before.findings)
        assert changed == ("\\" in same.source.lines[0])
    other = found("FROM a\nADD z /y\n", 2)
    assert fingerprints(other.source, other.findings) != fingerprints(before.source, before.findings)


def test_fingerprints_in_a_report_are_all_different() -> None:
    twice = [*sheets("a"), *sheets("b")]
    known = [each for sheet in twice for each in unique_fingerprints(sheet.source, sheet.findings)]
    assert len(known) == len(set(known)) == 10
    plain = fingerprints(twice[0].source, twice[0].findings)
    assert plain[1] == plain[4]
