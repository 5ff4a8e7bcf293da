"""Mends Dockerfiles: puts fixes into them and lints again, until nothing is left that can be mended."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from msgspec.structs import replace

from onggi.engine.build.text import decode
from onggi.engine.lint.lint import Linted, LintFile
from onggi.lint.finding import Finding
from onggi.lint.fix import mend as mend_text
from onggi.lint.rules.hadolint import dl1000

_MOST_ROUNDS = 8
"""What one fix brings to light another mends; two that undo each other have to come to an end."""


class Mended(msgspec.Struct, frozen=True):
    """A file as it was linted first and last; `findings` are those that were mended on the way. `spoilt` are codes of
    rules whose fixes would have made a file that does not parse, and were left out."""

    first: Linted
    last: Linted
    findings: tuple[Finding, ...] = ()
    spoilt: tuple[str, ...] = ()

    @property
    def is_changed(self) -> bool:
        return self.first.file.data != self.last.file.data


def mend(
    files: Sequence[LintFile], lint: Callable[[Sequence[LintFile]], Sequence[Linted]], *, unsafe: bool = False
) -> list[Mended]:
    """Nothing is written. `unsafe`: also fixes that may change what is built."""
    found = [Mended(linted, linted) for linted in lint(files)]
    for _ in range(_MOST_ROUNDS):
        drafts = {
            index: draft
            for index, each in enumerate(found)
            if not each.spoilt and (draft := _mended(each.last, unsafe)) is not None
        }
        if not drafts:
            break
        for (index, (_, findings)), linted in zip(
            drafts.items(), lint([file for file, _ in drafts.values()]), strict=True
        ):
            found[index] = _after(found[index], findings, linted)
    return found


def _mended(linted: Linted, unsafe: bool) -> tuple[LintFile, tuple[Finding, ...]] | None:
    """The file with fixes put into it; None if there are none to put."""
    if not any(finding.fix for finding in linted.findings):
        return None
    done = mend_text(decode(linted.file.data, linted.file.name), linted.findings, unsafe=unsafe)
    return (replace(linted.file, data=done.text.encode()), done.findings) if done.findings else None


def _after(before: Mended, findings: tuple[Finding, ...], linted: Linted) -> Mended:
    if _mistakes(linted) > _mistakes(before.last):
        return replace(before, spoilt=tuple(sorted({finding.rule.code for finding in findings})))
    return replace(before, last=linted, findings=(*before.findings, *findings))


def _mistakes(linted: Linted) -> int:
    return sum(finding.rule is dl1000.RULE for finding in linted.findings)
