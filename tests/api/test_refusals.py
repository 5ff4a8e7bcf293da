"""What clients are told of errors: sentences, and hints that they can do something with."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import onggi
from onggi import errors
from onggi.api import refusals
from onggi.cli.main import SUMMARIES
from onggi.errors import Conflict, Invalid, NotFound

SOURCE = Path(onggi.__file__).parent
FRONT_DOORS = {"cli", "lsp", "ui"}
KINDS = {name for name in vars(errors) if name[0].isupper()} | {"Refusal"}
COMMAND = re.compile(rf"\bonggi (-|({'|'.join(SUMMARIES)})\b)")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NotFound("No such image: a:latest", hint="`onggi images` lists what is here"), "No such image: a:latest"),
        (Conflict("it is paused", hint="onggi unpause b1"), "it is paused"),
        (Conflict("taken", hint="take another; `onggi rm b1` before"), "taken (take another)"),
        (Invalid("wrong", hint="one of a, b"), "wrong (one of a, b)"),
    ],
)
def test_a_hint_that_is_a_command_of_ours_is_not_for_clients(error: errors.OnggiError, told: str) -> None:
    assert refusals.of_error(error).message == told
    assert refusals.of_error(error, doing="cannot").message == f"cannot: {told}"


def sentences(path: Path) -> Iterator[tuple[int, str]]:
    """What errors of a module say but for their hints, with the lines that they are made in."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if called in KINDS:
            parts = (part for word in node.args for part in ast.walk(word))
            yield (
                node.lineno,
                "…".join(str(part.value) for part in parts if isinstance(part, ast.Constant)),
            )


def test_no_sentence_of_an_error_has_a_command_of_ours_in_it() -> None:
    found = [
        f"{path.relative_to(SOURCE)}:{line}: {sentence}"
        for path in SOURCE.rglob("*.py")
        if path.relative_to(SOURCE).parts[0] not in FRONT_DOORS
        for line, sentence in sentences(path)
        if COMMAND.search(sentence)
    ]
    assert found == []
