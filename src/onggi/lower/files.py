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
from onggi.lower.scope import ambient_environment
from onggi.lower.site import Site
from onggi.lower.state import StageState

_URL = re.compile(r"https?://")
_GIT = re.compile(r"git@|git://|ssh://|https?://.*\.git(?:[#?].*)?$")
_NETWORKS: Mapping[str, Literal["none", "host"]] = {"none": "none", "host": "host"}
_OCTAL = re.compile(r"[0-7]{1,4}")


def run(stage: StageState, instruction: Run, site: Site) -> StageState:
    _refuse_run_flags(instruction, site)
    argv = _argv(stage, instruction, site)
    environment = dict(stage.variables)
    if site.request.epoch is not None:
        environment.setdefault("SOURCE_DATE_EPOCH", str(site.request.epoch))
    asked = instruction.network.text if instruction.network is not None else ""
    op = Exec(
        argv=argv,
        env=tuple(f"{name}={value}" for name, value in environment.items()),
        ambient_env=ambient_environment(site.request.build_args, environment),
        working_directory=stage.config.working_dir or "/",
        user=stage.config.user,
        network=_NETWORKS.get(asked, site.request.network),
        epoch=site.request.epoch,
    )
    vertex = site.add(stage, op)
    arguments = {name: stage.variables.get(name, value) for name, value in stage.arguments.items()}
    return stage.after(history.run(argv, arguments), vertex)


def _refuse_run_flags(instruction: Run, site: Site) -> None:
    if instruction.mounts:
        raise site.place.unsupported(
            "RUN --mount",
            at=instruction.mounts[0],
            hint="use COPY, and remove in the same RUN what the image should not keep",
        )
    if instruction.security is not None and instruction.security.text != "sandbox":
        raise site.place.unsupported("RUN --security=insecure", at=instruction.security)
    if instruction.devices:
        raise site.place.unsupported("RUN --device", at=instruction.devices[0])


def _argv(stage: StageState, instruction: Run, site: Site) -> tuple[str, ...]:
    if isinstance(instruction.command, ExecForm):
        return instruction.command.arguments
    return (*stage.shell(), _script(instruction.command, instruction, site))


def _script(command: ShellForm, instruction: Run, site: Site) -> str:
    """The shell's text. A heredoc that stands alone is the script itself, so that any shell can take it; among other
    words it goes to the shell as it was written."""
    if not instruction.heredocs:
        return command.text
    if opening_of(command.text) is None:
        bodies = (f"\n{heredoc.content}{heredoc.name}" for heredoc in instruction.heredocs)
        return command.text + "".join(bodies)
    body = instruction.heredocs[0].body()
    if body.startswith("#!"):
        raise site.place.unsupported("a RUN heredoc with a #! line", hint="name the program: RUN python3 <<EOF")
    return body


def copy(stage: StageState, instruction: Copy, site: Site) -> StageState:
    _refuse_copy_flags(instruction, site)
    if instruction.parents is not None and instruction.parents.text == "true":
        raise site.place.unsupported("COPY --parents", at=instruction.parents)
    sources = [site.place.expand(word, stage.variables) for word in instruction.sources]
    for word, path in zip(instruction.sources, sources, strict=True):
        if _URL.match(path) or _GIT.match(path):
            raise site.place.error(f"COPY does not fetch {path}", at=word, hint="ADD does")
    return _place(stage, instruction, site, sources, unpack=False)


def add(stage: StageState, instruction: Add, site: Site) -> StageState:
    _refuse_copy_flags(instruction, site)
    sources = [site.place.expand(word, stage.variables) for word in instruction.sources]
    for word, path in zip(instruction.sources, sources, strict=True):
        if _URL.match(path) or _GIT.match(path):
            kind = "git repository" if _GIT.match(path) else "URL"
            raise site.place.unsupported(f"ADD of a {kind}", at=word, hint="fetch it in a RUN step, with curl or git")
    for name, flag in (("checksum", instruction.checksum), ("keep-git-dir", instruction.keep_git_dir)):
        if flag is not None:
            raise site.place.error(f"--{name} is for sources that are fetched; these are files of the context", at=flag)
    unpack = instruction.unpack is None or instruction.unpack.text == "true"
    return _place(stage, instruction, site, sources, unpack=unpack)


def _refuse_copy_flags(instruction: Copy | Add, site: Site) -> None:
    if instruction.heredocs:
        hint = "put the file into the build context"
        raise site.place.unsupported(f"{instruction.keyword} of a heredoc", hint=hint)
    if instruction.link is not None and instruction.link.text == "true":
        hint = "without --link the result is the same"
        raise site.place.unsupported(f"{instruction.keyword} --link", at=instruction.link, hint=hint)
    if instruction.exclude:
        hint = "exclude files with .dockerignore"
        raise site.place.unsupported(f"{instruction.keyword} --exclude", at=instruction.exclude[0], hint=hint)


def _place(stage: StageState, instruction: Copy | Add, site: Site, sources: list[str], *, unpack: bool) -> StageState:
    source = site.source
    if source is None:
        for word, path in zip(instruction.sources, sources, strict=True):
            if paths.climbs_out(path):
                raise site.place.error(
                    f"{path} leads out of the build context", at=word, hint="a build sees only its context"
                )
        source = site.builder.add(Vertex(op=ContextSource(ignore=site.request.ignore), text="the build context"))
    destination = site.place.expand(instruction.destination, stage.variables)
    target = paths.destination(stage.config.working_dir or "/", destination)
    if len(sources) > 1 and not target.endswith("/"):
        target += "/"
    owner = _optional(stage, instruction.chown, site)
    mode = _optional(stage, instruction.chmod, site)
    op = CopyOp(
        sources=tuple(paths.source(path) for path in sources),
        destination=target,
        owner=owner,
        mode=_octal(mode, instruction.chmod, site),
        unpack=unpack,
        epoch=site.request.epoch,
    )
    vertex = site.add(stage, op, source)
    return stage.after(history.copy(instruction.keyword, owner, mode, sources, destination), vertex)


def _optional(stage: StageState, word: Word | None, site: Site) -> str:
    return "" if word is None else site.place.expand(word, stage.variables)


def _octal(mode: str, word: Word | None, site: Site) -> str:
    if not mode:
        return ""
    if _OCTAL.fullmatch(mode):
        return f"{int(mode, 8):o}"
    if mode[0].isdecimal():
        raise site.place.error(f"--chmod={mode} is not an octal mode", at=word, hint="write for example --chmod=755")
    raise site.place.unsupported(f"a symbolic --chmod ({mode})", at=word, hint="write for example --chmod=755")


def workdir(stage: StageState, instruction: Workdir, site: Site) -> StageState:
    path = paths.resolve(stage.config.working_dir or "/", site.place.expand(instruction.path, stage.variables))
    created_by = f"WORKDIR {path}"
    if path != "/":
        vertex = site.add(stage, MakeDirectory(path=path, owner=stage.config.user, epoch=site.request.epoch))
        return stage.with_config(working_dir=path).after(created_by, vertex)
    return stage.with_config(working_dir=path).after(created_by)
