"""What a Docker engine answered when it was given the same: its answers stand here as they were."""

from __future__ import annotations

import json
import tarfile
from typing import IO

import pytest

from .conftest import Context, Onggi

BUSYBOX = "busybox:1.35"


@pytest.mark.parametrize(
    ("user", "said"),
    [
        ("root", "uid=0(root) gid=0(root) groups=0(root)"),
        ("nobody", "uid=65534(nobody) gid=65534(nobody) groups=65534(nobody)"),
        ("12:34", "uid=12 gid=34 groups=34"),
    ],
)
def test_the_primary_group_is_one_of_the_groups(onggi: Onggi, context: Context, user: str, said: str) -> None:
    assert onggi("run", "--rm", "-u", user, BUSYBOX, "id") == said
    built = onggi.build(context(f"FROM {BUSYBOX}\nUSER {user}\nRUN id > /tmp/id\n"))
    assert onggi("run", "--rm", built, "cat", "/tmp/id") == said


@pytest.mark.parametrize("runtime", [[], ["--runtime", "runc"]], ids=["onggi", "runc"])
def test_on_its_own_network_anyone_may_bind_any_port_and_ping(onggi: Onggi, runtime: list[str]) -> None:
    folder = "/proc/sys/net/ipv4"
    settings = f"cat {folder}/ip_unprivileged_port_start {folder}/ping_group_range"
    assert onggi("run", "--rm", *runtime, BUSYBOX, "sh", "-c", settings).split() == ["0", "0", "2147483647"]


def test_a_read_only_container_cannot_write_what_is_mounted_for_it(onggi: Onggi) -> None:
    for name in ("hosts", "hostname", "resolv.conf"):
        write = ["sh", "-c", f"echo x >> /etc/{name}"]
        onggi("run", "--rm", BUSYBOX, *write)
        assert "Read-only file system" in onggi.fails("run", "--rm", "--read-only", BUSYBOX, *write)


@pytest.mark.parametrize("runtime", [[], ["--runtime", "runc"]], ids=["onggi", "runc"])
def test_a_tmpfs_has_the_mode_of_the_folder_that_it_hides(onggi: Onggi, context: Context, runtime: list[str]) -> None:
    image = onggi.build(context(f"FROM {BUSYBOX}\nRUN mkdir -m 2710 /private; chown 5:6 /private\n"))
    mounts = ("--tmpfs", "/private", "--tmpfs", "/new/folder", "--tmpfs", "/asked:size=1m,mode=711")
    said = onggi("run", "--rm", *runtime, *mounts, image, "stat", "-c", "%a %u", "/private", "/new/folder", "/asked")
    assert said.split("\n") == ["2710 0", "1777 0", "711 0"]


def test_inspect_by_template(onggi: Onggi) -> None:
    container = onggi("run", "-d", "--name", "c1", BUSYBOX, "true")
    for template, said in {
        "{{.Config.Hostname}}": container[:12],
        "{{.Config.Entrypoint}}": "[]",
        "{{json .Config.Entrypoint}}": "null",
        "{{json .HostConfig.CapAdd}}": "null",
        "{{.HostConfig.CapAdd}}": "[]",
        "{{json .HostConfig.PortBindings}}": "{}",
        "{{json .NetworkSettings.Ports}}": "{}",
        "{{.HostConfig.RestartPolicy.Name}} {{.RestartCount}}": "no 0",
        "{{index .HostConfig.ReadonlyPaths 0}}": "/proc/bus",
    }.items():
        assert onggi("inspect", "--format", template, "c1") == said, template
    assert onggi("ps", "-a", "--filter", "name=^/c1$", "--format", "{{.Names}}") == "c1"


def test_an_import_says_what_the_person_says_and_its_container_what_the_image_says(
    onggi: Onggi, context: Context
) -> None:
    out = context() / "root.tar"
    onggi("export", "-o", out, onggi("run", "-d", BUSYBOX, "true"))
    bare = onggi("import", out)
    assert onggi("inspect", "-f", "{{json .Config.Env}}", bare) == "[]"
    changes = ("EXPOSE 80", "VOLUME /data", "HEALTHCHECK --interval=5s CMD true", "ENV A=b", 'CMD ["true"]')
    image = onggi("import", *(word for change in changes for word in ("-c", change)), out)
    assert onggi("inspect", "-f", "{{json .Config.Env}}", image) == '["A=b"]'
    with_path = onggi("import", "-c", "ENV PATH=/bin", out)
    assert onggi("inspect", "-f", "{{json .Config.Env}}", with_path) == '["PATH=/bin"]'
    onggi("run", "--name", "c1", image)
    onggi("rmi", "-f", image)
    for template, said in {
        "{{json .Config.ExposedPorts}}": '{"80/tcp":{}}',
        "{{json .Config.Volumes}}": '{"/data":{}}',
        "{{.Config.Healthcheck.Test}} {{.Config.Healthcheck.Interval}}": "[CMD-SHELL true] 5000000000",
    }.items():
        assert onggi("inspect", "-f", template, "c1") == said, template


def test_ps_tells_what_was_written_and_what_it_is_with_the_image(onggi: Onggi) -> None:
    onggi("run", "--name", "c1", BUSYBOX, "sh", "-c", "printf ab > /file")
    whole = onggi("images", "--format", "{{.Size}}", BUSYBOX)
    assert onggi("ps", "-as", "--format", "{{.Size}}") == f"2B (virtual {whole})"


def test_a_folder_that_copy_makes_is_not_the_folder_that_it_copies(onggi: Onggi, context: Context) -> None:
    dockerfile = f"""\
FROM {BUSYBOX} AS made
RUN mkdir -p /x/inner && chown -R 3:4 /x && chmod 2750 /x/inner && chmod 700 /x
FROM {BUSYBOX}
COPY --from=made /x /plain
COPY --from=made --chown=9:9 /x /owned
COPY --from=made --chmod=711 /x /opened
"""
    image = onggi.build(context(dockerfile))
    folders = "/plain /plain/inner /owned /owned/inner /opened"
    assert onggi("run", "--rm", image, "sh", "-c", f"stat -c '%a %u:%g' {folders}").split("\n") == [
        "755 0:0", "2750 3:4", "755 9:9", "2750 9:9", "755 0:0",
    ]  # fmt: skip


def test_a_step_may_write_the_name_of_the_host_but_not_its_addresses(onggi: Onggi, context: Context) -> None:
    image = onggi.build(context(f"FROM {BUSYBOX}\nRUN for name in hostname hosts; do echo x > /etc/$name; done\n"))
    out = context() / "image.tar"
    onggi("save", "-o", out, image)
    with tarfile.open(out) as archive:
        (manifest,) = json.load(member(archive, "manifest.json"))
        with tarfile.open(fileobj=member(archive, manifest["Layers"][-1])) as layer:
            assert layer.getnames() == ["etc", "etc/hostname"]


def member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    file = archive.extractfile(name)
    assert file is not None
    return file


def test_a_stage_from_scratch_works_in_the_root(onggi: Onggi, context: Context) -> None:
    image = onggi.build(context("FROM scratch\nCOPY a .\n", {"a": ""}))
    assert onggi("inspect", "--format", "{{.Config.WorkingDir}}", image) == "/"
