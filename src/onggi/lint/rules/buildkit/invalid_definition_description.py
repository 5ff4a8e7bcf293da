from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.comments import above
from onggi.dockerfile.syntax import Arg, From, Instruction
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "Comment for {keyword} should follow the format: `# {name} <description>`",
    "{keyword} 위의 주석은 `# {name} <설명>` 형식이어야 합니다",
)
_ENABLED = "# check=experimental=InvalidDefinitionDescription\n"


def check(subject: Subject) -> Iterator[Violation]:
    """The last line of the comment right above decides."""
    for instruction in subject.dockerfile.instructions():
        names = _names(instruction)
        comment = above(subject.dockerfile, instruction) if names else ()
        if comment and comment[-1].split(" ")[0] not in names:
            name = names[0] if len(names) == 1 else "<arg_key>"
            yield Violation(
                instruction, instruction.origin.span, _MESSAGE.format(keyword=instruction.keyword, name=name)
            )


def _names(instruction: Instruction) -> tuple[str, ...]:
    match instruction:
        case Arg(definitions=definitions):
            return tuple(definition.name.text for definition in definitions)
        case From(name=name) if name is not None:
            return (name.text,)
        case _:
            return ()


RULE = Rule(
    code="InvalidDefinitionDescription",
    title=Text(
        "Comment for build stage or argument should follow the format: `# <arg/stage name> <description>`. If this is "
        "not intended to be a description comment, add an empty line or comment between the instruction and the "
        "comment.",
        "단계와 인자의 주석은 `# <이름> <설명>` 형식으로 씁니다. 설명이 아니라면 명령어와 주석 사이에 빈 줄이나 "
        "빈 주석을 넣으세요.",
    ),
    reason=Text(
        "--call=outline and --call=targets show such comments as descriptions, if they begin with the name.",
        "--call=outline과 --call=targets는 이름으로 시작하는 주석을 설명으로 보여 줍니다.",
    ),
    exception=Text(
        "Where comments above stages and arguments are not meant as descriptions: the rule runs only when asked for.",
        "단계와 인자 위의 주석을 설명으로 쓰지 않을 때. 이 규칙은 켜야만 검사합니다.",
    ),
    bad=(
        Example(_ENABLED + "# a comment\nFROM scratch AS base"),
        Example(_ENABLED + "FROM scratch\n# another comment\nARG VERSION=1 OTHER=2"),
        Example(_ENABLED + "# BasE this is the image\nFROM scratch AS base"),
    ),
    good=(
        Example(_ENABLED + "# base is for compiling\nFROM scratch AS base\n# VERSION of the program\nARG VERSION=1"),
        Example(_ENABLED + "# a comment\n\nFROM scratch AS base\n# another comment\n#\nARG VERSION=1"),
        Example(_ENABLED + "# a comment\nFROM scratch\n# another comment\nCOPY a b"),
        Example("# a comment\nFROM scratch AS base"),
    ),
    check=check,
    is_experimental=True,
    url="https://docs.docker.com/go/dockerfile/rule/invalid-definition-description/",
)
