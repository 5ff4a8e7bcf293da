from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from onggi.dockerfile.syntax import SCRATCH, Copy, Instruction, Word
from onggi.lint.policy import Policy
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_HUBS = frozenset({"docker.io", "hub.docker.com"})
_MESSAGE = Text("Use only an allowed registry in the FROM image", "FROM에는 허용된 레지스트리의 이미지만 쓰세요")


def check(subject: Subject) -> Iterator[Violation]:
    """Images are those of FROM and COPY --from."""
    allowed = subject.policy.registries
    if not allowed:
        return
    known = {SCRATCH}
    for stage in subject.stages:
        base = stage.stage.base
        images: list[tuple[Instruction, Word]] = [(base, base.image)]
        for each in stage.stage.instructions:
            if isinstance(each, Copy) and each.stage is not None and not each.stage.text.isdigit():
                images.append((each, each.stage))
        for instruction, word in images:
            name = subject.outer.expand(word.text) or word.text
            if name.lower() not in known and not _is_allowed(name, allowed):
                yield Violation(instruction, word.span, _MESSAGE)
            known.add(stage.stage.name)


def _is_allowed(image: str, allowed: Sequence[str]) -> bool:
    first, slash, _ = image.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return any(fnmatchcase(first, pattern) for pattern in allowed)
    return any(fnmatchcase(hub, pattern) for pattern in allowed for hub in _HUBS)


_POLICY = Policy(registries=("registry.example.org", "*.example.com"))
_HUB = Policy(registries=("docker.io",))

RULE = Rule(
    code="DL3026",
    title=Text("Use images of allowed registries only", "허용된 레지스트리의 이미지만 씁니다"),
    reason=Text(
        "The project says which registries it trusts; who can push to another one decides what gets into the image.",
        "프로젝트는 믿는 레지스트리를 정해 두었습니다. 다른 곳에 올릴 수 있는 사람이 이미지의 내용을 정하게 됩니다.",
    ),
    exception=Text(
        "Never in single files: add the registry to the project's configuration.",
        "파일마다 예외를 두지 말고, 레지스트리를 프로젝트 설정에 더하세요.",
    ),
    bad=(
        Example("FROM quay.io/team/app:1", policy=_POLICY),
        Example("FROM debian:12", policy=_POLICY),
        Example("ARG REGISTRY=quay.io\nFROM $REGISTRY/team/app:1", policy=_HUB),
        Example("FROM debian:12\nCOPY --from=quay.io/team/app:1 /a /b", policy=_HUB),
    ),
    good=(
        Example("FROM quay.io/team/app:1"),
        Example("FROM registry.example.org/app:1 AS app\nFROM app\nFROM eu.example.com/b:1", policy=_POLICY),
        Example("FROM debian:12 AS a\nFROM scratch\nCOPY --from=a /a /b\nCOPY --from=0 /a /b", policy=_HUB),
    ),
    check=check,
    severity=Severity.ERROR,
)
