"""Images from registries: what is fetched, what is not, what it is called, and who needs it."""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.registries import hostile, real
from tests.registries.images import LARGE, LAYERS, OTHER, Shelf
from tests.registries.misbehaviours import PULLS
from tests.registries.real import Real
from tests.waiting import eventually

from .conftest import Context, Onggi


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """One whose access log is this module's alone."""
    with real.serve(tmp_path_factory.mktemp("registry")) as served:
        yield served


def asked(registry: Real, since: int, repository: str) -> list[tuple[str, str]]:
    """Method, and what of the repository, of each request since so many."""
    prefix = f"/v2/{repository}/"
    return [
        (each.method, each.path.removeprefix(prefix))
        for each in registry.requests()[since:]
        if each.path.startswith(prefix)
    ]


def blobs_fetched(registry: Real, since: int, repository: str) -> int:
    return sum(method == "GET" and path.startswith("blobs/") for method, path in asked(registry, since, repository))


# What comes


@pytest.mark.parametrize(("form", "compression"), [("oci", "gzip"), ("oci", "zstd"), ("v2s2", "gzip")])
def test_an_image_comes_as_it_is(
    empty: Onggi, registry: Real, shelf: Shelf, form: str, compression: str, tmp_path: Path
) -> None:
    name = f"{registry.host}/form/{form}-{compression}:1"
    digest = shelf.put("layers", name, form=form, compression=compression)
    lines = empty("pull", name).splitlines()
    assert lines[0] == f"1: Pulling from form/{form}-{compression}"
    assert sum(line.endswith(": Pull complete") for line in lines) == LAYERS + 1
    assert lines[-3:] == [f"Digest: {digest}", f"Status: Downloaded newer image for {name}", name]
    (found,) = json.loads(empty("image", "inspect", name))
    config = shelf.config("layers")
    assert found["RootFS"]["Layers"] == config["rootfs"]["diff_ids"]  # type: ignore[index]
    assert found["RepoDigests"] == [f"{name.removesuffix(':1')}@{digest}"]
    assert empty("run", "--rm", name, "cat", f"/layer-{LAYERS - 1}") == str(LAYERS - 1)


def test_what_is_here_is_not_fetched(empty: Onggi, registry: Real, shelf: Shelf) -> None:
    large, small = f"{registry.host}/again/large:1", f"{registry.host}/again/small:1"
    shelf.put("large", large)
    shelf.put("small", small)
    empty("pull", large)
    before = len(registry.requests())
    again = empty("pull", large).splitlines()
    assert asked(registry, before, "again/large") == [("HEAD", "manifests/1")]
    assert again[-2:] == [f"Status: Image is up to date for {large}", large]
    # Of another image the layer that both have is not.
    before = len(registry.requests())
    lines = empty("pull", small).splitlines()
    assert sum(line.endswith(": Already exists") for line in lines) == 1
    assert sum(method == "GET" and "blobs/" in path for method, path in asked(registry, before, "again/small")) == 2
    # By its digest it is known without a word.
    digest = next(line.removeprefix("Digest: ") for line in again if line.startswith("Digest: "))
    before = len(registry.requests())
    assert empty("pull", "-q", f"{large}@{digest}") == f"{large.removesuffix(':1')}@{digest}"
    assert len(registry.requests()) == before


