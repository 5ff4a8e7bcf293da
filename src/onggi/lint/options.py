"""Which rules run: `skip=…;experimental=…;error=true`, as the directive `check`, the comment `# check=` right above an
instruction and the build argument BUILDKIT_DOCKERFILE_CHECK have it (BuildKit, frontend/dockerfile/linter)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

import msgspec
from msgspec.structs import replace

from onggi.boolean import parse_bool
from onggi.dockerfile.comments import above
from onggi.dockerfile.source import DockerfileError
from onggi.dockerfile.syntax import Dockerfile, Instruction
from onggi.errors import Invalid
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Rule
from onggi.lint.view.facts import Facts
from onggi.suggest import did_you_mean

ARGUMENT = "BUILDKIT_DOCKERFILE_CHECK"
_COMMENT = Pattern(r"check\s*=\s*(\S+)(?:\s.*)?", re.IGNORECASE)


class Codes(msgspec.Struct, frozen=True):
    """Rules by code, or all of them."""

    codes: frozenset[str] = frozenset()
    is_all: bool = False

    def __contains__(self, code: str) -> bool:
        return self.is_all or code in self.codes

    def __or__(self, other: Codes) -> Codes:
        return Codes(self.codes | other.codes, self.is_all or other.is_all)


class Options(msgspec.Struct, frozen=True):
    """`skip` does not switch off experimental rules, `experimental` switches them on. `is_error`: findings fail the
    build."""

    skip: Codes = Codes()
    experimental: Codes = Codes()
    is_error: bool = False

    def runs(self, rule: Rule, codes: Iterable[str]) -> bool:
        """`codes` are those by which it can be skipped."""
        if rule.is_experimental:
            return rule.code in self.experimental
        return not any(code in self.skip for code in codes)

    def narrowed(self, own: Options) -> Options:
        """For an instruction with options of its own: they add to those of the file."""
        return replace(self, skip=self.skip | own.skip, experimental=self.experimental | own.experimental)


def options(dockerfile: Dockerfile, facts: Facts) -> Options:
    """For the whole file: what the caller's build argument says, else the directive. Raises DockerfileError where the
    directive is wrong, Invalid where the argument is."""
    if ARGUMENT in facts.build_args:
        try:
            return parse(facts.build_args[ARGUMENT])
        except Invalid as error:
            raise Invalid(f"--build-arg {ARGUMENT}: {error.message}", hint=error.hint) from error
    for directive in dockerfile.directives:
        if directive.name == "check":
            try:
                return parse(directive.value)
            except Invalid as error:
                raise DockerfileError(error.message, dockerfile.source, directive.span, hint=error.hint) from error
    return Options()


def options_above(dockerfile: Dockerfile, instruction: Instruction) -> Options:
    """For one instruction: the first comment right above it that is such a line. One that does not parse is a comment
    like others."""
    for line in above(dockerfile, instruction):
        match = _COMMENT.fullmatch(line)
        if match is not None:
            try:
                return parse(match[1])
            except Invalid:
                break
    return Options()


def mentioned(dockerfile: Dockerfile) -> Iterator[tuple[Instruction, str]]:
    """Each code that the directive or such a comment names, and the instruction that it stands before."""
    instructions = [*dockerfile.instructions()]
    for directive in dockerfile.directives if instructions else ():
        if directive.name == "check":
            with suppress(Invalid):  # which is told as a mistake of the file
                yield from ((instructions[0], code) for code in _named(parse(directive.value)))
    for instruction in instructions:
        if instruction.origin.comments:
            yield from ((instruction, code) for code in _named(options_above(dockerfile, instruction)))


def _named(found: Options) -> list[str]:
    return sorted(found.skip.codes | found.experimental.codes)


def parse(text: str) -> Options:
    """Raises Invalid."""
    found = Options()
    for part in text.split(";") if text.strip() else ():
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or name not in _OPTIONS:
            raise Invalid(
                f"invalid check option {part.strip()!r}{did_you_mean(name, _OPTIONS)}",
                hint="write skip=RULE,RULE, experimental=RULE or error=true, with ; between them",
            )
        field, read = _OPTIONS[name]
        found = replace(found, **{field: read(value)})
    return found


def _codes(value: str) -> Codes:
    return Codes(is_all=True) if value == "all" else Codes(frozenset(code.strip() for code in value.split(",")))


def _truth(value: str) -> bool:
    found = parse_bool(value)
    if found is None:
        raise Invalid(f"the check option error is true or false, not {value!r}")
    return found


_OPTIONS: dict[str, tuple[str, Callable[[str], Codes | bool]]] = {
    "skip": ("skip", _codes),
    "experimental": ("experimental", _codes),
    "error": ("is_error", _truth),
}
