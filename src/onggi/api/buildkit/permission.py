"""What a client of this protocol may do, where its socket can do less: as by the Engine API, but that folders, files,
secrets and agents of a build are the client's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onggi.api.buildkit.session.agents import Agents
from onggi.api.buildkit.session.secrets import Secrets
from onggi.api.buildkit.session.sends import FileOfClient, FolderOfClient
from onggi.api.policy import judge
from onggi.api.policy.reach import FIELDS, within
from onggi.api.policy.refused import denied
from onggi.api.policy.rules import Policy
from onggi.api.policy.sight import Sight
from onggi.api.policy.verdict import By, Verdicts
from onggi.api.refusals import Refusal
from onggi.engine.output import ArchiveOutput, CacheOnly, FolderOutput, Output, StoreOutput, TarOutput
from onggi.engine.types import BuildRequest, NamedSource
from onggi.errors import Denied

_HARMLESS = ("docker-image://", "target:", "stored-image:", "http://", "https://")
"""Further contexts of a build that are no folders of the host."""


class Permission:
    """`policy`: None allows everything."""

    def __init__(self, policy: Policy | None, sight: Sight) -> None:
        self._policy = policy
        self._sight = sight

    @property
    def is_limited(self) -> bool:
        """Whether there is something that clients may not do."""
        return self._policy is not None

    def require(self, call: str) -> None:
        """By its path. Raises Denied."""
        if self._policy is None:
            return
        try:
            judge.admit(self._policy, self._sight, call)
        except Refusal as refusal:
            raise Denied(refusal.message) from refusal

    def judge(self, asked: BuildRequest) -> BuildRequest:
        """As it may be built. Raises Denied."""
        if self._policy is None:
            return asked
        try:
            return judge.judge_build(self._sight, asked, _VERDICTS)
        except Refusal as refusal:
            raise Denied(refusal.message) from refusal


def _context(asked: Any, sight: Sight) -> Any:
    """A path or a URL is judged as by the Engine API. All else is the client's: a folder, or a stream of it."""
    if isinstance(asked, str | Path):
        return FIELDS[BuildRequest]["context"].judge(asked, sight)
    return asked


def _contexts(asked: Mapping[str, NamedSource], sight: Sight) -> Mapping[str, NamedSource]:
    for name, each in asked.items():
        if isinstance(each, str) and not each.startswith(_HARMLESS):
            raise denied(f"the context {name} from elsewhere than the client, an image, http:// and https://")
    return asked


def _of_client(kind: type) -> By:
    """What the client gives itself; any other is the host's."""

    def judge(asked: Any, sight: Sight) -> Any:
        if asked and not isinstance(asked, kind):
            raise denied("secrets and SSH agents that are not the client's")
        return asked

    return By(judge)


def _outputs(asked: tuple[Output, ...], sight: Sight) -> tuple[Output, ...]:
    return tuple(_output(each, sight) for each in asked)


def _output(asked: Output, sight: Sight) -> Output:
    match asked:
        case CacheOnly() | FolderOutput(folder=FolderOfClient()):
            return asked
        case TarOutput(target=target) | ArchiveOutput(target=target) if isinstance(target, FileOfClient):
            return asked
        case StoreOutput():
            judged: Output = within(asked, sight)
            return judged
        case _:
            raise denied("an output that is written on the host")


_VERDICTS: Verdicts = {
    **FIELDS[BuildRequest],
    "context": By(_context),
    "contexts": By(_contexts),
    "secrets": _of_client(Secrets),
    "ssh": _of_client(Agents),
    "outputs": By(_outputs),
}
