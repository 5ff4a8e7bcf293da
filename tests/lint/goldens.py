"""Files that are made from the linter: a golden report in each format, the schema of the JSON one, and the pages about
the rules. `scripts/goldens` compares and renews them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
from tests.lint.reports.samples import reports

from onggi.lint.pages.catalogue import documents
from onggi.lint.reports.json import Entry
from onggi.lint.violation import Language

DOCS = Path(__file__).parents[2] / "docs"
REPORTS = Path(__file__).parent / "reports" / "golden"
FOLDERS: dict[Path, Language] = {DOCS / "rules": "en", DOCS / "rules" / "ko": "ko"}
BY_HAND = ("agreement.md", "differences.md")
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def files() -> Iterator[tuple[Path, str]]:
    """Each file, and what is to be in it."""
    for name, text in reports():
        yield REPORTS / name, text
    yield DOCS / "lint.schema.json", _schema()
    for folder, language in FOLDERS.items():
        for name, text in documents(language):
            yield folder / name, text


def _schema() -> str:
    document = {"$schema": _DIALECT, **msgspec.json.schema(list[Entry])}
    return msgspec.json.format(msgspec.json.encode(document)).decode() + "\n"


def superfluous() -> list[Path]:
    """Pages of rules that are no more."""
    wanted = {file for file, _ in files()}
    return [
        page for folder in FOLDERS for page in folder.glob("*.md") if page not in wanted and page.name not in BY_HAND
    ]


def main() -> None:
    for page in superfluous():
        if "--update" not in sys.argv:
            sys.exit(f"{page} is of a rule that is no more; scripts/goldens --update removes it")
        page.unlink()
    for file, text in files():
        if "--update" in sys.argv:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        elif not file.is_file() or file.read_text() != text:
            sys.exit(f"{file} is not what comes out; scripts/goldens --update renews it")


if __name__ == "__main__":
    main()
