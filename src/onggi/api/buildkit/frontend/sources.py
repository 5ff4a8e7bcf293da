"""What a build is made of, fetched from its client: context and Dockerfile."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import msgspec

from onggi.api.buildkit.session import files
from onggi.api.buildkit.session.files import Wanted
from onggi.api.buildkit.sessions import Session
from onggi.dockerfile import ignore
from onggi.engine.engine import Engine
from onggi.store.disk import make_folder


class Sources(msgspec.Struct, frozen=True):
    context: Path
    dockerfile: Path


def fetch(engine: Engine, session: Session, options: Mapping[str, str], scope: ExitStack) -> Sources:
    """Raises Unavailable where the client does not send it."""
    folder = scope.enter_context(engine.store.temporary())
    name = options.get("filename", "Dockerfile")
    dockerfile, rules, context = (make_folder(folder / each) for each in ("dockerfile", "rules", "context"))
    files.receive(session, Wanted(name="dockerfile", follow=(name, f"{name}.dockerignore", name.lower())), dockerfile)
    files.receive(session, Wanted(name="context", follow=(".dockerignore",)), rules)
    found = rules / ".dockerignore"
    ignored = ignore.parse(found.read_text()) if found.exists() else ()
    files.receive(session, Wanted(name="context", ignored=ignored), context)
    return Sources(context, dockerfile / name)