def test_what_was_here_uncompressed_can_be_built_on(
    empty: Onggi, registry: Real, shelf: Shelf, context: Context, tmp_path: Path
) -> None:
    name, build = f"{registry.host}/uncompressed:1", f"{registry.host}/built:1"
    shelf.put("small", name)
    archive = f"docker-archive:{tmp_path}/plain.tar:local:1"
    subprocess.run(["skopeo", "copy", "--quiet", shelf.source("small"), archive], check=True)
    empty("load", "-i", tmp_path / "plain.tar")
    before = len(registry.requests())
    assert empty("pull", name).count(": Already exists") == 2
    assert blobs_fetched(registry, before, "uncompressed") == 1, "the config"
    for base in ("local:1", name):
        empty("build", "-t", build, context(f"FROM {base}\nLABEL base={base}\nRUN echo built > /built\n"))
        assert empty("run", "--rm", build, "cat", "/said", "/built") == "small\nbuilt"
        empty("run", "--name", "changed", base, "true")
        empty("commit", "changed", "committed:1")
        empty("rm", "changed")
    # Built here, pushed, forgotten, and pulled.
    empty("push", build)
    empty("rmi", build, "committed:1", name)
    before = len(registry.requests())
    assert empty("pull", build).count(": Already exists") == 3
    assert blobs_fetched(registry, before, "built") == 1, "the config"
    assert empty("run", "--rm", build) == "small"
    empty("build", "-t", "again:1", context(f"FROM {build}\nCOPY Dockerfile /\n"))
    empty("save", "-o", tmp_path / "again.tar", "again:1")
    empty("push", build)
    assert "clean" in empty("system", "check", "--deep")


@pytest.mark.parametrize(("first", "second"), [("gzip", "zstd"), ("zstd", "gzip")])
def test_what_is_here_in_another_compression_is_not_fetched(
    empty: Onggi, registry: Real, shelf: Shelf, context: Context, tmp_path: Path, first: str, second: str
) -> None:
    here, there = (f"{registry.host}/other/{each}:1" for each in (first, second))
    shelf.put("layers", here, compression=first)
    digest = shelf.put("layers", there, compression=second)
    empty("pull", here)
    before = len(registry.requests())
    lines = empty("pull", there).splitlines()
    assert sum(line.endswith(": Already exists") for line in lines) == LAYERS + 1
    assert not any(line.startswith("Downloaded") for line in lines)
    assert f"Digest: {digest}" in lines
    assert blobs_fetched(registry, before, f"other/{second}") <= 1, "the config"
    # It stays whole without the other, whose blobs it uses.
    empty("rmi", here)
    empty("system", "prune", "-f")
    assert empty("run", "--rm", there, "cat", "/layer-7") == "7"
    empty("build", "-t", "built:1", context(f"FROM {there}\nRUN echo built > /built\n"))
    empty("rmi", there)
    empty("save", "-o", tmp_path / "built.tar", "built:1")
    empty("tag", "built:1", f"{registry.host}/other/built:1")
    empty("push", f"{registry.host}/other/built:1")
    assert "clean" in empty("system", "check", "--deep")
    empty("system", "prune", "-af")
    assert empty("run", "--rm", f"{registry.host}/other/built:1", "cat", "/layer-7", "/built") == "7\nbuilt"


def test_a_tag_that_moved(empty: Onggi, registry: Real, shelf: Shelf) -> None:
    name = f"{registry.host}/moved:1"
    repository = name.removesuffix(":1")
    first = shelf.put("base", name)
    empty("pull", name)
    second = shelf.put("small", name)
    assert f"Status: Downloaded newer image for {name}" in empty("pull", name)
    assert empty("run", "--rm", name) == "small"
    listed = [line.split()[:3] for line in empty("images", "--digests").splitlines()[1:]]
    assert sorted(listed) == sorted([[repository, "1", second], [repository, "<none>", first]])
    assert empty("run", "--rm", f"{repository}@{first}", "echo", "old") == "old"
    assert f"Deleted: {empty('images', '-q', '--no-trunc', '--filter', 'dangling=true')}" in empty(
        "rmi", f"{repository}@{first}"
    )


def test_by_digest(empty: Onggi, registry: Real, shelf: Shelf) -> None:
    repository = f"{registry.host}/digest"
    digest = shelf.put("small", f"{repository}:1")
    assert empty("pull", "-q", f"{repository}:other@{digest}") == f"{repository}@{digest}"
    assert empty("images", "--digests").splitlines()[1].split()[:3] == [repository, "<none>", digest]
    assert empty("run", "--rm", "--pull", "never", f"{repository}@{digest}") == "small"
    removed = empty("rmi", f"{repository}@{digest}").splitlines()
    assert removed[0] == f"Untagged: {repository}@{digest}"
    assert removed[1].startswith("Deleted: sha256:")
    wrong = "sha256:" + "0" * 64
    assert f"{repository}@{wrong} is not there" in empty.fails("pull", f"{repository}@{wrong}")


