from __future__ import annotations

from collections.abc import Iterable, Iterator

from onggi.dockerfile.syntax import OnBuild, Run
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Step, Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text("Either use Wget or Curl but not both", "Wget과 Curl 가운데 하나만 쓰세요")
_TOOLS = frozenset({"wget", "curl"})


def check(subject: Subject) -> Iterator[Violation]:
    """In each stage; what its children run is another matter."""
    for stage in subject.stages:
        runs = [step for step in stage.steps if step.is_written and isinstance(step.inner, Run)]
        for is_trigger in (False, True):
            yield from _judge(step for step in runs if isinstance(step.instruction, OnBuild) is is_trigger)


def _judge(runs: Iterable[Step]) -> Iterator[Violation]:
    seen: set[str] = set()
    for step in runs:
        used = [command for command in step.commands if command.name in _TOOLS]
        seen.update(command.name for command in used)
        if used and len(seen) > 1:
            yield step.violation(used[-1].place, _MESSAGE)


RULE = Rule(
    code="DL4001",
    title=Text("Use wget or curl, not both", "wget과 curl 가운데 하나만 씁니다"),
    reason=Text(
        "They do the same; a second one is a package more to install, to update and to scan.",
        "둘은 같은 일을 합니다. 하나 더 쓰면 설치하고 갱신하고 검사할 패키지가 하나 늘어납니다.",
    ),
    exception=Text(
        "Where the base has both already, or one has an option that the other lacks.",
        "베이스에 이미 둘 다 있거나, 한쪽에만 있는 기능이 필요할 때.",
    ),
    bad=(
        Example("FROM debian:12\nRUN wget -q https://a.example/a\nRUN curl -O https://b.example/b"),
        Example("FROM debian:12\nRUN wget -q https://a.example/a && curl -O https://b.example/b"),
    ),
    good=(
        Example("FROM debian:12\nRUN curl -O https://a.example/a\nRUN curl -O https://b.example/b"),
        Example("FROM debian:12 AS a\nRUN wget -q https://a.example/a\n\nFROM debian:12\nRUN curl https://b.example/b"),
        Example("FROM debian:12\nRUN apt-get install -y wget curl"),
    ),
    check=check,
)
