"""Instructions that only change the image's configuration: each gives the stage with one more line of history."""

from __future__ import annotations

from msgspec.structs import replace

from onggi.container import signals
from onggi.dockerfile.syntax import (
    Arg,
    Cmd,
    Command,
    Entrypoint,
    Env,
    ExecForm,
    Expose,
    HealthCheck,
    Label,
    Maintainer,
    OnBuild,
    Shell,
    StopSignal,
    User,
    Volume,
)
from onggi.errors import Invalid
from onggi.lower import history, ports
from onggi.lower.lowering import Lowering
from onggi.lower.state import StageState
from onggi.oci.config import Healthcheck


def arg(stage: StageState, instruction: Arg, lowering: Lowering) -> StageState:
    """The caller's value wins, then the default here, then what the name has before the first FROM."""
    told: list[str] = []
    for definition in instruction.definitions:
        name = definition.name.text
        value: str | None
        if name in lowering.request.build_args:
            value = lowering.request.build_args[name]
        elif definition.default is not None:
            value = lowering.statement.expand(definition.default, stage.variables)
        else:
            value = lowering.defaults.get(name)
        stage = replace(stage, arguments={**stage.arguments, name: value or ""})
        if value is not None:
            stage = stage.with_variable(name, value)
        told.append(name if value is None else f"{name}={value}")
    return stage.after(f"ARG {' '.join(told)}")


def env(stage: StageState, instruction: Env, lowering: Lowering) -> StageState:
    pairs = _expanded(stage, instruction, lowering)
    for name, value in pairs:
        stage = stage.with_environment(name, value)
    return stage.after(f"ENV {' '.join(f'{name}={value}' for name, value in pairs)}")


def label(stage: StageState, instruction: Label, lowering: Lowering) -> StageState:
    pairs = _expanded(stage, instruction, lowering)
    told = " ".join(f"{name}={value}" for name, value in pairs)
    return stage.with_config(labels={**stage.config.labels, **dict(pairs)}).after(f"LABEL {told}")


def _expanded(stage: StageState, instruction: Env | Label, lowering: Lowering) -> list[tuple[str, str]]:
    """Names and values. All of one instruction's values see the variables as they were before it."""
    found: list[tuple[str, str]] = []
    for pair in instruction.pairs:
        name = lowering.statement.expand(pair.name, stage.variables)
        if not name:
            raise lowering.statement.error(f"the name {pair.name.text} comes to nothing", at=pair.name)
        found.append((name, lowering.statement.expand(pair.value, stage.variables)))
    return found


def cmd(stage: StageState, instruction: Cmd, lowering: Lowering) -> StageState:
    arguments = _arguments(stage, instruction.command)
    stage = replace(stage.with_config(cmd=arguments, args_escaped=True), has_cmd=True)
    return stage.after(f"CMD {history.quoted(arguments)}")


def entrypoint(stage: StageState, instruction: Entrypoint, lowering: Lowering) -> StageState:
    """A CMD that came from the base goes: it was meant for the base's ENTRYPOINT."""
    arguments = _arguments(stage, instruction.command)
    kept = stage.config.cmd if stage.has_cmd else None
    return stage.with_config(entrypoint=arguments or None, cmd=kept).after(f"ENTRYPOINT {history.quoted(arguments)}")


def _arguments(stage: StageState, form: Command) -> tuple[str, ...]:
    """What is to be run: shell form goes behind the stage's shell."""
    return form.arguments if isinstance(form, ExecForm) else (*stage.shell(), form.text)


def expose(stage: StageState, instruction: Expose, lowering: Lowering) -> StageState:
    found: list[str] = []
    for word in instruction.ports:
        for text in lowering.statement.split(word, stage.variables):
            try:
                found += ports.parse(text)
            except Invalid as error:
                raise lowering.statement.error(str(error), at=word, hint=error.hint) from error
    exposed = {**stage.config.exposed_ports, **{port: {} for port in found}}
    return stage.with_config(exposed_ports=exposed).after(f"EXPOSE {history.listed(found)}")


def user(stage: StageState, instruction: User, lowering: Lowering) -> StageState:
    name = lowering.statement.expand(instruction.user, stage.variables)
    return stage.with_config(user=name).after(f"USER {name}")


def volume(stage: StageState, instruction: Volume, lowering: Lowering) -> StageState:
    paths = [lowering.statement.expand(path, stage.variables) for path in instruction.paths]
    for word, path in zip(instruction.paths, paths, strict=True):
        if not path:
            raise lowering.statement.error(f"VOLUME {word.text} comes to nothing", at=word)
    volumes = {**stage.config.volumes, **{path: {} for path in paths}}
    return stage.with_config(volumes=volumes).after(f"VOLUME {history.listed(paths)}")


def shell(stage: StageState, instruction: Shell, lowering: Lowering) -> StageState:
    return stage.with_config(shell=instruction.arguments).after(f"SHELL {history.listed(instruction.arguments)}")


def stop_signal(stage: StageState, instruction: StopSignal, lowering: Lowering) -> StageState:
    signal = lowering.statement.expand(instruction.signal, stage.variables)
    try:
        signals.number(signal)
    except Invalid as error:
        raise lowering.statement.error(str(error), at=instruction.signal, hint=error.hint) from error
    return stage.with_config(stop_signal=signal).after(f"STOPSIGNAL {signal}")


def health_check(stage: StageState, instruction: HealthCheck, lowering: Lowering) -> StageState:
    """The shell of a health check is settled when it runs, so its text is kept as it is."""
    form = instruction.command
    test: tuple[str, ...] = ("NONE",)
    if form is not None:
        test = ("CMD", *form.arguments) if isinstance(form, ExecForm) else ("CMD-SHELL", form.text)
    check = Healthcheck(
        test=test,
        interval=instruction.interval,
        timeout=instruction.timeout,
        start_period=instruction.start_period,
        start_interval=instruction.start_interval,
        retries=instruction.retries,
    )
    return stage.with_config(healthcheck=check).after(history.healthcheck(check))


def on_build(stage: StageState, instruction: OnBuild, lowering: Lowering) -> StageState:
    """Kept for the children; it leaves no line of history."""
    return stage.with_config(on_build=(*stage.config.on_build, instruction.expression))


def maintainer(stage: StageState, instruction: Maintainer, lowering: Lowering) -> StageState:
    name = instruction.name.text
    return replace(stage, author=name).after(f"MAINTAINER {name}")
