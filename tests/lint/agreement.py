"""What hadolint finds in the corpus and what onggi's rules of the same codes do. `scripts/goldens` compares and renews
the pages about it: docs/rules/agreement.md and docs/rules/differences.md."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from onggi.configuration import yaml
from onggi.dockerfile.parse import parse_all
from onggi.engine.build.text import decode
from onggi.lint import draft
from onggi.lint.config import hadolint as keys
from onggi.lint.config.config import Changes
from onggi.lint.policy import Policy
from onggi.lint.rules import hadolint
from onggi.lint.rules.table import BY_CODE, RULES
from onggi.lint.severity import Severity
from onggi.lint.view.facts import Facts
from onggi.lower.request import LowerRequest
from onggi.lower.scope import automatic_arguments
from onggi.oci.platform import Platform

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
PAGES = HERE.parents[1] / "docs" / "rules"
HADOLINT = Path(sys.executable).with_name("hadolint")
UNREAD = "DL1000"


class Place(msgspec.Struct, frozen=True, order=True):
    """A finding: of which rule, in which file of the corpus, at the first line of which instruction."""

    code: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.code} {self.file}:{self.line}"


class Difference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is not the same on purpose, and why. `hadolint` and `onggi` are the places that only one of them tells;
    `unread` are files that hadolint cannot read, so that it says nothing of them."""

    what: str
    reason: str
    hadolint: tuple[str, ...] = ()
    onggi: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


class Agreement(msgspec.Struct, frozen=True):
    """What each found. Of a file that hadolint cannot read only that counts; `unread` are those that onggi can."""

    hadolint: Mapping[Place, Severity]
    onggi: Mapping[Place, Severity]
    unread: frozenset[str]

    @property
    def both(self) -> set[Place]:
        return self.hadolint.keys() & self.onggi.keys()

    @property
    def only_hadolint(self) -> set[Place]:
        return self.hadolint.keys() - self.onggi.keys()

    @property
    def only_onggi(self) -> set[Place]:
        return self.onggi.keys() - self.hadolint.keys()


def files() -> list[Path]:
    return sorted(CORPUS.glob("*/*.Dockerfile"))


def differences() -> tuple[Difference, ...]:
    document = tomllib.loads((HERE / "differences.toml").read_text())
    return msgspec.convert(document.get("difference", []), tuple[Difference, ...])


def agreement() -> Agreement:
    oracle: dict[Place, Severity] = {}
    ours: dict[Place, Severity] = {}
    for folder in sorted({path.parent for path in files() if (path.parent / "hadolint.yaml").exists()}):
        oracle |= _hadolint(sorted(folder.glob("*.Dockerfile")), folder / "hadolint.yaml")
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as ordinary:
        ordinary.write("failure-threshold: none\n")  # of a file that says nothing it complains
        ordinary.flush()
        plain = [path for path in files() if not (path.parent / "hadolint.yaml").exists()]
        oracle |= _hadolint(plain, Path(ordinary.name))
    for path in files():
        ours |= _onggi(path)
    stopped = {place.file for place in oracle if place.code == UNREAD}  # it says no more of them
    unread = stopped - {place.file for place in ours if place.code == UNREAD}
    return Agreement(
        {place: level for place, level in oracle.items() if place.file not in unread},
        {place: level for place, level in ours.items() if place.file not in stopped or place.code == UNREAD},
        frozenset(unread),
    )


def _hadolint(paths: Sequence[Path], config: Path) -> dict[Place, Severity]:
    names = [str(path.relative_to(CORPUS)) for path in paths]
    command = [str(HADOLINT), "--format=json", "--no-fail", f"--config={config}", *names]
    told = subprocess.run(command, cwd=CORPUS, env={"LC_ALL": "C.UTF-8"}, capture_output=True, check=True)
    return {
        Place(each["code"], each["file"], each["line"]): Severity(each["level"])
        for each in json.loads(told.stdout)
        if each["code"].startswith("DL")
    }


def _onggi(path: Path) -> dict[Place, Severity]:
    name = str(path.relative_to(CORPUS))
    dockerfile, errors = parse_all(decode(path.read_bytes(), name), name)
    automatic = automatic_arguments(dockerfile, LowerRequest(platform=Platform("amd64"))) if dockerfile.stages else {}
    read = draft.draft(dockerfile, errors, Facts(automatic=automatic, policy=_policy(path.parent)), RULES)
    told = draft.findings(read, hadolint.RULES, draft.violations(read, hadolint.RULES))
    return {Place(finding.rule.code, name, finding.lines[0]): finding.severity for finding in told}


def _policy(folder: Path) -> Policy:
    path = folder / "hadolint.yaml"
    if not path.exists():
        return Policy()
    return keys.config(yaml.document(path.read_text(), str(path)), BY_CODE).policy("", Changes())


def table(found: Agreement) -> str:
    """The page of counts, a row for each rule."""
    both = Counter(place.code for place in found.both)
    theirs = Counter(place.code for place in found.only_hadolint)
    ours = Counter(place.code for place in found.only_onggi)
    rows = [
        f"| {rule.code} | {both[rule.code]} | {theirs[rule.code] or ''} | {ours[rule.code] or ''} |"
        for rule in hadolint.RULES
    ]
    return "\n".join(
        [
            "# How onggi's findings agree with hadolint's",
            "",
            f"hadolint 2.15.1 and onggi looked at the {len(files())} Dockerfiles in `tests/lint/corpus`, which were "
            "written for the purpose.",
            "A finding is the same if rule, file and the instruction's first line are. Why some are not:",
            f"[differences](differences.md). {len(found.unread)} of the files hadolint cannot read; they are not "
            "counted.",
            "",
            "| rule | both | only hadolint | only onggi |",
            "|---|---|---|---|",
            *rows,
            f"| all | {both.total()} | {theirs.total()} | {ours.total()} |",
            "",
        ]
    )


def page(told: Iterable[Difference]) -> str:
    """The page of differences."""
    lines = [
        "# Where onggi's rules find something else than hadolint's, on purpose",
        "",
        "The examples are files in `tests/lint/corpus`, with the line; a test compares both programs there.",
    ]
    for each in told:
        lines += ["", f"## {each.what}", "", each.reason]
        for who, places in (("Only hadolint", each.hadolint), ("Only onggi", each.onggi), ("Unread", each.unread)):
            if places:
                lines += ["", f"{who}: {', '.join(f'`{place}`' for place in places)}."]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="goldens", description="Compare the pages about hadolint in docs/rules.")
    parser.add_argument("--update", action="store_true", help="write them anew; git shows what changed")
    is_update = parser.parse_args().update
    pages = {"agreement.md": table(agreement()), "differences.md": page(differences())}
    stale = [name for name, text in pages.items() if not _holds(PAGES / name, text)]
    for name in stale:
        if is_update:
            (PAGES / name).write_text(pages[name])
        print(f"{'wrote' if is_update else 'stale:'} {os.path.relpath(PAGES / name)}")
    return 1 if stale and not is_update else 0


def _holds(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


if __name__ == "__main__":
    sys.exit(main())
