"""The map as data: a package imports only from rows above its own (ARCHITECTURE.md, "Direction")."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import onggi

ROWS = [
    {"boolean", "characters", "decoders", "errors", "reader", "settings"},
    {"patterns", "suggest"},
    {"amounts", "configuration", "fields", "moments", "oci"},
    {"image", "dockerfile", "container", "graph", "compose"},
    {"lower", "solve", "lint"},
    {"fetch"},
    {"layer", "store", "registry", "linux"},
    {"engine", "serving"},
    {"cli", "lsp", "registry_server", "api", "kube", "ui"},
]
# Neighbours that may know each other, each with its reason.
NEIGHBOURS = {
    ("store", "layer"): "the store unpacks and packs layers",
    ("registry", "layer"): "a layer at a registry is squeezed",
    ("cli", "lsp"): "a command starts the language server",
    ("cli", "api"): "a command serves the Engine API",
    ("cli", "registry_server"): "a command serves a registry",
}
FRONT_DOORS = ROWS[-1]

SOURCE = Path(onggi.__file__).parent
ROW_OF = {package: row for row, packages in enumerate(ROWS) for package in packages}
MODULES = sorted(path for path in SOURCE.rglob("*.py") if path.parent != SOURCE or path.stem in ROW_OF)


def package_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            if node.module == "onggi":
                yield from (f"onggi.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_only_from_rows_above(path: Path) -> None:
    package = package_of(path)
    assert package in ROW_OF, f"{package} is not on the map"
    for module in imports(path):
        parts = module.split(".")
        if parts[0] != "onggi" or len(parts) < 2 or parts[1] in (package, "__version__"):
            continue
        is_allowed = ROW_OF.get(parts[1], 99) < ROW_OF[package] or (package, parts[1]) in NEIGHBOURS
        assert is_allowed, f"{path.relative_to(SOURCE)} imports {parts[1]}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_front_doors_read_the_environment(path: Path) -> None:
    if package_of(path) in FRONT_DOORS:
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            assert node.attr not in ("environ", "getenv"), f"{path.relative_to(SOURCE)} reads os.{node.attr}"
