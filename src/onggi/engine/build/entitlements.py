"""What a build may do that steps of others may not: `--allow`."""

from __future__ import annotations

from collections.abc import Iterable

from onggi.errors import Invalid, Unsupported
from onggi.suggest import did_you_mean

INSECURE = "security.insecure"
HOST_NETWORK = "network.host"
_KNOWN = (HOST_NETWORK, INSECURE)


def entitlements(names: Iterable[str]) -> frozenset[str]:
    """Those of `names`, checked. Raises Invalid, or Unsupported for one that BuildKit has and onggi has not."""
    found = frozenset(names)
    for name in found:
        if name == "device" or name.startswith("device="):
            raise Unsupported(f"--allow {name}: RUN --device is not supported yet")
        if name not in _KNOWN:
            raise Invalid(
                f"there is no entitlement {name!r}{did_you_mean(name, _KNOWN)}", hint=f"it is {' or '.join(_KNOWN)}"
            )
    return found
