from __future__ import annotations

import pytest

from onggi.fetch.host import is_loopback, without_port


@pytest.mark.parametrize(
    ("host", "name", "is_here"),
    [
        ("localhost", "localhost", True),
        ("localhost:5000", "localhost", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.9.9.9:5000", "127.9.9.9", True),
        ("[::1]", "::1", True),
        ("[::1]:5000", "::1", True),
        ("128.0.0.1:5000", "128.0.0.1", False),
        ("10.0.0.1", "10.0.0.1", False),
        ("[::2]:5000", "::2", False),
        ("localhost.example", "localhost.example", False),
        ("127.0.0.1.example:80", "127.0.0.1.example", False),
        ("registry.example", "registry.example", False),
    ],
)
def test_which_hosts_are_this_machine(host: str, name: str, is_here: bool) -> None:
    assert without_port(host) == name
    assert is_loopback(name) is is_here
