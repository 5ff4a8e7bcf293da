"""Files that are made from the linter: a golden report in each format, and the schema of the JSON one.
`scripts/goldens` compares and renews them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
from tests.lint.reports.samples import reports

from onggi.lint.reports.json import Entry

DOCS = Path(__file__).parents[2] / "docs"
REPORTS = Path(__file__).parent / "reports" / "golden"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def files() -> Iterator[tuple[Path, str]]:
    """Each file, and what is to be in it."""
    for name, text in reports():
        yield REPORTS / name, text
    yield DOCS / "lint.schema.json", _schema()


def _schema() -> str:
    document = {"$schema": _DIALECT, **msgspec.json.schema(list[Entry])}
    return msgspec.json.format(msgspec.json.encode(document)).decode() + "\n"


def main() -> None:
    for file, text in files():
        if "--update" in sys.argv:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        elif not file.is_file() or file.read_text() != text:
            sys.exit(f"{file} is not what comes out; scripts/goldens --update renews it")


if __name__ == "__main__":
    main()
