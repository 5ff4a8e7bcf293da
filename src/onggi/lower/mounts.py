"""RUN --mount: the options as written → a mount of the graph.

Two looks at a flag, as in BuildKit (instructions/commands_runmount.go): `origin` reads which stage or image it takes
from, which takes no variables since it decides what has to be built; `parse` reads everything, when the stage's
variables are known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from onggi.amounts import bytes_of
from onggi.boolean import parse_bool
from onggi.dockerfile.syntax import Word
from onggi.errors import Invalid
from onggi.graph.op import BindMount, CacheMount, Mount, SecretMount, SshMount, TmpfsMount
from onggi.lower import paths
from onggi.lower.statement import Statement
from onggi.suggest import did_you_mean

_NAMES = {
    "dst": "target",
    "destination": "target",
    "src": "source",
    "ro": "readonly",
    "rw": "readwrite",
}
_SHARINGS = ("shared", "private", "locked")
_SECRETS = "/run/secrets/"
_AGENTS = "/run/buildkit/ssh_agent."


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """Where a flag stands. `agents` counts the ssh mounts before it; `position` is the place among the vertex's inputs
    of what `origin` named."""

    variables: Mapping[str, str]
    working_directory: str = "/"
    agents: int = 0
    position: int | None = None


class Options(msgspec.Struct, frozen=True):
    """A flag's options by their full names, variables expanded."""

    values: Mapping[str, str]
    statement: Statement
    word: Word
    setting: Setting

    def get(self, name: str, default: str = "") -> str:
        return self.values.get(name, default)

    def error(self, sentence: str, hint: str = "") -> Exception:
        return self.statement.error(sentence, at=self.word, hint=hint)

    def number(self, name: str, default: int, base: int = 10) -> int:
        if name not in self.values:
            return default
        try:
            return int(self.values[name], base)
        except ValueError as error:
            kind = "octal" if base == 8 else "a number"
            raise self.error(f"{name}={self.values[name]} of --mount is not {kind}") from error

    def truth(self, name: str, default: bool) -> bool:
        if name not in self.values:
            return default
        found = parse_bool(self.values[name])
        if found is None:
            raise self.error(f"{name}={self.values[name]} of --mount is neither true nor false")
        return found

    def is_writable(self, default: bool) -> bool:
        if "readwrite" in self.values:
            return self.truth("readwrite", default)
        return not self.truth("readonly", not default)

    def target(self, default: str = "") -> str:
        """Absolute. Raises DockerfileError if there is none, or where it is the root."""
        text = self.get("target") or default
        if not text:
            raise self.error("--mount has no target", hint="write target=/path, where the step is to see it")
        path = paths.resolve(self.setting.working_directory, text)
        if path == "/":
            raise self.error("the target of --mount cannot be /", hint="mount it on a folder")
        return path


def _bind(options: Options) -> Mount:
    assert options.setting.position is not None
    return BindMount(
        target=options.target(),
        input=options.setting.position,
        source=paths.source(options.get("source")),
        writable=options.is_writable(False),
    )


def _cache(options: Options) -> Mount:
    sharing = options.get("sharing", "shared").lower()
    if sharing not in _SHARINGS:
        raise options.error(
            f"sharing={sharing} of --mount is unknown{did_you_mean(sharing, _SHARINGS)}",
            hint=f"it is one of {', '.join(_SHARINGS)}",
        )
    target = options.target()
    return CacheMount(
        target=target,
        id=options.get("id") or target,
        sharing=sharing,  # type: ignore[arg-type]  # one of _SHARINGS
        input=options.setting.position,
        source=paths.source(options.get("source")),
        mode=options.number("mode", 0o755, 8),
        uid=options.number("uid", 0),
        gid=options.number("gid", 0),
        read_only=not options.is_writable(True),
    )


def _tmpfs(options: Options) -> Mount:
    size = options.get("size", "0")
    try:
        return TmpfsMount(target=options.target(), size=bytes_of(size))
    except Invalid as error:
        raise options.error(f"size={size} of --mount: {error}", hint=error.hint) from error


