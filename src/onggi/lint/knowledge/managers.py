"""The managers of a project's dependencies (npm, pip, mvn …): which of their commands install what the project's
manifest lists, what they leave behind, and how they are told to leave out what is only for development."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import msgspec

from onggi.lint.pattern import Pattern
from onggi.lint.shell.commands import Argument, Command


class Manager(msgspec.Struct, frozen=True, kw_only=True):
    """`manifests` are the files that say what to install, as one would COPY them (a lock file that may be missing is
    a pattern). `cache` is the folder, root's, that it keeps for the next time, "" if a layer has none of it; `clean` a
    word of the command that empties it; `uncached` the flags and variables that keep it empty. `only_needed` are the
    flags, `only_needed_variables` the variables with their values, that leave out what is only for development; `{}`
    and () if the manager has no such thing."""

    name: str
    manifests: tuple[str, ...]
    is_complete: bool = False
    """Whether its install needs nothing but the manifests."""
    builds_from_cache: bool = False
    """Whether what it brings stays in the cache, where builds look for it: with that mounted, nothing is brought
    again."""
    cache: str = ""
    clean: str = ""
    uncached: tuple[str, ...] = ()
    only_needed: tuple[str, ...] = ()
    only_needed_variables: Mapping[str, str] = {}

    @property
    def cache_at_home(self) -> str:
        """Where the cache lies in the home of whoever runs it."""
        return self.cache.removeprefix("/root/")


class Deed(msgspec.Struct, frozen=True):
    """A command that brings all that the manifest lists. `is_build`: it compiles sources as well; such a command brings
    only what is not there yet."""

    manager: Manager
    command: Command
    is_build: bool = False


_NODE_VARIABLES = {"NODE_ENV": "production"}

NPM = Manager(
    name="npm",
    manifests=("package*.json",),
    is_complete=True,
    cache="/root/.npm",
    clean="cache",
    uncached=("NPM_CONFIG_CACHE", "npm_config_cache", "cache"),
    only_needed=("omit", "only", "production", "prod"),
    only_needed_variables=_NODE_VARIABLES | {"NPM_CONFIG_PRODUCTION": "true", "NPM_CONFIG_OMIT": "dev"},
)
YARN = Manager(
    name="yarn",
    manifests=("package.json", "yarn.lock*"),
    is_complete=True,
    only_needed=("production", "prod"),
    only_needed_variables=_NODE_VARIABLES,
)
PNPM = Manager(
    name="pnpm",
    manifests=("package.json", "pnpm-lock.yaml*"),
    is_complete=True,
    only_needed=("production", "prod", "P"),
    only_needed_variables=_NODE_VARIABLES,
)
BUN = Manager(
    name="bun",
    manifests=("package.json", "bun.lock*"),
    is_complete=True,
    only_needed=("production", "p", "omit"),
)
PIP = Manager(name="pip", manifests=("requirements.txt",), is_complete=True)
POETRY = Manager(
    name="poetry",
    manifests=("pyproject.toml", "poetry.lock"),
    cache="/root/.cache/pypoetry",
    clean="cache",
    uncached=("no-cache", "POETRY_CACHE_DIR", "POETRY_NO_CACHE"),
    only_needed=("only", "without", "no-dev"),
)
PIPENV = Manager(
    name="pipenv",
    manifests=("Pipfile", "Pipfile.lock"),
    is_complete=True,
    cache="/root/.cache",
    clean="clear",
    uncached=("PIP_NO_CACHE_DIR", "PIPENV_CACHE_DIR", "clear"),
)
UV = Manager(
    name="uv",
    manifests=("pyproject.toml", "uv.lock"),
    cache="/root/.cache/uv",
    clean="cache",
    uncached=("no-cache", "n", "UV_NO_CACHE", "UV_CACHE_DIR", "cache-dir"),
    only_needed=("no-dev", "no-default-groups", "only-group", "no-group"),
    only_needed_variables={"UV_NO_DEV": "1"},
)
PDM = Manager(
    name="pdm",
    manifests=("pyproject.toml", "pdm.lock"),
    only_needed=("prod", "production", "no-default"),
)
BUNDLER = Manager(
    name="bundle",
    manifests=("Gemfile", "Gemfile.lock*"),
    is_complete=True,
    only_needed=("without",),
    only_needed_variables={"BUNDLE_WITHOUT": r".*\S.*", "BUNDLE_ONLY": r".*\S.*"},
)
COMPOSER = Manager(
    name="composer",
    manifests=("composer.json", "composer.lock"),
    cache="/root/.composer/cache",
    clean="clear",
    uncached=("no-cache", "COMPOSER_CACHE_DIR"),
    only_needed=("no-dev",),
    only_needed_variables={"COMPOSER_NO_DEV": "1|true"},
)
CONDA = Manager(
    name="conda",
    manifests=("environment.yml",),
    is_complete=True,
    cache="/opt/conda/pkgs",
    clean="clean",
    uncached=("CONDA_PKGS_DIRS",),
)
GO = Manager(
    name="go",
    manifests=("go.mod", "go.sum*"),
    is_complete=True,
    builds_from_cache=True,
    cache="/root/.cache/go-build",
)
MAVEN = Manager(name="mvn", manifests=("pom.xml",), builds_from_cache=True, cache="/root/.m2")
GRADLE = Manager(
    name="gradle", manifests=("build.gradle*", "settings.gradle*"), builds_from_cache=True, cache="/root/.gradle"
)
CARGO = Manager(
    name="cargo", manifests=("Cargo.toml", "Cargo.lock*"), builds_from_cache=True, cache="/usr/local/cargo/registry"
)
DOTNET = Manager(name="dotnet", manifests=("*.csproj",), builds_from_cache=True, cache="/root/.nuget/packages")

_PIP = Pattern(r"pip\d?(?:\.\d+)?")
_ALIASES = {"mvnw": "mvn", "gradlew": "gradle", "mamba": "conda", "micromamba": "conda", "bundler": "bundle"}
_WITH_VALUES = (
    "loglevel", "prefix", "registry", "cache", "omit", "include", "only", "cwd", "w", "workspace", "network-timeout",
    "filter", "F", "C", "dir", "modules-folder", "cache-folder", "mutex", "jobs", "j", "retry", "gemfile", "path",
)  # fmt: skip


def deed(command: Command) -> Deed | None:
    """What it does, if it installs what a manifest lists. `/venv/bin/pip3`, `python -m pip` and `./mvnw` are known for
    what they are."""
    command = plain(command)
    read = _READERS.get(command.name)
    return None if read is None else read(command)


def filled(command: Command) -> Manager | None:
    """Whose cache it fills, by what the manifest lists or by packages that it names itself."""
    found = deed(command)
    if found is not None:
        return found.manager
    command = plain(command)
    manager, verbs = _BY_NAME.get(command.name, (None, None))
    if manager is None or verbs is None or command.has_flag("version", "help", "offline"):
        return None
    return manager if verbs.match(" ".join((*_words(command), ""))) else None


def plain(command: Command) -> Command:
    """The same under the name that its program is known by."""
    called = msgspec.structs.replace(command, name=command.program).as_module()
    name = "pip" if _PIP.fullmatch(called.name) else _ALIASES.get(called.name, called.name)
    return msgspec.structs.replace(called, name=name)


def required_files(command: Command) -> Iterator[Argument]:
    """The files that a pip is given with -r. Their places are those of the whole words."""
    is_next = False
    for argument in command.arguments:
        if is_next or argument.text in ("-r", "--requirement"):
            if is_next:
                yield argument
            is_next = not is_next
        elif argument.text.startswith("--requirement="):
            yield msgspec.structs.replace(argument, text=argument.text.partition("=")[2])
        elif argument.text.startswith("-r") and len(argument.text) > 2:
            yield msgspec.structs.replace(argument, text=argument.text[2:])


def _words(command: Command) -> tuple[str, ...]:
    return tuple(argument.text for argument in command.without_values(*_WITH_VALUES).operands)


def _listed(manager: Manager, *verbs: str, is_bare: bool = False) -> Callable[[Command], Deed | None]:
    """For a manager that installs what is listed unless it is given names."""

    def read(command: Command) -> Deed | None:
        words = _words(command)
        if command.has_flag("g", "global", "version", "help", "offline"):
            return None
        is_install = (len(words) == 1 and words[0] in verbs) or (is_bare and not words)
        return Deed(manager, command) if is_install else None

    return read


def _built(manager: Manager, fetch: str, build: str) -> Callable[[Command], Deed | None]:
    """For one whose commands bring the dependencies only, or build with them."""
    fetches, builds = Pattern(fetch), Pattern(build)

    def read(command: Command) -> Deed | None:
        text = " ".join(_words(command))
        if command.has_flag("offline") or (manager is MAVEN and command.has_flag("o")):
            return None
        if fetches.fullmatch(text):
            return Deed(manager, command)
        return Deed(manager, command, is_build=True) if builds.fullmatch(text) else None

    return read


def _pip(command: Command) -> Deed | None:
    is_install = _words(command)[:1] == ("install",) and any(required_files(command))
    return Deed(PIP, command) if is_install else None


def _uv(command: Command) -> Deed | None:
    words = _words(command)
    if words[:1] == ("sync",):
        return Deed(UV, command)
    is_pip = words[:2] in (("pip", "install"), ("pip", "sync")) and (words[1] == "sync" or any(required_files(command)))
    return Deed(msgspec.structs.replace(UV, manifests=PIP.manifests), command) if is_pip else None


def _conda(command: Command) -> Deed | None:
    words = _words(command)
    is_listed = words[:1] == ("env",) or (
        words[:1] in (("create",), ("update",), ("install",)) and command.has_flag("f", "file")
    )
    return Deed(CONDA, command) if is_listed else None


_BY_NAME: Mapping[str, tuple[Manager, Pattern]] = {
    "npm": (NPM, Pattern(r"(?:install|i|add) \S")),
    "uv": (UV, Pattern(r"(?:pip install|tool install|add) \S")),
    "poetry": (POETRY, Pattern(r"add \S")),
    "pipenv": (PIPENV, Pattern(r"install \S")),
    "composer": (COMPOSER, Pattern(r"(?:global )?require \S|create-project ")),
    "conda": (CONDA, Pattern(r"(?:install|create|update) ")),
}
_READERS: Mapping[str, Callable[[Command], Deed | None]] = {
    "npm": _listed(NPM, "install", "i", "ci", "clean-install"),
    "yarn": _listed(YARN, "install", is_bare=True),
    "pnpm": _listed(PNPM, "install", "i"),
    "bun": _listed(BUN, "install", "i"),
    "pip": _pip,
    "poetry": _listed(POETRY, "install", "sync"),
    "pipenv": _listed(PIPENV, "install", "sync"),
    "uv": _uv,
    "pdm": _listed(PDM, "install", "sync"),
    "bundle": _listed(BUNDLER, "install", is_bare=True),
    "composer": _listed(COMPOSER, "install", "i"),
    "conda": _conda,
    "go": _built(GO, r"mod download.*", r"(?:build|install|test)(?: [^@]*)?"),
    "mvn": _built(
        MAVEN, r".*\bdependency:.*", r".*\b(?:compile|test|package|verify|install|deploy|spring-boot:\S+)\b.*"
    ),
    "gradle": _built(GRADLE, r".*[dD]ependencies.*", r".*(?:build|assemble|[jJ]ar|[dD]ist|publish|test)\b.*"),
    "cargo": _built(CARGO, r"fetch.*|chef cook.*", r"(?:build|test|run)\b.*"),
    "dotnet": _built(DOTNET, r"restore.*", r"(?:build|publish|test)\b.*"),
}
