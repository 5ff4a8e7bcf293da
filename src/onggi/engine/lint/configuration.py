"""Where configuration files are found, and what they say."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import msgspec

from onggi.engine.build.text import decode
from onggi.errors import Invalid, NotFound
from onggi.lint.config.config import Changes, Config
from onggi.lint.policy import Policy

_REPOSITORY = ".git"
_NOTHING = Config()
_NO_CHANGES = Changes()


class Configuration(msgspec.Struct, frozen=True):
    """What holds for files: the configuration `file` ("" if there is none) in `folder`, which its paths are from."""

    config: Config = _NOTHING
    folder: Path = Path("/")
    file: str = ""

    def policy(self, path: Path, more: Changes = _NO_CHANGES) -> Policy:
        """For the file at `path`, which is absolute; `more` is what the person says now."""
        return self.config.policy(self._within(path), more)

    def excludes(self, path: Path) -> bool:
        return self.config.excludes(self._within(path))

    def _within(self, path: Path) -> str:
        return str(path.relative_to(self.folder)) if path.is_relative_to(self.folder) else str(path).lstrip("/")


class Configurations:
    """Each file is read once. Where none is `named`, the nearest counts, from a folder up to that of its repository.
    `notes` tell what was passed over of the files that were read so far, and which of them as a whole."""

    def __init__(self, codes: Collection[str] = (), named: str | None = None, *, is_looked_for: bool = True) -> None:
        """`codes` are those of all rules, for the notes. Raises NotFound or Invalid for what is wrong with the file
        `named`."""
        self.notes: list[str] = []
        self._codes = codes
        self._known: dict[Path, Configuration] = {}
        self._only: Configuration | None = None
        if named is not None:
            self._only = _named(named, codes)
            self.notes += self._only.config.notes
        elif not is_looked_for:
            self._only = Configuration()

    def of(self, folder: Path) -> Configuration:
        """For the files in an absolute folder. Raises Invalid for what is wrong in the configuration."""
        if self._only is not None:
            return self._only
        if folder not in self._known:
            self._known[folder] = self._find(folder)
        return self._known[folder]

    def _find(self, folder: Path) -> Configuration:
        for name, read in _READERS.items():
            file = folder / name
            if file.is_file():
                shown = _shown(file)
                try:
                    config = read(_text(file, shown), shown, self._codes)
                except _Foreign as error:
                    self.notes.append(f"{error.message}; it is passed over")
                    continue
                if config is not None:
                    self.notes += config.notes
                    return Configuration(config, folder, shown)
        if folder == folder.parent or (folder / _REPOSITORY).exists():
            return Configuration()
        return self.of(folder.parent)


def _shown(file: Path) -> str:
    """As short as a person would write it."""
    here = Path.cwd()
    return str(file.relative_to(here)) if file.is_relative_to(here) else str(file)


def _text(file: Path, shown: str) -> str:
    try:
        return decode(file.read_bytes(), shown)
    except FileNotFoundError as error:
        raise NotFound(f"there is no configuration file {shown}") from error
    except OSError as error:
        raise Invalid(f"cannot read the configuration file {shown}: {error.strerror}") from error


def _named(name: str, codes: Collection[str]) -> Configuration:
    file = Path(os.path.abspath(name))
    text = _text(file, name)
    read = _READERS.get(file.name) or _SUFFIXES.get(file.suffix)
    if read is None:
        raise Invalid(
            f"the configuration file {name} is of no known kind",
            hint="a name that ends with .toml has the keys of onggi.toml, with .yaml or .yml those of .hadolint.yaml",
        )
    return Configuration(read(text, name, codes) or _NOTHING, file.parent, name)


def _onggi_toml(text: str, name: str, codes: Collection[str]) -> Config:
    from onggi.configuration import toml  # late, as in all of these: many projects have none
    from onggi.lint.config import own

    return own.config_of_file(toml.document(text, name), codes)


class _Foreign(Invalid):
    """A file that is wrong, and as far as one can see says nothing to us."""


def _pyproject(text: str, name: str, codes: Collection[str]) -> Config | None:
    from onggi.configuration import toml
    from onggi.lint.config import own

    try:
        document = toml.document(text, name)
    except Invalid as error:
        if "[tool.onggi" in text:
            raise
        raise _Foreign(error.message) from error
    return own.config_of_pyproject(document, codes)


def _hadolint_yaml(text: str, name: str, codes: Collection[str]) -> Config:
    from onggi.configuration import yaml
    from onggi.lint.config import hadolint

    return hadolint.config(yaml.document(text, name), codes)


_Reader = Callable[[str, str, Collection[str]], Config | None]
_READERS: Mapping[str, _Reader] = {
    "onggi.toml": _onggi_toml,
    "pyproject.toml": _pyproject,
    ".hadolint.yaml": _hadolint_yaml,
    ".hadolint.yml": _hadolint_yaml,
}
"""Those that are looked for; the first one in a folder counts."""
_SUFFIXES: Mapping[str, _Reader] = {".toml": _onggi_toml, ".yaml": _hadolint_yaml, ".yml": _hadolint_yaml}
