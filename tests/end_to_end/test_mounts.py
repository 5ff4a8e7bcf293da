"""RUN --mount, and what else a step is given: looked at from within the step, and in the image that comes of it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import tarfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from onggi.engine.engine import Engine
from onggi.engine.types import BuildRequest, Secret
from onggi.settings import Settings

from .conftest import Context, Onggi

TOKEN = "open-sesame-4217"


def steps(*runs: str, before: str = "") -> str:
    return "\n".join([before, "FROM busybox:1.35", *(f"RUN {run}" for run in runs)]).lstrip()


def layers(onggi: Onggi, image: str) -> list[Path]:
    """The folders of the layers, lowest first."""
    (described,) = json.loads(onggi("image", "inspect", image))
    return [onggi.root / "snapshots" / digest.removeprefix("sha256:") for digest in described["RootFS"]["Layers"]]


def test_binds_of_a_stage(onggi: Onggi, context: Context) -> None:
    tools = 'FROM busybox:1.35 AS tools\nRUN mkdir /t && echo "echo works" > /t/tool && chmod 700 /t && ln -s tool /t/l'
    folder = context(
        steps(
            '--mount=from=tools,source=/t,target=/mnt/t [ "$(sh /mnt/t/l)" = works ] && ! touch /mnt/t/x',
            "--mount=from=tools,source=t/tool,target=/opt/one/tool sh /opt/one/tool && ls -l /opt/one | grep -q '^-rw'",
            "--mount=from=tools,target=/all,rw rm /all/t/tool && touch /all/new && [ ! -e /all/t/tool ]",
            "--mount=from=tools,target=/all [ -e /all/t/tool ] && [ ! -e /all/new ]",
            before=tools,
        )
    )
    image = onggi.build(folder)
    for layer in layers(onggi, image)[1:]:
        assert os.listdir(layer) == [], "mount points leave no trace"


@pytest.mark.distributions
def test_binds_of_an_image_and_of_the_context(onggi: Onggi, context: Context) -> None:
    folder = context(
        steps(
            "--mount=from=debian:bookworm-slim,source=/etc,target=/mnt/etc grep -q ^12 /mnt/etc/debian_version",
            "--mount=target=/src [ -f /src/a/b ] && [ ! -e /src/secret ] && ! touch /src/new",
            "--mount=source=a/b,target=/one,rw echo more >> /one && cat /one > /seen",
        ),
        {"a/b": "text\n", "secret": "no", ".dockerignore": "secret\n"},
    )
    image = onggi.build(folder, "-t", "bound")
    assert onggi("run", "--rm", "bound", "cat", "/seen") == "text\nmore"
    assert (folder / "a/b").read_text() == "text\n"
    (folder / "secret").write_text("changed")
    assert onggi.build(folder) == image
    (folder / "a/b").write_text("other\n")
    assert onggi.build(folder, "-t", "bound") != image
    assert onggi("run", "--rm", "bound", "cat", "/seen") == "other\nmore"


def test_a_stage_that_made_the_same_again_runs_nothing_that_binds_it(onggi: Onggi, context: Context) -> None:
    before = "FROM busybox:1.35 AS made\nCOPY source /\nRUN echo always > /product"
    unique = "cat /proc/sys/kernel/random/uuid > /unique"
    folder = context(steps(f"--mount=from=made,source=/product,target=/p {unique}", before=before), {"source": "1\n"})
    image = onggi.build(folder)
    (folder / "source").write_text("2\n")
    assert onggi.build(folder) == image


def test_no_link_of_a_stage_leads_out(onggi: Onggi, context: Context) -> None:
    before = "FROM busybox:1.35 AS bad\nRUN ln -s /../../../../etc/passwd /out && ln -s ../../.. /up && mkdir /etc/x"
    folder = context(
        steps(
            "--mount=from=bad,source=/up,target=/mnt [ -d /mnt/etc/x ]",
            '--mount=from=bad,source=/out,target=/own [ "$(cat /own)" = "$(cat /etc/passwd)" ]',
            "ln -s ../../../../../../.. /deep",
            "--mount=type=tmpfs,target=/deep/here/x touch /deep/here/x/y && [ -e /here/x/y ]",
            before=before,
        )
    )
    onggi.build(folder)


def test_what_is_not_there_to_mount(onggi: Onggi, context: Context) -> None:
    before = "FROM busybox:1.35 AS tools"
    said = onggi.fails("build", context(steps("--mount=from=tools,source=/gone,target=/x true", before=before)))
    assert "no such file or folder to mount: /gone" in said
    said = onggi.fails("build", context(steps("--mount=source=gone,target=/x true")))
    assert "gone" in said


def test_caches(onggi: Onggi, context: Context) -> None:
    count = "--mount=type=cache,target=/root/.cache/x echo $STEP >> /root/.cache/x/runs && cat /root/.cache/x/runs"
    folder = context(f"FROM busybox:1.35\nARG STEP\nRUN {count} > /seen\n")
    for step in "abc":
        onggi.build(folder, "-t", "counted", "--build-arg", f"STEP={step}")
    assert onggi("run", "--rm", "counted", "cat", "/seen").split() == ["a", "b", "c"]
    assert "exec.cachemount" not in onggi("builder", "prune", "-f", "--filter", "type=regular")
    onggi.build(folder, "-t", "counted", "--build-arg", "STEP=d")
    assert onggi("run", "--rm", "counted", "cat", "/seen").split() == ["a", "b", "c", "d"]
    assert "Deleted build cache objects" in onggi("builder", "prune", "-f", "--filter", "type=exec.cachemount")
    onggi.build(folder, "-t", "counted", "--build-arg", "STEP=e")
    assert onggi("run", "--rm", "counted", "cat", "/seen").split() == ["e"]
    onggi("system", "prune", "-f")
    assert os.listdir(onggi.root / "cache-mounts") == []


def test_options_of_caches(onggi: Onggi, context: Context) -> None:
    before = "FROM busybox:1.35 AS seed\nRUN mkdir -p /seed/in && echo begun > /seed/in/file"
    folder = context(
        steps(
            '--mount=type=cache,target=/c,uid=7,gid=8,mode=0750 [ "$(stat -c %u:%g:%a /c)" = 7:8:750 ]',
            '--mount=type=cache,id=seeded,target=/c,from=seed,source=/seed [ "$(cat /c/in/file)" = begun ] && rm -r'
            " /c/in",
            '--mount=type=cache,id=seeded,target=/d,from=seed,source=/seed [ -z "$(ls /d)" ]',
            "--mount=type=cache,id=shared,target=/a --mount=type=cache,id=shared,target=/b,sharing=locked"
            " touch /a/x && [ -e /b/x ]",
            "--mount=type=cache,id=shared,target=/a,ro [ -e /a/x ] && ! touch /a/y",
            "--mount=type=cache,target=/outer --mount=type=tmpfs,target=/outer/inner touch /outer/inner/x /outer/y",
            before=before,
        )
    )
    for layer in layers(onggi, onggi.build(folder))[1:]:
        assert os.listdir(layer) == []


def test_two_builds_at_once_and_a_locked_cache(onggi: Onggi, context: Context) -> None:
    """Each writes where the other would be seen."""
    alone = "--mount=type=cache,target=/c,sharing={how} {check} && touch /c/busy && sleep 0.5 && rm /c/busy"
    for how, check in (("locked", "[ ! -e /c/busy ]"), ("private", "[ ! -e /c/busy ]")):
        folders = [context(steps(f"{alone.format(how=how, check=check)}; : {number}")) for number in range(3)]
        running = [onggi.start("build", "-q", folder) for folder in folders]
        ended = [process.communicate(timeout=60)[1] for process in running]
        assert [process.returncode for process in running] == [0, 0, 0], ended


def test_two_builds_at_once_share_a_cache(onggi: Onggi, context: Context) -> None:
    """Each waits until it sees the other."""
    met = "for i in $(seq 400); do [ -e /c/{other} ] && exit 0; sleep 0.05; done; exit 1"
    folders = [
        context(steps(f"--mount=type=cache,target=/c touch /c/{one}; {met.format(other=other)}"))
        for one, other in (("a", "b"), ("b", "a"))
    ]
    running = [onggi.start("build", "-q", folder) for folder in folders]
    ended = [process.communicate(timeout=60)[1] for process in running]
    assert [process.returncode for process in running] == [0, 0], ended


def test_stages_that_wait_for_a_cache_do_not_stop_others(onggi: Onggi, context: Context) -> None:
    stage = (
        "FROM busybox:1.35 AS s{0}\nRUN --mount=type=cache,target=/c,sharing=locked sleep 0.2; echo {0} > /made{0}\n"
    )
    text = "".join(stage.format(number) for number in range(4))
    copies = "".join(f"COPY --from=s{number} /made{number} /\n" for number in range(4))
    onggi.build(context(f"{text}FROM busybox:1.35\n{copies}"), "-t", "all", "--jobs", "1")
    assert onggi("run", "--rm", "all", "cat", "/made0", "/made1", "/made2", "/made3").split() == list("0123")


def test_a_build_is_killed_while_it_has_a_cache(onggi: Onggi, context: Context) -> None:
    sleeping = context(steps("--mount=type=cache,target=/c,sharing=locked touch /c/half && sleep 62.6262"))
    building = onggi.start("build", "-q", sleeping)
    deadline = time.monotonic() + 30
    while not list(onggi.root.glob("cache-mounts/*/data/half")) and time.monotonic() < deadline:
        time.sleep(0.02)
    building.kill()
    building.communicate()
    onggi.build(context(steps("--mount=type=cache,target=/c,sharing=locked [ -e /c/half ]")))
    onggi("system", "check", "--repair")


def test_memory(onggi: Onggi, context: Context) -> None:
    folder = context(
        steps(
            "--mount=type=tmpfs,target=/mem,size=1m dd if=/dev/zero of=/mem/a bs=512k count=1 &&"
            " ! dd if=/dev/zero of=/mem/b bs=1M count=1",
            "--mount=type=tmpfs,target=/usr/new/mem mount | grep -q 'on /usr/new/mem type tmpfs (rw,nosuid,relatime'",
            "mkdir -m 711 /had && touch /had/file",
            '--mount=type=tmpfs,target=/had [ ! -e /had/file ] && [ "$(stat -c %a /had)" = 711 ] && touch /had/x',
        )
    )
    image = onggi.build(folder)
    assert [sorted(os.listdir(layer)) for layer in layers(onggi, image)[1:]] == [[], [], ["had"], []]


def test_a_mount_point_that_was_there_keeps_its_times(onggi: Onggi, context: Context) -> None:
    folder = context(
        steps("mkdir /m && touch -d '2001-01-01 00:00:00' /m", "--mount=type=tmpfs,target=/m/new touch /m/new/x")
    )
    image = onggi.build(folder, "-t", "times")
    assert os.listdir(layers(onggi, image)[-1]) == []
    assert onggi("run", "--rm", "times", "stat", "-c", "%Y", "/m") == "978307200"


def test_what_is_written_beside_a_mount_point_stays(onggi: Onggi, context: Context) -> None:
    folder = context(steps("--mount=type=cache,target=/root/.cache/pip echo x > /root/.cache/other"))
    (layer,) = layers(onggi, onggi.build(folder))[1:]
    assert sorted(str(path.relative_to(layer)) for path in layer.rglob("*")) == [
        "root",
        "root/.cache",
        "root/.cache/other",
    ]


def holders(root: Path, value: bytes) -> list[str]:
    """The files of a store that hold these bytes, in whatever form they are written."""
    found = []
    for path in root.rglob("*"):
        if path.is_file() and not path.is_symlink() and value in path.read_bytes():
            found.append(str(path.relative_to(root)))
    return found


def test_secrets_are_nowhere(onggi: Onggi, context: Context, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    folder = context(
        steps(
            '--mount=type=secret,id=token [ "$(cat /run/secrets/token)" = "$(cat /run/secrets/token)" ] &&'
            " [ $(wc -c < /run/secrets/token) = 16 ] && [ $(stat -c %u:%g:%a /run/secrets/token) = 0:0:400 ]",
            "--mount=type=secret,id=token,target=/deep/in/token,mode=0444,uid=5,gid=6"
            " [ $(stat -c %u:%g:%a /deep/in/token) = 5:6:444 ] && ! echo > /deep/in/token",
            "--mount=type=secret,id=token,env=TOKEN [ ${#TOKEN} = 16 ] && [ ! -e /run/secrets/token ]",
            '--mount=type=secret,id=token,env=TOKEN,target=/t [ "$TOKEN" = "$(cat /t)" ]',
            '--mount=type=secret,id=absent,env=ABSENT [ -z "${ABSENT+x}" ]',
            "--mount=type=secret,id=token --mount=type=cache,target=/c cp /run/secrets/token /tmp/t && rm /tmp/t",
            "[ ! -e /run/secrets ] && [ ! -e /deep ]",
        )
    )
    for given in (f"id=token,src={tmp_path}/token", "id=token,env=MINE"):
        onggi.build(folder, "--no-cache", "--secret", given, "-t", "image", env={"MINE": TOKEN})
    onggi.fails(
        "build",
        "--secret",
        "id=token,env=MINE",
        "--no-cache",
        context(steps("--mount=type=secret,id=token cat /run/secrets/token > /leak")),
        env={"MINE": TOKEN},
    )
    onggi("save", "-o", tmp_path / "image.tar", "image")
    assert holders(onggi.root, TOKEN.encode()) == []
    assert TOKEN.encode() not in (tmp_path / "image.tar").read_bytes()


def test_a_secret_is_in_no_key(onggi: Onggi, context: Context) -> None:
    folder = context(steps("--mount=type=secret,id=token cat /proc/sys/kernel/random/uuid > /unique"))
    one = onggi.build(folder, "--secret", "id=token,env=MINE", env={"MINE": "first secret"})
    assert onggi.build(folder, "--secret", "id=token,env=MINE", env={"MINE": "second secret"}) == one
    assert onggi.build(folder) == one


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ("cat /run/secrets/token > /root/.npmrc", "the secret token is in /root/.npmrc"),
        ("mkdir /a && (echo -n key=; cat /run/secrets/token) > /a/config", "the secret token is in /a/config"),
        ("ln -s $(cat /run/secrets/token) /link", "the secret token is in /link"),
    ],
)
def test_a_secret_in_a_layer_fails_the_build(onggi: Onggi, context: Context, run: str, words: str) -> None:
    folder = context(steps(f"--mount=type=secret,id=token {run}"))
    said = onggi.fails("build", "-t", "leaks", "--secret", "id=token,env=MINE", folder, env={"MINE": TOKEN})
    assert words in said
    assert "remove the file in the same RUN" in said
    assert TOKEN not in said
    assert "leaks" not in onggi("images")
    assert holders(onggi.root, TOKEN.encode()) == []


def test_a_secret_in_the_configuration_fails_the_build(onggi: Onggi, context: Context) -> None:
    folder = context(f"FROM busybox:1.35\nENV KEY={TOKEN}\nRUN --mount=type=secret,id=token true")
    said = onggi.fails("build", "-t", "leaks", "--secret", "id=token,env=MINE", folder, env={"MINE": TOKEN})
    assert "the secret token is in the configuration or the history of the image" in said
    assert "leaks" not in onggi("images")


def test_a_required_secret_that_was_not_given(onggi: Onggi, context: Context) -> None:
    said = onggi.fails("build", context(steps("--mount=type=secret,id=token,required touch /ran")))
    assert "the build was not given the secret token" in said
    assert "--secret id=token,src=FILE or --secret id=token,env=VARIABLE" in said


def test_secrets_from_a_program(onggi: Onggi, context: Context) -> None:
    folder = context(steps('--mount=type=secret,id=token,required,env=T [ "$T" = "$(printf "a\\377b")" ]'))
    with Engine(Settings(root=onggi.root)) as engine:
        engine.build(BuildRequest(context=folder, secrets={"token": Secret(b"a\xffb")}))


@pytest.mark.distributions
def test_an_agent(onggi: Onggi, context: Context, tmp_path: Path) -> None:
    """Of the caller's, with a key in it: the step can list it."""
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "mine", "-f", key], check=True)
    look = '[ -S "$SSH_AUTH_SOCK" ] && [ $(stat -c %u:%g:%a "$SSH_AUTH_SOCK") = 0:0:600 ]'
    talk = (  # a request of one byte, SSH_AGENTC_REQUEST_IDENTITIES, whose answer has the key's comment
        "--mount=type=ssh,id=keys,target=/agent,required,mode=0666,uid=3 [ $(stat -c %u:%a /agent) = 3:666 ] &&"
        ' python3 -c \'import socket; s = socket.socket(socket.AF_UNIX); s.connect("/agent");'
        ' s.send(bytes([0, 0, 0, 1, 11])); assert b"mine" in s.recv(4096)\''
    )
    folder = context(
        steps(f"--mount=type=ssh,id=keys {look}", talk, "[ ! -e /run/buildkit ] && [ ! -e /agent ]").replace(
            "busybox:1.35", "python:3.11-slim"
        )
    )
    onggi.build(folder, "--ssh", f"keys={key}")
    said = onggi.fails("build", context(steps("--mount=type=ssh,id=keys,required true")))
    assert "the build was not given the SSH agent keys" in said
    assert "--ssh keys" in said
    assert holders(onggi.root, key.read_bytes()) == []


