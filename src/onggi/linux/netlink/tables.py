"""Tables of nftables: whether they are there (linux/netfilter/nfnetlink.h, nf_tables.h), in 0.02 ms. What is in them is
the work of the program nft (linux/nft.py), which takes 3."""

from __future__ import annotations

from struct import Struct

from onggi.errors import Invalid, NotFound
from onggi.linux.netlink.messages import text
from onggi.linux.netlink.wire import NETFILTER, Netlink

_GET = 10 << 8 | 1  # NFNL_SUBSYS_NFTABLES, NFT_MSG_GETTABLE
_HEAD = Struct("=BBH")  # struct nfgenmsg: family, version, of no meaning here
_NAME = 1  # NFTA_TABLE_NAME
_FAMILIES = {"inet": 1, "ip": 2, "ip6": 10}  # NFPROTO_


class Tables:
    """Those of this thread's network namespace."""

    def __init__(self) -> None:
        self._netlink = Netlink(protocol=NETFILTER)

    def __enter__(self) -> Tables:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._netlink.close()

    def has(self, family: str, name: str) -> bool:
        """Raises Denied without CAP_NET_ADMIN."""
        try:
            self._netlink.get(
                f"cannot look for the table {name}", _GET, _HEAD.pack(_FAMILIES[family], 0, 0) + text(_NAME, name)
            )
        except (NotFound, Invalid):  # Invalid: not even nftables is there
            return False
        return True
