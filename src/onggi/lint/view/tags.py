"""How much the tag of a base image says about its version."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from onggi.dockerfile.syntax import SCRATCH
from onggi.errors import Invalid
from onggi.lint.pattern import Pattern
from onggi.lint.view.lineage import base_name
from onggi.lint.view.subject import StageSteps, Subject, once
from onggi.oci import reference
from onggi.oci.reference import DEFAULT_TAG, Reference

_SYSTEM = Pattern(
    r"alpine[\d.]*|debian\d*|ubuntu[\d.]*|ubi\d*|wolfi|slim|windowsservercore|nanoserver|ltsc\d+|azurelinux[\d.]*"
)
"""Words of a tag that say on what system the version is."""

_CODES = frozenset(
    {
        "wheezy", "jessie", "stretch", "buster", "bullseye", "bookworm", "trixie", "forky", "trusty", "xenial",
        "bionic", "focal", "jammy", "noble", "oracular", "plucky", "questing", "resolute",
    }
)  # fmt: skip
"""Releases of Debian and Ubuntu by name."""

_SYSTEMS = frozenset({"debian", "ubuntu", "buildpack-deps"})
_MAJOR = Pattern(r"v?\d+")


class Tagged(msgspec.Struct, frozen=True):
    """A stage that begins on an image of a registry, whose name says a tag and no digest."""

    stage: StageSteps
    image: Reference

    @property
    def versions(self) -> tuple[str, ...]:
        """The words of the tag that name a version of what the image is there for: `20` of `20-alpine3.20`. Names that
        are digits and letters (a commit) are versions. Of an image that is not Docker's own nobody knows what it is
        there for: it may be the system."""
        name = self.image.familiar_name()
        words = self.image.tag.split("-")
        if "/" not in name and name not in _SYSTEMS:
            words = [word for word in words if not _SYSTEM.fullmatch(word) and word not in _CODES]
        return tuple(word for word in words if word in _CODES or any(map(str.isdigit, word)))

    @property
    def is_major_only(self) -> bool:
        versions = self.versions
        return len(versions) == 1 and _MAJOR.fullmatch(versions[0]) is not None


@once
def tagged(subject: Subject) -> tuple[Tagged, ...]:
    """Stages on images with a tag; not on `latest`, of which other rules tell."""
    return tuple(_tagged(subject))


def _tagged(subject: Subject) -> Iterator[Tagged]:
    names = {stage.base.name.text: stage.index for stage in subject.dockerfile.stages if stage.base.name is not None}
    for stage in subject.stages:
        name = base_name(subject, stage)
        is_stage = names.get(name.lower(), stage.stage.index) < stage.stage.index
        image = None if is_stage or name in ("", SCRATCH) else _parsed(name)
        if image is not None and image.tag and not image.digest and image.tag != DEFAULT_TAG:
            yield Tagged(stage, image)


def _parsed(name: str) -> Reference | None:
    try:
        return reference.parse(name)
    except Invalid:  # the build tells
        return None