def test_insecure(onggi: Onggi, context: Context) -> None:
    rights = "grep CapEff /proc/self/status; grep Seccomp: /proc/self/status; mkdir -p /m && mount -t tmpfs none /m"
    look = "ls /dev | tr '\\n' ' '; [ -b /dev/loop0 ] && [ -c /dev/net/tun ] && touch /sys/fs/cgroup 2>/dev/null; true"
    folder = context(steps(f"--security=insecure ({rights}; {look}) > /seen", "grep CapEff /proc/self/status > /after"))
    said = onggi.fails("build", folder)
    assert "RUN --security=insecure is not allowed" in said
    assert "--allow security.insecure" in said
    onggi.build(folder, "--allow", "security.insecure", "-t", "rights")
    seen, after = onggi("run", "--rm", "rights", "cat", "/seen"), onggi("run", "--rm", "rights", "cat", "/after")
    own = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("CapBnd"))
    assert seen.split()[1] == own.split()[1]
    assert "Seccomp:\t0" in seen
    assert {"kmsg", "fuse", "loop-control", "loop7"} <= set(seen.split())
    assert after.split()[1] == "00000000a80425fb"


def hang_up(server: socket.socket) -> None:
    """On everybody who calls, until the server is closed."""
    with suppress(OSError):
        while True:
            server.accept()[0].close()


