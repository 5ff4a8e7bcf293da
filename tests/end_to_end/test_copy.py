"""COPY and ADD: what is in the image afterwards."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import tarfile
import threading
from pathlib import Path

from .conftest import Context, Onggi


def sh(onggi: Onggi, image: str, script: str) -> list[str]:
    return onggi("run", "--rm", "--entrypoint", "sh", image, "-c", script).splitlines()


def tree(onggi: Onggi, image: str, path: str) -> list[str]:
    """Mode, owner and path of all that is at a path."""
    return sh(onggi, image, f"cd {path} && find . | sort | xargs stat -c '%a %u:%g %n'")


WORKSPACE = {
    "package.json": "root",
    "packages/api/package.json": "api",
    "packages/api/src/index.ts": "index",
    "packages/web/package.json": "web",
    "packages/web/src/index.ts": "index",
    "docs/a.md": "a",
    "docs/b.txt": "b",
    "docs/deep/c.md": "c",
}


def test_parents_and_exclude(onggi: Onggi, context: Context) -> None:
    folder = context(
        r"""
FROM busybox:1.35
RUN mkdir -p /one/packages && chown 7:8 /one/packages && chmod 711 /one/packages
COPY --parents package.json packages/*/package.json /one/
COPY --parents --chown=1:2 packages/./**/*.ts /two
COPY --exclude=*.md --exclude=deep docs /three/
COPY --exclude=*.md docs/* /four/
RUN --mount=type=bind,source=docs/deep,target=/m --mount=type=bind,source=package.json,target=/f cat /m/c.md /f > /five
""",
        WORKSPACE,
    )
    (folder / "packages").chmod(0o750)
    (folder / "packages/api/src").chmod(0o700)
    image = onggi.build(folder)
    assert tree(onggi, image, "/one") == [
        "755 0:0 .",
        "644 0:0 ./package.json",
        "750 7:8 ./packages",
        "755 0:0 ./packages/api",
        "644 0:0 ./packages/api/package.json",
        "755 0:0 ./packages/web",
        "644 0:0 ./packages/web/package.json",
    ]
    assert tree(onggi, image, "/two") == [
        "755 1:2 .",
        "755 1:2 ./api",
        "700 1:2 ./api/src",
        "644 1:2 ./api/src/index.ts",
        "755 1:2 ./web",
        "755 1:2 ./web/src",
        "644 1:2 ./web/src/index.ts",
    ]
    assert tree(onggi, image, "/three") == ["755 0:0 .", "644 0:0 ./b.txt"]
    assert sh(onggi, image, "find /four -type f | sort") == ["/four/b.txt"]
    assert sh(onggi, image, "cat /five") == ["croot"]


def test_what_is_excluded_is_no_part_of_the_key(onggi: Onggi, context: Context) -> None:
    folder = context(
        "FROM busybox:1.35\nCOPY --exclude=**/*.md . /x\nRUN cat /proc/sys/kernel/random/uuid > /u\n", WORKSPACE
    )
    first = onggi.build(folder)
    (folder / "docs/a.md").write_text("changed")
    (folder / "docs/deep/new.md").write_text("new")
    assert onggi.build(folder) == first
    (folder / "docs/b.txt").write_text("changed")
    assert onggi.build(folder) != first


def test_heredocs_and_modes(onggi: Onggi, context: Context) -> None:
    folder = context(
        """\
FROM busybox:1.35
ARG who=you
COPY --chmod=u=rwx,go= --chown=3:4 <<one <<-'two' /files/
hi $who "quoted" \\$5
one
	hi $who
	two
COPY <<EOF /plain
EOF
COPY <<EOF /files
in the folder
EOF
COPY --chmod=a-w,+X tree /tree/
ADD --chmod=go= <<added script /many/
x
added
""",
        {"tree/file": "", "tree/sub/run": "", "script": "s"},
    )
    (folder / "tree/sub/run").chmod(0o740)
    (folder / "tree/file").chmod(0o666)
    (folder / "tree/sub").chmod(0o2770)
    image = onggi.build(folder)
    assert sh(onggi, image, "cat /files/one /files/two /files/EOF; wc -c < /plain") == [
        'hi you "quoted" $5',
        "hi $who",
        "in the folder",
        "0",
    ]
    assert tree(onggi, image, "/files") == ["755 3:4 .", "644 0:0 ./EOF", "700 3:4 ./one", "700 3:4 ./two"]
    assert tree(onggi, image, "/tree") == [
        "755 0:0 .",
        "444 0:0 ./file",
        "2551 0:0 ./sub",
        "551 0:0 ./sub/run",
    ]
    assert tree(onggi, image, "/many") == ["755 0:0 .", "600 0:0 ./added", "600 0:0 ./script"]


