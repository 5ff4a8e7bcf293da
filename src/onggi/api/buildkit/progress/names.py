"""What the vertices of a plan are called, in BuildKit's way: `[builder 2/5] RUN make` (moby/buildkit,
frontend/dockerfile/dockerfile2llb/convert.go, prefixCommand)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from onggi.errors import Invalid
from onggi.graph.vertex import Clause
from onggi.oci import reference
from onggi.oci.digest import is_digest
from onggi.solve.events import Planned
from onggi.solve.record import is_plain, stage_name, stage_parts

_FROM = "FROM "
_SCRATCH = "FROM scratch"


def image(text: str) -> str:
    """`docker.io/library/busybox:1.35`: a name in full."""
    if is_digest(text):
        return text
    try:
        return str(reference.parse(text))
    except Invalid:  # what a named context calls it
        return text


def base(text: str) -> str | None:
    """The image, in full, of a vertex that is one."""
    return image(text.removeprefix(_FROM)) if text.startswith(_FROM) else None


def of_plan(plan: Planned, digests: Mapping[str, str] = {}) -> dict[int, str]:
    """The vertices that instructions become, each by its stage and its number there. `digests`: of images that were
    pulled, by their names in full."""
    stages = list(_stages(plan))
    has_one = len(stages) == 1 or is_plain(_own(plan, clauses) for clauses in stages)
    named: dict[int, str] = {}
    for clauses in stages:
        new = [clause for clause in clauses if clause.vertices[-1] not in named]
        if not new:  # another stage does the same
            continue
        stage = _stage(_own(plan, new), is_only=has_one)
        width = len(str(len(clauses)))
        for number, clause in enumerate(clauses, 1):
            text = _text(plan.vertices[clause.vertices[-1]][1], clause, digests)
            named.setdefault(clause.vertices[-1], f"[{stage}{number:{width}}/{len(clauses)}] {text}")
    return named


def helper(text: str) -> str:
    """Of a vertex that an instruction needs besides: files that stand in the Dockerfile, or are fetched."""
    return f"[internal] {text}"


def _stages(plan: Planned) -> Iterator[list[Clause]]:
    """The clauses of each that become something."""
    stage: list[Clause] = []
    for clause in plan.clauses:
        if clause.text[: len(_FROM)].upper() == _FROM and stage:
            yield stage
            stage = []
        if clause.vertices and plan.vertices[clause.vertices[-1]][1] != _SCRATCH:
            stage.append(clause)
    if stage:
        yield stage


def _own(plan: Planned, clauses: Sequence[Clause]) -> str:
    """The stage as the plan names it. Where two begin with the same image, that is the first one's."""
    return plan.vertices[clauses[-1].vertices[-1]][0]


def _stage(name: str, *, is_only: bool) -> str:
    """With the space behind it; of the only one its platform is enough, where it has no name."""
    told = stage_parts(name)[0] if is_only and is_plain([name]) else stage_name(name)
    return f"{told} " if told else ""


def _text(text: str, clause: Clause, digests: Mapping[str, str]) -> str:
    name = base(text)
    if name is None:
        return text
    if is_digest(name):  # a result of another build, which people know by what the Dockerfile calls it
        name = next((word for word in clause.text.split()[1:] if not word.startswith("--")), name)
    return _FROM + (f"{name}@{digests[name]}" if name in digests and "@" not in name else name)
