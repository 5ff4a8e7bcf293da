"""`--change` of commit and import: Dockerfile instructions that amend a configuration, parsed and lowered as in a
build."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from onggi.characters import visible
from onggi.dockerfile import syntax
from onggi.dockerfile.arguments import keyword_and_rest
from onggi.dockerfile.lines import LineReader
from onggi.dockerfile.parse import parse, parse_instructions
from onggi.dockerfile.source import Fragment, Source
from onggi.lower.lower import lower
from onggi.lower.needs import needs
from onggi.lower.request import BaseImage, LowerRequest
from onggi.oci.config import ImageConfig, RootFs, RunConfig
from onggi.oci.platform import Platform
from onggi.suggest import did_you_mean

# Those of Docker (moby, BuildFromConfig), and STOPSIGNAL.
_ALLOWED = tuple(
    instruction.keyword
    for instruction in (
        *(syntax.Cmd, syntax.Entrypoint, syntax.Env, syntax.Expose, syntax.HealthCheck, syntax.Label, syntax.OnBuild),
        *(syntax.StopSignal, syntax.User, syntax.Volume, syntax.Workdir),
    )
)


def amend(config: RunConfig, changes: Sequence[str], platform: Platform) -> RunConfig:
    """`config` after the instructions. It has no triggers. Raises DockerfileError for mistakes in them, and for
    one that does more than to change a configuration."""
    if not changes:
        return config
    source = Source.of("\n".join(changes), "--change")
    _check(source)
    instructions = parse_instructions(source)
    (nothing,) = parse("FROM what-is-amended").stages
    dockerfile = syntax.Dockerfile(source=source, stages=(replace(nothing, instructions=instructions),))
    asked = LowerRequest(platform=platform)
    document = ImageConfig(
        architecture=platform.architecture, os=platform.os, rootfs=RootFs("layers", ()), config=config
    )
    bases = {name: BaseImage("", document, platform) for name in needs(dockerfile, asked, {})}
    amended = lower(dockerfile, bases, asked).output.config
    # A build gives every image a PATH; here only what is said is said (moby, BuildFromConfig).
    has_path = _has_path(config.env) or any(_names_path(each) for each in instructions)
    return amended if has_path else replace(amended, env=tuple(pair for pair in amended.env if not _has_path((pair,))))


def _check(source: Source) -> None:
    """Before they are parsed, for a keyword that is none gets the same hint: the parser knows others too."""
    reader = LineReader(source)
    while line := reader.read():
        keyword, _ = keyword_and_rest(Fragment(line, 0, len(line.text)))
        if keyword.text.upper() not in _ALLOWED:
            raise keyword.error(
                f"{visible(keyword.text.upper())} is not a valid change command{did_you_mean(keyword.text, _ALLOWED)}",
                hint=f"--change takes {', '.join(_ALLOWED)}",
            )


def _has_path(env: Sequence[str]) -> bool:
    return any(pair.startswith("PATH=") for pair in env)


def _names_path(instruction: syntax.Instruction) -> bool:
    return isinstance(instruction, syntax.Env) and any(pair.name.text == "PATH" for pair in instruction.pairs)
