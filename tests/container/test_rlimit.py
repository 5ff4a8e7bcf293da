from __future__ import annotations

import resource

import pytest

from onggi.container import rlimit
from onggi.container.spec import Rlimit
from onggi.errors import Invalid


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("nofile=1024:2048", Rlimit("NOFILE", 1024, 2048)),
        ("nproc=5", Rlimit("NPROC", 5, 5)),
        ("core=-1", Rlimit("CORE", -1, -1)),
        ("stack=8388608:-1", Rlimit("STACK", 8388608, -1)),
        ("memlock=0:0", Rlimit("MEMLOCK", 0, 0)),
    ],
)
def test_limits(text: str, limit: Rlimit) -> None:
    assert rlimit.parse(text) == limit
    assert rlimit.parse(limit.text()) == limit
    assert hasattr(resource, f"RLIMIT_{limit.resource}")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nofile", "has no value"),
        ("nofiles=1", "no ulimit 'nofiles'; did you mean nofile?"),
        ("NOFILE=1", "no ulimit 'NOFILE'"),
        ("=1", "no ulimit ''"),
        ("nofile=", "'' is not a limit"),
        ("nofile=a", "'a' is not a limit"),
        ("nofile=1:", "'' is not a limit"),
        ("nofile=1:2:3", "'2:3' is not a limit"),
        ("nofile=-2", "'-2' is not a limit"),
        ("nofile=1.5", "'1.5' is not a limit"),
        (f"nofile={2**63}", "is not a limit"),
        ("nofile=²", "is not a limit"),
        ("nofile=2:1", "the soft limit is above the hard limit"),
        ("nofile=-1:1", "the soft limit is above the hard limit"),
    ],
)
def test_what_is_no_limit(text: str, sentence: str) -> None:
    with pytest.raises(Invalid) as caught:
        rlimit.parse(text)
    assert sentence in caught.value.message
