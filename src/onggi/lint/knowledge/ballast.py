"""What a build context has that few images need: repositories, installed packages, caches, secrets. Told by names and
by the files that lie beside each other, never by a name alone that could as well be a folder of sources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum

import msgspec

from onggi.amounts import counted, spaced_size
from onggi.lint.pattern import Pattern
from onggi.lint.violation import Text


class Kind(Enum):
    REPOSITORY = "repository"
    MODULES = "modules"
    ENVIRONMENT = "environment"
    CACHE = "cache"
    OUTPUT = "output"
    SECRET = "secret"
    BUILD_FILE = "build file"


class Amount(msgspec.Struct, frozen=True):
    """A folder with all that is in it, or a file; the size is in bytes."""

    path: str
    files: int
    size: int

    @property
    def text(self) -> Text:
        """`20,341 files (312 MB)`"""
        size = spaced_size(self.size)
        return Text(f"{counted(self.files, 'file', ',')} ({size})", f"파일 {self.files:,}개({size})")


class Ballast(msgspec.Struct, frozen=True):
    """Something of a kind. Of an OUTPUT `makers` are the programs that make it anew. A SECRET is one by its name only:
    what it says may be harmless."""

    kind: Kind
    amount: Amount
    makers: frozenset[str] = frozenset()

    @property
    def path(self) -> str:
        return self.amount.path


class Contents(msgspec.Struct, frozen=True):
    """All of a context at a glance: how many files and bytes, the folders at its top, largest first, and the ballast
    in the order of its paths."""

    files: int
    size: int
    folders: tuple[Amount, ...]
    ballast: tuple[Ballast, ...]


class _Output(msgspec.Struct, frozen=True):
    """A folder `names` beside a file like `mark` is made by `makers`."""

    names: frozenset[str]
    mark: Pattern
    makers: frozenset[str]


_FOLDERS = {
    "node_modules": Kind.MODULES,
    "bower_components": Kind.MODULES,
    **dict.fromkeys(
        (
            "__pycache__",
            ".pytest_cache",
            ".mypy_cache",
            ".ruff_cache",
            ".hypothesis",
            ".tox",
            ".nox",
            ".gradle",
            ".parcel-cache",
            ".turbo",
            ".nyc_output",
            ".ipynb_checkpoints",
            ".terraform",
        ),
        Kind.CACHE,
    ),
}
_MARKS = {"pyvenv.cfg": Kind.ENVIRONMENT, "CACHEDIR.TAG": Kind.CACHE}
"""A file that says what the folder around it is (PEP 405; bford.info/cachedir)."""

_REPOSITORIES = {".git": "objects", ".hg": "store", ".svn": "pristine"}
"""With the folder in it that makes it heavy: without that one it was thinned out on purpose."""

_OUTPUTS = (
    _Output(frozenset({"target"}), Pattern(r"Cargo\.toml"), frozenset({"cargo"})),
    _Output(frozenset({"target"}), Pattern(r"pom\.xml"), frozenset({"mvn", "mvnw"})),
    _Output(frozenset({"build"}), Pattern(r"build\.gradle(\.kts)?"), frozenset({"gradle", "gradlew"})),
    _Output(frozenset({"bin", "obj"}), Pattern(r".+\.(cs|fs|vb)proj"), frozenset({"dotnet"})),
    _Output(
        frozenset({"dist", "build", "out", ".next", ".nuxt", ".output", ".svelte-kit"}),
        Pattern(r"package\.json"),
        frozenset({"npm", "yarn", "pnpm", "bun"}),
    ),
)
_SECRET = Pattern(
    r"""
    \.env(\.\w+)*\.local | \.env(\.(?!example|sample|template|dist|defaults?|schema|test|ci)\w+)?
    | id_(rsa|dsa|ecdsa|ed25519) | .+\.(pem|key|p12|pfx|tfstate)
    | \.npmrc | \.yarnrc\.yml | \.pypirc | \.netrc | \.git-credentials | \.htpasswd
    | .*(credentials?|service[-_]?account|client[-_]secret).*\.json
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SECRET_PLACES = frozenset({".aws/credentials", ".docker/config.json", ".kube/config", ".config/gh/hosts.yml"})
_TRIED_OUT = frozenset({"test", "tests", "testdata", "fixtures", "spec", "__tests__", "examples", "example", "docs"})
_BUILD_FILE = Pattern(
    r"(docker|container)file(\..+)?|.+\.(docker|container)file|(docker-)?compose([.-].+)?\.ya?ml|.*\.?dockerignore",
    re.IGNORECASE,
)
_TELLING = Pattern(
    "|".join(
        (
            *map(re.escape, (*_MARKS, *sorted(place.rpartition("/")[2] for place in _SECRET_PLACES))),
            *(output.mark.pattern for output in _OUTPUTS),
            _BUILD_FILE.pattern,
            _SECRET.pattern,
        )
    ),
    re.VERBOSE | re.IGNORECASE,
)
"""All names that say something."""
_MOST_FOLDERS = 3


