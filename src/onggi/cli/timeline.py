"""The timeline of a build as a picture (SVG): a lane for each stage, a row for each step, time from left to right.

It reads without colour: what ran is filled, what waited is hatched, what was kept is a hollow dot, what failed has a
cross, and the critical path is drawn bold with a line along it.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import pairwise

from onggi.cli.progress import words
from onggi.cli.table import cut, printable, shorten
from onggi.solve.timeline import Bar, Timeline

_WIDTH = 1080
_MARGIN = 24
_STAGE = 104
_LABEL = 330
_NOTE = 104
_LEFT = _MARGIN + _STAGE + _LABEL
_CHART = _WIDTH - _MARGIN - _NOTE - _LEFT
_ROW = 22
_BAR = 12
_HEAD = 84
_GAP = 10
"""Between lanes."""
_LEGEND = 48
_LABEL_COLUMNS = 44
_STAGE_COLUMNS = 13
_TICKS = 6
_LEAST_BAR = 2.0
_STYLE = """\
text { font: 12px ui-sans-serif, system-ui, "Segoe UI", "Noto Sans", "Noto Sans KR", sans-serif; fill: #1f2933; }
.title { font-size: 15px; font-weight: 600; }
.label { font-family: ui-monospace, "SFMono-Regular", Menlo, "DejaVu Sans Mono", monospace; font-size: 11px; }
.dim { fill: #7b8794; }
.bold { font-weight: 700; }
.grid { stroke: #e4e7eb; stroke-width: 1; }
.lane { fill: #f5f7fa; }
.ran { fill: #52708f; }
.critical { fill: #12355b; }
.failed { fill: #b42318; }
.cancelled { fill: none; stroke: #7b8794; stroke-dasharray: 3 2; }
.kept { fill: #ffffff; stroke: #9aa5b1; stroke-width: 1.5; }
.waiting { fill: url(#hatch); stroke: #9aa5b1; stroke-width: 0.5; }
.path { fill: none; stroke: #12355b; stroke-width: 1.5; }
.cross { stroke: #b42318; stroke-width: 2; }
"""
_PATTERN = (
    '<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<line x1="0" y1="0" x2="0" y2="5" stroke="#9aa5b1" stroke-width="1.5"/></pattern></defs>'
)


def svg(timeline: Timeline, title: str, subtitle: str) -> str:
    """The whole document. `title` says what was built, `subtitle` when and how it went."""
    return "\n".join(_Picture(timeline).lines(title, subtitle)) + "\n"


class _Picture:
    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._scale = _CHART / max(timeline.seconds, 1e-3)
        self._critical: list[tuple[float, float, float]] = []  # start, end and middle of each critical bar

    def lines(self, title: str, subtitle: str) -> Iterator[str]:
        lanes = list(self._lanes())
        bottom = self._bottom
        height = bottom + _LEGEND
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}"'
            f' viewBox="0 0 {_WIDTH} {height}" role="img">'
        )
        yield f"<title>{_text(title)}</title>"
        yield f"<style>{_STYLE}</style>{_PATTERN}"
        yield f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>'
        yield f'<text x="{_MARGIN}" y="30" class="title">{_text(title)}</text>'
        yield f'<text x="{_MARGIN}" y="50" class="dim">{_text(subtitle)}</text>'
        yield from (line for line in lanes if 'class="lane"' in line)
        yield from self._axis(bottom)
        yield from self._path()
        yield from (line for line in lanes if 'class="lane"' not in line)
        yield from _legend(bottom + 30)
        yield "</svg>"

    @property
    def _bottom(self) -> int:
        rows = sum(len(lane.bars) for lane in self._timeline.lanes)
        return _HEAD + rows * _ROW + len(self._timeline.lanes) * _GAP

    def _x(self, seconds: float) -> float:
        return _LEFT + seconds * self._scale

    def _axis(self, bottom: int) -> Iterator[str]:
        step = _nice(self._timeline.seconds / _TICKS)
        for number in range(int(self._timeline.seconds / step) + 1):
            x = self._x(number * step)
            yield f'<line class="grid" x1="{x:.1f}" y1="{_HEAD - 8}" x2="{x:.1f}" y2="{bottom}"/>'
            label = words.seconds(number * step) if number else "0"
            yield f'<text class="dim" x="{x:.1f}" y="{_HEAD - 12}" text-anchor="middle">{label}</text>'

    def _lanes(self) -> Iterator[str]:
        y = _HEAD
        is_plain = {lane.stage for lane in self._timeline.lanes} <= {"", "0"}
        for lane in self._timeline.lanes:
            height = len(lane.bars) * _ROW
            wide = _WIDTH - 2 * _MARGIN + 16
            yield f'<rect class="lane" x="{_MARGIN - 8}" y="{y}" width="{wide}" height="{height}" rx="4"/>'
            if not is_plain:
                name = shorten(words.stage(lane.stage), _STAGE_COLUMNS)
                yield f'<text class="bold" x="{_MARGIN}" y="{y + 15}">{_text(name)}</text>'
            for bar in lane.bars:
                yield from self._row(bar, y)
                y += _ROW
            y += _GAP

    def _row(self, bar: Bar, y: int) -> Iterator[str]:
        look = "dim" if bar.outcome in ("kept", "cancelled") else "bold" if bar.is_critical else ""
        text = words.instruction(bar.text)
        yield f"<g><title>{_text(f'#{bar.number} {text}: {_note(bar)}')}</title>"
        label = f"#{bar.number} {cut(text, _LABEL_COLUMNS - len(str(bar.number)))}"
        yield f'<text class="label {look}" x="{_MARGIN + _STAGE}" y="{y + 15}">{_text(label)}</text>'
        yield from self._marks(bar, y + (_ROW - _BAR) / 2)
        right = _WIDTH - _MARGIN
        yield f'<text class="{look}" x="{right}" y="{y + 15}" text-anchor="end">{_text(_note(bar))}</text></g>'

    def _marks(self, bar: Bar, top: float) -> Iterator[str]:
        ready, start, end = map(self._x, (bar.ready, bar.start, bar.end))
        middle = top + _BAR / 2
        if start - ready >= _LEAST_BAR:
            wide = start - ready
            yield f'<rect class="waiting" x="{ready:.1f}" y="{top + 3}" width="{wide:.1f}" height="{_BAR - 6}"/>'
        if bar.outcome == "kept":
            yield f'<circle class="kept" cx="{end:.1f}" cy="{middle}" r="4"/>'
            return
        if bar.outcome == "cancelled" and end - start < _LEAST_BAR:
            return  # it never began
        look = {"failed": "failed", "cancelled": "cancelled"}.get(bar.outcome) or (
            "critical" if bar.is_critical else "ran"
        )
        wide = max(end - start, _LEAST_BAR)
        yield f'<rect class="{look}" x="{start:.1f}" y="{top}" width="{wide:.1f}" height="{_BAR}" rx="2"/>'
        if bar.outcome == "failed":
            yield _cross(start + wide + 5, middle)
        if bar.is_critical:
            self._critical.append((start, start + wide, middle))

    def _path(self) -> Iterator[str]:
        """Along the critical path, from the end of each bar down, or up, to the beginning of the next."""
        ordered = sorted(self._critical)
        for (_, end, y), (start, _, below) in pairwise(ordered):
            yield f'<path class="path" d="M{end:.1f} {y}V{below}H{start:.1f}"/>'


def _note(bar: Bar) -> str:
    match bar.outcome:
        case "kept":
            return f"saved {words.seconds(bar.saved)}" if words.is_worth_saying(bar.saved) else "kept"
        case "failed":
            return "failed" if bar.exit_code is None else f"exit code {bar.exit_code}"
        case "cancelled":
            return "cancelled"
        case _:
            return words.seconds(bar.end - bar.start)


def _cross(x: float | str, middle: float | str) -> str:
    """To the right of `x`."""
    return f'<path class="cross" d="M{x} {middle}m0 -4l8 8m0 -8l-8 8"/>'


def _legend(y: int) -> Iterator[str]:
    entries = (
        ('<rect class="ran" x="{x}" y="{top}" width="22" height="12" rx="2"/>', "ran"),
        (
            '<rect class="critical" x="{x}" y="{top}" width="22" height="12" rx="2"/>',
            "ran, on the critical path (bold)",
        ),
        ('<rect class="waiting" x="{x}" y="{top}" width="22" height="8"/>', "waited"),
        ('<circle class="kept" cx="{x}" cy="{middle}" r="4"/>', "kept"),
        (
            '<rect class="failed" x="{x}" y="{top}" width="12" height="12" rx="2"/>' + _cross("{cross}", "{middle}"),
            "failed",
        ),
        ('<rect class="cancelled" x="{x}" y="{top}" width="22" height="12"/>', "cancelled"),
    )
    x = float(_MARGIN)
    for mark, name in entries:
        yield mark.format(x=x, top=y - 10, middle=y - 4, cross=x + 16)
        yield f'<text class="dim" x="{x + 28}" y="{y}">{name}</text>'
        x += 28 + 6.4 * len(name) + 26


def _nice(least: float) -> float:
    """1, 2 or 5 times a power of ten, or minutes, not below `least`."""
    power = 1e-3
    while True:
        for factor in (1, 2, 5):
            if factor * power >= least:
                return factor * power if factor * power < 60 else -(-least // 60) * 60
        power *= 10


def _text(text: str) -> str:
    return escape(printable(text))