def test_all_tags(empty: Onggi, registry: Real, shelf: Shelf) -> None:
    repository = f"{registry.host}/several"
    for tag, image in {"a": "base", "b": "small", "c": "small"}.items():
        shelf.put(image, f"{repository}:{tag}")
    assert sorted(empty("pull", "-aq", repository).splitlines()) == [f"{repository}:{tag}" for tag in "abc"]
    assert len(set(empty("images", "-q").splitlines())) == 2
    assert "is not there" in empty.fails("pull", "-a", f"{registry.host}/nothing")


# Platforms


def test_of_an_index_the_image_for_a_platform(empty: Onggi, registry: Real, shelf: Shelf) -> None:
    name = f"{registry.host}/both:1"
    index = shelf.put("both", name)
    assert f"Digest: {index}" in empty("pull", name)
    assert empty("run", "--rm", name) == "small"
    said = empty.fails("pull", "--platform", "linux/riscv64", name)
    assert f"{name} is not for linux/riscv64; it is for linux/amd64, linux/{OTHER}" in said
    empty("pull", "-q", "--platform", f"linux/{OTHER}", name)
    assert empty("image", "inspect", name, "--format", "{{.Architecture}}") == OTHER
    assert empty("run", "--rm", "--pull", "never", name) == "small", "the one for this machine is a sibling"
    assert len(empty("images", "-aq", "--no-trunc").splitlines()) == 2
    empty("rmi", name)
    assert empty("images", "-aq") == ""


def test_a_name_that_is_removed_leaves_nothing_of_itself(empty: Onggi, registry: Real, shelf: Shelf) -> None:
    """Of none of the platforms, though one of the images has another name."""
    name, other = f"{registry.host}/leaving:1", f"{registry.host}/staying:1"
    index = shelf.put("both", name)
    shelf.put("small", other)
    for words in ((other,), (name,), ("--platform", f"linux/{OTHER}", name)):
        empty("pull", "-q", *words)
    pinned = f"{name.removesuffix(':1')}@{index}"
    shown = ("image", "inspect", other, "--format", "{{.RepoDigests}}")
    assert pinned in empty(*shown)
    assert empty("rmi", name).splitlines()[:2] == [f"Untagged: {name}", f"Untagged: {pinned}"]
    assert pinned not in empty(*shown)
    own = empty(*shown).strip("[]'\"")
    assert empty("rmi", own) == f"Untagged: {own}"
    assert own not in empty(*shown)
    assert "<none>" in empty("images", "--digests").splitlines()[1]
    assert "Deleted: " in empty("rmi", other)
    assert empty("images", "-aq") == ""


def test_an_image_for_another_machine(empty: Onggi, registry: Real, shelf: Shelf) -> None:
    name = f"{registry.host}/other:1"
    shelf.put("other", name)
    wrong = empty.run("pull", "--platform", "linux/amd64", name)
    assert wrong.returncode == 1
    assert wrong.stderr.decode() == f"onggi: {name} is for linux/{OTHER}, not for linux/amd64\n"
    assert empty("images", "-aq") == ""
    as_it_is = empty.run("pull", name)
    assert as_it_is.returncode == 0
    assert f"WARNING: {name} is an image for linux/{OTHER}, and this machine is" in as_it_is.stderr.decode()


def test_how_to_run_what_is_here_for_another_machine(empty: Onggi, registry: Real, shelf: Shelf) -> None:
    name = f"{registry.host}/wrong:1"
    shelf.put("both", name)
    empty("pull", "-q", "--platform", f"linux/{OTHER}", name)
    said = empty.fails("run", name, code=125)
    assert f"{name} is an image for linux/{OTHER}, and this machine is linux/amd64" in said
    assert "hint: --platform linux/amd64 pulls the one for this machine" in said
    assert empty("run", "--rm", "-q", "--platform", "linux/amd64", name) == "small"
    empty.run("build", "-t", "made", "--platform", f"linux/{OTHER}", "-", stdin=b"FROM scratch\nLABEL a=b\n")
    assert "hint: use an image for this machine" in empty.fails("run", "--pull", "never", "made", code=125)


