"""Six independent stages that sleep a second each: they must sleep at once."""

from __future__ import annotations

from bench.measure import Measurement, take_turns, timed
from bench.ring import Ring

STAGES = 6


def sleeping(ring: Ring) -> Measurement:
    stages = "".join(f"FROM busybox:1.35 AS s{number}\nRUN sleep 1; echo {number} > /out\n" for number in range(STAGES))
    copies = "".join(f"COPY --from=s{number} /out /out{number}\n" for number in range(STAGES))
    context = ring.context("stages", {"Dockerfile": f"{stages}FROM busybox:1.35\n{copies}"})
    works = {"limit": timed("sleep", "1")}
    works |= {tool.name: timed(*tool.build(context, no_cache=True)) for tool in ring.tools}
    return Measurement(
        f"{STAGES} stages that sleep 1 s each", "s", take_turns(works, ring.runs), "limit", 1.4, "limit: sleep 1"
    )
