"""rules: the table, a rule's page, and what programs get."""

from __future__ import annotations

import json

import pytest

from onggi.lint.rules.table import BY_CODE

from .fake import FakeEngine, Result
from .fake import call as call_program


def call(*args: str, **environ: str) -> Result:
    return call_program(FakeEngine(), "rules", *args, environ=environ)


def test_all_rules_are_listed_by_family() -> None:
    lines = call().out.splitlines()
    codes = [line.split()[0] for line in lines if line]
    assert [code for code in codes if code in BY_CODE] == list(BY_CODE)
    assert sorted(set(codes) - set(BY_CODE)) == ["BUILDKIT", "HADOLINT", "ONGGI"]
    assert [line.split()[1:] for line in lines if line.startswith("HADOLINT")] == [["SEVERITY", "FIX", "TITLE"]]


def test_a_rule_is_explained() -> None:
    shown = call("DL3007")
    assert shown.code == 0
    parts = shown.out.split("\n\n")
    assert parts[0] == "DL3007: Name a version, not latest"
    for part in ("Bad", "    FROM debian:latest", "Good", "    FROM debian:12", "Fix", "When to ignore it"):
        assert part in parts
    assert call("dl3007").out == shown.out


def test_a_page_speaks_korean() -> None:
    assert call("DL3007", "--lang", "ko").out == call("DL3007", LANG="ko_KR.UTF-8").out
    assert "무시해도 될 때" in call("DL3007", "--lang", "ko").out


@pytest.mark.parametrize("code", sorted(BY_CODE))
def test_a_page_fits_a_terminal(code: str) -> None:
    for language in ("en", "ko"):
        lines = call(code, "--lang", language).out.splitlines()
        assert all(len(line) <= 80 or line.startswith("    ") or "://" in line for line in lines)


def test_shellcheck_explains_its_own() -> None:
    shown = call("sc2086").out
    assert shown.startswith("SC2086: ")
    assert "https://www.shellcheck.net/wiki/SC2086" in shown
    assert "By hand" not in shown


def test_an_unknown_code_is_told_with_what_may_be_meant() -> None:
    shown = call("DL307")
    assert shown.err == "onggi: there is no rule DL307; did you mean DL3007?\nhint: onggi rules lists them all\n"
    assert shown.code == 1


def test_json_is_for_programs() -> None:
    found = json.loads(call("--format", "json").out)
    assert [each["code"] for each in found] == list(BY_CODE)
    one = json.loads(call("DL3007", "--format", "json").out)
    assert one in found
    assert (one["family"], one["severity"], one["fix"]) == ("hadolint", "warning", "")
    assert one["bad"] == ["FROM debian:latest"]
    assert json.loads(call("SC2086", "--format", "json").out)["family"] == "ShellCheck"
