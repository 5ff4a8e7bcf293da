"""What a container wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from onggi.container.log_options import DEFAULT
from onggi.engine.container.household import Household
from onggi.linux.journal import INCOMPLETE
from onggi.linux.log.record import Record
from onggi.linux.logs import read_log


def logs(
    house: Household,
    name: str,
    follow: bool,
    since: float | None,
    until: float | None,
    tail: int | None,
    joined: bool,
    warn: Callable[[str], object],
    is_wanted: Callable[[], bool],
) -> Iterator[Record]:
    row = house.row(name)
    driver = row.spec.log.driver or DEFAULT
    records = read_log(
        house.home(row),
        driver,
        follow=follow,
        since=since,
        until=until,
        tail=tail,
        joined=joined,
        tell=warn,
        is_wanted=is_wanted,
    )
    state = house.state(row)
    if state.error.startswith(INCOMPLETE):
        warn(state.error)
    return records
