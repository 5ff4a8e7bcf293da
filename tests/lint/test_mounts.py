from __future__ import annotations

import pytest

from onggi.dockerfile.parse import parse
from onggi.dockerfile.syntax import Run
from onggi.lint.mounts import Mount, keeps_out, mounts


def run(flags: str) -> Run:
    (instruction,) = parse(f"FROM scratch\nRUN {flags} true").stages[0].instructions
    assert isinstance(instruction, Run)
    return instruction


def test_mounts_as_they_are_written() -> None:
    found = run("--mount=type=cache,dst=/a/,id=x --mount=target=/b --mount=destination=/c/d,type=tmpfs")
    assert list(mounts(found)) == [Mount("cache", "/a"), Mount("bind", "/b"), Mount("tmpfs", "/c/d")]


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
