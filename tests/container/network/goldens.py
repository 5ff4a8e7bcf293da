"""`rules/<case>.nft` are what the rules of a few networks are; `scripts/goldens` compares and renews them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from msgspec.structs import replace

from onggi.container.network.rules import Firewall, Publication, create

FOLDER = Path(__file__).parent / "rules"
_BRIDGE = Firewall("0123456789ab", "ong-0123456789a", ("10.88.0.0/16",))
_BOTH = replace(_BRIDGE, ipv6=("fd00:88::/64",))
CASES = {
    "bridge": create(_BRIDGE),
    "both-families": create(_BOTH),
    "internal": create(replace(_BOTH, is_internal=True, is_masqueraded=False)),
    "open": create(replace(_BOTH, is_isolated=False, is_masqueraded=False)),
    "silent": create(replace(_BRIDGE, has_talk=False)),
    "several-subnets": create(replace(_BRIDGE, ipv4=("10.88.0.0/16", "10.89.0.0/16"))),
    "ports": create(
        _BOTH,
        (
            Publication("tcp", "0.0.0.0", 8080, "10.88.0.2", 80),
            Publication("tcp", "::", 8080, "fd00:88::2", 80),
            Publication("udp", "127.0.0.1", 53, "10.88.0.3", 5353),
        ),
    ),
}
"""Name → text."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true")
    update = parser.parse_args().update
    stale = [name for name, text in CASES.items() if _read(name) != text]
    for name in stale:
        if update:
            (FOLDER / f"{name}.nft").write_text(CASES[name])
        print(f"{'wrote' if update else 'stale'} {FOLDER.name}/{name}.nft")
    return 1 if stale and not update else 0


def _read(name: str) -> str:
    path = FOLDER / f"{name}.nft"
    return path.read_text() if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
