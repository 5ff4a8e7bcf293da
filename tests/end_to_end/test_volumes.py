"""Volumes, binds and memory in containers: made, filled, shared, kept and removed, as a person uses them."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import tarfile
import time
from pathlib import Path

import pytest
from tests.instants import spread
from tests.waiting import eventually

from onggi.container.spec import ContainerSpec, Volume

from .conftest import Context, Onggi

BOX = "busybox:1.35"
INSTANTS = 16
TOOLS = "FROM busybox:1.35\nRUN mkdir /t && echo one > /t/tool && ln -s /etc/passwd /t/link\n"

FULL = """\
FROM busybox:1.35
RUN mkdir -p /srv/app/sub && echo main > /srv/app/main && echo inner > /srv/app/sub/inner \
 && ln -s main /srv/app/link && ln /srv/app/main /srv/app/twin \
 && chown -R 7:8 /srv/app && chmod 4750 /srv/app/main && chmod 1770 /srv/app && touch -d '2020-02-02' /srv/app/sub/inner
"""


def names(onggi: Onggi, *filters: str) -> list[str]:
    return onggi("volume", "ls", "-q", *(word for each in filters for word in ("-f", each))).split()


def data(onggi: Onggi, volume: str) -> Path:
    with onggi.engine() as engine:
        return Path(engine.volumes.inspect(volume)["Mountpoint"])


@pytest.fixture
def full(onggi: Onggi, context: Context) -> str:
    """An image with all kinds of things in /srv/app."""
    onggi.build(context(FULL), "-t", "full")
    return "full"


# Named volumes


def test_two_containers_share_a_volume_that_outlives_them(onggi: Onggi) -> None:
    writer = onggi("run", "-d", "-v", "shared:/out", BOX, "sh", "-c", "echo one > /out/file; sleep 1000.75")
    assert onggi("run", "--rm", "-v", "shared:/in:ro", BOX, "sh", "-c", "until cat /in/file; do :; done 2>&-") == "one"
    onggi("rm", "-f", writer)
    assert names(onggi) == ["shared"]
    assert onggi("run", "--rm", "-v", "shared:/in", BOX, "cat", "/in/file") == "one"


def test_create_and_inspect(onggi: Onggi) -> None:
    assert onggi("volume", "create", "--label", "team=shop", "data") == "data"
    assert onggi("volume", "create", "data") == "data"
    unnamed = onggi("volume", "create")
    assert len(unnamed) == 64
    (found,) = json.loads(onggi("volume", "inspect", "data"))
    assert found.pop("CreatedAt").endswith("Z")
    assert found == {
        "Driver": "local",
        "Labels": {"team": "shop"},
        "Mountpoint": f"{onggi.root}/volumes/data/_data",
        "Name": "data",
        "Options": None,
        "Scope": "local",
    }
    assert json.loads(onggi("inspect", "data"))[0]["Name"] == "data"
    assert onggi("volume", "ls", "--format", '{{.Name}}|{{.Label "team"}}|{{.Driver}}', "-f", "label=team") == (
        "data|shop|local"
    )
    assert onggi.fails("volume", "inspect", "nothing") == "onggi: get nothing: no such volume\n"


def test_a_name_that_cannot_be(onggi: Onggi) -> None:
    wanted = (
        'create a/b: "a/b" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are'
    )
    assert wanted in onggi.fails("volume", "create", "a/b")
    assert wanted in onggi.fails("run", "--rm", "-v", "a/b:/x", BOX, "true", code=125)
    assert "volume name is too short" in onggi.fails("volume", "create", "x")
    assert names(onggi) == []
    assert onggi("ps", "-aq") == ""


def test_one_in_use_is_not_removed(onggi: Onggi) -> None:
    onggi("create", "--name", "user", "-v", "data:/data", BOX)
    said = onggi.fails("volume", "rm", "data")
    assert "remove data: volume is in use - [" in said
    assert "used by user" in said
    onggi("rm", "user")
    assert onggi("volume", "rm", "data") == "data"
    assert onggi.fails("volume", "rm", "data") == "onggi: get data: no such volume\n"
    assert onggi.run("volume", "rm", "-f", "data").returncode == 0


def test_a_volume_survives_its_image(onggi: Onggi, full: str) -> None:
    onggi("run", "--name", "user", "-v", "kept:/srv/app", full, "true")
    onggi("rm", "user")
    onggi("rmi", full)
    assert onggi("run", "--rm", "-v", "kept:/x", BOX, "cat", "/x/main") == "main"


# The first use


def listing(onggi: Onggi, *options: str) -> str:
    """What is at /v in a container, with owners, modes, times and links."""
    return onggi("run", "--rm", *options, BOX, "sh", "-c", "cd /v; stat -c '%n %A %u:%g %h %Y %N' . $(find | sort)")


@pytest.mark.parametrize("made_before", [False, True])
def test_a_new_volume_gets_what_the_image_has_there(onggi: Onggi, full: str, made_before: bool) -> None:
    if made_before:
        onggi("volume", "create", "app")
    onggi("run", "--rm", "-v", "app:/srv/app", full, "true")
    told = "sh", "-c", "cd /srv/app; stat -c '%n %A %u:%g %h %Y %N' . $(find | sort)"
    assert listing(onggi, "-v", "app:/v") == onggi("run", "--rm", full, *told)
    status = data(onggi, "app").stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (7, 8, 0o1770)


def test_extended_attributes_come_along(onggi: Onggi, context: Context) -> None:
    onggi.build(context("FROM busybox:1.35\nRUN mkdir /app && touch /app/file\n"), "-t", "attributes")
    layer = next(path for path in (onggi.root / "snapshots").glob("*/app/file") if path.stat().st_size == 0)
    os.setxattr(layer, "user.colour", b"blue")
    onggi("run", "--rm", "-v", "app:/app", "attributes", "true")
    assert os.getxattr(data(onggi, "app") / "file", "user.colour") == b"blue"


def test_one_that_holds_something_is_left_as_it_is(onggi: Onggi, full: str) -> None:
    onggi("run", "--rm", "-v", "app:/x", BOX, "touch", "/x/own")
    assert onggi("run", "--rm", "-v", "app:/srv/app", full, "ls", "/srv/app") == "own"


@pytest.mark.parametrize(
    "option", [("-v", "app:/srv/app:nocopy"), ("--mount", "source=app,target=/srv/app,volume-nocopy")]
)
def test_nocopy(onggi: Onggi, full: str, option: tuple[str, str]) -> None:
    assert onggi("run", "--rm", *option, full, "ls", "-A", "/srv/app") == ""
    assert onggi("run", "--rm", "-v", "app:/srv/app", full, "cat", "/srv/app/main") == "main", (
        "it is empty, so it is filled"
    )


def test_one_volume_in_another(onggi: Onggi, full: str) -> None:
    onggi("run", "--rm", "-v", "outer:/srv/app", "-v", "inner:/srv/app/sub", full, "touch", "/srv/app/sub/new")
    assert sorted(os.listdir(data(onggi, "outer"))) == ["link", "main", "sub", "twin"]
    assert sorted(os.listdir(data(onggi, "outer") / "sub")) == ["inner"]
    assert sorted(os.listdir(data(onggi, "inner"))) == ["inner", "new"]


def test_a_running_container_sees_what_another_one_brings(onggi: Onggi, full: str) -> None:
    first = onggi("run", "-d", "-v", "app:/x", BOX, "sleep", "1000.65")
    onggi("run", "--rm", "-v", "app:/srv/app", full, "true")
    assert onggi("exec", first, "cat", "/x/main") == "main"
    onggi("rm", "-f", first)


def test_several_that_use_a_new_volume_at_once(onggi: Onggi, full: str) -> None:
    running = [onggi.start("run", "--rm", "-v", "app:/srv/app", full, "ls", "/srv/app") for _ in range(4)]
    told = [process.communicate() for process in running]
    assert [out.decode().split() for out, _ in told] == [["link", "main", "sub", "twin"]] * 4, told
    assert names(onggi) == ["app"]


def test_not_over_a_file(onggi: Onggi) -> None:
    said = onggi.fails("run", "--rm", "-v", "data:/etc/passwd", BOX, "true", code=125)
    assert "cannot mount volume over existing file, file exists /etc/passwd" in said
    assert names(onggi) == []


# Volumes without a name


def test_volumes_of_an_image(onggi: Onggi, context: Context) -> None:
    image = onggi.build(context("FROM busybox:1.35\nRUN mkdir /db && echo seed > /db/f\nVOLUME /db\nVOLUME /cache\n"))
    onggi("run", "--name", "web", "-v", "named:/cache", image, "sh", "-c", "echo more >> /db/f; touch /cache/c")
    (unnamed,) = [name for name in names(onggi) if name != "named"]
    assert (data(onggi, unnamed) / "f").read_text() == "seed\nmore\n"
    mounts = {mount["Destination"]: mount for mount in json.loads(onggi("inspect", "web"))[0]["Mounts"]}
    assert mounts["/db"]["Name"] == unnamed
    assert mounts["/cache"]["Name"] == "named"
    assert onggi("start", "-a", "web") == ""
    assert (data(onggi, unnamed) / "f").read_text() == "seed\nmore\nmore\n"
    onggi("rm", "web")
    assert unnamed in names(onggi, "dangling=true"), "rm alone keeps it"


def test_those_without_a_name_go_with_their_container(onggi: Onggi) -> None:
    onggi("run", "--rm", "-v", "/one", "-v", "named:/two", BOX, "true")
    assert names(onggi) == ["named"]
    container = onggi("run", "-d", "--rm", "-v", "/one", BOX, "true")
    eventually(lambda: container not in onggi("ps", "-aq", "--no-trunc") and names(onggi) == ["named"])
    onggi("run", "--name", "kept", "-v", "/one", "--mount", "target=/two", "-v", "named:/three", BOX, "true")
    assert len(names(onggi)) == 3
    onggi("rm", "-v", "kept")
    assert names(onggi) == ["named"]


def test_a_mount_takes_the_place_of_an_images_volume(onggi: Onggi, context: Context, tmp_path: Path) -> None:
    image = onggi.build(context("FROM busybox:1.35\nVOLUME /a /b /c\n"))
    onggi(
        "run", "--rm", "-v", f"{tmp_path}:/a", "--tmpfs", "/b", "--mount", "type=tmpfs,dst=/c/", image, "touch", "/a/x"
    )
    assert (tmp_path / "x").exists()
    assert names(onggi) == []


# --volumes-from


def test_volumes_of_another_container(onggi: Onggi, tmp_path: Path) -> None:
    (tmp_path / "host").write_text("host")
    onggi("create", "--name", "stopped", "-v", "data:/data", "-v", "/unnamed", "-v", f"{tmp_path}:/bound", BOX)
    script = "echo x > /data/f; echo y > /unnamed/g; cat /bound/host"
    assert onggi("run", "--rm", "--volumes-from", "stopped", BOX, "sh", "-c", script) == "host"
    assert len(names(onggi)) == 2, "what another container has stays with it"
    read_only = onggi(
        "run",
        "--rm",
        "--volumes-from",
        "stopped:ro",
        BOX,
        "sh",
        "-c",
        "cat /data/f /unnamed/g; touch /data/x || echo no",
    )
    assert read_only.split("\n")[:2] == ["x", "y"]
    assert read_only.endswith("no")
    assert onggi("run", "--rm", "--volumes-from", "stopped", "-v", "mine:/data", BOX, "ls", "/data") == ""
    assert "No such container: nobody" in onggi.fails("run", "--volumes-from", "nobody", BOX, code=125)


# Pruning


def test_prune(onggi: Onggi) -> None:
    unnamed = onggi("volume", "create")
    for name, label in (("one", "stage=dev"), ("two", "stage=prod"), ("three", "")):
        onggi("volume", "create", *(("--label", label) if label else ()), name)
    onggi("create", "--name", "user", "-v", "three:/x", BOX)
    done = onggi.run("volume", "prune", stdin=b"n\n")
    assert done.stdout.decode().startswith(
        "WARNING! This will remove anonymous local volumes not used by at least one container.\n"
    )
    assert onggi("volume", "prune", "-f").split("\n")[:2] == ["Deleted Volumes:", unnamed]
    assert onggi("volume", "prune", "-af", "--filter", "label=stage=dev").split("\n")[:2] == ["Deleted Volumes:", "one"]
    assert onggi("volume", "prune", "-f", "--filter", "all=true").split("\n")[:2] == ["Deleted Volumes:", "two"]
    assert names(onggi) == ["three"]
    assert "invalid filter 'until'" in onggi.fails("volume", "prune", "-f", "--filter", "until=1h")


def test_system_prune_and_df(onggi: Onggi) -> None:
    onggi(
        "run",
        "--name",
        "user",
        "-v",
        "/unnamed",
        "-v",
        "named:/x",
        BOX,
        "dd",
        "if=/dev/zero",
        "of=/unnamed/f",
        "bs=1M",
        "count=3",
    )
    assert "volumes                 2" in onggi("system", "df")
    (used,) = [line for line in onggi("system", "df", "-v").split("\n") if line.startswith(names(onggi)[0])]
    assert used.split()[1:] == ["1", "3.154MB"]
    onggi("system", "prune", "-f", "--volumes")  # the container goes first
    assert names(onggi) == ["named"]
    assert 'The "until" filter is not supported with "--volumes"' in onggi.fails(
        "system", "prune", "-f", "--volumes", "--filter", "until=1h"
    )


def test_what_happens_is_told(onggi: Onggi) -> None:
    onggi("run", "--rm", "-v", "data:/data:ro", BOX, "true")
    onggi("volume", "rm", "data")
    fields = '{{.Action}} {{.Actor.ID}} {{.Actor.Attributes.driver}} {{index .Actor.Attributes "read/write"}}'
    told = onggi("events", "--since", "10m", "--until", "0s", "--filter", "type=volume", "--format", fields)
    assert [line.split()[:3] for line in told.split("\n")] == [
        [action, "data", "local"] for action in ("create", "mount", "unmount", "destroy")
    ]
    assert told.split("\n")[1].endswith("false")


# Options of the driver


def test_a_volume_that_is_a_folder_elsewhere(onggi: Onggi, full: str, tmp_path: Path) -> None:
    place = tmp_path / "place"
    said = ("--opt", "type=none", "--opt", "o=bind", "--opt", f"device={place}")
    onggi("volume", "create", *said, "there")
    assert f"failed to mount volume there: {place}: no such folder" in onggi.fails(
        "run", "--rm", "-v", "there:/srv/app", full, "true", code=125
    )
    place.mkdir()
    assert onggi("run", "--rm", "-v", "there:/srv/app", full, "cat", "/srv/app/main") == "main"
    assert sorted(os.listdir(place)) == ["link", "main", "sub", "twin"], "an empty folder is filled as a volume is"
    assert (place.stat().st_uid, place.stat().st_mode & 0o7777) == (7, 0o1770)
    onggi("volume", "rm", "there")
    assert (place / "main").exists(), "what is elsewhere is not the store's"


def test_options_by_mount(onggi: Onggi, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("text")
    options = f"volume-opt=type=none,volume-opt=o=bind,volume-opt=device={tmp_path}"
    mount = f"source=there,target=/x,volume-label=a=b,{options}"
    assert onggi("run", "--rm", "--mount", mount, BOX, "cat", "/x/f") == "text"
    assert onggi("volume", "inspect", "-f", "{{.Labels.a}} {{.Options.device}}", "there") == f"b {tmp_path}"
    assert onggi("run", "--rm", "--mount", mount, BOX, "cat", "/x/f") == "text"
    assert "with other options" in onggi.fails(
        "run", "--mount", "source=there,target=/x,volume-opt=type=tmpfs,volume-opt=device=tmpfs", BOX, code=125
    )
    assert "with other options" in onggi.fails("volume", "create", "--opt", "type=tmpfs", "--opt", "device=x", "there")


SCRATCH = ("--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt", "o=size=4m,mode=1777", "scratch")


def test_a_tmpfs_that_running_containers_share(onggi: Onggi) -> None:
    onggi("volume", "create", *SCRATCH)
    first = onggi("run", "-d", "-v", "scratch:/one:ro", "-v", "scratch:/two", BOX, "sleep", "1000.55")
    assert "4.0M" in onggi("exec", first, "df", "-h", "/one")
    onggi("run", "--rm", "-v", "scratch:/x", BOX, "sh", "-c", "mkdir /x/sub; echo text > /x/sub/file")
    assert onggi("exec", first, "cat", "/one/sub/file") == "text"
    assert (
        onggi("run", "--rm", "--mount", "source=scratch,target=/x,volume-subpath=sub", BOX, "cat", "/x/file") == "text"
    )
    assert "Read-only file system" in onggi.fails("exec", first, "touch", "/one/x")
    onggi("exec", first, "touch", "/two/x")
    onggi("rm", "-f", first)
    assert onggi("run", "--rm", "-v", "scratch:/x", BOX, "ls", "-A", "/x") == "", "it goes with the last that has it"
    assert "scratch" not in Path("/proc/self/mounts").read_text()
    assert os.listdir(data(onggi, "scratch")) == []


def test_two_that_start_at_once_find_each_other(onggi: Onggi) -> None:
    onggi("volume", "create", *SCRATCH)
    all_there = '[ "$(ls /x | wc -l)" = 4 ]'
    script = f"touch /x/$1; for try in $(seq 200); do if {all_there}; then break; fi; usleep 50000; done; ls /x | wc -l"
    running = [
        onggi.start("run", "--rm", "-v", "scratch:/x", BOX, "sh", "-c", script, "-", str(number)) for number in range(4)
    ]
    assert [process.communicate()[0].decode().strip() for process in running] == ["4"] * 4


def test_a_file_system_of_the_hosts_network(onggi: Onggi) -> None:
    """As NFS needs it: sysfs shows the network that it was mounted in."""
    onggi("volume", "create", "--opt", "type=sysfs", "--opt", "device=sysfs", "host-sys")
    seen = onggi("run", "--rm", "--network", "none", "-v", "host-sys:/x:ro", BOX, "ls", "/x/class/net").split()
    assert sorted(seen) == sorted(name for _, name in socket.if_nameindex())


def test_an_oci_runtime_gets_folders_only(onggi: Onggi) -> None:
    run = ("run", "--rm", "--runtime", "runc")
    assert onggi(*run, "-v", "data:/x", BOX, "sh", "-c", "touch /x/f; ls /x") == "f"
    assert "Read-only" in onggi.run(*run, "-v", "data:/x:ro", BOX, "touch", "/x/g").stderr.decode()
    onggi("volume", "create", *SCRATCH)
    assert "cannot be asked to share" in onggi.fails(*run, "-v", "scratch:/x", BOX, "true", code=125)
    assert "a part of a volume" in onggi.fails(
        *run, "--mount", "source=data,target=/x,volume-subpath=f", BOX, "true", code=125
    )


# Parts of volumes


def test_a_part_of_a_volume(onggi: Onggi) -> None:
    onggi(
        "run", "--rm", "-v", "data:/x", BOX, "sh", "-c", "mkdir -p /x/a/b; echo deep > /x/a/b/file; ln -s a/b /x/short"
    )
    part = "source=data,target=/p,volume-subpath="
    assert onggi("run", "--rm", "--mount", f"{part}a", BOX, "cat", "/p/b/file") == "deep"
    assert onggi("run", "--rm", "--mount", f"{part}a/b/file", BOX, "cat", "/p") == "deep"
    assert onggi("run", "--rm", "--mount", f"{part}short", BOX, "cat", "/p/file") == "deep"
    assert "volume-subpath nowhere: there is no such folder or file in the volume" in onggi.fails(
        "run", "--rm", "--mount", f"{part}nowhere", BOX, "true", code=125
    )


@pytest.mark.parametrize("link", ["/etc", "../../../../../../../../../../../../etc", "/proc/self/root/etc", "inner"])
def test_no_link_leads_out_of_a_volume(onggi: Onggi, link: str) -> None:
    onggi("run", "--rm", "-v", "data:/x", BOX, "sh", "-c", f"ln -s /etc /x/inner; ln -s {link} /x/bad")
    mount = "source=data,target=/p,volume-subpath="
    for subpath in ("bad", "bad/passwd", "bad/.."):
        done = onggi.run("run", "--rm", "--mount", mount + subpath, BOX, "sh", "-c", "find /p")
        assert b"passwd" not in done.stdout
        assert b"hostname" not in done.stdout


# Binds


def test_a_folder_that_is_missing(onggi: Onggi, tmp_path: Path) -> None:
    onggi("create", "--name", "later", "-v", f"{tmp_path}/made/here:/x", BOX, "touch", "/x/f")
    assert not (tmp_path / "made").exists()
    onggi("start", "-a", "later")
    assert (tmp_path / "made/here/f").exists()
    said = onggi.fails("run", "--mount", f"type=bind,src={tmp_path}/none,dst=/x", BOX, code=125)
    assert f"bind source path does not exist: {tmp_path}/none" in said
    onggi("run", "--rm", "--mount", f"type=bind,src={tmp_path}/new,dst=/x,bind-create-src", BOX, "true")
    assert (tmp_path / "new").is_dir()


def test_relative_to_where_one_is(onggi: Onggi, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/f").write_text("text")
    assert onggi("run", "--rm", "-v", "./sub:/x", BOX, "cat", "/x/f", cwd=tmp_path) == "text"
    assert onggi("run", "--rm", "-v", ".:/x", BOX, "cat", "/x/sub/f", cwd=tmp_path) == "text"


def inside_mounts(onggi: Onggi, prepare: str, *words: str) -> subprocess.CompletedProcess[str]:
    """What onggi says on a host that has the mounts that `prepare` makes; they go with it."""
    script = f'{prepare}; exec "$@"'
    return subprocess.run(
        ["unshare", "-m", "--propagation", "private", "sh", "-ec", script, "sh", *onggi.argv(*words)],
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("ro", "outer:no inner:no"),
        ("", "outer:yes inner:yes"),
        ("ro,bind-recursive=writable", "outer:no inner:yes"),
        ("ro,bind-recursive=disabled", "outer:no inner:no"),
        ("ro,bind-recursive=readonly,bind-propagation=rprivate", "outer:no inner:no"),
    ],
)
def test_read_only_with_all_that_is_mounted_beneath(onggi: Onggi, tmp_path: Path, options: str, expected: str) -> None:
    (tmp_path / "inner").mkdir()
    script = (
        "for f in outer:/x inner:/x/inner; do echo -n ${f%:*}: && touch ${f#*:}/f 2>&- && echo yes || echo no; done"
    )
    mount = ",".join(filter(None, (f"type=bind,src={tmp_path},dst=/x", options)))
    done = inside_mounts(
        onggi, f"mount -t tmpfs inner {tmp_path}/inner", "run", "--rm", "--mount", mount, BOX, "sh", "-c", script
    )
    assert done.returncode == 0, done.stderr
    assert " ".join(done.stdout.split()) == expected


def test_disabled_shows_nothing_of_what_is_mounted_beneath(onggi: Onggi, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    prepare = f"mount -t tmpfs inner {tmp_path}/inner; touch {tmp_path}/inner/f"
    for recursive, expected in (("enabled", "f"), ("disabled", "")):
        mount = f"type=bind,src={tmp_path},dst=/x,bind-recursive={recursive}"
        done = inside_mounts(onggi, prepare, "run", "--rm", "--mount", mount, BOX, "ls", "/x/inner")
        assert done.stdout.strip() == expected, done.stderr


def test_propagation_needs_a_mount_that_propagates(onggi: Onggi, tmp_path: Path) -> None:
    bind = f"mount --bind {tmp_path} {tmp_path}"
    for how, word in (("shared", "shared"), ("rslave", "shared or slave")):
        done = inside_mounts(onggi, bind, "run", "--rm", "-v", f"{tmp_path}:/x:{how}", BOX, "true")
        assert done.returncode == 125
        assert f"path {tmp_path} is mounted on {tmp_path} but it is not a {word} mount" in done.stderr
    for how in ("rshared", "rslave"):
        made = f"{bind}; mount --make-shared {tmp_path}"
        assert inside_mounts(onggi, made, "run", "--rm", "-v", f"{tmp_path}:/x:{how}", BOX, "true").returncode == 0


# A read-only root


def test_read_only_root_with_places_to_write(onggi: Onggi, tmp_path: Path) -> None:
    script = "touch /x 2>&- || echo root; touch /data/f /tmp/f /b/f && echo rest"
    options = ("--read-only", "-v", "data:/data", "--tmpfs", "/tmp:size=1m", "-v", f"{tmp_path}:/b")
    assert onggi("run", "--rm", *options, BOX, "sh", "-c", script) == "root\nrest"


# Killed


@pytest.mark.slow
def test_killed_at_any_instant_a_volume_is_whole_or_empty(onggi: Onggi, context: Context) -> None:
    files = 400
    image = onggi.build(
        context("FROM busybox:1.35\nCOPY tree /tree\nVOLUME /tree\n", {f"tree/{n}": f"{n}\n" for n in range(files)})
    )
    onggi("run", "--rm", "-v", "warm:/tree", image, "true")
    began = time.monotonic()
    onggi("run", "--rm", "-v", "timed:/tree", image, "true")
    whole = time.monotonic() - began
    for number, instant in enumerate(spread(INSTANTS, whole)):
        if number % 2:
            onggi("volume", "create", f"v{number}")
        process = onggi.start("run", "--rm", "-v", f"v{number}:/tree", "-v", f"w{number}:/tree2", image, "true")
        time.sleep(instant)
        process.kill()
        process.communicate()
    onggi("system", "check", "--repair")
    onggi("system", "check")
    for volume in names(onggi):
        assert len(os.listdir(data(onggi, volume))) in (0, files), volume
    with onggi.engine() as engine:
        for number in range(INSTANTS):
            filled = Volume(name=f"v{number}", target="/tree")
            engine.containers.start(engine.containers.create(ContainerSpec(image=image, mounts=(filled,))))
            assert len(os.listdir(data(onggi, filled.name))) == files


def test_files_of_an_image(onggi: Onggi, context: Context) -> None:
    """They stay with the container, whatever becomes of the image, and go with the last one that has them."""
    image = onggi.build(context(TOOLS), "-t", "tools")
    mounts = ("--mount", "type=image,src=tools,dst=/x", "--mount", "type=image,src=tools,dst=/one,image-subpath=t/tool")
    onggi("run", "-d", "--name", "web", *mounts, BOX, "sleep", "1000")
    assert onggi("exec", "web", "cat", "/x/t/tool", "/one") == "one\none"
    assert "Read-only file system" in onggi.run("exec", "web", "touch", "/x/new").stderr.decode()
    seen = json.loads(onggi("inspect", "-f", "{{json .Mounts}}", "web"))[0]
    assert (seen["Type"], seen["Source"], seen["Destination"], seen["RW"]) == ("image", "tools", "/x", False)
    assert "is using its referenced image" in onggi.fails("rmi", "tools")
    onggi("image", "prune", "-af")
    assert image in onggi("images", "-q", "--no-trunc")
    onggi("rmi", "-f", "tools")
    onggi("builder", "prune", "-af")
    onggi("restart", "-t", "0", "web")
    assert onggi("exec", "web", "cat", "/x/t/tool") == "one"
    assert onggi("run", "--rm", "--volumes-from", "web", BOX, "cat", "/x/t/tool") == "one"
    onggi("stop", "-t", "0", "web")
    with tarfile.open(fileobj=io.BytesIO(onggi.run("cp", "web:/x/t/tool", "-").stdout)) as tar:
        assert tar.getnames() == ["tool"]
    before = set(os.listdir(onggi.root / "snapshots"))
    onggi("rm", "web")
    onggi("system", "prune", "-f")
    assert len(before - set(os.listdir(onggi.root / "snapshots"))) == 1
    assert "No such image: tools:latest" in onggi.fails("create", *mounts, BOX)
