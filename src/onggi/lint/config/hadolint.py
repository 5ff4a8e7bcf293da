"""hadolint's keys, of `.hadolint.yaml` (hadolint 2.15, "Configure")."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from onggi.configuration.document import Cell
from onggi.configuration.keys import Keys, fields, unknown_key
from onggi.configuration.values import flag, texts
from onggi.lint.config import values
from onggi.lint.config.config import Config
from onggi.lint.config.keys import made_of, unknown_codes
from onggi.lint.severity import Severity


def _not(cell: Cell) -> bool:
    return not flag(cell)


def _override(cell: Cell) -> dict[str, Severity]:
    levels: Keys = {severity.value: (severity.value, values.codes) for severity in Severity}
    return {code: Severity(level) for level, codes in fields(_given(cell), levels).items() for code in codes}


_KEYS: Keys = {
    "ignored": ("ignored", values.codes),
    "override": ("severities", _override),
    "trustedRegistries": ("registries", texts),
    "label-schema": ("labels", values.labels),
    "strict-labels": ("has_only_labels", flag),
    "failure-threshold": ("threshold", values.threshold),
    "disable-ignore-pragma": ("has_pragmas", _not),
    "no-fail": ("never_fails", flag),
    "format": ("format", values.report_format),
    "no-color": ("has_colour", _not),
}
_PASSED_OVER = frozenset({"verbose"})


def config(cell: Cell, codes: Collection[str]) -> Config:
    """Raises Invalid, with place and key, for a wrong value. A key that hadolint does not know either is passed over as
    it does, but told."""
    told = dict(_given(cell).pairs())
    notes = [str(unknown_key(told[key], key, _KEYS)) for key in told if key not in _KEYS and key not in _PASSED_OVER]
    notes += _unknown(told, codes)
    known = Cell(cell.name, cell.lines, {key: each.value for key, each in told.items() if key in _KEYS})
    return made_of(fields(known, _KEYS), notes)


def _given(cell: Cell) -> Cell:
    """Without keys that have no value, which is as if they were not there."""
    return Cell(
        cell.name, cell.lines, {key: each.value for key, each in cell.pairs() if each.value is not None}, cell.path
    )


def _unknown(told: dict[str, Cell], codes: Collection[str]) -> Iterator[str]:
    if "ignored" in told:
        yield from unknown_codes(told["ignored"], codes)
    if "override" in told:
        for _, each in _given(told["override"]).pairs():
            yield from unknown_codes(each, codes)
