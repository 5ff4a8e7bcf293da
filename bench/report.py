"""A measurement as lines for a terminal and as Markdown; the machine it was taken on."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from bench.measure import Measurement


def columns(measurements: list[Measurement]) -> list[str]:
    """Everyone who took part, limit and onggi first."""
    seen = dict.fromkeys(["limit", "onggi"])
    for measurement in measurements:
        seen |= dict.fromkeys(measurement.series)
    return list(seen)


def cells(measurement: Measurement, who: list[str]) -> list[str]:
    """The row's name, a figure for everyone, the ratio to the best peer, what is owed and whether it is met."""
    figures = [figure_text(measurement.median(name)) if name in measurement.series else "–" for name in who]
    peers = [measurement.median(name) for name in measurement.series if name not in ("limit", "onggi")]
    onggi = measurement.median("onggi")
    ratio = f"{min(peers) / onggi:.1f}×" if peers and onggi else "–"
    owed = measurement.owed()
    verdict = "–" if owed is None else f"≤ {owed:.2f} {'met' if onggi <= owed else 'MISSED'}"
    return [f"{measurement.name} ({measurement.unit})", *figures, ratio, verdict]


def figure_text(value: float) -> str:
    """Three digits that say something: 0.003, 0.14, 12.3."""
    return f"{value:.3f}" if 0 < value < 0.1 else f"{value:.2f}" if value < 10 else f"{value:.1f}"


def table(measurements: list[Measurement]) -> str:
    """Markdown that also reads well as it is."""
    who = columns(measurements)
    head = ["work", *who, "best peer / onggi", "must"]
    rows = [head, *(cells(measurement, who) for measurement in measurements)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def notes(measurements: list[Measurement]) -> str:
    return "\n".join(f"- {measurement.name}: {measurement.note}" for measurement in measurements if measurement.note)


def machine() -> str:
    """One line: processor, cores, memory, kernel, Python."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "unknown"
    )
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    hardware = f"{model}, {os.cpu_count()} cores, {memory / 2**20:.0f} GB"
    return f"{hardware}, Linux {platform.release()}, Python {platform.python_version()}"


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()