def contents(files: Mapping[str, int]) -> Contents:
    """`files` are all of a context with their sizes."""
    sums: dict[str, list[int]] = {}
    for path, size in files.items():
        own = sums.setdefault(path.rpartition("/")[0], [0, 0])
        own[0] += 1
        own[1] += size
    names = _telling(files)
    roots = _Roots(sums, names)
    top: dict[str, list[int]] = {}
    heavy: dict[str, list[int]] = {}
    for folder, own in sums.items():
        for totals, path in ((top, folder.partition("/")[0]), (heavy, roots.above(folder))):
            if path:
                total = totals.setdefault(path, [0, 0])
                total[0] += own[0]
                total[1] += own[1]
    folders = sorted((Amount(path, *total) for path, total in top.items()), key=lambda each: -each.size)
    found = [roots.ballast(Amount(path, *total)) for path, total in heavy.items()]
    found += (
        Ballast(kind, Amount(path, 1, files[path]))
        for folder, inside in names.items()
        if not roots.above(folder)
        for name in inside
        if (kind := _kind(path := f"{folder}/{name}" if folder else name)) is not None
    )
    return Contents(
        files=len(files),
        size=sum(files.values()),
        folders=tuple(folders[:_MOST_FOLDERS]),
        ballast=tuple(sorted(found, key=lambda each: each.path)),
    )


def _telling(files: Mapping[str, int]) -> dict[str, set[str]]:
    """The names that say something, by folder."""
    found: dict[str, set[str]] = {}
    is_telling: dict[str, bool] = {}  # few names are in a context just once
    for path in files:
        folder, _, name = path.rpartition("/")
        known = is_telling.get(name)
        if known is None:
            known = is_telling[name] = _TELLING.fullmatch(name) is not None
        if known:
            found.setdefault(folder, set()).add(name)
    return found


def _kind(path: str) -> Kind | None:
    """What a file is."""
    *folders, name = path.split("/")
    if "/".join((*folders[-2:], name)) in _SECRET_PLACES or "/".join((*folders[-1:], name)) in _SECRET_PLACES:
        return Kind.SECRET
    if _SECRET.fullmatch(name) and not _TRIED_OUT.intersection(folders):
        return Kind.SECRET
    return Kind.BUILD_FILE if not folders and _BUILD_FILE.fullmatch(name) else None


def is_secret_file(path: str) -> bool:
    """Whether a file of that path would hold something that nobody else should read."""
    return _kind(path) is Kind.SECRET


class _Roots:
    """Which folders are ballast with all that is in them. `names` are the telling ones, by folder."""

    def __init__(self, folders: Mapping[str, object], names: Mapping[str, set[str]]) -> None:
        self._folders = folders
        self._names = names
        self._kinds: dict[str, tuple[Kind, frozenset[str]]] = {}
        self._above: dict[str, str] = {"": ""}

    def ballast(self, amount: Amount) -> Ballast:
        kind, makers = self._kinds[amount.path]
        return Ballast(kind, amount, makers)

    def above(self, folder: str) -> str:
        """The folder itself or the one above it that is ballast, "" for none."""
        unknown: list[str] = []
        while folder not in self._above:
            unknown.append(folder)
            folder = folder.rpartition("/")[0]
        root = self._above[folder]
        for path in reversed(unknown):
            if not root and (found := self._judge(path)) is not None:
                self._kinds[path] = found
                root = path
            self._above[path] = root
        return root

    def _judge(self, folder: str) -> tuple[Kind, frozenset[str]] | None:
        parent, _, name = folder.rpartition("/")
        if name in _REPOSITORIES:
            heavy = f"{folder}/{_REPOSITORIES[name]}"
            is_whole = any(path == heavy or path.startswith(f"{heavy}/") for path in self._folders)
            return (Kind.REPOSITORY, frozenset()) if is_whole else None
        if name in _FOLDERS:
            return _FOLDERS[name], frozenset()
        inside, beside = self._names.get(folder, ()), self._names.get(parent, ())
        for mark, kind in _MARKS.items():
            if mark in inside:
                return kind, frozenset()
        for output in _OUTPUTS:
            if name in output.names and any(map(output.mark.fullmatch, beside)):
                return Kind.OUTPUT, output.makers
        return None