# Who pulls besides


def test_run_pulls_what_is_missing(empty: Onggi, registry: Real, shelf: Shelf) -> None:
    name = f"{registry.host}/run:1"
    shelf.put("base", name)
    assert f"No such image: {name}" in empty.fails("run", "--pull", "never", name, code=125)
    first = empty.run("run", "--rm", name, "echo", "hello")
    assert (first.returncode, first.stdout) == (0, b"hello\n"), first.stderr
    assert first.stderr.decode().splitlines()[:2] == [
        f"Unable to find image '{name}' locally",
        "1: Pulling from run",
    ]
    shelf.put("small", name)
    assert empty.run("run", "--rm", name, "echo", "there").stderr == b""
    assert empty("run", "--rm", "-q", "--pull", "always", name) == "small"
    missing = empty.fails("create", f"{registry.host}/missing:1", code=1)
    assert f"Unable to find image '{registry.host}/missing:1' locally" in missing
    assert "/missing:1 is not there" in missing


def test_build_pulls_what_it_begins_with(empty: Onggi, registry: Real, shelf: Shelf, context: Context) -> None:
    host = registry.host
    for image in ("base", "small", "layers"):
        shelf.put(image, f"{host}/build/{image}:1")
    folder = context(
        f"FROM {host}/build/base:1\nCOPY --from={host}/build/layers:1 /layer-3 /\nCOPY --from=third /said /\n"
        "RUN cat /layer-3 /said\n"
    )
    words = ("--build-context", f"third=docker-image://{host}/build/small:1", folder)
    done = empty.run("build", "-t", "first", *words)
    said = done.stderr.decode()
    assert done.returncode == 0, said
    for image in ("base", "small", "layers"):
        assert f"Pulling {host}/build/{image}:1 from {host} …" in said
        assert f"Pulled {host}/build/{image}:1 (" in said
    assert empty("run", "--rm", "first", "cat", "/said") == "small"
    # All that is here is asked for only with --pull, and not fetched again.
    before = len(registry.requests())
    assert "Pulling" not in empty.run("build", *words).stderr.decode()
    assert len(registry.requests()) == before
    assert f"{host}/build/base:1 is up to date" in empty.run("build", "--pull", *words).stderr.decode()
    assert {method for method, _ in asked(registry, before, "build/base")} == {"HEAD"}
    shelf.put("small", f"{host}/build/base:1")
    again = empty.run("build", "--pull", *words).stderr.decode()
    assert f"Pulled {host}/build/base:1 (" in again
    told = empty.run("build", "--progress", "json", "--no-cache", "--pull", *words).stdout
    events = [json.loads(line)["event"] for line in told.splitlines()]
    assert events.index("planned") > max(at for at, event in enumerate(events) if event in ("pulling", "pulled"))


def test_a_base_that_cannot_be_had_is_told_at_its_line(empty: Onggi, registry: Real, context: Context) -> None:
    folder = context(f"FROM scratch AS build\nFROM {registry.host}/none:1\n")
    said = empty.fails("build", folder)
    assert (
        f"Dockerfile:2:6: there is neither a stage nor an image {registry.host}/none:1 (it cannot be pulled: " in said
    )
    assert f"> 2 | FROM {registry.host}/none:1" in said or f"2 | FROM {registry.host}/none:1" in said
    assert "pull" in empty.fails("build", "--dry-run", folder), "nothing runs, and nothing is pulled"


