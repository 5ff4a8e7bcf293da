"""`onggi system prune`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import click

from onggi.cli import options, pruning
from onggi.cli.command import define
from onggi.cli.session import Session, pass_session
from onggi.errors import Invalid


@define("prune")
@click.option("-a", "--all", "everything", is_flag=True, help="Also named images that no container uses.")
@click.option("--volumes", is_flag=True, help="Also volumes that no container has and nobody has named.")
@options.prune_filter_option
@options.force_option
@pass_session
def command(session: Session, everything: bool, volumes: bool, filter_texts: tuple[str, ...], force: bool) -> None:
    """Remove stopped containers, networks that no container is in, dangling images and the build cache."""
    only = pruning.parse_filter(filter_texts, time.time())
    if volumes and only.until is not None:
        raise Invalid('The "until" filter is not supported with "--volumes"', hint="prune in two steps")
    if pruning.confirm("\n".join(_warning(everything, volumes, filter_texts)), force=force):
        pruned = session.engine.system.prune(everything, only, volumes)
        pruning.show_deleted(pruned.containers, "Deleted Containers:")
        pruning.show_deleted(pruned.networks, "Deleted Networks:")
        pruning.show_deleted(pruned.volumes, "Deleted Volumes:")
        pruning.show_deleted_images(pruned.images)
        pruning.show_deleted(pruned.build_cache, "Deleted build cache objects:")
        pruning.show_total(pruned.reclaimed)


def _warning(everything: bool, volumes: bool, filter_texts: Sequence[str]) -> Iterator[str]:
    yield "This will remove:"
    yield "  - all stopped containers"
    yield "  - all networks not used by at least one container"
    if volumes:
        yield "  - all anonymous volumes not used by at least one container"
    yield (
        "  - all images without at least one container associated to them" if everything else "  - all dangling images"
    )
    yield "  - all build cache"
    if filter_texts:
        yield "\n  Items to be pruned will be filtered with:"
        yield from (f"  - {text}" for text in sorted(filter_texts))
    yield ""