def _secret(options: Options) -> Mount:
    """Named by id, source or the target's last part. With env and no target it is a variable only."""
    source, target, env = options.get("source"), options.get("target"), options.get("env")
    name = options.get("id") or source or target.rsplit("/", 1)[-1]
    if not name:
        raise options.error("a secret needs an id", hint="write --mount=type=secret,id=NAME")
    if source and options.get("id"):
        raise options.error("a secret takes id or source, not both")
    if not target and "env" not in options.values:
        target = _SECRETS + name.rsplit("/", 1)[-1]
    return SecretMount(
        id=name,
        target=paths.resolve(options.setting.working_directory, target) if target else "",
        env=env or (name if "env" in options.values else ""),
        required=options.truth("required", False),
        mode=options.number("mode", 0o400, 8),
        uid=options.number("uid", 0),
        gid=options.number("gid", 0),
    )


def _ssh(options: Options) -> Mount:
    return SshMount(
        id=options.get("id") or options.get("source") or "default",
        target=options.target(f"{_AGENTS}{options.setting.agents}"),
        required=options.truth("required", False),
        mode=options.number("mode", 0o600, 8),
        uid=options.number("uid", 0),
        gid=options.number("gid", 0),
    )


class _Kind(msgspec.Struct, frozen=True):
    """`options`: what a mount of this type may say beside `type`."""

    make: Callable[[Options], Mount]
    options: frozenset[str]


_COMMON = frozenset({"target", "source", "readonly", "readwrite"})
_OWNED = frozenset({"mode", "uid", "gid"})
_KINDS = {
    "bind": _Kind(_bind, _COMMON | {"from"}),
    "cache": _Kind(_cache, _COMMON | _OWNED | {"from", "id", "sharing"}),
    "tmpfs": _Kind(_tmpfs, _COMMON | {"size"}),
    "secret": _Kind(_secret, _COMMON | _OWNED | {"id", "env", "required"}),
    "ssh": _Kind(_ssh, _COMMON | _OWNED | {"id", "required"}),
}
_ALL = frozenset[str]().union(*(kind.options for kind in _KINDS.values()), {"type"})
_WITHOUT_VALUE = frozenset({"readonly", "readwrite", "required", "env"})


def origin(word: Word, statement: Statement) -> str | None:
    """Where the mount's files are from: a stage's name or number, or an image; "" is the build context. None for one
    that takes none."""
    values = _fields(word, statement)
    kind = values.get("type", "bind").lower()
    if "from" in values and "$" in values["from"][:-1]:
        raise statement.error(
            "from= of --mount takes no variables",
            at=word,
            hint="define a stage of its own: FROM with the variable, AS a name, and take from that name",
        )
    if kind == "bind":
        return values.get("from", "")
    if kind == "cache" and values.get("from"):
        return values["from"]
    return None


def parse(word: Word, statement: Statement, setting: Setting) -> Mount:
    """The mount. Raises DockerfileError."""
    values = {
        name: statement.expand(Word(value, word.span), setting.variables)
        for name, value in _fields(word, statement).items()
    }
    text = values.pop("type", "bind").lower()
    kind = _KINDS.get(text)
    if kind is None:
        raise statement.error(
            f"--mount of type {text} is unknown{did_you_mean(text, _KINDS)}",
            at=word,
            hint=f"types are {', '.join(_KINDS)}",
        )
    for name in values:
        if name not in kind.options:
            hint = f"it takes {', '.join(sorted(kind.options))}"
            raise statement.error(f"{name} is not for a --mount of type {text}", at=word, hint=hint)
    return kind.make(Options(values, statement, word, setting))


def _fields(word: Word, statement: Statement) -> dict[str, str]:
    """The options as written, by their full names. Raises DockerfileError for one that is unknown."""
    import csv  # late: few Dockerfiles have mounts

    try:
        (fields,) = csv.reader([word.text], strict=True) if word.text else [[]]
    except csv.Error as error:
        raise statement.error(f"--mount={word.text}: {error}", at=word) from error
    values: dict[str, str] = {}
    for field in fields:
        name, equals, value = field.partition("=")
        name = _NAMES.get(name.lower(), name.lower())
        if name not in _ALL:
            raise statement.error(f"--mount knows no {name}{did_you_mean(name, _ALL)}", at=word)
        if not equals and name not in _WITHOUT_VALUE:
            raise statement.error(f"{name} of --mount needs a value", at=word, hint=f"write {name}=…")
        values[name] = value if equals else ("" if name == "env" else "true")
    return values
