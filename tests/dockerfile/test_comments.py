from __future__ import annotations

from onggi.dockerfile.comments import above, description
from onggi.dockerfile.parse import parse

TEXT = """\
#!/usr/bin/env onggi
# syntax=docker/dockerfile:1
# base is what all build on
# with a second line
FROM a AS base
# VERSION of the program

ARG VERSION
# of something else
#
  # VERSION of the program
ARG VERSION
RUN <<E
# not a comment
E
RUN x \\
  # in between
  y
"""


def test_only_what_stands_right_above_counts() -> None:
    dockerfile = parse(TEXT)
    stage = dockerfile.stages[0]
    assert above(dockerfile, stage.base) == ("base is what all build on", "with a second line")
    assert [above(dockerfile, instruction) for instruction in stage.instructions] == [
        (),
        ("VERSION of the program",),
        (),
        (),
    ]


def test_a_description_begins_with_the_name() -> None:
    dockerfile = parse(TEXT)
    stage = dockerfile.stages[0]
    assert description(dockerfile, stage.base, "base") == "is what all build on"
    assert description(dockerfile, stage.base, "other") == ""
    assert description(dockerfile, stage.instructions[0], "VERSION") == ""
    assert description(dockerfile, stage.instructions[1], "VERSION") == "of the program"
