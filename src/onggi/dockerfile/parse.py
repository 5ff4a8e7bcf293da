"""Text → Dockerfile. What is not a Dockerfile is a DockerfileError that shows the place.

The grammar is BuildKit's: frontend/dockerfile/parser (lines, flags, words, JSON) and instructions (what each may say).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import msgspec

from onggi.characters import plain, visible
from onggi.dockerfile import duration
from onggi.dockerfile.arguments import (
    FlagKind,
    flags,
    json_array,
    keyword_and_rest,
    name_and_rest,
    plain_words,
    quoted_words,
    split_quoted,
    word,
)
from onggi.dockerfile.lines import LineReader, opening_of
from onggi.dockerfile.source import SPACES, DockerfileError, ForbiddenTrigger, Fragment, OutOfOrder, Source, Span
from onggi.dockerfile.syntax import (
    Add,
    Arg,
    Cmd,
    Command,
    Copy,
    Definition,
    Dockerfile,
    Entrypoint,
    Env,
    ExecForm,
    Expose,
    From,
    HealthCheck,
    Heredoc,
    Instruction,
    Label,
    Maintainer,
    OnBuild,
    Origin,
    Pair,
    Run,
    Shell,
    ShellForm,
    Stage,
    StopSignal,
    User,
    Volume,
    Word,
    Workdir,
)
from onggi.errors import Invalid
from onggi.suggest import did_you_mean, nearest

_STAGE_NAME = re.compile(r"[a-z][a-z0-9._-]*")
_SHORTEST_TIME = 1_000_000  # nanoseconds; Docker takes nothing shorter for a health check
_MOST_RETRIES = (1 << 31) - 1
FORBIDDEN_TRIGGERS = frozenset({"ONBUILD", "FROM", "MAINTAINER"})
WITH_HEREDOCS = frozenset({"RUN", "COPY", "ADD"})


def parse(text: str, name: str = "Dockerfile") -> Dockerfile:
    """Raises DockerfileError at the first mistake."""
    dockerfile, errors = _parse(Source.of(text, name), goes_on=False)
    if errors:
        raise errors[0]
    return dockerfile


def parse_all(text: str, name: str = "Dockerfile") -> tuple[Dockerfile, tuple[DockerfileError, ...]]:
    """What can be read of a file with mistakes, and the mistakes. An instruction with one is left out; so is a stage
    whose FROM has one, since nobody knows what it begins on."""
    return _parse(Source.of(text, name), goes_on=True)


def _parse(source: Source, *, goes_on: bool) -> tuple[Dockerfile, tuple[DockerfileError, ...]]:
    """With `goes_on` to the end of the file, else to the first mistake."""
    errors: list[DockerfileError] = []
    try:
        _refuse_binary(source)
        reader = LineReader(source)
        directives = reader.directives()
    except DockerfileError as error:
        return Dockerfile(source=source, stages=()), (error,)
    arguments: list[Arg] = []
    stages: list[tuple[From, list[Instruction]]] = []
    is_lost = False
    while (goes_on or not errors) and (line := reader.read()) is not None:
        whole = Fragment(line, 0, len(line.text)).strip()
        try:
            instruction = _instruction(whole, reader)
        except DockerfileError as error:
            is_lost = is_lost or keyword_and_rest(whole)[0].text.upper() == From.keyword
            errors.append(error)
            continue
        if isinstance(instruction, From):
            stages.append((instruction, []))
            is_lost = False
        elif is_lost:
            continue
        elif stages:
            stages[-1][1].append(instruction)
        elif isinstance(instruction, Arg):
            arguments.append(instruction)
        else:
            errors.append(
                OutOfOrder(
                    f"{instruction.keyword} comes before the first FROM",
                    source,
                    instruction.origin.span,
                    hint="a Dockerfile begins with FROM; only ARG may come before it",
                )
            )
    if not stages and not errors:
        errors.append(_without_from(source, is_empty=not arguments))
    dockerfile = Dockerfile(
        source=source,
        directives=directives,
        arguments=tuple(arguments),
        stages=tuple(Stage(index, base, tuple(body)) for index, (base, body) in enumerate(stages)),
        comments=reader.take_comments(),
    )
    return dockerfile, tuple(errors)


def parse_instruction(source: Source) -> Instruction:
    """One instruction on its own: an ONBUILD trigger as an image keeps it. Raises DockerfileError."""
    _refuse_binary(source)
    reader = LineReader(source)
    instruction = _read(reader)
    if instruction is None:
        raise DockerfileError("there is no instruction", source, Span(1, 1, 1, 1))
    surplus = reader.read()
    if surplus is not None:
        raise Fragment(surplus, 0, len(surplus.text)).error("only one instruction may stand here")
    return instruction


def parse_instructions(source: Source) -> tuple[Instruction, ...]:
    """Those that stand in no file: the changes of `import` and `commit`. Raises DockerfileError."""
    _refuse_binary(source)
    reader = LineReader(source)
    return tuple(iter(lambda: _read(reader), None))


def _refuse_binary(source: Source) -> None:
    for number, line in enumerate(source.lines, 1):
        column = line.find("\0") + 1
        if column:
            place = Span(number, column, number, column + 1)
            raise DockerfileError("this is not text: it has a NUL byte", source, place, hint="is it the right file?")


def _without_from(source: Source, *, is_empty: bool) -> DockerfileError:
    sentence = "the file has no instructions" if is_empty else "the file has no FROM"
    last = len(source.lines)
    return DockerfileError(sentence, source, Span(last, 1, last, 1), hint="begin with FROM and the image to build on")


class _Parts(msgspec.Struct, frozen=True):
    """What a keyword's parser gets: the text after the flags, and the flags' values by name. `openings` are the words
    of that text that open the `heredocs`."""

    keyword: str
    rest: Fragment
    flags: Mapping[str, tuple[Word, ...]]
    openings: tuple[str, ...]
    heredocs: tuple[Heredoc, ...]
    origin: Origin
    escape: str

    def flag(self, name: str) -> Word | None:
        """A flag that is given at most once."""
        values = self.flags.get(name, ())
        return values[0] if values else None

    def error(self, sentence: str, *, at: Word | None = None, hint: str = "") -> DockerfileError:
        """A mistake in the instruction, or in one word of it."""
        span = self.origin.span if at is None else at.span
        return DockerfileError(sentence, self.rest.line.source, span, hint=hint)

    def command(self) -> Command:
        """Exec form if it is a JSON array of strings, else shell form."""
        if not self.rest.text:
            raise self.error(f"{self.keyword} needs a command")
        arguments = json_array(self.rest)
        return ShellForm(self.rest.text) if arguments is None else ExecForm(arguments)

    def words(self) -> tuple[Word, ...]:
        """A JSON array or words between blanks."""
        strings = json_array(self.rest)
        if strings is None:
            return tuple(word(fragment) for fragment in plain_words(self.rest))
        return tuple(Word(text, self.rest.span) for text in strings)

    def only_word(self, what: str) -> Word:
        """All of the rest, as one."""
        if not self.rest.text:
            raise self.error(f"{self.keyword} needs {what}")
        return word(self.rest)


def _read(reader: LineReader) -> Instruction | None:
    line = reader.read()
    if line is None:
        return None
    return _instruction(Fragment(line, 0, len(line.text)).strip(), reader)


def _instruction(whole: Fragment, reader: LineReader) -> Instruction:
    first, rest = keyword_and_rest(whole)
    keyword = first.text.upper()
    if keyword == OnBuild.keyword:
        return _onbuild(whole, rest, reader)
    if keyword not in _PARSERS:
        raise _unknown(first)
    values, rest = flags(rest, FLAGS.get(keyword, {}))
    opened = openings(rest) if keyword in WITH_HEREDOCS else []
    words = tuple(item.text for item, _ in opened)
    heredocs = tuple(reader.heredoc(item, opening) for item, opening in opened)
    origin = _origin(whole, first)
    return _PARSERS[keyword](_Parts(keyword, rest, values, words, heredocs, origin, reader.escape))


def _unknown(first: Fragment) -> DockerfileError:
    """The word that should be a keyword. What only looks like a space does not end it, as for BuildKit; a person sees
    two words there, and meant the first."""
    known = (*_PARSERS, OnBuild.keyword)
    seen = (plain(first.text).split() or [first.text])[0]
    hint = "" if nearest(seen, known) else f"instructions are {', '.join(sorted(known))}"
    return first.error(f"unknown instruction {visible(first.text)}{did_you_mean(seen, known)}", hint=hint)


def openings(rest: Fragment) -> list[tuple[Fragment, Heredoc]]:
    """The words that open a heredoc, and the heredocs, still empty. None do in a JSON array, nor where a quote is left
    open."""
    if "<<" not in rest.text or json_array(rest) is not None:
        return []
    words, is_balanced = split_quoted(rest, "\\")
    found = [(item, opening_of(item.text)) for item in words if is_balanced]
    return [(item, opening) for item, opening in found if opening is not None]


def _origin(whole: Fragment, *keywords: Fragment) -> Origin:
    line = whole.line
    return Origin(whole.span, whole.text, tuple(map(word, keywords)), line.comments, line.empty_lines)


def _onbuild(whole: Fragment, rest: Fragment, reader: LineReader) -> OnBuild:
    keyword, _ = keyword_and_rest(whole)
    if not rest.text:
        raise whole.error("ONBUILD needs an instruction")
    _, rest = flags(rest, {})
    first, _ = keyword_and_rest(rest)
    if first.text.upper() in FORBIDDEN_TRIGGERS:
        sentence = f"{first.text.upper()} cannot be an ONBUILD trigger"
        raise ForbiddenTrigger(sentence, first.line.source, first.span)
    trigger = _instruction(rest, reader)
    return OnBuild(origin=_origin(whole, keyword), trigger=trigger)


def _from(parts: _Parts) -> From:
    words = plain_words(parts.rest)
    hint = "write FROM image, or FROM image AS name"
    if len(words) not in (1, 3):
        raise parts.error(f"FROM takes one argument or three, not {len(words)}", hint=hint)
    if len(words) == 3 and words[1].text.upper() != "AS":
        raise words[1].error(f"FROM expects AS here, not {words[1].text}", hint=hint)
    name = None
    origin = parts.origin
    if len(words) == 3:
        origin = msgspec.structs.replace(origin, keywords=(*origin.keywords, word(words[1])))
        name = Word(words[2].text.lower(), words[2].span)
        if not _STAGE_NAME.fullmatch(name.text):
            raise words[2].error(
                f"invalid stage name {words[2].text!r}",
                hint="a name begins with a letter; letters, digits, dots, dashes and underscores follow",
            )
    return From(origin=origin, image=word(words[0]), name=name, platform=parts.flag("platform"))


def _arg(parts: _Parts) -> Arg:
    words = quoted_words(parts.rest, parts.escape)
    if not words:
        raise parts.error("ARG needs a name", hint="write ARG name, or ARG name=default")
    return Arg(origin=parts.origin, definitions=tuple(_definition(fragment) for fragment in words))


def _definition(fragment: Fragment) -> Definition:
    name, equals, _ = fragment.text.partition("=")
    if not name:
        raise fragment.error("an ARG's name cannot be empty")
    value = word(fragment.part(len(name) + 1)) if equals else None
    return Definition(word(fragment.part(0, len(name))), value)


def _env(parts: _Parts) -> Env:
    pairs, is_spaced = _pairs(parts)
    return Env(origin=parts.origin, pairs=pairs, is_spaced=is_spaced)


def _label(parts: _Parts) -> Label:
    pairs, is_spaced = _pairs(parts)
    return Label(origin=parts.origin, pairs=pairs, is_spaced=is_spaced)


def _pairs(parts: _Parts) -> tuple[tuple[Pair, ...], bool]:
    """`name=value …`, or the old `name value` if the first word has no equals sign."""
    words = quoted_words(parts.rest, parts.escape)
    if not words:
        raise parts.error(f"{parts.keyword} needs a name and a value", hint=f"write {parts.keyword} name=value")
    if "=" not in words[0].text:
        split = name_and_rest(parts.rest)
        if split is None:
            raise parts.error(f"{parts.keyword} {words[0].text} has no value", hint=f"write {parts.keyword} name=value")
        return (Pair(word(split[0]), word(split[1])),), True
    return tuple(_pair(parts, fragment) for fragment in words), False


def _pair(parts: _Parts, fragment: Fragment) -> Pair:
    name, equals, _ = fragment.text.partition("=")
    if not equals:
        raise fragment.error(
            f"{fragment.text} has no =", hint=f"write {parts.keyword} name=value, with quotes around spaces"
        )
    if not name:
        raise fragment.error(f"a name in {parts.keyword} cannot be empty")
    return Pair(word(fragment.part(0, len(name))), word(fragment.part(len(name) + 1)))


def _run(parts: _Parts) -> Run:
    command = parts.command()
    if command == ExecForm(()):
        raise parts.error("RUN needs a program")
    network = parts.flag("network")
    _one_of(parts, "network", ("default", "none", "host"))
    _one_of(parts, "security", ("sandbox", "insecure"))
    return Run(
        origin=parts.origin,
        command=command,
        heredocs=parts.heredocs,
        mounts=parts.flags.get("mount", ()),
        network=network,
        security=parts.flag("security"),
        devices=parts.flags.get("device", ()),
    )


def _one_of(parts: _Parts, name: str, allowed: tuple[str, ...]) -> None:
    value = parts.flag(name)
    if value is not None and value.text not in allowed:
        sentence = f"--{name} cannot be {value.text!r}{did_you_mean(value.text, allowed)}"
        raise parts.error(sentence, at=value, hint=f"it is one of {', '.join(allowed)}")


def _cmd(parts: _Parts) -> Cmd:
    return Cmd(origin=parts.origin, command=parts.command())


def _entrypoint(parts: _Parts) -> Entrypoint:
    return Entrypoint(origin=parts.origin, command=parts.command())


def _copy(parts: _Parts) -> Copy:
    sources, destination = _sources_and_destination(parts)
    return Copy(
        origin=parts.origin,
        sources=sources,
        destination=destination,
        heredocs=parts.heredocs,
        stage=parts.flag("from"),
        chown=parts.flag("chown"),
        chmod=parts.flag("chmod"),
        link=parts.flag("link"),
        parents=parts.flag("parents"),
        exclude=parts.flags.get("exclude", ()),
    )


def _add(parts: _Parts) -> Add:
    sources, destination = _sources_and_destination(parts)
    return Add(
        origin=parts.origin,
        sources=sources,
        destination=destination,
        heredocs=parts.heredocs,
        chown=parts.flag("chown"),
        chmod=parts.flag("chmod"),
        link=parts.flag("link"),
        exclude=parts.flags.get("exclude", ()),
        checksum=parts.flag("checksum"),
        keep_git_dir=parts.flag("keep-git-dir"),
        unpack=parts.flag("unpack"),
    )


def _sources_and_destination(parts: _Parts) -> tuple[tuple[Word, ...], Word]:
    words = parts.words()
    if len(words) < 2:
        raise parts.error(
            f"{parts.keyword} needs a source and a destination",
            hint=f"write {parts.keyword} source… destination; names with spaces go into a JSON array",
        )
    *sources, destination = words
    if destination.text in parts.openings:
        raise parts.error(f"the destination of {parts.keyword} cannot be a heredoc", at=destination)
    return tuple(source for source in sources if source.text not in parts.openings), destination


def _workdir(parts: _Parts) -> Workdir:
    return Workdir(origin=parts.origin, path=parts.only_word("a path"))


def _user(parts: _Parts) -> User:
    return User(origin=parts.origin, user=parts.only_word("a user"))


def _stopsignal(parts: _Parts) -> StopSignal:
    return StopSignal(origin=parts.origin, signal=parts.only_word("a signal"))


def _maintainer(parts: _Parts) -> Maintainer:
    return Maintainer(origin=parts.origin, name=parts.only_word("a name"))


def _expose(parts: _Parts) -> Expose:
    ports = tuple(word(fragment) for fragment in plain_words(parts.rest))
    if not ports:
        raise parts.error("EXPOSE needs a port", hint="write for example EXPOSE 8080 or EXPOSE 53/udp")
    return Expose(origin=parts.origin, ports=ports)


def _volume(parts: _Parts) -> Volume:
    paths = parts.words()
    if not paths:
        raise parts.error("VOLUME needs a path")
    if not all(path.text.strip(SPACES) for path in paths):
        raise parts.error("a path of VOLUME cannot be empty")
    return Volume(origin=parts.origin, paths=paths)


def _shell(parts: _Parts) -> Shell:
    arguments = json_array(parts.rest)
    if not arguments:
        raise parts.error(
            "SHELL takes a JSON array", hint='write for example SHELL ["/bin/bash", "-o", "pipefail", "-c"]'
        )
    return Shell(origin=parts.origin, arguments=arguments)


def _healthcheck(parts: _Parts) -> HealthCheck:
    kind, rest = keyword_and_rest(parts.rest)
    match kind.text.upper():
        case "NONE":
            if rest.text or parts.flags:
                raise parts.error("HEALTHCHECK NONE takes nothing else")
            return HealthCheck(origin=parts.origin, command=None)
        case "CMD":
            command = msgspec.structs.replace(parts, keyword="HEALTHCHECK CMD", rest=rest).command()
            if command == ExecForm(()):
                raise parts.error("HEALTHCHECK CMD needs a program")
        case _:
            sentence = f"HEALTHCHECK goes on with CMD or NONE{f', not {kind.text}' if kind.text else ''}"
            raise parts.error(sentence, at=word(kind) if kind.text else None)
    return HealthCheck(
        origin=parts.origin,
        command=command,
        interval=_time(parts, "interval"),
        timeout=_time(parts, "timeout"),
        start_period=_time(parts, "start-period"),
        start_interval=_time(parts, "start-interval"),
        retries=_retries(parts),
    )


def _time(parts: _Parts, name: str) -> int:
    value = parts.flag(name)
    if value is None:
        return 0
    try:
        nanoseconds = duration.parse(value.text)
    except Invalid as error:
        raise parts.error(f"--{name}: {error}", at=value, hint=error.hint) from error
    if nanoseconds and nanoseconds < _SHORTEST_TIME:
        sentence = f"--{name} is at least 1ms, not {value.text}"
        raise parts.error(sentence, at=value, hint="0 means Docker's default")
    return nanoseconds


def _retries(parts: _Parts) -> int:
    value = parts.flag("retries")
    if value is None:
        return 0
    if not re.fullmatch(r"\+?[0-9]{1,10}", value.text) or int(value.text) > _MOST_RETRIES:
        raise parts.error(f"--retries is a count, not {value.text!r}", at=value)
    return int(value.text)


_PARSERS: Mapping[str, Callable[[_Parts], Instruction]] = {
    "ADD": _add,
    "ARG": _arg,
    "CMD": _cmd,
    "COPY": _copy,
    "ENTRYPOINT": _entrypoint,
    "ENV": _env,
    "EXPOSE": _expose,
    "FROM": _from,
    "HEALTHCHECK": _healthcheck,
    "LABEL": _label,
    "MAINTAINER": _maintainer,
    "RUN": _run,
    "SHELL": _shell,
    "STOPSIGNAL": _stopsignal,
    "USER": _user,
    "VOLUME": _volume,
    "WORKDIR": _workdir,
}

FLAGS: Mapping[str, Mapping[str, FlagKind]] = {
    "ADD": {
        "chown": "text",
        "chmod": "text",
        "link": "bool",
        "exclude": "texts",
        "checksum": "text",
        "keep-git-dir": "bool",
        "unpack": "bool",
    },
    "COPY": {
        "from": "text",
        "chown": "text",
        "chmod": "text",
        "link": "bool",
        "parents": "bool",
        "exclude": "texts",
    },
    "FROM": {"platform": "text"},
    "HEALTHCHECK": {
        "interval": "text",
        "timeout": "text",
        "start-period": "text",
        "start-interval": "text",
        "retries": "text",
    },
    "RUN": {"mount": "texts", "network": "text", "security": "text", "device": "texts"},
}
