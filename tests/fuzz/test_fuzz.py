"""A short fuzz of each target, the same in every run; `scripts/fuzz` goes on for as long as one likes."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from .targets import TARGETS

FUZZ = Path(__file__).with_name("fuzz.py")
SEEDS = {
    "parser": [
        'FROM a AS b\nRUN --mount=type=cache,target=/x y\nCOPY --from=b ["a", "c"] /\n',
        "# escape=`\nFROM a\nENV a=b `\nc=d\n",
    ],
    "heredocs": ["FROM a\nRUN <<A\n$x\nA\n", "x\nA\n"],
    "expansion": ["${a:-${b}}$c\"$d\"'$e'", "${a//b/c}${a##*/}"],
    "ignoring": ["**/*.py\n!a/b\n# c\n[a-z]?\n", "\\!x/\n"],
    "challenges": ['Bearer realm="https://a/t",service="b", Basic realm=c', "Negotiate YII=, NTLM"],
    "links": ['</v2/app/tags/list?last=b>; rel="next"', '<a>; rel=prev, <//b/>; title="c,d"; rel="next"'],
    "answers": [
        '{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []}',
        '{"errors": [{"code": "DENIED", "message": "no"}], "tags": ["a"], "config": {"digest": "sha256:00"}}',
    ],
    "caches": [
        '{"diff_ids": [], "entries": [{"keys": [], "entry": {"result": {"layers": []}, "owned": [], "seconds": 1}}]}',
        '{"schemaVersion": 2, "manifests": []}',
        "eNqLjgUAARUAuQ==",
    ],
}


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_breaks(name: str, tmp_path: Path) -> None:
    for number, seed in enumerate(SEEDS[name]):
        (tmp_path / f"seed{number}").write_text(seed)
    done = subprocess.run(
        [sys.executable, FUZZ, name, "-runs=3000", "-seed=20261121", "-max_len=300", "-verbosity=0", tmp_path],
        env={"PYTHONPATH": ":".join([*sys.path, str(FUZZ.parents[2])])},
        capture_output=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-4000:]


def lines_run(target: Callable[[str], None], text: str) -> int:
    """How many lines of Python a target runs for a text: its time, without a clock."""
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    sys.settrace(trace)
    try:
        target(text)
    finally:
        sys.settrace(None)
    return count


def peak(target: Callable[[str], None], text: str) -> int:
    tracemalloc.start()
    try:
        target(text)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


GROWING: dict[str, tuple[str, Callable[[int], str]]] = {
    "instructions": ("parser", lambda n: "FROM a\n" + "RUN x\n" * n),
    "continuations": ("parser", lambda n: "FROM a\nRUN x" + " \\\n y" * n),
    "empty continuations": ("parser", lambda n: "FROM a\nRUN x \\\n" + "\n# c\n" * n + "y"),
    "words": ("parser", lambda n: "FROM a\nENV " + "a=b " * n),
    "variables": ("parser", lambda n: "FROM a\nENV a=" + "$a" * n),
    "flags": ("parser", lambda n: "FROM a\nCOPY " + "--exclude=x " * n + "a b"),
    "stages": ("parser", lambda n: "".join(f"FROM a AS s{i}\n" for i in range(n))),
    "comments": ("parser", lambda n: "# x\n" * n + "FROM a\n"),
    "a JSON array": ("parser", lambda n: 'FROM a\nCMD ["' + 'x", "' * n + '"]'),
    "quotes": ("parser", lambda n: "FROM a\nLABEL a=" + "'\"" * n),
    "a long heredoc": ("heredocs", lambda n: "x\n" * n),
    "nested expansions": ("expansion", lambda n: "${a:-" * min(n, 40) + "}" * min(n, 40) + "x" * n),
    "expansions": ("expansion", lambda n: "${a%%*}${a//b/c}" * n),
    "open braces": ("expansion", lambda n: "${a" * n),
    "challenges": ("challenges", lambda n: 'Basic realm="x", ' * n),
    "parameters": ("challenges", lambda n: "Basic " + 'a="b",' * n),
    "links": ("links", lambda n: '</x>; rel="prev", ' * n),
    "nested answers": ("answers", lambda n: '{"errors": ' + "[" * n),
    "patterns": ("ignoring", lambda n: "a*b?c/**/d\n" * n),
    "one pattern of stars": ("ignoring", lambda n: "*a" * n),
    "one pattern of double stars": ("ignoring", lambda n: "**/" * n),
}


@pytest.mark.parametrize("name", GROWING)
def test_time_and_memory_grow_with_the_text(name: str) -> None:
    target, make = GROWING[name]
    small, large = make(150), make(600)
    assert lines_run(TARGETS[target], large) <= 5 * lines_run(TARGETS[target], small) + 2000
    peak(TARGETS[target], small)  # what is made once is made
    assert peak(TARGETS[target], large) <= 5 * peak(TARGETS[target], small) + 100_000
