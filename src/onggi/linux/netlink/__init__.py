"""Links, addresses and routes of a network namespace, asked of the kernel itself (rtnetlink(7)).

    Netlink     a socket in one network namespace
    links       bridges, veth pairs, macvlan: add, set_up, set_master, find, every, delete
    addresses   of a link: add, of; every
    routes      add, of
    tables      of nftables: whether there is one

What is above them: `messages` packs and parses, `wire` sends, receives and says what was refused. Standard library
only, and of that the part that is imported quickly; why not a library: docs/decisions/0020-own-rtnetlink.md.
"""

from onggi.linux.netlink.wire import Netlink

__all__ = ["Netlink"]
