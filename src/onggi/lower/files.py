"""Instructions that change files: each puts a vertex on top of the stage."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from onggi.dockerfile.lines import opening_of
from onggi.dockerfile.syntax import Add, Copy, ExecForm, Run, ShellForm, Word, Workdir
from onggi.graph.op import ContextSource, Exec, MakeDirectory
from onggi.graph.op import Copy as CopyOp
from onggi.graph.vertex import Vertex
from onggi.lower import history, paths
from onggi.lower.lowering import Lowering
from onggi.lower.scope import ambient_environment
from onggi.lower.state import StageState

_URL = re.compile(r"https?://")
_GIT = re.compile(r"git@|git://|ssh://|https?://.*\.git(?:[#?].*)?$")
_NETWORKS: Mapping[str, Literal["none", "host"]] = {"none": "none", "host": "host"}
_OCTAL = re.compile(r"[0-7]{1,4}")


def run(stage: StageState, instruction: Run, lowering: Lowering) -> StageState:
    _refuse_run_flags(instruction, lowering)
    argv = _argv(stage, instruction, lowering)
    environment = dict(stage.variables)
    if lowering.request.epoch is not None:
        environment.setdefault("SOURCE_DATE_EPOCH", str(lowering.request.epoch))
    asked = instruction.network.text if instruction.network is not None else ""
    op = Exec(
        argv=argv,
        env=tuple(f"{name}={value}" for name, value in environment.items()),
        ambient_env=ambient_environment(lowering.request.build_args, environment),
        working_directory=stage.config.working_dir or "/",
        user=stage.config.user,
        network=_NETWORKS.get(asked, lowering.request.network),
        epoch=lowering.request.epoch,
    )
    vertex = lowering.add(stage, op)
    arguments = {name: stage.variables.get(name, value) for name, value in stage.arguments.items()}
    return stage.after(history.run(argv, arguments), vertex)


def _refuse_run_flags(instruction: Run, lowering: Lowering) -> None:
    if instruction.mounts:
        raise lowering.statement.unsupported(
            "RUN --mount",
            at=instruction.mounts[0],
            hint="use COPY, and remove in the same RUN what the image should not keep",
        )
    if instruction.security is not None and instruction.security.text != "sandbox":
        raise lowering.statement.unsupported("RUN --security=insecure", at=instruction.security)
    if instruction.devices:
        raise lowering.statement.unsupported("RUN --device", at=instruction.devices[0])


def _argv(stage: StageState, instruction: Run, lowering: Lowering) -> tuple[str, ...]:
    if isinstance(instruction.command, ExecForm):
        return instruction.command.arguments
    return (*stage.shell(), _script(instruction.command, instruction, lowering))


def _script(command: ShellForm, instruction: Run, lowering: Lowering) -> str:
    """The shell's text. A heredoc that stands alone is the script itself, so that any shell can take it; among other
    words it goes to the shell as it was written."""
    if not instruction.heredocs:
        return command.text
    if opening_of(command.text) is None:
        bodies = (f"\n{heredoc.content}{heredoc.name}" for heredoc in instruction.heredocs)
        return command.text + "".join(bodies)
    body = instruction.heredocs[0].body()
    if body.startswith("#!"):
        raise lowering.statement.unsupported("a RUN heredoc with a #! line", hint="name the program: RUN python3 <<EOF")
    return body


def copy(stage: StageState, instruction: Copy, lowering: Lowering) -> StageState:
    _refuse_copy_flags(instruction, lowering)
    if instruction.parents is not None and instruction.parents.text == "true":
        raise lowering.statement.unsupported("COPY --parents", at=instruction.parents)
    sources = [lowering.statement.expand(word, stage.variables) for word in instruction.sources]
    for word, path in zip(instruction.sources, sources, strict=True):
        if _URL.match(path) or _GIT.match(path):
            raise lowering.statement.error(f"COPY does not fetch {path}", at=word, hint="ADD does")
    return _place(stage, instruction, lowering, sources, unpack=False)


def add(stage: StageState, instruction: Add, lowering: Lowering) -> StageState:
    _refuse_copy_flags(instruction, lowering)
    sources = [lowering.statement.expand(word, stage.variables) for word in instruction.sources]
    for word, path in zip(instruction.sources, sources, strict=True):
        if _URL.match(path) or _GIT.match(path):
            kind = "git repository" if _GIT.match(path) else "URL"
            raise lowering.statement.unsupported(
                f"ADD of a {kind}", at=word, hint="fetch it in a RUN step, with curl or git"
            )
    for name, flag in (("checksum", instruction.checksum), ("keep-git-dir", instruction.keep_git_dir)):
        if flag is not None:
            raise lowering.statement.error(
                f"--{name} is for sources that are fetched; these are files of the context", at=flag
            )
    unpack = instruction.unpack is None or instruction.unpack.text == "true"
    return _place(stage, instruction, lowering, sources, unpack=unpack)


def _refuse_copy_flags(instruction: Copy | Add, lowering: Lowering) -> None:
    if instruction.heredocs:
        hint = "put the file into the build context"
        raise lowering.statement.unsupported(f"{instruction.keyword} of a heredoc", hint=hint)
    if instruction.link is not None and instruction.link.text == "true":
        hint = "without --link the result is the same"
        raise lowering.statement.unsupported(f"{instruction.keyword} --link", at=instruction.link, hint=hint)
    if instruction.exclude:
        hint = "exclude files with .dockerignore"
        raise lowering.statement.unsupported(f"{instruction.keyword} --exclude", at=instruction.exclude[0], hint=hint)


def _place(
    stage: StageState, instruction: Copy | Add, lowering: Lowering, sources: list[str], *, unpack: bool
) -> StageState:
    source = lowering.source
    if source is None:
        for word, path in zip(instruction.sources, sources, strict=True):
            if paths.climbs_out(path):
                raise lowering.statement.error(
                    f"{path} leads out of the build context", at=word, hint="a build sees only its context"
                )
        source = lowering.builder.add(
            Vertex(op=ContextSource(ignore=lowering.request.ignore), text="the build context")
        )
    destination = lowering.statement.expand(instruction.destination, stage.variables)
    target = paths.destination(stage.config.working_dir or "/", destination)
    if len(sources) > 1 and not target.endswith("/"):
        target += "/"
    owner = _optional(stage, instruction.chown, lowering)
    mode = _optional(stage, instruction.chmod, lowering)
    op = CopyOp(
        sources=tuple(paths.source(path) for path in sources),
        destination=target,
        owner=owner,
        mode=_octal(mode, instruction.chmod, lowering),
        unpack=unpack,
        epoch=lowering.request.epoch,
    )
    vertex = lowering.add(stage, op, source)
    return stage.after(history.copy(instruction.keyword, owner, mode, sources, destination), vertex)


def _optional(stage: StageState, word: Word | None, lowering: Lowering) -> str:
    return "" if word is None else lowering.statement.expand(word, stage.variables)


def _octal(mode: str, word: Word | None, lowering: Lowering) -> str:
    if not mode:
        return ""
    if _OCTAL.fullmatch(mode):
        return f"{int(mode, 8):o}"
    if mode[0].isdecimal():
        raise lowering.statement.error(
            f"--chmod={mode} is not an octal mode", at=word, hint="write for example --chmod=755"
        )
    raise lowering.statement.unsupported(f"a symbolic --chmod ({mode})", at=word, hint="write for example --chmod=755")


def workdir(stage: StageState, instruction: Workdir, lowering: Lowering) -> StageState:
    path = paths.resolve(stage.config.working_dir or "/", lowering.statement.expand(instruction.path, stage.variables))
    created_by = f"WORKDIR {path}"
    if path != "/":
        vertex = lowering.add(stage, MakeDirectory(path=path, owner=stage.config.user, epoch=lowering.request.epoch))
        return stage.with_config(working_dir=path).after(created_by, vertex)
    return stage.with_config(working_dir=path).after(created_by)