def test_networks(onggi: Onggi, context: Context) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=hang_up, args=(server,), daemon=True).start()
        port = server.getsockname()[1]
        folder = context(
            steps(
                "--network=none [ $(grep -c : /proc/net/dev) = 1 ] && grep -q lo: /proc/net/dev && ping -c1 127.0.0.1",
                f"--network=none ! nc -w 1 127.0.0.1 {port} < /dev/null",
                f"--network=host nc 127.0.0.1 {port} < /dev/null",
                f"nc me {port} < /dev/null",
            )
        )
        onggi.build(folder, "--add-host", "me:host-gateway", "--network", "host", "--allow", "network.host")


def test_hosts_limits_and_shared_memory(onggi: Onggi, context: Context) -> None:
    folder = context(
        steps(
            "grep -q '^10.0.0.5.db$' /etc/hosts && grep -q '^fe80::1.six$' /etc/hosts && grep -q localhost /etc/hosts",
            "[ $(ulimit -n) = 100 ] && [ $(ulimit -Hn) = 200 ] && [ $(ulimit -c) = unlimited ]",
            "[ $(df -k /dev/shm | awk 'END { print $2 }') = 16384 ]",
        )
    )
    given = ("--add-host", "db:10.0.0.5", "--add-host", "six=[fe80::1]", "--shm-size", "16m")
    limits = ("--ulimit", "nofile=100:200", "--ulimit", "core=-1")
    image = onggi.build(folder, *given, *limits)
    assert onggi.build(folder, *given, *limits) == image
    for layer in layers(onggi, image)[1:]:
        assert os.listdir(layer) == []


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--ulimit", "nofile=2:1"), "the soft limit is above the hard limit"),
        (("--add-host", "db"), "'db' is not a host and its address"),
        (("--allow", "everything"), "there is no entitlement 'everything'"),
        (("--allow", "device"), "RUN --device is not supported yet"),
        (("--ssh", "keys=/gone"), "/gone"),
        (("--secret", "id=a,src=/gone"), "there is no file /gone to read a secret from"),
    ],
)
def test_bad_flags(onggi: Onggi, context: Context, flags: tuple[str, ...], words: str) -> None:
    assert words in onggi.fails("build", *flags, context(steps("true")))


