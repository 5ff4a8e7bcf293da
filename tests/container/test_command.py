from __future__ import annotations

import pytest

from onggi.container import command
from onggi.container.spec import Process
from onggi.errors import Invalid
from onggi.oci.config import DEFAULT_PATH, RunConfig

SHELL = ("/bin/sh", "-c")
ENTRYPOINTS = {"none": None, "shell": (*SHELL, "entry x"), "exec": ("/entry", "x")}
COMMANDS = {"none": None, "empty": (), "shell": (*SHELL, "cmd y"), "exec": ("/cmd", "y")}


def argv(process: Process, config: RunConfig) -> tuple[str, ...]:
    entrypoint, arguments = command.merge(process, config)
    return (*entrypoint, *arguments)


@pytest.mark.parametrize("entrypoint", ENTRYPOINTS)
@pytest.mark.parametrize("cmd", COMMANDS)
def test_the_twelve_combinations(entrypoint: str, cmd: str) -> None:
    config = RunConfig(entrypoint=ENTRYPOINTS[entrypoint], cmd=COMMANDS[cmd])
    expected = (*(ENTRYPOINTS[entrypoint] or ()), *(COMMANDS[cmd] or ()))
    if not expected:
        with pytest.raises(Invalid, match="no command specified"):
            argv(Process(), config)
    else:
        assert argv(Process(), config) == expected


IMAGE = RunConfig(entrypoint=("/entry",), cmd=("default",))


def test_arguments_stand_in_for_cmd() -> None:
    assert argv(Process(command=("a", "b")), IMAGE) == ("/entry", "a", "b")
    assert argv(Process(command=("sh",)), RunConfig(cmd=("x",))) == ("sh",)


def test_an_entrypoint_drops_the_images_cmd() -> None:
    assert argv(Process(entrypoint=("/bin/sh",)), IMAGE) == ("/bin/sh",)
    assert argv(Process(entrypoint=("/bin/sh",), command=("-c", "true")), IMAGE) == ("/bin/sh", "-c", "true")


def test_no_entrypoint_leaves_the_images_cmd() -> None:
    assert argv(Process(entrypoint=()), IMAGE) == ("default",)


def test_an_empty_entrypoint_leaves_only_the_arguments() -> None:
    assert argv(Process(entrypoint=(), command=("ls",)), IMAGE) == ("ls",)
    with pytest.raises(Invalid, match="no command specified") as caught:
        argv(Process(entrypoint=(), command=()), IMAGE)
    assert caught.value.hint.startswith("--entrypoint takes the place of the image's ENTRYPOINT and CMD")
    with pytest.raises(Invalid) as caught:
        argv(Process(entrypoint=(), command=()), RunConfig())
    assert caught.value.hint.startswith("the image has neither ENTRYPOINT nor CMD")


def test_environment_has_dockers_defaults() -> None:
    assert command.environment((), home="/root", hostname="abc") == (
        f"PATH={DEFAULT_PATH}",
        "HOSTNAME=abc",
        "HOME=/root",
    )
    assert "TERM=xterm" in command.environment((), home="/", terminal=True)
    assert not any(text.startswith("HOSTNAME=") for text in command.environment((), home="/"))


def test_variables_replace_defaults_in_place() -> None:
    variables = ("PATH=/x", "A=1", "HOME=/app", "TERM=dumb", "A=2")
    assert command.environment(variables, home="/root", hostname="h", terminal=True) == (
        "PATH=/x",
        "HOSTNAME=h",
        "TERM=dumb",
        "A=2",
        "HOME=/app",
    )


def test_a_bare_name_takes_a_variable_away() -> None:
    merged = command.merge_environment(["A", "B=own"], ["A=image", "B=image", "C=image"])
    assert merged == ("A", "B=own", "C=image")
    assert command.environment((*merged, "HOSTNAME"), home="/", hostname="h") == (
        f"PATH={DEFAULT_PATH}",
        "B=own",
        "C=image",
        "HOME=/",
    )


def test_values_may_hold_equals_signs() -> None:
    assert "X=a=b" in command.environment(("X=a=b",), home="/")
