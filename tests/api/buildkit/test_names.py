from __future__ import annotations

from msgspec.structs import replace
from tests.api.buildkit.planning import planned

from onggi.api.buildkit.progress import names
from onggi.solve.events import Planned


def called(plan: Planned) -> list[str]:
    return list(names.of_plan(plan).values())


def test_the_steps_of_one_stage_are_counted() -> None:
    plan = planned('FROM busybox\nWORKDIR /app\nCOPY a.txt .\nENV A=1\nRUN make\nCMD ["sh"]')
    assert called(plan) == [
        "[1/4] FROM docker.io/library/busybox:latest",
        "[2/4] WORKDIR /app",
        "[3/4] COPY a.txt .",
        "[4/4] RUN make",
    ]


def test_stages_have_names_or_numbers() -> None:
    plan = planned("FROM a AS builder\nRUN make\nFROM b\nCOPY --from=builder /x /x\nRUN test")
    assert called(plan) == [
        "[builder 1/2] FROM docker.io/library/a:latest",
        "[builder 2/2] RUN make",
        "[stage-1 1/3] FROM docker.io/library/b:latest",
        "[stage-1 2/3] COPY --from=builder /x /x",
        "[stage-1 3/3] RUN test",
    ]


def test_what_two_stages_share_is_called_as_in_the_first_and_counted_in_both() -> None:
    plan = planned("FROM a AS one\nRUN x\nFROM a AS two\nRUN y\nFROM scratch\nCOPY --from=one / /\nCOPY --from=two / /")
    assert called(plan) == [
        "[one 1/2] FROM docker.io/library/a:latest",
        "[one 2/2] RUN x",
        "[two 2/2] RUN y",
        "[stage-2 1/2] COPY --from=one / /",
        "[stage-2 2/2] COPY --from=two / /",
    ]


def test_a_stage_that_goes_on_from_another_begins_with_its_own_first_step() -> None:
    plan = planned("FROM a AS one\nRUN x\nFROM one\nRUN y")
    assert called(plan)[2:] == ["[stage-1 1/1] RUN y"]


def test_each_platform_has_its_own_steps() -> None:
    plan = planned("FROM a\nRUN x", "linux/amd64", "linux/arm64")
    assert called(plan) == [
        "[linux/amd64 1/2] FROM docker.io/library/a:latest",
        "[linux/amd64 2/2] RUN x",
        "[linux/arm64 1/2] FROM docker.io/library/a:latest",
        "[linux/arm64 2/2] RUN x",
    ]


def test_numbers_are_as_wide_as_the_last() -> None:
    plan = planned("FROM a\n" + "RUN x\n" * 9 + "RUN y")
    assert called(plan)[0] == "[ 1/11] FROM docker.io/library/a:latest"
    assert called(plan)[-1] == "[11/11] RUN y"


def test_a_name_is_one_line() -> None:
    plan = planned("FROM a\nRUN one && \\\n    two\nRUN <<EOT\n  first\n  second\n  third\nEOT\nRUN <<EOT\nonly\nEOT")
    assert [name.partition("] ")[2] for name in called(plan)[1:]] == [
        "RUN one && two",
        "RUN <<EOT (first…)",
        "RUN <<EOT (only)",
    ]


def test_files_that_stand_in_the_dockerfile_are_no_step_of_a_stage() -> None:
    plan = planned("FROM a\nCOPY <<EOT /x\nhello\nEOT")
    assert [name.partition("] ")[0] for name in called(plan)] == ["[1/2", "[2/2"]
    assert names.helper("heredocs") == "[internal] heredocs"


def test_triggers_are_steps() -> None:
    assert called(planned("FROM a\nRUN x", on_build=("RUN first",))) == [
        "[1/3] FROM docker.io/library/a:latest",
        "[2/3] RUN first (ONBUILD of a:latest)",
        "[3/3] RUN x",
    ]


def test_an_image_that_was_pulled_is_named_by_its_digest_too() -> None:
    named = names.of_plan(planned("FROM a:1"), {"docker.io/library/a:1": "sha256:ab"})
    assert list(named.values()) == ["[1/1] FROM docker.io/library/a:1@sha256:ab"]


def test_a_result_of_another_build_is_named_as_the_dockerfile_has_it() -> None:
    target = "sha256:" + "c" * 64
    plan = planned("FROM --platform=linux/amd64 base AS x\nRUN y")
    vertices = tuple(
        (stage, text.replace("FROM base:latest", f"FROM {target}"), line) for stage, text, line in plan.vertices
    )
    assert target in vertices[0][1]
    assert list(names.of_plan(replace(plan, vertices=vertices)).values()) == ["[x 1/2] FROM base", "[x 2/2] RUN y"]


def test_what_is_no_name_of_an_image_stays_as_it_is() -> None:
    assert names.image("sha256:" + "a" * 64) == "sha256:" + "a" * 64
    assert names.image("NOT A NAME") == "NOT A NAME"
