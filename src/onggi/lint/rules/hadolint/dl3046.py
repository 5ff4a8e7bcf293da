from __future__ import annotations

from collections.abc import Iterator

from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.shell.commands import Argument, Command
from onggi.lint.view.subject import Step, Subject
from onggi.lint.violation import Fix, Text, Violation, behind

_MESSAGE = Text(
    "`useradd` without flag `-l` and high UID will result in excessively large Image",
    "높은 UID로 `useradd`를 `-l` 없이 쓰면 이미지가 지나치게 커집니다",
)
_UID = Pattern(r"(?:--uid=|-[a-zA-Z]*u)(.+)")
_BEFORE_UID = Pattern(r"--uid|-[a-zA-Z]*u")
_HIGH = 100_000


def check(subject: Subject) -> Iterator[Violation]:
    for step in subject.runs():
        for command in step.commands:
            if command.name != "useradd" or command.has_flag("l", "no-log-init"):
                continue
            uid = _uid(command)
            if uid is not None and _number(step, uid) >= _HIGH:
                fix = Fix((behind(command.place, " -l"),)) if command.is_placed else None
                yield step.violation(uid.span, _MESSAGE, fix)
                break


def _uid(command: Command) -> Argument | None:
    """The word that has the number."""
    is_next = False
    for word in command.arguments:
        if is_next or _UID.fullmatch(word.text):
            return word
        is_next = _BEFORE_UID.fullmatch(word.text) is not None
    return None


def _number(step: Step, word: Argument) -> int:
    """Its number, as far as the Dockerfile says it; else 0."""
    match = _UID.fullmatch(word.text)
    text = match[1] if match else word.text
    if word.has_variable:
        text = step.standing.scope.expand(text)
    return int(text) if text.isdecimal() else 0


RULE = Rule(
    code="DL3046",
    title=Text("Give useradd -l for a high UID", "높은 UID에는 useradd -l을 씁니다"),
    reason=Text(
        "useradd writes into lastlog and faillog at the place of the UID: files with a hole of gigabytes, which a "
        "layer fills.",
        "useradd는 lastlog와 faillog에서 UID만큼 떨어진 자리에 기록합니다. 그래서 몇 GB짜리 희소 파일이 생기고, "
        "레이어에 담길 때는 빈 곳까지 채워집니다.",
    ),
    exception=Text(
        "Where the image has no /var/log/lastlog and /var/log/faillog.",
        "이미지에 /var/log/lastlog와 /var/log/faillog가 없을 때.",
    ),
    bad=(
        Example(
            "FROM debian:12\nRUN useradd -u 123456 app",
            fixed="FROM debian:12\nRUN useradd -l -u 123456 app",
        ),
        Example(
            "FROM debian:12\nARG ID=1000000\nRUN useradd --uid=$ID -m app",
            fixed="FROM debian:12\nARG ID=1000000\nRUN useradd -l --uid=$ID -m app",
        ),
        Example('FROM debian:12\nRUN ["useradd", "-mu", "123456", "app"]'),
    ),
    good=(
        Example("FROM debian:12\nRUN useradd -l -u 123456 app"),
        Example("FROM debian:12\nRUN useradd --no-log-init --uid 123456 app"),
        Example("FROM debian:12\nRUN useradd -u 10001 app"),
        Example("FROM debian:12\nARG ID\nRUN useradd -u $ID app"),
    ),
    check=check,
)
