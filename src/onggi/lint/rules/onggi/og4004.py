from __future__ import annotations

import re
from collections.abc import Iterator

from onggi.dockerfile.syntax import Copy, HealthCheck, Run, ShellForm
from onggi.lint.knowledge.images import PublicImage, lacking
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.shell.commands import Command
from onggi.lint.view.facts import Base
from onggi.lint.view.lineage import Lineage, final
from onggi.lint.view.subject import Step, Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "There is no {tool} in {image}, so that the check always fails: use what the program is written in, or "
    "onggi run --health-http",
    "{image}에는 {tool} 명령이 없어 늘 실패합니다. 프로그램의 언어로 검사하거나 onggi run --health-http를 쓰세요",
)
_TOOLS = ("sh", "curl", "wget")
_STARTERS = frozenset({"sh", "bash", ".", "source", "xargs", "make", "ansible-playbook"})
_BINARIES = Pattern(r"/|(?:/usr)?(?:/local)?(?:/s?bin)?/?")


def check(subject: Subject) -> Iterator[Violation]:
    """In images that are known not to have the tool, where no step may have brought it. Of a base in the store its
    programs are known, of others what their names say."""
    image = final(subject)
    found = image.last(HealthCheck) if image is not None else None
    if image is None or image.image is None or found is None or found[1].command is None:
        return
    step, instruction = found
    missing = _missing(image.image, image.base)
    for command in step.commands:
        tool = command.program
        if tool in missing and not _is_brought(tool, image):
            yield step.violation(command.place, _message(tool, image))
            return
    if isinstance(instruction.command, ShellForm) and "sh" in missing and not _is_brought("sh", image):
        yield step.violation(instruction.origin.span, _message("sh", image))


def _missing(image: PublicImage, base: Base | None) -> frozenset[str]:
    programs = base.programs if base is not None else None
    return lacking(image) if programs is None else frozenset(tool for tool in _TOOLS if tool not in programs)


def _message(tool: str, image: Lineage) -> Text:
    name = f"{image.image.name}:{image.image.tag}" if image.image is not None else ""
    return _MESSAGE.format(tool=tool, image=name)


def _is_brought(tool: str, image: Lineage) -> bool:
    return any(_brings(tool, step) for step in image.steps)


def _brings(tool: str, step: Step) -> bool:
    """A RUN that names it, or starts a script that may; a file of its name; a folder of programs."""
    match step.inner:
        case Run():
            text = step.script.text if step.script is not None else step.inner.origin.text
            is_open = any(map(_is_open, step.commands))
            return is_open or re.search(rf"\b{tool}\b", text) is not None
        case Copy(sources=sources, destination=destination):
            words = [step.standing.scope.expand(word.text) for word in (*sources, destination)]
            return any(word.rpartition("/")[2] in (tool, "busybox") or _BINARIES.fullmatch(word) for word in words)
        case _:
            return False


def _is_open(command: Command) -> bool:
    """Whether only a script, or a variable, says what it installs."""
    is_script = "/" in command.name or command.name.endswith(".sh") or command.name in _STARTERS
    return is_script or (command.has_argument("install", "add") and any(word.has_variable for word in command.operands))


RULE = Rule(
    code="OG4004",
    title=Text("HEALTHCHECK uses tools that the image has", "HEALTHCHECK에는 이미지에 있는 도구를 씁니다"),
    reason=Text(
        "A check whose program is not there fails each time: the container counts as unhealthy though it works, and "
        "what waits for it waits forever.",
        "검사에 쓸 프로그램이 없으면 매번 실패합니다. "
        "멀쩡한 컨테이너가 unhealthy가 되고, 기다리는 쪽은 끝없이 기다립니다.",
    ),
    exception=Text(
        "Where the base is another image than its name says (a mirror with tools added).",
        "이름만 같고 도구를 더한 다른 이미지일 때(사내 미러 등).",
    ),
    bad=(
        Example(
            'FROM node:22-slim\nHEALTHCHECK CMD curl -f http://localhost:3000/ || exit 1\nCMD ["node", "server.js"]'
        ),
        Example(
            'FROM python:3.13-alpine\nRUN apk add --no-cache git\nHEALTHCHECK CMD ["curl", "-f", "http://localhost/"]'
        ),
        Example("FROM python:3.13-slim AS base\n\nFROM base\nHEALTHCHECK --interval=5s CMD wget -qO- localhost:8000"),
        Example("FROM gcr.io/distroless/nodejs22-debian12\nCOPY app /app\nHEALTHCHECK CMD /app/healthy"),
        Example("FROM scratch\nCOPY app /app\nHEALTHCHECK CMD wget -q localhost || exit 1"),
    ),
    good=(
        Example("FROM node:22-slim\nRUN apt-get install -y curl\nHEALTHCHECK CMD curl -f http://localhost:3000/"),
        Example("FROM node:22-alpine\nHEALTHCHECK CMD wget -qO- http://localhost:3000/ || exit 1"),
        Example("FROM node:22\nHEALTHCHECK CMD curl -f http://localhost:3000/"),
        Example("FROM nginx:1.27-alpine\nHEALTHCHECK CMD curl -f http://localhost/"),
        Example("FROM debian:12-slim\nCOPY --from=tools /usr/bin/curl /usr/bin/\nHEALTHCHECK CMD curl -f localhost"),
        Example("FROM debian:12-slim\nRUN apt-get install -y $PACKAGES\nHEALTHCHECK CMD curl -f localhost"),
        Example("FROM debian:12-slim\nCOPY setup.sh /\nRUN /setup.sh\nHEALTHCHECK CMD curl -f localhost"),
        Example("FROM company/app\nHEALTHCHECK CMD curl -f localhost"),
        Example('FROM scratch\nCOPY app /app\nHEALTHCHECK CMD ["/app", "health"]'),
        Example("FROM debian:12-slim\nHEALTHCHECK NONE"),
    ),
    check=check,
    severity=Severity.ERROR,
)
