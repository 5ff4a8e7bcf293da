"""For people: place, rule and message, the excerpt with carets, and why it matters, told once for each rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from onggi.amounts import counted
from onggi.characters import visible, width
from onggi.dockerfile.source import Source
from onggi.lint.finding import Finding
from onggi.lint.pages.wrapping import wrapped
from onggi.lint.reports.sheet import Look, Sheet
from onggi.lint.rule import Rule
from onggi.lint.severity import Severity
from onggi.lint.violation import Language, Text

_USUAL_WIDTH = 80
_GUTTER = 7  # what an excerpt has before its text: the line's number and a bar
_GAP = 2
_WHY = "     = "
_HANG = " " * len(_WHY)
_BOLD, _DIM = "1", "2"
_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.INFO: "36", Severity.STYLE: "2"}
_PLURAL = frozenset({Severity.ERROR, Severity.WARNING})

_FIXABLE = Text("fixable", "고칠 수 있음")
_FIXABLE_UNSAFELY = Text("fixable, unsafe", "고칠 수 있음(주의)")


def render(sheets: Sequence[Sheet], look: Look) -> str:
    if look.is_brief:
        return render_findings(sheets, look)
    sums = wrapped(summary(sheets, look).split(" "), look.width)
    return render_findings(sheets, look) + "".join(f"{line}\n" for line in sums)


def render_findings(sheets: Sequence[Sheet], look: Look) -> str:
    """Without the line that sums them up."""
    return "".join(f"{line}\n" for line in _lines(sheets, look))


def _lines(sheets: Sequence[Sheet], look: Look) -> Iterator[str]:
    explained: set[str] = set()
    for sheet in sheets:
        for finding in sheet.findings:
            yield from _head(sheet.source, finding, look)
            if look.is_brief:
                continue
            yield from _excerpt(sheet.source, finding, look)
            if finding.rule.code not in explained:
                explained.add(finding.rule.code)
                yield from _why(finding.rule, look)


def _head(source: Source, finding: Finding, look: Look) -> list[str]:
    place = f"{visible(source.name)}:{finding.span.line}:{finding.span.column}"
    level = f"{finding.severity.value:<7}"
    plain = f"{place}  {finding.rule.code}  {level}  "
    first, *more = wrapped(_words(finding.message, look), look.width, width(plain), _HANG)
    painted = "  ".join(
        (_painted(place, _BOLD, look), finding.rule.code, _painted(level, _COLOURS[finding.severity], look), first)
    )
    lines = [painted, *more]
    if finding.fix is None:
        return lines
    mark = (_FIXABLE if finding.fix.is_safe else _FIXABLE_UNSAFELY).language(look.language)
    used = width(more[-1]) if more else width(plain) + width(first)
    room = (look.width or _USUAL_WIDTH) - used - width(mark)
    if room < _GAP and look.width is not None:
        return [*lines, " " * (look.width - width(mark)) + mark]
    lines[-1] += " " * max(room, _GAP) + mark
    return lines


def _excerpt(source: Source, finding: Finding, look: Look) -> Iterator[str]:
    text, carets = source.excerpt(finding.span, (look.width or _USUAL_WIDTH) - _GUTTER).split("\n")
    gutter, bar, marks = carets.partition(" | ")
    yield text
    yield f"{gutter}{bar}{_painted(marks, _COLOURS[finding.severity], look)}"


def _why(rule: Rule, look: Look) -> Iterator[str]:
    page = f"onggi rules {rule.code}" if rule.bad else rule.url
    first, *more = wrapped([*_words(rule.reason, look), page], look.width or _USUAL_WIDTH, len(_WHY), _HANG)
    for line in (f"{_WHY}{first}", *more):
        yield _painted(line, _DIM, look)


def _words(text: Text, look: Look) -> list[str]:
    return [visible(word) for word in text.language(look.language).split()] or [""]


def _painted(text: str, colour: str, look: Look) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if look.has_colour else text


def summary(sheets: Sequence[Sheet], look: Look) -> str:
    """`2 findings (1 error, 1 warning), 1 fixable with --fix`"""
    findings = [finding for sheet in sheets for finding in sheet.findings]
    counts = Counter(finding.severity for finding in findings)
    fixes = [finding.fix for finding in findings if finding.fix is not None]
    safe = sum(fix.is_safe for fix in fixes)
    return _SUMMARIES[look.language](len(sheets), counts, safe, len(fixes) - safe)


def _english(files: int, counts: Counter[Severity], safe: int, unsafe: int) -> str:
    if not counts:
        return f"no findings in {counted(files, 'file')}"
    kinds = ", ".join(
        counted(counts[each], each.value) if each in _PLURAL else f"{counts[each]} {each.value}"
        for each in Severity
        if counts[each]
    )
    text = f"{counted(counts.total(), 'finding')} ({kinds})"
    if safe:
        text += f", {safe} fixable with --fix"
    if unsafe:
        text += f", {unsafe} {'more ' if safe else 'fixable '}with --unsafe-fixes"
    return text


def _korean(files: int, counts: Counter[Severity], safe: int, unsafe: int) -> str:
    if not counts:
        return f"파일 {files}개에서 찾은 문제가 없습니다"
    kinds = ", ".join(f"{each.value} {counts[each]}" for each in Severity if counts[each])
    text = f"문제 {counts.total()}건 ({kinds})"
    if safe:
        text += f", {safe}건은 --fix로 고칠 수 있습니다"
    if unsafe:
        text += f", {unsafe}건은 --unsafe-fixes로 고칠 수 있습니다"
    return text


_SUMMARIES: Mapping[Language, Callable[[int, Counter[Severity], int, int], str]] = {"en": _english, "ko": _korean}
