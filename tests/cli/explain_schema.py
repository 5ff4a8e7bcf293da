"""The JSON Schema of `onggi explain --format json`, docs/explain.schema.json. `scripts/goldens` compares
and renews it."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from onggi.solve.explanation import Explanation

FILE = Path(__file__).parents[2] / "docs" / "explain.schema.json"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> str:
    document = {"$schema": _DIALECT, **msgspec.json.schema(Explanation)}
    return msgspec.json.format(msgspec.json.encode(document)).decode() + "\n"


def main() -> None:
    if "--update" in sys.argv:
        FILE.write_text(schema())
    elif FILE.read_text() != schema():
        sys.exit(f"{FILE} is not what the structs say; scripts/goldens --update renews it")


if __name__ == "__main__":
    main()