@pytest.mark.distributions
def test_scripts_with_an_interpreter_of_their_own(onggi: Onggi, context: Context) -> None:
    folder = context(
        "FROM python:3.11-slim\nRUN <<EOF\n#!/usr/bin/env python3\n"
        "import sys\nopen('/made', 'w').write(sys.argv[0])\nEOF\n"
    )
    image = onggi.build(folder, "-t", "scripted")
    assert onggi("run", "--rm", "scripted", "cat", "/made") == "/dev/pipes/EOF"
    assert sorted(os.listdir(layers(onggi, image)[-1])) == ["made"]


def test_a_step_on_nothing_brings_its_tools(onggi: Onggi, context: Context) -> None:
    tools = "--mount=from=busybox:1.35,source=/bin,target=/bin --mount=type=cache,target=/c"
    folder = context(f'FROM scratch\nRUN {tools} ["/bin/sh", "-c", "echo x > /c/y; echo z > /made"]\n')
    (layer,) = layers(onggi, onggi.build(folder))
    assert os.listdir(layer) == ["made"]


def test_a_platform_that_nothing_emulates(onggi: Onggi, context: Context, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "empty.tar", "w"):
        pass
    onggi("import", "--platform", "linux/mips", tmp_path / "empty.tar", "foreign:1")
    said = onggi.fails("build", context('FROM --platform=linux/mips foreign:1\nRUN ["true"]\n'))
    assert "a RUN step for linux/mips cannot run on this machine" in said
    assert "qemu-user-static" in said
