"""What is there for a socket that can do less: of containers, networks and volumes those with its label."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import msgspec

from onggi.api.policy.refused import unseen
from onggi.api.policy.rules import SET_OF, Noun, Rule, Rules
from onggi.linux.event_log import Event
from onggi.store.prune_filter import has_label

MARK = "io.onggi.policy"
"""The annotation of containers that were made by such a socket: the label that it has given them itself."""
_REALM_LENGTH = 12
_LAST = "destroy"
"""What is told last of a container."""


class Thing(msgspec.Struct, frozen=True):
    """A container, network or volume. `labels`: those that whoever made it gave it. is_host: it is the network that
    stands for the host's own."""

    id: str
    labels: Mapping[str, str]
    is_host: bool = False


class Facts(Protocol):
    """What has to be looked up. Each is None for what is not there."""

    def container(self, name: str) -> Thing | None: ...

    def network(self, name: str) -> Thing | None: ...

    def volume(self, name: str) -> Thing | None: ...

    def containers(self) -> Iterable[Thing]:
        """All that there are."""

    def container_of(self, execution: str) -> str | None:
        """In which container a further process is."""

    def has_image(self, name: str) -> bool: ...


class Sight:
    """Of one socket, by its rules."""

    def __init__(self, rules: Rules, facts: Facts) -> None:
        self.rules = rules
        self.facts = facts
        self._find: Mapping[Noun, Callable[[str], Thing | None]] = {
            "container": facts.container,
            "network": facts.network,
            "volume": facts.volume,
        }

    @property
    def realm(self) -> str:
        """The same for all sockets that may do the same."""
        return hashlib.sha256(msgspec.json.encode(dict(self.rules), order="sorted")).hexdigest()[:_REALM_LENGTH]

    def find(self, noun: Noun, name: str) -> Thing | None:
        """One that is there, for whomever."""
        return self._find[noun](name)

    def labels(self, noun: Noun) -> tuple[str, ...]:
        """This socket sees what has one of them. Empty: it sees everything."""
        return self.rules.get(SET_OF[noun], Rule()).labels

    def sees(self, noun: Noun, thing: Thing | None) -> bool:
        return thing is not None and (not self.labels(noun) or self._label(noun, thing.labels) is not None)

    def own(self, noun: Noun, name: str) -> str:
        """The ID of what `name` means, for a socket that sees only some; else the name as it is. Raises Refusal as for
        one that is not there."""
        if not self.labels(noun):
            return name
        found = self.find(noun, name)
        if found is None or not self.sees(noun, found):
            raise unseen(noun, name)
        return found.id

    def require_execution(self, id: str) -> None:
        """Raises Refusal for a further process in a container that is not there for this socket."""
        if not self.labels("container"):
            return
        container = self.facts.container_of(id)
        if container is None or not self.sees("container", self.facts.container(container)):
            raise unseen("exec instance", id)

    def listed(self) -> Callable[[str], bool]:
        """Whether the container of an ID is seen, as far as it is there now."""
        return self.containers().__contains__ if self.labels("container") else lambda container: True

    def containers(self) -> frozenset[str]:
        """The IDs of those that are seen."""
        return frozenset(each.id for each in self.facts.containers() if self.sees("container", each))

    def labelled(self, noun: Noun, labels: Mapping[str, str]) -> tuple[dict[str, str], str]:
        """With one by which this socket will see it, and that label; "" where it needs none."""
        wanted = self.labels(noun)
        if not wanted:
            return dict(labels), ""
        has = self._label(noun, labels)
        if has is not None:
            return dict(labels), has
        key, _, value = wanted[0].partition("=")
        return {**labels, key: value}, wanted[0]

    def witness(self) -> Callable[[Event], bool]:
        """Whether an event may be told: one of a container that is seen, or was while somebody has been listening."""
        return _Witness(self).saw if self.labels("container") else lambda event: True

    def _label(self, noun: Noun, labels: Mapping[str, str]) -> str | None:
        return next((each for each in self.labels(noun) if has_label(labels, each)), None)


class _Witness:
    """Attributes of events say nothing: they have the labels of images in them. Labels of a container do not change, so
    each is looked at once, as long as it is there; with its end it is forgotten, for it tells nothing any more."""

    def __init__(self, sight: Sight) -> None:
        self._sight = sight
        self._seen = dict.fromkeys(sight.containers(), True)

    def saw(self, event: Event) -> bool:
        whose = event.actor.id
        if event.type != "container" or not whose:
            return False
        if whose not in self._seen:
            found = self._sight.facts.container(whose)  # or another one that bears its ID as a name
            self._seen[whose] = found is not None and found.id == whose and self._sight.sees("container", found)
        return self._seen.pop(whose) if event.action == _LAST else self._seen[whose]
