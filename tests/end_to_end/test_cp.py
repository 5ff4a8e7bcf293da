"""`cp`: containers that run and that do not, volumes, tars, owners, and what hostile containers try."""

from __future__ import annotations

import gzip
import io
import os
import signal
import socket
import stat
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from tests.layer.items import Item, Items, make, read_below, trees

from onggi.engine.engine import Engine
from onggi.engine.types import PathStat
from onggi.errors import OnggiError
from onggi.layer import removal
from onggi.settings import Settings

from .conftest import Onggi, clone

BUSYBOX = "busybox:1.35"


@pytest.fixture
def engine(onggi: Onggi) -> Iterator[Engine]:
    with Engine(Settings(root=onggi.root)) as engine:
        yield engine


def running(onggi: Onggi, *words: str | Path) -> str:
    """The name of a container that sleeps."""
    name = f"box{len(onggi('ps', '-aq').split())}"
    onggi("run", "-d", "--name", name, *words, BUSYBOX, "sleep", "100000")
    return name


def mounts(folder: Path) -> list[str]:
    """But for the network namespaces of containers that run."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [line for line in lines if str(folder) in line and " - nsfs " not in line]


def tar_of(**files: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


# Containers in every state.


def test_into_and_out_of_one_that_runs(onggi: Onggi, tmp_path: Path) -> None:
    box = running(onggi, "--tmpfs", "/memory")
    (tmp_path / "a").write_text("hello")
    for place in ("/tmp", "/memory"):
        onggi("cp", tmp_path / "a", f"{box}:{place}/b")
        assert onggi("exec", box, "cat", f"{place}/b") == "hello"
        onggi("cp", f"{box}:{place}/b", tmp_path / "out")
        assert (tmp_path / "out").read_text() == "hello"
    onggi("pause", box)
    onggi("cp", f"{box}:tmp/b", tmp_path / "paused")
    onggi("unpause", box)
    assert (tmp_path / "paused").read_text() == "hello"


def test_before_the_start_and_after_the_end(onggi: Onggi, tmp_path: Path) -> None:
    box = onggi("create", BUSYBOX, "sh", "-c", "cp /in /result; echo more >> /result")
    (tmp_path / "in").write_text("before\n")
    onggi("cp", tmp_path / "in", f"{box}:/")
    assert not mounts(onggi.root)
    onggi("start", "-a", box)
    onggi("cp", f"{box}:/result", tmp_path)
    assert (tmp_path / "result").read_text() == "before\nmore\n"
    assert not mounts(onggi.root)


def test_a_copy_that_is_killed_leaves_nothing(onggi: Onggi, tmp_path: Path) -> None:
    """Not even a lock: what does not run can be started and removed."""
    box = onggi("create", BUSYBOX, "cat", "/a")
    copying = subprocess.Popen(
        onggi.argv("cp", "-", f"{box}:/"), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    assert copying.stdin is not None
    copying.stdin.write(tar_of(a="text", b="x" * (4 << 20))[: 3 << 20])
    copying.stdin.flush()
    upper = next((onggi.root / "containers").iterdir()) / "upper"
    while not (upper / "a").exists():
        assert copying.poll() is None
        time.sleep(0.01)
    copying.send_signal(signal.SIGKILL)
    copying.wait()
    copying.stdin.close()
    assert not mounts(onggi.root)
    assert onggi("start", "-a", box) == "text"
    onggi("system", "check", "--repair")  # the session of the one that was killed


def test_one_that_does_not_run_is_not_started_meanwhile(onggi: Onggi, engine: Engine) -> None:
    box = onggi("create", BUSYBOX, "true")
    with engine.containers.archive_get(box, "/bin") as (_, pieces):
        next(pieces)
        start = onggi.start("start", box)
        with pytest.raises(subprocess.TimeoutExpired):
            start.wait(0.5)
        assert onggi("ps", "-a", "--format", "{{.State}}") == "created"
    start.communicate(timeout=60)
    assert start.returncode == 0


def test_names_that_lead_nowhere(onggi: Onggi, tmp_path: Path) -> None:
    box = running(onggi)
    (tmp_path / "a").touch()
    cases: dict[tuple[str | Path, str | Path], str] = {
        (f"{box}:/nope", tmp_path): f"Could not find the file /nope in container {box}",
        (f"{box}:/bin/sh/x", tmp_path): "not a directory: /bin/sh",
        (f"{box}:", tmp_path): "the path in the container cannot be empty",
        (f"{box}:/bin/sh", tmp_path / "no/where"): f'invalid output path: directory "{tmp_path}/no" does not exist',
        (f"{box}:/bin/sh", "/dev/null"): 'destination "/dev/null" must be a directory or a regular file: got a device',
        (tmp_path / "a", f"{box}:/dev/null"): f'"{box}:/dev/null" must be a directory or a regular file: got a device',
        (tmp_path / "a", f"{box}:/no/where"): f"Could not find the file /no in container {box}",
        (tmp_path / "nope", f"{box}:/"): f"Could not find the file {tmp_path}/nope",
        (tmp_path / "a", "nobody:/"): "No such container: nobody",
        ("nobody:/x", tmp_path): "No such container: nobody",
        (f"{box}:/a", f"{box}:/b"): "copying between containers is not supported",
        (tmp_path / "a", tmp_path / "b"): "must specify at least one container source",
        ("", f"{box}:/"): "source can not be empty",
        (f"{box}:/", ""): "destination can not be empty",
    }
    for words, said in cases.items():
        assert said in onggi.fails("cp", *words), words
    onggi.fails("cp", box, code=1)
    onggi.fails("cp", "--nope", "a", "b", code=125)


def test_a_colon_in_a_path(onggi: Onggi, tmp_path: Path) -> None:
    box = running(onggi)
    (tmp_path / "a:b").write_text("colon")
    assert "copying between containers" in onggi.fails("cp", "a:b", f"{box}:/tmp", cwd=tmp_path)
    onggi("cp", "./a:b", f"{box}:/tmp", cwd=tmp_path)
    onggi("cp", tmp_path / "a:b", f"{box}:/tmp/c:d")
    onggi("cp", f"{box}:/tmp/c:d", "./e:f", cwd=tmp_path)
    assert onggi("exec", box, "ls", "/tmp") == "a:b\nc:d" and (tmp_path / "e:f").read_text() == "colon"


# What is mounted.


@pytest.mark.parametrize("is_running", [True, False], ids=["running", "stopped"])
def test_volumes_and_binds_are_reached(onggi: Onggi, tmp_path: Path, is_running: bool) -> None:
    (tmp_path / "bound").mkdir()
    (tmp_path / "fixed").mkdir()
    (tmp_path / "a").write_text("hello")
    (tmp_path / "file").write_text("file")
    binds = [f"{tmp_path}/{place}" for place in ("bound:/deep/bound", "fixed:/ro:ro", "file:/file")]
    box = running(onggi, "-v", "data:/data", *(word for bind in binds for word in ("-v", bind)))
    onggi("exec", box, "ln", "-s", "/data", "/link")
    if not is_running:
        onggi("stop", "-t", "0", box)
    onggi("cp", tmp_path / "a", f"{box}:/link/a")
    onggi("cp", tmp_path / "a", f"{box}:/deep/bound")
    assert (tmp_path / "bound/a").read_text() == "hello"
    assert "mounted volume is marked read-only" in onggi.fails("cp", tmp_path / "a", f"{box}:/ro/")
    assert onggi("run", "--rm", "-v", "data:/x", BUSYBOX, "cat", "/x/a") == "hello"
    onggi("cp", f"{box}:/data/.", tmp_path / "out")
    assert (tmp_path / "out/a").read_text() == "hello"
    onggi("cp", f"{box}:/etc/hosts", tmp_path / "hosts")
    assert "localhost" in (tmp_path / "hosts").read_text() and (tmp_path / "file").read_text() == "file"
    for place in ("/etc/hosts", "/file"):
        assert "something is mounted there" in onggi.fails("cp", tmp_path / "a", f"{box}:{place}")
    assert not mounts(onggi.root)


@pytest.mark.parametrize("is_running", [True, False], ids=["running", "stopped"])
def test_a_read_only_container(onggi: Onggi, tmp_path: Path, is_running: bool) -> None:
    (tmp_path / "a").write_text("hello")
    box = running(onggi, "--read-only", "--tmpfs", "/memory", "-v", "data:/data")
    if not is_running:
        onggi("stop", "-t", "0", box)
    assert "container rootfs is marked read-only" in onggi.fails("cp", tmp_path / "a", f"{box}:/tmp/")
    assert "container rootfs is marked read-only" in onggi.fails("cp", "-", f"{box}:/", stdin=tar_of(a="x"))
    onggi("cp", tmp_path / "a", f"{box}:/data/")
    onggi("cp", f"{box}:/data/a", tmp_path / "b")
    if is_running:
        onggi("cp", tmp_path / "a", f"{box}:/memory/")
        assert onggi("exec", box, "cat", "/memory/a") == "hello"


def test_what_the_kernel_makes_up_is_no_part_of_the_root(onggi: Onggi, tmp_path: Path) -> None:
    box = running(onggi)
    onggi("cp", f"{box}:/", tmp_path / "root")
    assert os.listdir(tmp_path / "root/proc") == os.listdir(tmp_path / "root/sys") == []
    assert (tmp_path / "root/bin/sh").exists()
    for place in ("/proc", "/proc/1/status", "/sys/kernel"):
        said = onggi.fails("cp", f"{box}:{place}", tmp_path / "out")
        assert f"{place} in container {box} is made up by the kernel: nothing can be copied out of it" in said
        assert f"hint: onggi exec {box} cat FILE" in said
    (tmp_path / "file").write_text("value")
    for place, folder in {
        "/proc/new": "/proc",
        "/sys/": "/sys",
        "/proc/sys/kernel/hostname": "/proc/sys/kernel",
    }.items():
        said = onggi.fails("cp", tmp_path / "file", f"{box}:{place}")
        assert f"{folder} in container {box} is made up by the kernel: nothing can be copied into it" in said


# Tars.


def test_tars_on_stdin_and_stdout(onggi: Onggi, tmp_path: Path) -> None:
    box = running(onggi)
    data = tar_of(**{"d/a": "one", "b": "two"})
    onggi("cp", "-", f"{box}:/tmp", stdin=data)
    assert onggi("exec", box, "cat", "/tmp/d/a", "/tmp/b") == "onetwo"
    onggi("cp", "-", f"{box}:/srv/../tmp/d", stdin=gzip.compress(data))
    assert onggi("exec", box, "cat", "/tmp/d/b") == "two"
    onggi("cp", "-", f"{box}:/tmp", stdin=b"")
    with tarfile.open(fileobj=io.BytesIO(onggi.run("cp", f"{box}:/tmp/d", "-").stdout)) as tar:
        assert tar.getnames() == ["d", "d/a", "d/b", "d/d", "d/d/a"]
    with tarfile.open(fileobj=io.BytesIO(onggi.run("cp", f"{box}:/tmp/d/.", "-").stdout)) as tar:
        assert tar.getnames() == [".", "./a", "./b", "./d", "./d/a"]
    for words, stdin, said in (
        (("-", f"{box}:/bin/sh"), data, "not a directory: /bin/busybox"),
        (("-", f"{box}:/nope"), data, "Could not find the file /nope"),
        (("-", f"{box}:/tmp"), b"garbage", "expected a tar"),
        (("-", f"{box}:/tmp"), data[:600], "the tar ends in the middle"),
        (("-", f"{box}:/bin"), tar_of(**{"sh/x": "x"}), "not a folder"),
        (("-", f"{box}:/"), tar_of(tmp="x"), """cannot overwrite directory "/tmp" with non-directory 'tmp'"""),
        (("-", "-"), b"", "must specify at least one container source"),
    ):
        assert said in onggi.fails("cp", *words, stdin=stdin), words


def test_from_one_container_to_another(onggi: Onggi) -> None:
    one, other = running(onggi), running(onggi)
    onggi("exec", one, "sh", "-c", "mkdir /app; echo x > /app/x; chown 5:6 /app/x; chmod 4750 /app/x; ln -s x /app/l")
    tar = onggi.run("cp", f"{one}:/app", "-").stdout
    onggi("cp", "-", f"{other}:/tmp", stdin=tar)
    look = ("sh", "-c", "cd $0/app; stat -c '%n %F %a %u:%g' . x l; readlink l; cat x")
    assert onggi("exec", other, *look, "/tmp") == onggi("exec", one, *look, "/")


# Owners, links, kinds.


def test_owners(onggi: Onggi, tmp_path: Path) -> None:
    box = running(onggi, "--user", "7:8")
    (tmp_path / "a").touch()
    os.chown(tmp_path / "a", 1000, 1001)
    for flag in ([], ["-a"]):
        onggi("cp", *flag, tmp_path / "a", f"{box}:/tmp/")
        assert onggi("exec", box, "stat", "-c", "%u:%g", "/tmp/a") == "1000:1001"
    for flag, wanted in (([], (0, 0)), (["-a"], (1000, 1001))):
        onggi("cp", *flag, f"{box}:/tmp/a", tmp_path / "out")
        status = (tmp_path / "out").stat()
        assert (status.st_uid, status.st_gid) == wanted


def test_a_link_is_copied_or_followed(onggi: Onggi, tmp_path: Path) -> None:
    box = running(onggi)
    onggi("exec", box, "sh", "-c", "cd /tmp; mkdir d; echo x > d/x; ln -s d link; ln -s /etc/passwd abs")
    onggi("cp", f"{box}:/tmp/link", tmp_path)
    assert os.readlink(tmp_path / "link") == "d"
    onggi("cp", "-L", f"{box}:/tmp/link", tmp_path / "followed")
    assert (tmp_path / "followed/x").read_text() == "x\n"
    onggi("cp", "-L", f"{box}:/tmp/abs", tmp_path)
    assert (tmp_path / "abs").read_text() == onggi("exec", box, "cat", "/etc/passwd") + "\n", "the container's"
    (tmp_path / "here").symlink_to("abs")
    onggi("cp", "-L", tmp_path / "here", f"{box}:/tmp/there")
    assert onggi("exec", box, "stat", "-c", "%F", "/tmp/there") == "regular file"


def test_special_files(onggi: Onggi, tmp_path: Path) -> None:
    box = running(onggi)
    onggi("exec", box, "sh", "-c", "mkdir /s; cd /s; mkfifo pipe; mknod null c 1 3; echo x > a; ln a b")
    onggi("cp", f"{box}:/s", tmp_path)
    assert stat.S_ISFIFO((tmp_path / "s/pipe").stat().st_mode)
    assert (tmp_path / "s/null").stat().st_rdev == os.makedev(1, 3)
    assert (tmp_path / "s/a").samefile(tmp_path / "s/b")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s/socket"))
    assert "is a socket" in onggi.fails("cp", tmp_path / "s/socket", f"{box}:/")
    onggi("cp", tmp_path / "s", f"{box}:/again")
    assert onggi("exec", box, "ls", "/again") == "a\nb\nnull\npipe"
    assert onggi("exec", box, "stat", "-c", "%h %t", "/again/a", "/again/null") == "2 0\n1 1"


def test_large_and_sparse_files_in_little_memory(onggi: Onggi, tmp_path: Path) -> None:
    box = running(onggi)
    with open(tmp_path / "large", "wb") as file:
        for _ in range(120):
            file.write(os.urandom(1 << 20))
        file.truncate(8 << 30)
    for words in ((tmp_path / "large", f"{box}:/large"), (f"{box}:/large", tmp_path / "back")):
        assert onggi.peak("cp", *words) < 80_000_000
    assert (tmp_path / "back").stat().st_size == 8 << 30
    assert (tmp_path / "back").stat().st_blocks * 512 < 200 << 20
    with open(tmp_path / "large", "rb") as one, open(tmp_path / "back", "rb") as other:
        assert one.read(121 << 20) == other.read(121 << 20)


@pytest.fixture(scope="module")
def shelf(busybox: Path) -> Iterator[tuple[Engine, dict[str, str]]]:
    """One container that runs and one that does not, for many small copies."""
    onggi = Onggi(clone(busybox))
    with Engine(Settings(root=onggi.root)) as engine:
        boxes = {"running": running(onggi), "stopped": onggi("create", BUSYBOX, "true")}
        yield engine, boxes
    onggi.tidy()
    removal.remove(str(onggi.root))


@pytest.mark.parametrize("state", ["running", "stopped"])
@given(items=trees())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_goes_in_comes_out_again(shelf: tuple[Engine, dict[str, str]], state: str, items: Items) -> None:
    """All but extended attributes, of which only capabilities travel, as in Docker."""
    engine, boxes = shelf
    plain = {
        path: Item(item.kind, item.text, item.mode, item.uid, item.gid, item.mtime, device=item.device)
        for path, item in items.items()
    }
    with tempfile.TemporaryDirectory() as place:
        folder = make(Path(place, "tree"), plain)
        name = f"/tmp/{os.path.basename(place)}"
        engine.containers.copy_in(boxes[state], str(folder), name)
        engine.containers.copy_out(boxes[state], f"{name}/.", f"{place}/back", keeps_owners=True)
        assert read_below(Path(place, "back")) == read_below(folder)


# What the Engine API will offer.


def test_path_stat_and_archives(onggi: Onggi, engine: Engine) -> None:
    box = running(onggi)
    onggi("exec", box, "sh", "-c", "cd /tmp; echo text > a; chmod 4755 a; ln -s ../tmp/a l; touch -d @99 a; mkdir d")
    containers = engine.containers
    assert containers.path_stat(box, "tmp/a") == PathStat(name="a", size=5, mode=0o104755, mtime_ns=99 * 10**9)
    link = containers.path_stat(box, "/tmp/l")
    assert (link.name, link.link_target, stat.S_ISLNK(link.mode)) == ("l", "/tmp/a", True)
    assert [containers.path_stat(box, path).name for path in ("/", "/tmp/", "/tmp/.")] == ["/", "tmp", "."]
    with containers.archive_get(box, "/tmp/a") as (found, pieces):
        assert found.size == 5
        with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as tar:
            assert tar.getnames() == ["a"]
    containers.archive_put(box, "/tmp", io.BytesIO(tar_of(d="a file now")), owner=(5, 6))
    assert onggi("exec", box, "stat", "-c", "%F %u:%g", "/tmp/d") == "regular file 5:6"
    told = onggi("events", "--since", "0", "--until", str(time.time() + 1), "--format", "{{.Action}}").splitlines()
    assert [action for action in told if not action.startswith("exec")][-2:] == ["archive-path", "extract-to-dir"]


# Containers that try to get out.


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Path]:
    """A folder of the host that must stay as it is, and out of reach."""
    folder = make(tmp_path / "outside", {b"secret": Item("f", b"secret"), b"sub/secret": Item("f", b"secret")})
    before = read_below(folder)
    yield folder
    assert read_below(folder) == before


@pytest.mark.parametrize("is_running", [True, False], ids=["running", "stopped"])
def test_links_of_a_container_stay_in_it(onggi: Onggi, tmp_path: Path, outside: Path, is_running: bool) -> None:
    """CVE-2018-15664: a link to a folder of the host by its absolute path, and by any number of dots."""
    box = running(onggi)
    onggi("exec", box, "sh", "-c", f"cd /tmp; ln -s {outside} abs; ln -s {'../' * 30}{outside} rel; mkdir -p {outside}")
    onggi("exec", box, "sh", "-c", f"echo inside > {outside}/secret")
    if not is_running:
        onggi("stop", "-t", "0", box)
    (tmp_path / "new").write_text("new")
    for link in ("abs", "rel"):
        onggi("cp", tmp_path / "new", f"{box}:/tmp/{link}/new")
        onggi("cp", "-", f"{box}:/tmp", stdin=tar_of(**{f"{link}/tar": "x"}))
        onggi("cp", f"{box}:/tmp/{link}/secret", tmp_path / link)
        assert (tmp_path / link).read_text() == "inside\n"
        onggi("cp", "-L", f"{box}:/tmp/{link}", tmp_path / f"{link}-folder")
        assert (tmp_path / f"{link}-folder/secret").read_text() == "inside\n"


def test_what_comes_out_stays_where_it_was_sent(onggi: Onggi, tmp_path: Path, outside: Path) -> None:
    box = running(onggi)
    onggi("exec", box, "sh", "-c", f"mkdir -p /d/e; ln -s {outside} /d/link; ln -s ../outside /d/e/up; echo x > /d/f")
    (tmp_path / "target/d").mkdir(parents=True)
    (tmp_path / "target/d/f").symlink_to(outside / "secret")
    onggi("cp", f"{box}:/d", tmp_path / "target")
    assert os.readlink(tmp_path / "target/d/link") == str(outside)
    assert not (tmp_path / "target/d/f").is_symlink() and (tmp_path / "target/d/f").read_text() == "x\n"
    (tmp_path / "target/d/e").rename(tmp_path / "target/d/away")
    (tmp_path / "target/d/e").symlink_to(outside)
    assert "cannot overwrite non-directory" in onggi.fails("cp", f"{box}:/d", tmp_path / "target")


SWAPPING = """
cd /tmp; mkdir real; echo inside > real/secret; mkdir real/sub; echo inside > real/sub/secret; mv real d
while true; do mv d real; ln -s OUTSIDE d; rm d; mv real d; done
"""


def test_a_container_that_swaps_a_folder_and_a_link_all_the_time(
    onggi: Onggi, engine: Engine, tmp_path: Path, outside: Path
) -> None:
    """Whatever the moment, it is the container's own folder, or an error."""
    onggi("run", "-d", "--name", "swap", BUSYBOX, "sh", "-c", SWAPPING.replace("OUTSIDE", str(outside)))
    (tmp_path / "new").write_text("new")
    containers, new = engine.containers, str(tmp_path / "new")
    copied = 0
    for number in range(150):
        with suppress(OnggiError):
            containers.copy_in("swap", new, f"/tmp/d/{number}")
            copied += 1
        with suppress(OnggiError):
            containers.copy_in("swap", new, "/tmp/d/secret")
        for name, path in {f"whole{number}": "/tmp/d", f"part{number}": "/tmp/d/sub"}.items():
            with suppress(OnggiError):
                containers.copy_out("swap", path, str(tmp_path / name))
    tops = [path for path in tmp_path.iterdir() if path != outside and path.is_dir() and not path.is_symlink()]
    found = [path for top in tops for path in top.rglob("secret") if not path.is_symlink()]
    assert {path.read_text() for path in found} <= {"inside\n", "new"}
    assert copied and found
