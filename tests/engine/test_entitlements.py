from __future__ import annotations

import pytest

from onggi.engine.build.entitlements import entitlements
from onggi.errors import Invalid, OnggiError, Unsupported


def test_what_there_is() -> None:
    assert entitlements(("security.insecure", "network.host")) == {"security.insecure", "network.host"}
    assert entitlements(()) == frozenset()


@pytest.mark.parametrize(
    ("name", "kind", "sentence"),
    [
        ("security.unsafe", Invalid, "there is no entitlement 'security.unsafe'"),
        ("network.hots", Invalid, "did you mean network.host?"),
        ("device", Unsupported, "--allow device: RUN --device is not supported yet"),
        ("device=nvidia.com/gpu=all", Unsupported, "RUN --device is not supported yet"),
    ],
)
def test_what_there_is_not(name: str, kind: type[OnggiError], sentence: str) -> None:
    with pytest.raises(kind) as caught:
        entitlements((name,))
    assert sentence in caught.value.message
