"""What is left of a package manager's downloads, and where a command that deletes them can be put."""

from __future__ import annotations

import pytest

from onggi.dockerfile.parse import parse
from onggi.lint.finding import Finding
from onggi.lint.fix import mend
from onggi.lint.rules.hadolint import RULES
from onggi.lint.severity import Severity
from onggi.lint.view.facts import Facts
from onggi.lint.view.leavings import Cache, cleaned, left_over
from onggi.lint.view.subject import Step, subject
from onggi.lint.violation import Text

CACHE = Cache(
    program="pm",
    fills=frozenset({"add"}),
    cleans=frozenset({"wipe"}),
    cleaning="pm wipe",
    folders=("/var/cache/pm", ".cache/pm"),
)


def step(run: str) -> Step:
    return next(subject(parse(f"FROM a\nRUN {run}\n"), Facts(automatic={})).runs())


@pytest.mark.parametrize(
    "run",
    [
        "pm add a && pm wipe",
        "pm add a && rm -r /var/cache/pm",
        "pm add a && rm -fR -- /var/cache/*",
        "pm add a; rm -rf ~/.cache/pm /tmp/x",
        "pm add a; rm --recursive $HOME/.cache",
        "--mount=type=cache,target=/var/cache pm add a",
        "--mount=type=tmpfs,dst=/var/cache/pm/lists pm add a",
        "--mount=type=cache,target=/home/me/.cache/pm pm add a",
        "pm list add-ons",
        "echo pm add a",
    ],
)
def test_nothing_is_left(run: str) -> None:
    assert left_over(step(run), CACHE) is None


@pytest.mark.parametrize(
    "run",
    [
        "pm add a",
        "pm wipe && pm add a",
        "pm add b && pm wipe && pm add a",
        "pm add a && rm -rf /var/cache/other /var/cache/pm2",
        "pm add a && rm /var/cache/pm",
        "--mount=type=bind,target=/var/cache/pm pm add a",
        "--mount=type=cache,target=/cache pm add a",
        '["pm", "add", "a"]',
    ],
)
def test_something_is_left(run: str) -> None:
    found = left_over(step(run), CACHE)
    assert found is not None and found.arguments[-1].text == "a"


@pytest.mark.parametrize(
    "run, mended",
    [
        ("pm add a", "pm add a && pm wipe"),
        ("pm add a && b", "pm add a && pm wipe && b"),
        ("a > log && pm add a && b", "a > log && pm add a && pm wipe && b"),
        ("pm add a;", "pm add a && pm wipe;"),
        ("pm add a \\\n && b", "pm add a && pm wipe \\\n && b"),
        ("set -e; pm add a; b", None),
        ("pm add a && b || c", None),
        ("if a; then pm add a; fi", None),
        ("<<EOF\npm add a\nb\nEOF", None),
        ("pm add a || b", None),
        ("pm add a | b", None),
        ("pm add a > log", None),
        ("pm add a &", None),
        ("pm add a \\\n | b", None),
        ("pm add a \\\n# c\n && b", None),
        ("(pm add a)", None),
        ('["pm", "add", "a"]', None),
    ],
)
def test_where_the_cleaning_goes(run: str, mended: str | None) -> None:
    seen = step(run)
    found = left_over(seen, CACHE)
    assert found is not None
    fix = cleaned(seen, found, CACHE.cleaning)
    finding = Finding(RULES[0], Text("", ""), found.span, (2, 2), Severity.INFO, fix)
    assert mend(f"FROM a\nRUN {run}\n", [finding]).text == f"FROM a\nRUN {mended or run}\n"
    assert (fix is None) == (mended is None)
