"""`scripts/bench`: measures the rows and prints the table; `--write` keeps it in docs/."""

from __future__ import annotations

import argparse
import datetime
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import chart, report
from bench.corpus import corpus
from bench.isolation import own_network
from bench.measure import Measurement
from bench.peers import gather
from bench.ring import Ring
from bench.rows import (
    api,
    api_builds,
    containers,
    copy_files,
    fleet,
    lint,
    memory,
    network,
    registry,
    run_steps,
    stages,
    streams,
)

ROWS: dict[str, Callable[[Ring], Measurement]] = {
    "run-steps": run_steps.cold,
    "run-steps-cached": run_steps.cached,
    "stages": stages.sleeping,
    "copy-files": copy_files.cold,
    "copy-files-unchanged": copy_files.unchanged,
    "copy-files-edited": copy_files.one_edited,
    "copy-large": copy_files.large,
    "copy-ignored": copy_files.ignored,
    "run-true": containers.run_true,
    "exec-true": fleet.exec_true,
    "fleet-started": fleet.started,
    "fleet-stopped": fleet.stopped,
    "fleet-monitors": fleet.monitors,
    "network-started": network.started,
    "network-true": network.run_true,
    "network-fleet": network.fleet_started,
    "network-fleet-memory": network.fleet_memory,
    "port": network.published,
    "port-relayed": network.relayed,
    "names": network.looked_up,
    "ps-1000": containers.ps_of_many,
    "idle-engine": containers.idle_engine,
    "monitor": containers.monitor,
    "stream": streams.through_cat,
    "log-write": streams.into_the_log,
    "log-read": streams.out_of_the_log,
    "log-since": streams.the_end_of_the_log,
    "api-ps": api.ps,
    "api-run": api.run_true,
    "api-exec": api.exec_true,
    "api-idle": api.idle,
    "api-lists": api.lists,
    "api-attached": api.attached,
    "api-attach": api.through_attach,
    "api-build-steps": api_builds.steps,
    "api-build-files": api_builds.files,
    "api-build-unchanged": api_builds.files_unchanged,
    "lint-corpus": lint.of_corpus,
    "lint-one": lint.of_one,
    "memory-files": memory.of_many_files,
    "memory-large": memory.of_a_large_file,
    "push": registry.push,
    "push-again": registry.push_again,
    "pull": registry.pull,
    "pull-again": registry.pull_again,
    "memory-push": registry.memory_of_push,
    "memory-pull": registry.memory_of_pull,
}
DOCS = Path(__file__).parents[1] / "docs"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"which rows (all): {', '.join(ROWS)}")
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each command (5)")
    parser.add_argument("--peers", default="buildah,podman,docker", help="who else takes part, if installed")
    parser.add_argument("--write", action="store_true", help="write docs/bench.md and docs/bench.png")
    parser.add_argument("--chart", type=Path, help="write the chart to this PNG")
    asked = parser.parse_args()
    if unknown := set(asked.rows) - set(ROWS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    work = Path(tempfile.mkdtemp(prefix="onggi-bench-", dir="/var/tmp"))
    try:
        ring = Ring(*gather(work, set(asked.peers.split(","))), work, asked.runs)
        names = asked.rows or list(ROWS)
        if "lint-corpus" in names:
            corpus()  # what is not there yet is downloaded
        measurements = []
        for name in names:
            print(f"  {name}", file=sys.stderr)
            with own_network():
                measurements.append(ROWS[name](ring))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(report.table(measurements))
    print(f"\n{report.notes(measurements)}\n\n{report.machine()}")
    if asked.chart:
        chart.draw(measurements, asked.chart)
    if asked.write:
        _write(measurements)


def _write(measurements: list[Measurement]) -> None:
    today = datetime.date.today().isoformat()
    paragraphs = (
        "# Benchmark",
        "Written by `scripts/bench --write`. Medians; all tools took turns in one run: compare ratios, not seconds.",
        report.table(measurements),
        report.notes(measurements),
        f"{report.machine()}, {today}.",
        "![chart](bench.png)",
    )
    (DOCS / "bench.md").write_text("\n\n".join(paragraphs) + "\n")
    chart.draw(measurements, DOCS / "bench.png")


if __name__ == "__main__":
    main()
