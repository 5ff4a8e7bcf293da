"""What a pull or a push tells, as Docker's lines of JSON: a line of status for each layer, by which clients draw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from onggi.amounts import human_size
from onggi.engine.registry.progress import Began, Ended, Event, Layers, Moved
from onggi.errors import NotFound, OnggiError, Unauthorized
from onggi.oci import digest
from onggi.oci.reference import Reference

_WIDTH = 50
TellLine: TypeAlias = Callable[[dict[str, Any]], object]
"""Gets a line's document."""
_PULL = {"waiting": "Waiting", "moving": "Downloading", "done": "Pull complete", "exists": "Already exists"}
_PUSH = {
    "waiting": "Waiting",
    "moving": "Pushing",
    "done": "Pushed",
    "exists": "Layer already exists",
    "mounted": "Mounted from another repository",
}


class Pull:
    """A pull's events."""

    def __init__(self, tell: TellLine) -> None:
        self._tell = tell

    def __call__(self, event: Event) -> None:
        match event:
            case Began():
                said = f"Pulling from {event.reference.path}"
                self._tell({"status": said, "id": event.reference.tag or event.reference.digest})
            case Layers():
                for layer in event.layers:
                    self._tell({"status": "Pulling fs layer", "progressDetail": {}, "id": digest.short(layer.digest)})
            case Moved():
                self._tell(_moved(event, _PULL))
            case Ended():
                self._tell({"status": f"Digest: {event.digest}"})
                what = "Downloaded newer image" if event.is_new else "Image is up to date"
                self._tell({"status": f"Status: {what} for {event.reference.familiar()}"})
            case _:
                pass


class Push:
    """A push's events."""

    def __init__(self, tell: TellLine) -> None:
        self._tell = tell

    def __call__(self, event: Event) -> None:
        match event:
            case Layers():
                for layer in event.layers:
                    self._tell({"status": "Preparing", "progressDetail": {}, "id": digest.short(layer.digest)})
            case Moved():
                self._tell(_moved(event, _PUSH))
            case Ended():
                tag = event.reference.tag
                self._tell({"status": f"{tag}: digest: {event.digest} size: {event.size}"})
                self._tell({"progressDetail": {}, "aux": {"Tag": tag, "Digest": event.digest, "Size": event.size}})
            case _:
                pass


def pull_refusal(name: Reference, error: OnggiError) -> OnggiError:
    """Why an image was not pulled, in words that clients look for (moby, distribution/errors.go)."""
    match error:
        case NotFound():
            return NotFound(f"manifest for {name.familiar()} not found: {error.message}", hint=error.hint)
        case Unauthorized():
            words = f"pull access denied for {name.familiar_name()}, repository does not exist or may require"
            return NotFound(f"{words} 'docker login': {error.message}")
    return error


def push_refusal(error: OnggiError) -> OnggiError:
    """Why nothing was pushed, in words that clients look for: as registries have them (distribution,
    registry/api/errcode)."""
    if not isinstance(error, Unauthorized):
        return error
    is_denied = "denied" in error.message.lower()
    words = (
        "denied: requested access to the resource is denied" if is_denied else "unauthorized: authentication required"
    )
    return Unauthorized(f"{words}: {error.message}", hint=error.hint)


def _moved(event: Moved, words: dict[str, str]) -> dict[str, Any]:
    line = {"status": words[event.state], "progressDetail": {}, "id": digest.short(event.digest)}
    if event.state == "moving" and event.total:
        line["progressDetail"] = {"current": event.done, "total": event.total}
        line["progress"] = _bar(event.done, event.total)  # what people print who do not draw themselves
    return line


def _bar(done: int, total: int) -> str:
    full = min(_WIDTH, _WIDTH * done // total)
    return f"[{'=' * full}>{' ' * (_WIDTH - full)}]  {human_size(done)}/{human_size(total)}"
