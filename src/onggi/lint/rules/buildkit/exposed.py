"""The ports of EXPOSE, taken apart as BuildKit does."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from onggi.dockerfile.syntax import Expose, Word
from onggi.lint.view.subject import Step, Subject

_PROTOCOLS = frozenset({"tcp", "udp", "sctp"})


class ExposedPort(msgspec.Struct, frozen=True):
    """`word` says it, with others where a variable has several; `text` is all of it; `host` an address or port of the
    host, "" if there is none."""

    step: Step
    word: Word
    text: str
    host: str
    protocol: str


def exposed(subject: Subject) -> Iterator[ExposedPort]:
    """All that are ports; of the others the build says what is wrong."""
    for step in subject.steps():
        if isinstance(step.instruction, Expose):
            for word in step.instruction.ports:
                for text in step.standing.scope.split(word.text):
                    host, _, container = text.rpartition(":")
                    port, _, protocol = container.partition("/")
                    if port and protocol.lower() in _PROTOCOLS | {""}:
                        yield ExposedPort(step, word, text, host.strip(":"), protocol)