def test_a_base_that_is_only_here_is_told_as_that_with_pull(
    empty: Onggi, registry: Real, shelf: Shelf, context: Context
) -> None:
    name, local = f"{registry.host}/only:1", f"{registry.host}/only-here:1"
    shelf.put("both", name)
    empty("pull", "-q", name)
    empty("tag", name, local)
    folder = context(f"FROM {local}\n")
    said = empty.fails("build", "--pull", folder)
    assert f"Dockerfile:1:6: the image {local} is here, but cannot be pulled: {local} is not there" in said
    assert "hint: without --pull the build begins with the one that is here" in said
    assert "neither" not in said
    empty("build", folder)


def test_a_base_that_is_here_for_another_platform_is_told_as_that(
    empty: Onggi, registry: Real, shelf: Shelf, context: Context
) -> None:
    name, local = f"{registry.host}/elsewhere:1", f"{registry.host}/elsewhere/here:1"
    shelf.put("both", name)
    empty("pull", "-q", "--platform", f"linux/{OTHER}", name)
    empty("tag", name, local)
    said = empty.fails("build", context(f"FROM {local}\n"))
    assert f"the image {local} is here, but cannot be pulled: {local} is not there" in said
    assert f"hint: the one that is here is for linux/{OTHER}, not for linux/" in said


def test_a_build_for_several_platforms_pulls_for_each(
    empty: Onggi, registry: Real, shelf: Shelf, context: Context
) -> None:
    name = f"{registry.host}/platforms:1"
    shelf.put("both", name)
    folder = context(f"FROM {name}\nCOPY file /\n", {"file": "x"})
    empty("build", "--platform", f"linux/{OTHER}", "-t", "there", folder)
    assert empty("image", "inspect", "there", "--format", "{{.Architecture}}") == OTHER
    empty("build", "--platform", f"linux/{OTHER},linux/amd64", "-t", "all", folder)
    assert empty("image", "inspect", name, "--format", "{{.Architecture}}") == "amd64"


# What must be so


def test_policy_and_keys_hold_for_all_who_pull(
    empty: Onggi, registry: Real, shelf: Shelf, tmp_path: Path, context: Context
) -> None:
    repository = f"{registry.host}/policy"
    digest = shelf.put("base", f"{repository}:latest")
    settings = tmp_path / "registries.toml"
    empty.env["ONGGI_REGISTRIES"] = str(settings)
    folder = context(f"FROM {repository}:latest\n")
    settings.write_text(f'[[policy]]\nprefix = "{registry.host}"\nforbid = ["latest"]\n')
    for words, code in ((("pull", repository), 1), (("run", repository), 125), (("build", folder), 1)):
        assert "forbids the tag latest" in empty.fails(*words, code=code)
    empty("image", "generate-key", cwd=tmp_path, env={"COSIGN_PASSWORD": "x"})
    keys = sorted(tmp_path.glob("*.pub"))
    settings.write_text(f'[[policy]]\nprefix = "{registry.host}"\nrequire = ["signature"]\nkey = "{keys[0]}"\n')
    for words, code in ((("pull", repository), 1), (("run", repository), 125), (("build", folder), 1)):
        assert "sign" in empty.fails(*words, code=code)
    settings.write_text("")
    assert "sign" in empty.fails("pull", "--verify", keys[0], f"{repository}@{digest}")
    assert empty("images", "-aq") == "", "what nobody has vouched for is not here"


# Others at the same time, and ends before the end


def test_a_mirror_that_is_down_is_passed_over(empty: Onggi, registry: Real, shelf: Shelf, tmp_path: Path) -> None:
    shelf.put("small", f"{registry.host}/mirrored:1")
    settings = tmp_path / "registries.toml"
    settings.write_text(
        f'[[registry]]\nprefix = "{registry.host}"\nmirrors = ["127.0.0.1:1/down", "{registry.host}/not-there"]\n'
        '[patience]\npause = "1ms"\n'
    )
    empty.env["ONGGI_REGISTRIES"] = str(settings)
    assert empty("run", "--rm", f"{registry.host}/mirrored:1") == "small"
    said = empty.fails("pull", f"{registry.host}/nowhere:1")
    assert f"{registry.host}/nowhere:1 is not there" in said
    assert "127.0.0.1:1/down/nowhere:1" in said, "all that was tried is told"
    assert f"{registry.host}/not-there/nowhere:1" in said


