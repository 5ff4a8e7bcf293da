"""Whom this host asks for names."""

from __future__ import annotations

from pathlib import Path

from onggi.container.spec import Dns
from onggi.engine.network.host.nameservers import reachable, read


def test_a_file(tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    file.write_text(
        "# of DHCP\nnameserver 192.0.2.53\ndomain old.example\nsearch a.example b.example\n\n"
        "nameserver fd00::53 # of the router\noptions rotate\noptions ndots:2 timeout:1\nsortlist\n"
    )
    assert read(str(file)) == Dns(
        servers=("192.0.2.53", "fd00::53"), search=("a.example", "b.example"), options=("ndots:2", "timeout:1")
    )
    assert read(str(tmp_path / "gone")) == Dns()


def test_whom_the_stub_of_systemd_asks(tmp_path: Path) -> None:
    """A container cannot ask the stub itself, which is on the host's loopback."""
    stub, behind = tmp_path / "stub", tmp_path / "behind"
    stub.write_text("nameserver 127.0.0.53\nsearch a.example\noptions edns0\n")
    behind.write_text("nameserver 192.0.2.53\nsearch b.example\n")
    expected = Dns(servers=("192.0.2.53",), search=("a.example",), options=("edns0",))
    assert reachable(str(stub), str(behind)) == expected
    assert reachable(str(stub), str(tmp_path / "gone")) == read(str(stub))
    stub.write_text("nameserver 127.0.0.1\n")
    assert reachable(str(stub), str(behind)).servers == ("127.0.0.1",)
