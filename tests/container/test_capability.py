from __future__ import annotations

import pytest

from onggi.container import capability
from onggi.errors import Invalid

ALL = frozenset(capability.NAMES)


def test_the_default_set_is_dockers() -> None:
    assert len(capability.DEFAULT) == 14
    assert capability.mask(capability.DEFAULT) == 0x00000000A80425FB


def test_numbers_are_those_of_the_kernel() -> None:
    assert capability.NUMBERS["CAP_CHOWN"] == 0
    assert capability.NUMBERS["CAP_SYS_ADMIN"] == 21
    assert capability.NUMBERS["CAP_CHECKPOINT_RESTORE"] == 40
    assert capability.numbers({"CAP_SYS_ADMIN", "CAP_CHOWN"}) == (0, 21)


@pytest.mark.parametrize("name", ["NET_ADMIN", "net_admin", "CAP_NET_ADMIN", "cap_Net_Admin"])
def test_names_may_be_written_in_any_way(name: str) -> None:
    assert capability.grant([name], [], False) == capability.DEFAULT | {"CAP_NET_ADMIN"}
    assert capability.grant([], [name], False) == capability.DEFAULT


@pytest.mark.parametrize(
    ("added", "dropped", "expected"),
    [
        ([], [], capability.DEFAULT),
        ([], ["ALL"], frozenset()),
        (["ALL"], [], ALL),
        (["all"], ["MKNOD"], ALL - {"CAP_MKNOD"}),
        (["NET_RAW"], ["ALL"], {"CAP_NET_RAW"}),
        (["ALL"], ["ALL"], ALL),
        (["CHOWN"], ["CHOWN"], capability.DEFAULT),
        ([], ["CHOWN", "KILL"], capability.DEFAULT - {"CAP_CHOWN", "CAP_KILL"}),
    ],
)
def test_add_and_drop(added: list[str], dropped: list[str], expected: frozenset[str]) -> None:
    assert capability.grant(added, dropped, False) == expected


def test_privileged_has_all_that_the_host_has() -> None:
    host = ALL - {"CAP_SYS_RESOURCE"}
    assert capability.grant([], ["ALL"], True, host) == host


def test_what_the_host_lacks_cannot_be_added() -> None:
    host = ALL - {"CAP_SYS_RESOURCE", "CAP_MKNOD"}
    assert capability.grant([], [], False, host) == capability.DEFAULT - {"CAP_MKNOD"}
    with pytest.raises(Invalid, match="CAP_SYS_RESOURCE"):
        capability.grant(["SYS_RESOURCE"], [], False, host)


def test_an_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(Invalid) as caught:
        capability.grant(["NET_ADMN"], [], False)
    assert caught.value.message == "unknown capability: 'NET_ADMN'"
    assert caught.value.hint == "did you mean CAP_NET_ADMIN?"
    with pytest.raises(Invalid, match="FLY"):
        capability.grant([], ["FLY"], False)
