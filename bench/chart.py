"""The measurements as horizontal bars, one panel a row."""

from __future__ import annotations

from pathlib import Path

from bench.measure import Measurement
from bench.report import figure_text, machine

COLOURS = {"limit": "#b8b8b8", "onggi": "#a4552a"}
PEER = "#8aa0b4"


def draw(measurements: list[Measurement], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    heights = [len(measurement.series) + 1.2 for measurement in measurements]
    figure, panels = pyplot.subplots(
        len(measurements),
        1,
        figsize=(8, 0.28 * sum(heights) + 0.8),
        height_ratios=heights,
        squeeze=False,
        layout="constrained",
    )
    for panel, measurement in zip(panels[:, 0], measurements, strict=True):
        who = list(measurement.series)[::-1]
        figures = [measurement.median(name) for name in who]
        panel.barh(who, figures, color=[COLOURS.get(name, PEER) for name in who], height=0.72)
        for place, value in enumerate(figures):
            panel.text(value, place, f" {figure_text(value)}", va="center", fontsize=8)
        if (owed := measurement.owed()) is not None:
            panel.axvline(owed, color="#303030", linewidth=0.8, linestyle=":")
        panel.set_title(f"{measurement.name} ({measurement.unit})", loc="left", fontsize=9)
        panel.set_xlim(0, 1.12 * max(*figures, owed or 0.0) or 1)
        panel.tick_params(labelsize=8, length=0)
        panel.set_xticks([])
        panel.spines[["top", "right", "bottom"]].set_visible(False)
    figure.suptitle("shorter is better; the dotted line is what onggi owes", x=0.01, ha="left", fontsize=9)
    figure.text(0.01, -0.02, machine(), fontsize=7, color="#606060")
    figure.savefig(path, dpi=130, bbox_inches="tight")
