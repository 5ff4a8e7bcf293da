from __future__ import annotations

import pytest

from onggi.dockerfile.parse import parse
from onggi.dockerfile.syntax import Run
from onggi.lint.view.mounts import Mount, keeps_out, mounts


def run(flags: str) -> Run:
    (instruction,) = parse(f"FROM scratch\nRUN {flags} true").stages[0].instructions
    assert isinstance(instruction, Run)
    return instruction


def test_mounts_as_they_are_written() -> None:
    found = run("--mount=type=cache,dst=/a/,id=x --mount=target=/b --mount=destination=/c/d,type=tmpfs")
    assert list(mounts(found)) == [Mount("cache", "/a"), Mount("bind", "/b"), Mount("tmpfs", "/c/d")]
    found = run("--mount=from=build,src=/out,target=/b")
    assert list(mounts(found)) == [Mount("bind", "/b", "/out", "build")]


@pytest.mark.parametrize(
    "fields, expected",
    [
        ("target=.", True),
        ("type=bind,source=./,target=/src", True),
        ("src=/,target=/src", True),
        ("source=package.json,target=/package.json", False),
        ("source=.npmrc,target=/root/.npmrc", False),
        ("from=build,target=/src", False),
        ("type=cache,target=/src", False),
    ],
)
def test_which_mount_shows_the_whole_context(fields: str, expected: bool) -> None:
    (mount,) = mounts(run(f"--mount={fields}"))
    assert mount.has_context is expected


@pytest.mark.parametrize(
    "flags, is_kept_out",
    [
        ("--mount=type=cache,target=/var/lib/apt/lists", True),
        ("--mount=type=cache,target=/var/lib/apt/", True),
        ("--mount=type=tmpfs,target=/var", True),
        ("--mount=type=cache,target=/var/lib/ap", False),
        ("--mount=type=cache,target=/var/lib/apt/lists/partial", False),
        ("--mount=type=bind,target=/var/lib/apt/lists", False),
        ("", False),
    ],
)
def test_what_is_written_to_a_cache_or_memory_is_in_no_layer(flags: str, is_kept_out: bool) -> None:
    assert keeps_out(run(flags), "/var/lib/apt/lists") == is_kept_out
