"""Sending a blob for as long as there is hope."""

from __future__ import annotations

from onggi.errors import Unavailable
from onggi.fetch.attempts import Attempts, GivenUp, Temporary
from onggi.oci.descriptor import Descriptor
from onggi.registry.driver import Driver
from onggi.registry.flow import Interrupted
from onggi.registry.push import Attempt


def upload(driver: Driver, sending: Attempt, what: str) -> Descriptor:
    """What was sent. Raises Unavailable, which names `what`, when too many attempts in a row have failed; Unauthorized,
    Denied, and what the source of its bytes raises."""
    attempts = Attempts(what, driver.network, driver.cancel, verb="send")
    while True:
        try:
            return driver.run(sending.attempt())
        except GivenUp:
            raise
        except Interrupted as error:
            attempts.failed(error.cause, sending.arrived)
        except Unavailable as error:
            attempts.failed(Temporary(error.message), sending.arrived)
