"""Our own keys: `[lint]` of onggi.toml, `[tool.onggi.lint]` of pyproject.toml."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from onggi.configuration.document import Cell
from onggi.configuration.keys import Keys, fields, unknown_key
from onggi.configuration.values import flag, texts
from onggi.lint.codes import is_known
from onggi.lint.config import values
from onggi.lint.config.config import Config, Override
from onggi.lint.config.keys import changes, made_of, unknown_code, unknown_codes

_POLICY: Keys = {
    "ignore": ("ignored", values.codes),
    "severity": ("severities", values.severities),
    "threshold": ("threshold", values.threshold),
    "no-fail": ("never_fails", flag),
    "trusted-registries": ("registries", texts),
    "labels": ("labels", values.labels),
    "strict-labels": ("has_only_labels", flag),
    "base-days": ("base_days", values.days),
    "pragmas": ("has_pragmas", flag),
    "shellcheck": ("has_shellcheck", flag),
}


def _overrides(cell: Cell) -> tuple[Override, ...]:
    return tuple(map(_override, cell.cells()))


def _override(cell: Cell) -> Override:
    found = fields(cell, _OVERRIDE)
    if "paths" not in found:
        raise cell.fault("the key paths is missing", 'paths = ["test/**"] says which files an override is for')
    return Override(found.pop("paths"), changes(found))


_OVERRIDE: Keys = {"paths": ("paths", values.patterns), **_POLICY}
_KEYS: Keys = {
    **_POLICY,
    "lang": ("language", values.language),
    "format": ("format", values.report_format),
    "exclude": ("excluded", values.patterns),
    "overrides": ("overrides", _overrides),
}
_SECTION = "lint"
_PYPROJECT = ("tool", "onggi")
_HADOLINTS = {
    "ignored": "ignore",
    "override": "severity",
    "failure-threshold": "threshold",
    "trustedRegistries": "trusted-registries",
    "label-schema": "labels",
    "disable-ignore-pragma": "pragmas",
}


def config(cell: Cell, codes: Collection[str]) -> Config:
    """What the table `lint` says. `codes` are those that there are. Raises Invalid, with place and key."""
    for key, each in cell.pairs():
        if key in _HADOLINTS:
            raise unknown_key(each, key, _KEYS, f"; hadolint's {key} is {_HADOLINTS[key]} here")
    return made_of(fields(cell, _KEYS), tuple(_unknown(cell, codes)))


def config_of_file(cell: Cell, codes: Collection[str]) -> Config:
    """What onggi.toml says. Raises as `config`, and for other tables."""
    tables = dict(cell.pairs())
    for key, each in tables.items():
        if key != _SECTION:
            raise unknown_key(each, key, [_SECTION])
    return config(tables[_SECTION], codes) if tables else Config()


def config_of_pyproject(cell: Cell, codes: Collection[str]) -> Config | None:
    """What `[tool.onggi]` of pyproject.toml says, whose keys are those of onggi.toml; None if it is not there. Raises
    as `config`."""
    for name in _PYPROJECT:
        cells = dict(cell.pairs())
        if name not in cells:
            return None
        cell = cells[name]
    return config_of_file(cell, codes)


def _unknown(cell: Cell, codes: Collection[str]) -> Iterator[str]:
    """What to tell of codes that no rule has."""
    for key, each in cell.pairs():
        if key == "ignore":
            yield from unknown_codes(each, codes)
        elif key == "severity":
            for code, one in each.pairs():
                if not is_known(code, codes):
                    yield unknown_code(one, code, codes)
        elif key == "overrides":
            for override in each.cells():
                yield from _unknown(override, codes)
