"""The examples in Python of the pages on registries: they can be run as they stand there."""

from __future__ import annotations

import ast
import builtins
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"
PAGES = ("pull", "push", "login", "trust", "manifest", "cache", "registry-serve")


@pytest.mark.parametrize("page", PAGES)
def test_an_example_brings_all_that_it_names(page: str) -> None:
    examples = re.findall("```python\n(.*?)```", (DOCS / f"{page}.md").read_text(), re.DOTALL)
    assert examples
    for example in examples:
        tree = ast.parse(example)
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        exec(compile(ast.Module(body=list(imports), type_ignores=[]), page, "exec"), {})  # each is there
        known = {alias.name for node in imports for alias in node.names} | set(dir(builtins))
        known |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
        known |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        assert {node.id for node in names} <= known
