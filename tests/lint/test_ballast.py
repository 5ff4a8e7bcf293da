from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.lint.knowledge.ballast import Contents, Kind, contents, is_secret_file


def kinds(*paths: str) -> dict[str, Kind]:
    return {each.path: each.kind for each in contents(dict.fromkeys(paths, 1)).ballast}


def test_a_folder_is_ballast_once_with_all_that_is_in_it() -> None:
    found = contents({"a/node_modules/x/node_modules/y/i.js": 5, "a/node_modules/x/.env": 2, "a/src/i.js": 9, "b": 1})
    assert [(each.path, each.amount.files, each.amount.size) for each in found.ballast] == [("a/node_modules", 2, 7)]
    assert (found.files, found.size) == (4, 17)
    assert [(each.path, each.size) for each in found.folders] == [("a", 16)]


def test_the_largest_folders_come_first() -> None:
    found = contents({"a/1": 1, "b/1": 30, "b/c/2": 1, "c/1": 2, "d/1": 3, "file": 100})
    assert [(each.path, each.files, each.size) for each in found.folders] == [("b", 2, 31), ("d", 1, 3), ("c", 1, 2)]


@pytest.mark.parametrize(
    "paths, expected",
    [
        ((".git/HEAD", ".git/objects/pack/p"), {".git": Kind.REPOSITORY}),
        ((".git/HEAD", ".git/refs/heads/main"), {}),
        ((".git",), {}),
        ((".svn/pristine/aa/b",), {".svn": Kind.REPOSITORY}),
        (("env/pyvenv.cfg", "env/bin/python"), {"env": Kind.ENVIRONMENT}),
        (("env/settings.py", "venv/x"), {}),
        (("out/CACHEDIR.TAG", "out/deep/file"), {"out": Kind.CACHE}),
        (("a/__pycache__/x.pyc", "__pycache__/y.pyc"), {"__pycache__": Kind.CACHE, "a/__pycache__": Kind.CACHE}),
        (("Cargo.toml", "target/debug/x"), {"target": Kind.OUTPUT}),
        (("target/debug/x",), {}),
        (("api/pom.xml", "api/target/x.jar", "target/y"), {"api/target": Kind.OUTPUT}),
        (("App.csproj", "obj/x", "bin/y", "src/bin/z"), {"obj": Kind.OUTPUT, "bin": Kind.OUTPUT}),
        (("Dockerfile", "sub/Dockerfile"), {"Dockerfile": Kind.BUILD_FILE}),
        (("compose.dev.yml", "compose/a.yml"), {"compose.dev.yml": Kind.BUILD_FILE}),
        ((".docker/config.json", "config.json"), {".docker/config.json": Kind.SECRET}),
        (("home/.aws/credentials", "credentials"), {"home/.aws/credentials": Kind.SECRET}),
    ],
)
def test_what_is_what(paths: tuple[str, ...], expected: dict[str, Kind]) -> None:
    assert kinds(*paths) == expected


@pytest.mark.parametrize("path", [".env", "a/.env.local", ".env.production", "id_ed25519", "tls/site.key", ".npmrc"])
def test_names_that_may_be_secret(path: str) -> None:
    assert is_secret_file(path)


@pytest.mark.parametrize(
    "path",
    [".env.example", ".env.test", ".envrc", "id_rsa.pub", "tests/site.key", "environment", "keys.ts", "a.pem.txt"],
)
def test_names_that_are_none(path: str) -> None:
    assert not is_secret_file(path)


_NAME = st.sampled_from(["a", "b", "node_modules", ".git", "objects", "target", "Cargo.toml", ".env", "__pycache__"])


@given(st.dictionaries(st.lists(_NAME, min_size=1, max_size=5).map("/".join), st.integers(0, 9)))
def test_nothing_counts_twice(drawn: dict[str, int]) -> None:
    files = {path: size for path, size in drawn.items() if not any(each.startswith(f"{path}/") for each in drawn)}
    found: Contents = contents(files)
    assert sum(each.amount.size for each in found.ballast) <= found.size == sum(files.values())
    for each in found.ballast:
        inside = [size for path, size in files.items() if f"{path}/".startswith(f"{each.path}/")]
        assert (each.amount.files, each.amount.size) == (len(inside), sum(inside))
