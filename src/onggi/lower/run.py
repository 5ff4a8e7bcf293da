"""RUN: a vertex that runs a process on top of the stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from onggi.dockerfile import glob
from onggi.dockerfile.lines import opening_of
from onggi.dockerfile.syntax import SCRATCH, ExecForm, Heredoc, Run, ShellForm
from onggi.graph.op import (
    BindMount,
    CacheMount,
    Copy,
    Exec,
    ImageSource,
    InlineFile,
    InlineSource,
    Mount,
    Pick,
    SecretMount,
    SshMount,
)
from onggi.graph.vertex import Vertex
from onggi.lower import history, mounts
from onggi.lower.inline import file_of
from onggi.lower.lowering import Lowering
from onggi.lower.outline import ContextRoot
from onggi.lower.scope import ambient_environment
from onggi.lower.state import StageState

_Network: TypeAlias = Literal["default", "none", "host"]
_NETWORKS: Mapping[str, _Network] = {"none": "none", "host": "host"}
_OF_SOMEBODY = (CacheMount, SecretMount, SshMount)
"""What a step is shown by them is in no key."""
_SCRIPTS = "/dev/pipes"  # where BuildKit shows a script that names its interpreter; memory, so it leaves no trace


def run(stage: StageState, instruction: Run, lowering: Lowering) -> StageState:
    if instruction.devices:
        raise lowering.statement.unsupported("RUN --device", at=instruction.devices[0])
    environment = dict(stage.variables)
    if lowering.request.epoch is not None:
        environment.setdefault("SOURCE_DATE_EPOCH", str(lowering.request.epoch))
    inputs: list[int] = []
    script = _script_file(instruction, lowering)
    argv = _argv(stage, instruction, script)
    shown = (*_mounts(stage, instruction, lowering, inputs), *_script_mount(script, lowering, inputs))
    proxies = ambient_environment(lowering.request.build_args, environment)
    op = Exec(
        argv=argv,
        env=tuple(f"{name}={value}" for name, value in environment.items()),
        ambient_env=proxies,
        working_directory=stage.config.working_dir or "/",
        user=stage.config.user,
        network=_network(instruction, lowering),
        mounts=shown,
        insecure=_is_insecure(instruction, lowering),
        hosts=lowering.request.hosts,
        shm_size=lowering.request.shm_size,
        ulimits=lowering.request.ulimits,
        platform=_foreign(stage, lowering),
        realm=lowering.request.realm if proxies or any(isinstance(each, _OF_SOMEBODY) for each in shown) else "",
        epoch=lowering.request.epoch,
    )
    vertex = lowering.add(stage, op, *inputs)
    arguments = {name: stage.variables.get(name, value) for name, value in stage.arguments.items()}
    return stage.after(history.run(argv, arguments), vertex)


def _network(instruction: Run, lowering: Lowering) -> _Network:
    word = instruction.network
    asked = _NETWORKS.get(word.text) if word is not None else None
    if word is not None and asked == "host" and not lowering.request.host_network:
        raise lowering.statement.not_allowed(
            "RUN --network=host is not allowed",
            at=word,
            hint="it lets the step reach all that this host does; allow it with --allow network.host",
        )
    return asked or lowering.request.network


def _is_insecure(instruction: Run, lowering: Lowering) -> bool:
    word = instruction.security
    if word is None or word.text != "insecure":
        return False
    if not lowering.request.insecure:
        raise lowering.statement.not_allowed(
            "RUN --security=insecure is not allowed",
            at=word,
            hint="it gives the step all rights on this host; allow it with --allow security.insecure",
        )
    return True


def _foreign(stage: StageState, lowering: Lowering) -> str:
    own = lowering.request.build_platform or lowering.request.platform
    return "" if stage.platform == own else str(stage.platform)


def _mounts(stage: StageState, instruction: Run, lowering: Lowering, inputs: list[int]) -> list[Mount]:
    """The mounts; the vertices that they take files from are put behind `inputs`."""
    found: list[Mount] = []
    for word in instruction.mounts:
        name = mounts.origin(word, lowering.statement)
        setting = mounts.Setting(
            variables=stage.variables,
            working_directory=stage.config.working_dir or "/",
            agents=sum(isinstance(mount, SshMount) for mount in found),
            position=None if name is None else 1 + len(inputs),
        )
        mount = mounts.parse(word, lowering.statement, setting)
        if name is not None:
            source = mount.source if isinstance(mount, BindMount) else "."
            inputs.append(_files(name, source, stage, lowering))
        found.append(mount)
    return found


def _files(name: str, source: str, stage: StageState, lowering: Lowering) -> int:
    """Where the files of a mount are. Those of a context are put into a layer first: a step must neither see what is
    ignored nor reach the caller's own files."""
    root = lowering.sources[name]
    vertex = lowering.vertex_of(root)
    if not isinstance(root, ContextRoot):
        return vertex
    nothing = lowering.builder.add(Vertex(op=ImageSource(SCRATCH, ""), stage=stage.name, text=f"FROM {SCRATCH}"))
    # Not with its parents: links on the way are followed, as a mount follows them.
    op = Copy(sources=(Pick(1, glob.escape(source)),), destination="/" if source == "." else f"/{source}")
    text = f"--mount of {source} from {root.name or 'the build context'}"
    return lowering.builder.add(
        Vertex(op=op, inputs=(nothing, vertex), stage=stage.name, text=text, line=lowering.statement.line)
    )


def _argv(stage: StageState, instruction: Run, script: InlineFile | None) -> tuple[str, ...]:
    if isinstance(instruction.command, ExecForm):
        return instruction.command.arguments
    text = f"{_SCRIPTS}/{script.name}" if script else _shell_text(instruction.command, instruction.heredocs)
    return (*stage.shell(), text)


def _shell_text(command: ShellForm, heredocs: tuple[Heredoc, ...]) -> str:
    """A heredoc that stands alone is the script itself, so that any shell can take it; among other words it goes to the
    shell as it was written."""
    if not heredocs:
        return command.text
    if opening_of(command.text) is not None:
        return heredocs[0].body()
    return command.text + "".join(f"\n{heredoc.content}{heredoc.name}" for heredoc in heredocs)


def _script_file(instruction: Run, lowering: Lowering) -> InlineFile | None:
    """A heredoc that stands alone and names its interpreter."""
    command = instruction.command
    if not instruction.heredocs or not isinstance(command, ShellForm) or opening_of(command.text) is None:
        return None
    heredoc = instruction.heredocs[0]
    body = heredoc.body()
    return file_of(heredoc, body, lowering.statement, 0o755) if body.startswith("#!") else None


def _script_mount(script: InlineFile | None, lowering: Lowering, inputs: list[int]) -> tuple[Mount, ...]:
    if script is None:
        return ()
    source = Vertex(op=InlineSource((script,)), text=f"the script {script.name}")
    inputs.append(lowering.builder.add(source))
    return (BindMount(target=_SCRIPTS, input=len(inputs)),)