def test_two_who_want_the_same_layers_fetch_them_once(empty: Onggi, registry: Real, shelf: Shelf) -> None:
    for tag in ("1", "2"):
        shelf.put("large", f"{registry.host}/twice/{tag}:1")
    empty("images")
    before = len(registry.requests())
    pulls = [empty.start("pull", f"{registry.host}/twice/{tag}:1") for tag in ("1", "2")]
    for each in pulls:
        out, err = each.communicate()
        assert each.returncode == 0, err
        assert b"Status: Downloaded newer image" in out
    requests = [*asked(registry, before, "twice/1"), *asked(registry, before, "twice/2")]
    blobs = [path for method, path in requests if method == "GET" and path.startswith("blobs/")]
    layers = [each.size for each in registry.requests()[before:] if "/blobs/" in each.path and each.size > LARGE]
    assert len(layers) == 3
    assert len(blobs) == 4 + 2, "four layers once, and each one's own config"


def test_ctrl_c_ends_it(empty: Onggi) -> None:
    with hostile.serve(PULLS["silence in a layer"]) as registry:
        process = empty.start("pull", registry.name)
        eventually(lambda: any(path.stat().st_size for path in (empty.root / "arrivals").glob("*")))
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=50)  # the server would be waited for for a minute
    assert process.returncode == 130
    assert b"Traceback" not in said
    assert empty("images", "-aq") == ""


def test_nothing_of_a_pull_is_pruned(empty: Onggi, tmp_path: Path) -> None:
    """Not what has come, nor what is on its way; `system df` and `system check` know of it."""
    empty.env["ONGGI_REGISTRIES"] = str(tmp_path / "registries.toml")
    (tmp_path / "registries.toml").write_text('[patience]\nsilence = "3s"\n')
    with hostile.serve(PULLS["silence in a layer once"]) as registry:
        process = empty.start("pull", "-q", registry.name)
        eventually(lambda: len(list((empty.root / "snapshots").glob("*"))) == len(registry.wares.layers) - 1)
        eventually(lambda: any(path.stat().st_size for path in (empty.root / "arrivals").glob("*")))
        process.send_signal(signal.SIGSTOP)  # so that it does not go on before we have looked
        empty("image", "prune", "-af")
        empty("system", "prune", "-af")
        assert len(list((empty.root / "snapshots").glob("*"))) == len(registry.wares.layers) - 1
        assert any(path.stat().st_size for path in (empty.root / "arrivals").glob("*"))
        empty("system", "check")
        empty("system", "df")
        process.send_signal(signal.SIGCONT)
        _, err = process.communicate(timeout=100)
        assert process.returncode == 0, err
        layers = [each.path for each in registry.server.asked if "/blobs/" in each.path]
        assert len(layers) == len(set(layers)) + 1, "only the one that stood still was asked for again"
    assert registry.name in empty("images", "--format", "{{.Repository}}:{{.Tag}}")


def test_podman_and_onggi_agree(empty: Onggi, registry: Real, shelf: Shelf) -> None:
    name = f"{registry.host}/agree:1"
    shelf.put("small", name)
    empty("pull", "-q", name)
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # podman wants a short path
        podman = ["podman", "--root", f"{folder}/root", "--runroot", f"{folder}/run", "--storage-driver", "vfs"]
        subprocess.run([*podman, "pull", "-q", "--tls-verify=false", name], check=True, capture_output=True)
        shown = subprocess.run([*podman, "image", "inspect", name], check=True, capture_output=True).stdout
    (theirs,) = json.loads(shown)
    (ours,) = json.loads(empty("image", "inspect", name))
    assert ours["Id"] == f"sha256:{theirs['Id']}"
    assert ours["RepoDigests"][0] in theirs["RepoDigests"]
    assert ours["RootFS"]["Layers"] == theirs["RootFS"]["Layers"]
