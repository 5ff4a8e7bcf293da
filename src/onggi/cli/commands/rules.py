"""`onggi rules`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from onggi.cli.command import define
from onggi.cli.language import language
from onggi.cli.session import Session, pass_session
from onggi.cli.streams import columns
from onggi.cli.table import cut, layout
from onggi.errors import NotFound
from onggi.lint.codes import is_known
from onggi.lint.pages.catalogue import Entry, entries
from onggi.lint.pages.page import page, plain
from onggi.lint.rule import Rule
from onggi.lint.rules.table import BY_CODE, FAMILIES
from onggi.lint.severity import Severity
from onggi.lint.violation import Language
from onggi.suggest import did_you_mean

_SHELLCHECK = "SC"
_FAMILY = "ShellCheck"


@define("rules")
@click.argument("code", default="")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="json is for programs.")
@click.option("--lang", type=click.Choice(["en", "ko"]), help="Speak this language.  [default: as the locale]")
@pass_session
def command(session: Session, code: str, form: str, lang: Language | None) -> None:
    """List the rules of `onggi lint`, or explain one: why, a bad and a good example, the fix, and when to ignore it."""
    speaks = lang or language(session.environ)
    rule = _rule(code) if code else None
    if form == "json":
        click.echo(_json(rule, speaks))
    elif rule is not None:
        has_bold = sys.stdout.isatty() and not session.environ.get("NO_COLOR")
        click.echo(plain(page(rule, speaks), columns(sys.stdout), has_bold=has_bold), nl=False)
    else:
        found = entries(speaks)
        click.echo("\n".join(_table(family, found) for family in FAMILIES), nl=False)


def _rule(code: str) -> Rule:
    """By its code, in any letters' case. Raises NotFound."""
    folded = {known.casefold(): rule for known, rule in BY_CODE.items()}
    if code.casefold() in folded:
        return folded[code.casefold()]
    if is_known(code.upper(), ()):
        from onggi.lint.shellcheck import rule_of

        return rule_of(int(code[len(_SHELLCHECK) :]), Severity.WARNING)
    raise NotFound(f"there is no rule {code}{did_you_mean(code, BY_CODE)}", hint="onggi rules lists them all")


def _table(family: str, found: Sequence[Entry]) -> str:
    rows = [(entry.code, entry.severity, entry.fix, entry.title) for entry in found if entry.family == family]
    return layout([(family.upper(), "SEVERITY", "FIX", "TITLE"), *rows], columns(sys.stdout), {3: cut})


def _json(rule: Rule | None, speaks: Language) -> str:
    import msgspec

    if rule is None:
        found: Entry | list[Entry] = entries(speaks)
    else:
        family = next((name for name, rules in FAMILIES.items() if rule in rules), _FAMILY)
        found = Entry.of(rule, family, speaks)
    return msgspec.json.format(msgspec.json.encode(found)).decode()
