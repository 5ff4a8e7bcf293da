"""What onggi has in the network namespace that this process is in, and what of a store is mounted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path

from onggi.linux.loop import is_ready
from onggi.linux.netlink import Netlink, links

_OF_ITSELF = "lo"
_COMPANIONS = (b"onggi-ports", b"onggi-names")


def of_namespace() -> set[str]:
    """Links, tables of nftables, processes that serve containers: a line each."""
    with Netlink() as netlink:
        found = {f"link {link.name}" for link in links.every(netlink) if link.name != _OF_ITSELF}
    found |= {f"table {family} {name}" for family, name in tables()}
    return found | {f"{name} {pid}" for pid, name in _companions()}


def tables() -> list[tuple[str, str]]:
    """Family and name of each table of nftables."""
    listed = subprocess.run(["nft", "-j", "list", "tables"], capture_output=True, check=True)
    found = [each["table"] for each in json.loads(listed.stdout)["nftables"] if "table" in each]
    return [(table["family"], table["name"]) for table in found]


def of_store(root: Path) -> list[str]:
    """What is mounted in it."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [target for target in (line.split()[4] for line in lines) if target.startswith(f"{root}/")]


def remove(stayed: Iterable[str]) -> None:
    """So that it is in no other test's way. `stayed`: what of_namespace has found."""
    for each in stayed:
        kind, *rest = each.split()
        if kind == "table":
            subprocess.run(["nft", "delete", "table", *rest], check=True)
        elif kind == "link":
            subprocess.run(["ip", "link", "delete", *rest], capture_output=True)  # it may have gone with its pair
        else:
            os.kill(int(rest[0]), signal.SIGKILL)


def end_resolvers() -> None:
    """They stay for a while after the last container; here nobody comes any more. Returns when they have gone."""
    for pid, name in _companions():
        if name != "onggi-names":
            continue
        try:
            pidfd = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        assert is_ready(pidfd, 60_000)
        os.close(pidfd)


def _companions() -> list[tuple[int, str]]:
    """In our network namespace: by pid, and what they are called."""
    own = os.stat("/proc/self/ns/net").st_ino
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
            name = next((each for each in _COMPANIONS if each in words), None)
            if name and os.stat(process / "ns/net").st_ino == own:
                found.append((int(process.name), name.decode()))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found
