from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import Run
from onggi.lint.rule import Example, Rule
from onggi.lint.shell.commands import Command
from onggi.lint.view.leavings import Cache, empties, is_mounted
from onggi.lint.view.packages import PIP, installations
from onggi.lint.view.subject import Step, Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "Avoid use of cache directory with pip. Use `pip install --no-cache-dir <package>`",
    "pip의 캐시 폴더를 남기지 마세요. `pip install --no-cache-dir <package>`를 쓰세요",
)
_OFF = "PIP_NO_CACHE_DIR"
_FOLDER = "PIP_CACHE_DIR"
_TRUTHS = frozenset({"y", "yes", "t", "true", "on", "1", "n", "no", "f", "false", "off", "0"})
_CACHE = Cache(
    program="pip",
    fills=frozenset({"install"}),
    cleans=frozenset({"purge"}),
    cleaning="pip cache purge",
    folders=(".cache/pip",),
)


def check(subject: Subject) -> Iterator[Violation]:
    for step, found in installations(subject, PIP):
        if not found.command.name.startswith("pipx") and not _is_kept_out(step, found.command):
            yield step.violation(found.command.span, _MESSAGE, found.fix("--no-cache-dir"))


def _is_kept_out(step: Step, command: Command) -> bool:
    if command.has_flag("no-cache-dir", "no-cache") or _is_off(step, command):
        return True
    variables = step.standing.scope.variables
    folders = (*_CACHE.folders, *filter(None, [variables.get(_FOLDER), _value(command, "--cache-dir")]))
    if isinstance(step.inner, Run) and is_mounted(step.inner, *folders):
        return True
    return any(empties(each, _CACHE) for each in step.commands)


def _is_off(step: Step, command: Command) -> bool:
    """By its variable. Any value that pip takes for yes or no switches the cache off, for the sake of those who once
    wrote "off" (pip, cli/cmdoptions.py)."""
    if _OFF in command.assignments or step.standing.scope.variables.get(_OFF, "").lower() in _TRUTHS:
        return True
    exports = (each for each in step.commands if each.name == "export")
    return any(word.text.startswith(f"{_OFF}=") for each in exports for word in each.arguments)


def _value(command: Command, flag: str) -> str:
    """Of a flag, whether behind it or joined to it; "" without it."""
    for word, following in zip(command.arguments, (*command.arguments[1:], None), strict=True):
        if word.text.startswith(f"{flag}="):
            return word.text.partition("=")[2]
        if word.text == flag and following is not None:
            return following.text
    return ""


RULE = Rule(
    code="DL3042",
    title=Text("Let pip leave no cache in the image", "이미지에 pip 캐시를 남기지 않습니다"),
    reason=Text(
        "pip keeps what it downloads and builds for the next install, which an image never sees: it only grows.",
        "pip은 내려받고 빌드한 것을 다음 설치를 위해 남겨 둡니다. 이미지에는 다음 설치가 없으니 크기만 커집니다.",
    ),
    exception=Text(
        "Where the stage is left behind and only some of its files are copied on.",
        "파일 몇 개만 복사하고 버리는 단계일 때.",
    ),
    bad=(
        Example(
            "FROM python:3.12\nRUN pip install -r requirements.txt",
            fixed="FROM python:3.12\nRUN pip install --no-cache-dir -r requirements.txt",
        ),
        Example(
            "FROM python:3.12\nRUN python3 -m pip -q install flask==3.0.0",
            fixed="FROM python:3.12\nRUN python3 -m pip -q install --no-cache-dir flask==3.0.0",
        ),
        Example('FROM python:3.12\nRUN ["pip", "install", "flask==3.0.0"]'),
    ),
    good=(
        Example("FROM python:3.12\nRUN pip install --no-cache-dir flask==3.0.0"),
        Example("FROM python:3.12\nENV PIP_NO_CACHE_DIR=1\nRUN pip install flask==3.0.0"),
        Example("FROM python:3.12\nRUN PIP_NO_CACHE_DIR=off pip install flask==3.0.0"),
        Example("FROM python:3.12\nRUN export PIP_NO_CACHE_DIR=1 && pip install flask==3.0.0"),
        Example("FROM python:3.12\nRUN --mount=type=cache,target=/root/.cache/pip pip install flask==3.0.0"),
        Example("FROM python:3.12\nRUN --mount=type=cache,target=/pip pip install --cache-dir /pip flask==3.0.0"),
        Example("FROM python:3.12\nRUN pip install flask==3.0.0 && rm -rf ~/.cache/pip"),
        Example("FROM python:3.12\nRUN pipx install flask==3.0.0"),
    ),
    check=check,
)
