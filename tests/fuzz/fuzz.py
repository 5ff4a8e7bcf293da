"""`scripts/fuzz TARGET [OPTION…]`: throws what atheris thinks up at a target until something breaks. Options are
libFuzzer's: -max_total_time=SECONDS, -runs=N, a folder to keep what was found."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["onggi.dockerfile", "onggi.registry", "onggi.store.shared"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"usage: fuzz TARGET [OPTION…]; targets: {', '.join(TARGETS)}")
    target = TARGETS[sys.argv.pop(1)]
    atheris.Setup(sys.argv, lambda data: target(data.decode("utf-8", "replace")))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
