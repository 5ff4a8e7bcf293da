"""What is kept of a Dockerfile from rule to rule."""

from __future__ import annotations

from onggi.dockerfile.parse import parse
from onggi.lint.view.facts import Facts
from onggi.lint.view.subject import Subject, once, subject


def seen(text: str) -> Subject:
    return subject(parse(text), Facts(automatic={}))


def test_what_many_rules_ask_is_found_once_for_each_file() -> None:
    asked: list[Subject] = []

    @once
    def stages(file: Subject) -> int:
        asked.append(file)
        return len(file.stages)

    one, two = seen("FROM a\n"), seen("FROM a AS b\nFROM b\n")
    assert [stages(one), stages(two), stages(one), stages(two)] == [1, 2, 1, 2]
    assert asked == [one, two]


def test_a_run_is_of_the_file_and_of_now() -> None:
    (stage,) = seen("FROM a\nRUN b\nONBUILD RUN c\nCOPY d e\n").stages
    assert [step.run is not None for step in stage.steps] == [True, False, False]
