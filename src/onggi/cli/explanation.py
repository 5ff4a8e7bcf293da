"""What `onggi explain` prints of an explanation, for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from onggi.amounts import counted, human_duration, spaced_size
from onggi.cli.build_words import shorter_path
from onggi.cli.progress import words
from onggi.cli.table import harmless, printable, shorten, width, wrap
from onggi.oci import digest
from onggi.solve.explanation import Explanation, Step
from onggi.solve.inventory import File, FileChange
from onggi.solve.record import VARIABLES, Change

_MOST_FILES = 10
_MOST_LINES = 8
"""Of a command that changed."""
_SCRIPT_LINE = 120
_ROOMY = 100
"""Columns of a terminal that has room for long instructions."""
_INSTRUCTION = 36
_SHORT_INSTRUCTION = 24
_VALUE = 60
_WHYS = {
    "new": "ran: the build before had no such step",
    "unfinished": "ran: it did not come to its end in the build before",
    "forgotten": "ran: nothing changed, but the cache no longer had it",
    "no-cache": "ran: --no-cache or --no-cache-filter asked for it",
    "first": "ran: there was no build before",
}
_NAMES = {"reference": "name of the base image"}


def lines(explanation: Explanation, now: float, columns: int | None = None) -> Iterator[str]:
    """`now` is in seconds since the epoch; `columns` those of the terminal, if it is one."""
    for line in _lines(explanation, now, _INSTRUCTION if columns is None or columns >= _ROOMY else _SHORT_INSTRUCTION):
        yield from wrap(line, columns, hang=len(line) - len(line.lstrip()) + 4)


def _lines(explanation: Explanation, now: float, instruction: int) -> Iterator[str]:
    yield _title(explanation, now)
    reached = [step for step in explanation.steps if step.outcome != "cancelled" or step.seconds]
    if reached:
        yield ""
        layout = _Layout(reached, instruction)
        for step in reached:
            yield from map(harmless, layout.step(step))
        yield ""
    yield from _summary(explanation, len(explanation.steps) - len(reached))


def _title(explanation: Explanation, now: float) -> str:
    build, other = explanation.build, explanation.compared_with
    target = f" (target {explanation.target})" if explanation.target else ""
    title = f"build {build.id} of {shorter_path(explanation.dockerfile)}{target}"
    if other is None:
        return title
    ended = "" if other.outcome == "built" else f", which {_ENDS[other.outcome]}"
    return f"{title}, compared with build {other.id}, {human_duration(now - other.started).lower()} ago{ended}"


_ENDS = {"failed": "failed", "cancelled": "was cancelled", "killed": "was killed", "running": "is running"}


def _summary(explanation: Explanation, unreached: int) -> Iterator[str]:
    build, reasons = explanation.build, explanation.reasons
    if unreached:
        yield f"{counted(unreached, 'step')} {'was' if unreached == 1 else 'were'} not reached."
    if explanation.compared_with is None and any(step.why == "first" for step in explanation.steps):
        yield "It is the first build of this Dockerfile and target: there is nothing to compare it with."
    elif not explanation.steps:
        yield "Everything was kept."
    elif explanation.kept:
        yield f"Everything else was kept ({counted(explanation.kept, 'step')})."
    if reasons and reasons[0].why == "changed":
        first = reasons[0]
        yield f"{words.seconds(first.cost)} of {words.seconds(build.seconds)} came from {_culprit(first)}."


def _culprit(step: Step) -> str:
    change = step.changes[0]
    if change.files:
        return counted(len(change.files), "changed file")
    return f"a changed {_name(change)}" if len(step.changes) == 1 else counted(len(step.changes), "change")


class _Layout:
    """Stage, instruction, reason and seconds in columns; beneath each what changed."""

    def __init__(self, steps: Sequence[Step], instruction: int) -> None:
        self._most = instruction
        self._texts = {step.vertex: words.instruction(step.text) for step in steps}
        is_plain = {step.stage for step in steps} <= {"", "0"}
        self._stages = {step.vertex: "" if is_plain else words.stage(step.stage) for step in steps}
        self._stage = max(map(width, self._stages.values()))
        self._instruction = max(width(shorten(text, self._most)) for text in self._texts.values())
        self._last = ""
        self._above: int | None = None
        self._told: set[FileChange] = set()

    def step(self, step: Step) -> Iterator[str]:
        name = self._stages[step.vertex]
        stage = "" if name == self._last else name
        text = shorten(self._texts[step.vertex], self._most)
        seconds = words.seconds(step.seconds) if step.outcome == "ran" else step.outcome
        yield f" {_pad(stage, self._stage)}  {_pad(text, self._instruction)}  {self._why(step)}  {seconds}"
        for change in step.changes:
            news = self._news(change) if step.why == "follows" else change
            self._told.update(change.files)
            yield from (f" {'':{self._stage}}    {line}" for line in _details(news))
        self._last, self._above = name, step.vertex

    def _news(self, change: Change) -> Change:
        """Without the files that a step above has told already: a mount and its RUN see the same ones."""
        news = tuple(each for each in change.files if each not in self._told)
        return replace(change, files=news, total=change.total if news or not change.files else 0)

    def _why(self, step: Step) -> str:
        if step.why == "changed":
            return "ran: " + ", ".join(dict.fromkeys(_phrase(change) for change in step.changes))
        if step.why != "follows":
            return _WHYS[step.why]
        if step.because is None or step.because not in self._texts:
            return "ran: what it builds on changed"
        origin = shorten(self._texts[step.because], self._most)
        above = "the step above" if step.because == self._above else f"{origin} ({self._stages[step.because]})"
        return f"ran only because of {above}"


def _phrase(change: Change) -> str:
    """What changed, in a few words: "1 of 412 files changed"."""
    if change.what == "files":
        return f"{len(change.files)} of {counted(change.total, 'file')} changed" if change.files else "files changed"
    if change.what in VARIABLES and change.name and not (change.old and change.new):
        return f"{_name(change)} {'removed' if change.old else 'added'}"
    return f"{_name(change)} changed"


def _name(change: Change) -> str:
    if change.what == "base":
        return f"base image {change.name}"
    name = f" {change.name}" if change.name else ""
    return _NAMES.get(change.what, f"{change.what}{name}")


def _details(change: Change) -> Iterator[str]:
    match change.what:
        case "files":
            yield from _files(change)
        case "command" | "heredoc":
            yield from _script(change.old.splitlines(), change.new.splitlines())
        case _ if change.old or change.new:
            hidden = "  (the value is not shown: it looks like a secret)" if change.is_hidden else ""
            yield f"{change.name or change.what}  {_value(change.old)} → {_value(change.new)}{hidden}"


def _value(text: str) -> str:
    if digest.is_digest(text):
        return f"sha256:{digest.short(text)}"
    return shorten(printable(text), _VALUE) if text else "(none)"


def _script(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """The lines that differ."""
    from difflib import ndiff  # late: only a changed command needs it

    changed = [line for line in ndiff(old, new) if line[:1] in "-+"]
    yield from (shorten(line, _SCRIPT_LINE) for line in changed[:_MOST_LINES])
    if len(changed) > _MOST_LINES:
        yield f"  … and {counted(len(changed) - _MOST_LINES, 'more line')}"


def _files(change: Change) -> Iterator[str]:
    shown = change.files[:_MOST_FILES]
    widest = max((width(printable(each.path)) for each in shown), default=0)
    for each in shown:
        for number, fact in enumerate(facts(each)):
            yield f"{_pad('' if number else printable(each.path), widest)}  {fact}"
    if len(change.files) > len(shown):
        yield f"… and {counted(len(change.files) - len(shown), 'more file')}; --format json has them all"
    elif not shown and change.total:
        yield "extended attributes"


def facts(change: FileChange) -> Iterator[str]:
    """What became of a file, a line for each difference, with old and new value."""
    old, new = change.old, change.new
    for difference in change.differences:
        match difference:
            case "added" if new:
                yield f"added    {_described(new)}"
            case "removed" if old:
                yield f"removed  {_described(old)}"
            case "renamed":
                yield f"renamed  from {printable(change.old_path)}"
            case _ if old and new:
                was, now = _FACTS[difference](old), _FACTS[difference](new)
                yield f"{difference:7}  {was} → {now}{_growth(difference, old, new)}"


_FACTS: Mapping[str, Callable[[File], str]] = {
    "type": lambda file: file.type,
    "content": lambda file: file.link or _value(file.content),
    "mode": lambda file: file.mode,
    "owner": lambda file: file.owner,
}


def _described(file: File) -> str:
    return f"{file.type}, {spaced_size(file.size)}" if file.type == "file" else file.type


def _growth(difference: str, old: File, new: File) -> str:
    if difference != "content" or old.link:
        return ""
    grown = new.size - old.size
    return f"  ({grown:+,} bytes)" if grown else "  (same size)"


def _pad(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))
