"""`prune` on a store with containers, images and a build cache."""

from __future__ import annotations

from .conftest import Context, Onggi


def test_system_prune_tells_what_went_by_kind(onggi: Onggi, context: Context) -> None:
    onggi("system", "prune", "-f")
    folder = context('FROM busybox:1.35\nLABEL team=shop\nCOPY file /file\nCMD ["true"]\n', {"file": "1\n"})
    dangling = onggi.build(folder)
    named = onggi.build(folder, "-t", "named", "--label", "team=web")
    stopped = onggi("run", "-d", "named")
    onggi("wait", stopped)
    running = onggi("run", "-d", "named", "sleep", "1000")

    assert onggi("image", "prune", "-f", "--filter", "label=team=web") == "Total reclaimed space: 0B"
    assert onggi("container", "prune", "-f", "--filter", "until=24h") == "Total reclaimed space: 0B"
    assert stopped in onggi("ps", "-aq", "--no-trunc")

    said = onggi("system", "prune", "-af", "--filter", "label=team").split("\n\n")
    assert said[0] == f"Deleted Containers:\n{stopped}"
    assert said[1].startswith("Deleted Images:\n")
    assert f"deleted: {dangling}" in said[1]
    assert said[-1].startswith("Total reclaimed space: ")
    assert len(said) == 3, "the build cache has no labels, so it is not what was asked for"

    said = onggi("system", "prune", "-f").split("\n\n")
    assert [block.partition("\n")[0] for block in said[:-1]] == ["Deleted build cache objects:"]
    assert onggi("inspect", "--format", "{{.State.Running}}", running) == "true"
    assert onggi("inspect", "--format", "{{.Id}}", "named") == named
