"""A shell where a step failed: what the step saw, and what it had written."""

from __future__ import annotations

import os
import pty
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .conftest import Context, Onggi

DOCKERFILE = """\
FROM busybox:1.35
ENV COLOUR=red
WORKDIR /work
RUN echo "me:x:1000:1000::/home/me:/bin/sh" >> /etc/passwd; echo base > base.txt; chmod 777 .
USER me
RUN echo half > half.txt; echo gone > /tmp/x; rm -f /tmp/x; echo the reason >&2; exit 9
"""


@pytest.fixture
def failed(onggi: Onggi, context: Context) -> Path:
    folder = context(DOCKERFILE)
    onggi.fails("build", folder)
    return folder


def kept(onggi: Onggi) -> list[str]:
    return [path.parent.name for path in onggi.root.glob("builds/*/failed")]


def test_a_failure_ends_with_the_excerpt_the_output_and_the_way_on(onggi: Onggi, context: Context) -> None:
    said = onggi.fails("build", context(DOCKERFILE))
    assert "> 6 | RUN echo half" in said
    assert "the reason" in said
    assert "failed with exit code 9" in said
    found = re.search(r"onggi builds logs (\w+) --step 4\s.* onggi debug (\w+)$", said, re.MULTILINE | re.DOTALL)
    assert found and found[1] == found[2]
    assert onggi("builds", "logs", found[1], "--step", "4") == "the reason"


def test_the_command_sees_what_the_step_saw_and_what_it_wrote(onggi: Onggi, failed: Path) -> None:
    build = onggi("builds", "ls", "-q").split()[0]
    script = "pwd; id -u; echo $COLOUR; cat base.txt half.txt; ls /tmp; echo changed > half.txt"
    said = onggi("debug", build, "--", "sh", "-c", script)
    assert said.split() == ["/work", "1000", "red", "base", "half"]
    assert onggi("debug", build, "--", "cat", "half.txt") == "half"  # what was changed there is gone
    onggi.fails("debug", build, "--", "sh", "-c", "exit 5", code=5)
    assert onggi("debug", stdin=b"echo from $PWD") == "from /work"
    assert onggi("debug", "--", "sh", "-c", "pwd") == "/work"  # in the build that failed last
    assert "executable file not found" in onggi.fails("debug", build, "nothing", code=127)


def test_an_image_without_a_shell_is_lent_one_that_is_not_in_it(onggi: Onggi, context: Context) -> None:
    folder = context('FROM busybox:1.35 AS b\nFROM scratch\nCOPY --from=b /bin/busybox /prog/true\nRUN ["/nope"]\n')
    onggi.fails("build", folder)
    done = onggi.run("debug", stdin=b"echo shell; ls /prog; ls -a /dev | grep busybox")
    assert done.stdout.split() == [b"shell", b"true", b"busybox"]
    assert b"which is not in the image" in done.stderr


def test_mounts_are_there_and_secrets_are_not(onggi: Onggi, context: Context) -> None:
    folder = context(
        "FROM busybox:1.35\n"
        "RUN --mount=type=bind,source=src,target=/src --mount=type=secret,id=key --mount=type=tmpfs,target=/scratch"
        " cat /run/secrets/key > /copy; exit 1\n",
        {"src/a.txt": "from the context\n", "key": "a very secret key\n"},
    )
    onggi.fails("build", "--secret", f"id=key,src={folder}/key", folder)
    assert kept(onggi) == []  # the secret is in what the step wrote
    path = folder / "Dockerfile"
    path.write_text(path.read_text().replace("> /copy", "> /dev/null"))
    onggi.fails("build", "--secret", f"id=key,src={folder}/key", folder)
    done = onggi.run("debug", "", "--", "sh", "-c", "cat /src/a.txt; ls /run/secrets; mount | grep -c /scratch")
    assert done.stdout.split(b"\n")[0] == b"from the context"
    assert b"secrets and SSH agents are not shown" in done.stderr


def test_it_is_kept_until_a_build_of_the_project_succeeds_or_the_record_goes(
    onggi: Onggi, context: Context, failed: Path
) -> None:
    onggi("system", "prune", "-f", "--filter", "until=2000-01-01")
    assert len(kept(onggi)) == 1
    onggi("build", "-q", context("FROM busybox:1.35\nRUN true\n"))  # another project
    assert len(kept(onggi)) == 1
    (failed / "Dockerfile").write_text(DOCKERFILE.replace("exit 9", "exit 0"))
    onggi("build", "-q", failed)
    assert kept(onggi) == []
    assert "no failed step of a build is kept" in onggi.fails("debug")
    (failed / "Dockerfile").write_text(DOCKERFILE.replace("exit 9", "exit 8"))
    onggi.fails("build", failed)
    (build,) = kept(onggi)
    onggi("builds", "rm", build)
    assert kept(onggi) == []


def test_what_the_step_stood_on_is_not_collected(onggi: Onggi, failed: Path) -> None:
    (build,) = kept(onggi)
    onggi("rmi", "-f", "busybox:1.35")
    with sqlite3.connect(onggi.root / "onggi.db") as store:
        store.execute("PRAGMA foreign_keys = ON")
        store.execute("DELETE FROM cache")
    store.close()
    onggi("image", "prune", "-af")
    assert onggi("debug", build, "--", "cat", "base.txt") == "base"


def test_debug_of_a_build_wants_a_terminal(onggi: Onggi, context: Context) -> None:
    assert "--debug needs a terminal" in onggi.fails("build", "--debug", context(DOCKERFILE))


def test_build_debug_opens_a_shell_at_once_and_a_killed_one_leaves_nothing(onggi: Onggi, context: Context) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-m", "onggi", "--root", str(onggi.root), "build", "--debug",
                                  str(context(DOCKERFILE))])  # fmt: skip
    said = _read_until(terminal, b"$ ")
    assert b"exit code 9" in said
    os.write(terminal, b"echo $((6*7)) from $PWD; sleep 4242\n")
    _read_until(terminal, b"42 from /work")
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(terminal)
    deadline = time.monotonic() + 20
    while subprocess.run(["pgrep", "-f", "^sleep 4242$"], capture_output=True).returncode == 0:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    subprocess.run(onggi.argv("system", "check", "--repair"), capture_output=True)


def _read_until(terminal: int, wanted: bytes) -> bytes:
    said = b""
    while wanted not in said:
        said += os.read(terminal, 4096)
    return said
