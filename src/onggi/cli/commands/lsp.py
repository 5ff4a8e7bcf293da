"""`onggi lsp`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from onggi.cli.command import define
from onggi.cli.session import Session, pass_session

if TYPE_CHECKING:
    from onggi.lint.violation import Language


@define("lsp")
@click.option("--stdio", is_flag=True, help="Speak at standard input and output, as it always does.")
@click.option("--lang", type=click.Choice(["en", "ko"]), help="Speak this language.  [default: the editor's]")
@pass_session
def command(session: Session, stdio: bool, lang: Language | None) -> int:
    """Serve an editor that speaks the Language Server Protocol: findings while one types, fixes for them, the page of a
    rule, completion, formatting. An editor starts it by itself; docs/editors.md says how it is told to."""
    from onggi.lsp.server import serve

    return serve(session.engine.lint, lang, debug=session.debug)
