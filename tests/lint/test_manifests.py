from __future__ import annotations

import pytest

from onggi.lint.view.context import MemoryContext
from onggi.lint.view.manifests import LOCKED, found_lock, requirements


@pytest.mark.parametrize(
    "line",
    [
        "a==1.0",
        "a == 1.0",
        "a===1.0",
        "a[x,y]==1.0 ; python_version > '3'",
        "a==1.0 --hash=sha256:00",
        "a==1.0 \\\n  --hash=sha256:00",
        "a==1.0,!=2  # why",
        "a @ https://example.com/a.whl",
        "git+https://example.com/a@v1#egg=a",
        "./a",
        "a.whl",
        "-e .",
        "--index-url https://example.com",
        "# a",
    ],
)
def test_requirements_that_are_exact(line: str) -> None:
    assert requirements(MemoryContext({"r.txt": line}), "r.txt").loose == ()


@pytest.mark.parametrize(
    "line, told",
    [
        ("a", "a"),
        ("a.b-c_d", "a.b-c_d"),
        ("a>=1", "a>=1"),
        ("a ~= 1.0 ; os_name == 'x'", "a~= 1.0"),
        ("a==1.*", "a==1.*"),
        ("a[x]", "a"),
        ("a<2,>1", "a<2,>1"),
        ("a --no-binary a", "a"),
    ],
)
def test_requirements_that_are_not(line: str, told: str) -> None:
    assert requirements(MemoryContext({"r.txt": f"b==1\r\n{line}\r\n"}), "r.txt").loose == (told,)


def test_files_that_include_each_other() -> None:
    context = MemoryContext({"a/r.txt": "-r ../b.txt\n--requirement=gone.txt\nx", "b.txt": "-r a/r.txt\ny\n-c c.txt"})
    found = requirements(context, "a/r.txt")
    assert (found.loose, found.all, found.has_constraints) == (("x", "y"), 2, True)


@pytest.mark.parametrize(
    "manager, text, expected",
    [
        ("npm", '{"devDependencies": {"a": "1"}}', True),
        ("npm", '{"dependencies": {}}', False),
        ("npm", "[1]", False),
        ("npm", "{", False),
        ("composer", '{"require": {"php": ">=8", "ext-json": "*"}}', False),
        ("composer", '{"require": []}', False),
        ("cargo", "[dependencies]\na = '1'\n[lib]", False),
        ("cargo", "[dependencies]\na = '1'\n[lib]\n[[bin]]\nname = 'x'", True),
        ("cargo", "[workspace]\nmembers = ['a']", False),
        ("cargo", "not toml", False),
        ("go", "module a\n\nrequire (\n\tb v1\n)", True),
        ("poetry", "[tool.poetry.dependencies]\npython = '^3.12'", False),
        ("poetry", "[tool.poetry.dependencies]\npython = '^3.12'\nflask = '*'", True),
        ("uv", "[project]\ndependencies = ['flask']", True),
        ("uv", "project = 1", False),
        ("bundle", "source 'x'\ngem 'rails'", True),
        ("pipenv", "[packages]\nflask = '*'", True),
        ("pipenv", "[packages]\n\n[dev-packages]", False),
    ],
)
def test_whether_there_is_something_to_lock(manager: str, text: str, expected: bool) -> None:
    assert LOCKED[manager].needs_one(text) is expected


def test_the_lock_file_of_a_workspace_is_above() -> None:
    locked = LOCKED["yarn"]
    assert (
        found_lock(MemoryContext({"yarn.lock": "", "a/b/package.json": ""}), "a/b/package.json", locked) == "yarn.lock"
    )
    assert found_lock(MemoryContext({"c/yarn.lock": "", "a/package.json": ""}), "a/package.json", locked) is None