def test_add_unpacks_as_it_is_told(onggi: Onggi, context: Context, tmp_path: Path) -> None:
    folder = context(
        """\
FROM busybox:1.35
ADD files.tar /default/
ADD --unpack=true files.tar plain /yes/
ADD --unpack=false files.tar /no/
ADD --unpack=false files.tar /file
""",
        {"x/inside": "inside\n", "plain": "plain\n"},
    )
    with tarfile.open(folder / "files.tar", "w") as archive:
        archive.add(folder / "x/inside", "inside")
    image = onggi.build(folder)
    found = sh(onggi, image, "cat /default/inside /yes/inside /yes/plain; cmp /no/files.tar /file && ls /no")
    assert found == ["inside", "inside", "plain", "files.tar"]


# --- --link


def layers(onggi: Onggi, image: str) -> list[str]:
    (described,) = json.loads(onggi("inspect", image))
    return list(described["RootFS"]["Layers"])


def test_a_linked_copy_looks_at_nothing_of_the_base(onggi: Onggi, context: Context) -> None:
    """As BuildKit: a link in the way becomes a folder, and folders on the way get what a copy onto nothing gives."""
    folder = context(
        """\
FROM busybox:1.35 AS base
RUN mkdir /real /owned && touch /real/old /owned/old && ln -s real /way && chown 5:5 /owned && chmod 700 /owned && ln -s x /end
FROM base AS linked
COPY --link file /way/file
COPY --link file /owned/
COPY --link file /end
COPY --link tree /tmp/tree
FROM base AS plain
COPY file /way/file
COPY file /owned/
COPY --link --chmod=600 file /tmp/
""",  # noqa: E501
        {"file": "f\n", "tree/a": "a\n"},
    )
    linked = onggi.build(folder, "--target", "linked")
    assert sh(onggi, linked, "find /way /real /end /tmp -type f | sort; stat -c '%F' /way") == [
        "/end",
        "/real/old",
        "/tmp/tree/a",
        "/way/file",
        "directory",
    ]
    assert sh(onggi, linked, "stat -c '%a %u %n' /owned /owned/* /tmp") == [
        "755 0 /owned",
        "644 0 /owned/file",
        "644 0 /owned/old",
        "755 0 /tmp",
    ]
    plain = onggi.build(folder, "--target", "plain")
    assert sh(onggi, plain, "stat -c '%a %u %F %n' /way /owned /tmp; ls /real") == [
        "777 0 symbolic link /way",
        "700 5 directory /owned",
        "1777 0 directory /tmp",
        "file",
        "old",
    ]


def test_a_linked_copy_is_kept_on_another_base(onggi: Onggi, context: Context) -> None:
    dockerfile = "FROM busybox:1.35\nRUN echo {} > /base\nCOPY {} tree /app/\nWORKDIR /app/sub\n"
    folder = context(dockerfile.format("one", "--link --chown=1:2"), {"tree/a": "a\n"})
    first = onggi.build(folder)
    (folder / "Dockerfile").write_text(dockerfile.format("two", "--link --chown=1:2"))
    said = onggi.run("build", "--progress=plain", folder).stderr.decode()
    assert "COPY --link --chown=1:2 tree /app/  kept" in said
    second = onggi.build(folder)
    one, two = layers(onggi, first), layers(onggi, second)
    assert one[1] != two[1] and one[2] == two[2]
    assert sh(onggi, second, "cat /base /app/a; stat -c %u:%g /app /app/a") == ["two", "a", "1:2", "1:2"]
    # A name is looked up in the base, so such a copy belongs to it.
    (folder / "Dockerfile").write_text(dockerfile.format("one", "--link --chown=nobody"))
    assert sh(onggi, onggi.build(folder), "stat -c %U /app/a") == ["nobody"]


# --- what a context may hold


def refusal(onggi: Onggi, folder: Path) -> str:
    """The sentence that is seen when the build fails."""
    (sentence,) = [line for line in onggi.fails("build", folder).splitlines() if line.startswith("onggi: ")]
    return sentence


def test_pipes_sockets_and_names_of_any_bytes(onggi: Onggi, context: Context) -> None:
    folder = context("FROM busybox:1.35\nCOPY all /all\nCOPY all/pi* /pipe\n", {"all/file": "f\n"})
    os.mkfifo(folder / "all/pipe", 0o640)
    Path(os.fsdecode(os.fsencode(folder) + b"/all/\xff\xfe")).write_text("bytes\n")
    (folder / "all/new\nline").write_text("line\n")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "all/socket"))
        image = onggi.build(folder)
        (folder / "Dockerfile").write_text("FROM busybox:1.35\nCOPY all/socket /socket\n")
        assert refusal(onggi, folder) == "onggi: all/socket is a socket, which an image cannot hold"
    found = sh(onggi, image, r"cd /all; cat $(printf '\377\376') new*; stat -c '%F %a %n' pipe /pipe; ls | wc -l")
    assert found == ["bytes", "line", "fifo 640 pipe", "fifo 640 /pipe", "4"]


def test_loops_of_links(onggi: Onggi, context: Context) -> None:
    folder = context("FROM busybox:1.35\nCOPY all /all\n", {"all/file": "f\n"})
    (folder / "all/self").symlink_to("self")
    (folder / "all/up").symlink_to("../all")
    (folder / "a").symlink_to("b")
    (folder / "b").symlink_to("a")
    assert sh(onggi, onggi.build(folder), "readlink /all/self; readlink /all/up") == ["self", "../all"]
    for source in ("a", "a/file", "all/self"):
        (folder / "Dockerfile").write_text(f"FROM busybox:1.35\nCOPY {source} /x\n")
        assert refusal(onggi, folder) == f"onggi: too many levels of symbolic links: {source}"


def test_what_may_not_be_read(onggi: Onggi, context: Context) -> None:
    """Root without the capabilities that let it read everything."""
    folder = context("FROM scratch\nCOPY . /x\n", {"mine/secret": "s\n", "other/file": ""})
    os.chown(folder / "mine/secret", 1000, 1000)
    (folder / "mine/secret").chmod(0o600)

    def said() -> str:
        weak = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"]
        done = subprocess.run([*weak, *onggi.argv("build", folder)], capture_output=True, text=True)
        assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
        return done.stderr

    assert "onggi: mine/secret cannot be read: permission denied\n" in said()
    (folder / "mine/secret").chmod(0o644)
    os.chown(folder / "other", 1000, 1000)
    (folder / "other").chmod(0)
    assert "onggi: other cannot be read: permission denied\nhint: leave it out with a line in .dockerignore" in said()


def test_a_file_that_changes_while_it_is_read(onggi: Onggi, context: Context) -> None:
    folder = context("FROM scratch\nCOPY growing /x\n")
    growing = folder / "growing"
    with growing.open("wb") as file:
        file.truncate(128 << 20)
    over = threading.Event()

    def write() -> None:
        with growing.open("ab") as file:
            while not over.is_set():
                file.write(b"x")
                file.flush()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        said = refusal(onggi, folder)
    finally:
        over.set()
        writer.join()
    assert said == "onggi: growing changed while it was read"


# --- onggi context ls


def test_context_ls(empty: Onggi, context: Context) -> None:
    folder = context(None, {"a.txt": "12345", "logs/x.log": "", "b.log": "", ".dockerignore": "#\nlogs\n**/*.log\n"})
    assert empty("context", "ls", folder).splitlines() == [
        "16 B  .dockerignore",
        " 5 B  a.txt",
        "",
        "IGNORED   BY                PATTERN",
        "b.log     .dockerignore:3   **/*.log",
        "logs/     .dockerignore:2   logs",
        "",
        "2 files, 21 B, 2 paths ignored",
    ]
    (folder / "app").write_text("FROM scratch\n")
    (folder / "app.dockerignore").write_text("*\n!a.txt\n")
    found = json.loads(empty("context", "ls", "-f", "app", "--format", "json", cwd=folder))
    assert found["files"] == [{"path": "a.txt", "size": 5}] and found["bytes"] == 5
    assert found["ignored"][0] == {"path": ".dockerignore", "file": "app.dockerignore", "line": 1, "pattern": "*"}
    assert "nothing is not a folder" in empty.fails("context", "ls", "nothing", cwd=folder)
    assert not empty.root.exists(), "no store is needed"
