"""Builds by BuildKit's protocol of folders that only the client has."""

from __future__ import annotations

import io
import os
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.api.buildkit.fsutil_sender import Folders
from tests.api.buildkit.own_client import Possessions, build
from tests.api.client import Client

from onggi.api.buildkit.grpc.status import CallError
from onggi.api.buildkit.wire.control_pb2 import Exporter

from .conftest import BUSYBOX, Onggi

pytestmark = pytest.mark.one_server
IGNORE = ".dockerignore"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project: what each step of its Dockerfile looks at is there as it should be."""
    path = tmp_path / "app"
    (path / "src").mkdir(parents=True)
    (path / "src/main.py").write_text("print()\n")
    (path / "readme").write_text("read me\n")
    (path / "debug.log").write_text("much\n")
    return path


def write(folder: Path, *steps: str, name: str = "Dockerfile") -> None:
    (folder / name).write_text("\n".join((f"FROM {BUSYBOX}", *steps, "")))


def client(folder: Path, dockerfile: Path | None = None, *, key: str = "", **named: Path) -> Possessions:
    folders = {"context": folder, "dockerfile": dockerfile or folder, **named}
    return Possessions(folders=Folders(folders), shared_key=key)


def told(has: Possessions) -> set[str]:
    assert has.folders is not None
    return set(has.folders.told)


def asked(has: Possessions) -> list[str]:
    assert has.folders is not None
    return sorted(has.folders.asked)


def test_a_folder_is_sent_once(api: Client, lasting: Onggi, folder: Path) -> None:
    write(folder, "COPY . /app", "RUN test -f /app/readme && ! test -e /app/debug.log")
    (folder / IGNORE).write_text("*.log\n")
    key, named = "app:this-machine", Exporter(type="moby", attrs={"name": "sent-once"})
    first, again = client(folder, key=key), client(folder, key=key)
    build(api.path, "", first, named)
    build(api.path, "", again, named)
    little = [IGNORE, "Dockerfile"]
    assert asked(first) == sorted([*little, *little, "readme", "src/main.py"])
    assert asked(again) == little
    assert "Everything was kept" in lasting("explain")
    (folder / "readme").write_text("read this\n")
    changed = client(folder, key=key)
    build(api.path, "", changed, named)
    assert asked(changed) == sorted([*little, "readme"])
    said = lasting("explain")
    assert "Dockerfile in app" in said
    assert "readme" in said
    assert lasting("builder", "prune", "-f", "--filter", "type=source.local")
    after = client(folder, key=key)
    build(api.path, "", after, named)
    assert "src/main.py" in asked(after)


def test_only_what_a_build_takes_is_sent(api: Client, folder: Path) -> None:
    write(folder, "RUN true", name="none")
    write(folder, "COPY src /app", "RUN test -f /app/main.py", name="some")
    write(folder, "RUN --mount=type=bind,source=readme,target=/r test -s /r", name="mounted")
    none, some, mounted = (client(folder) for _ in range(3))
    build(api.path, "", none, filename="none")
    assert told(none) == {"none"}
    build(api.path, "", some, filename="some")
    assert told(some) == {"some", "src", "src/main.py"}
    build(api.path, "", mounted, filename="mounted")
    assert told(mounted) == {"mounted", "readme"}


def test_a_path_that_is_not_there_may_have_been_meant_otherwise(api: Client, folder: Path) -> None:
    write(folder, "COPY src/man.py /app")
    has = client(folder)
    with pytest.raises(CallError, match=r"src/man\.py is not in the build context; did you mean src/main\.py"):
        build(api.path, "", has)
    assert asked(has) == ["Dockerfile"]


def test_a_dockerfile_has_its_own_ignore_file(api: Client, folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    write(elsewhere, "COPY . /app", "RUN test -f /app/debug.log && ! test -e /app/readme", name="dockerfile")
    (elsewhere / f"Dockerfile{IGNORE}").write_text("readme\n")
    (folder / IGNORE).write_text("*.log\n")
    build(api.path, "", client(folder, elsewhere))


def test_further_folders_have_names(api: Client, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "kept").touch()
    (other / "left").touch()
    (other / IGNORE).write_text("left\n")
    write(folder, "COPY --from=further . /f", "RUN test -f /f/kept && ! test -e /f/left")
    has = client(folder, further=other)
    build(api.path, "", has, **{"context:further": "local:further"})
    assert "src/main.py" not in told(has)


def test_a_tar_is_uploaded(api: Client) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name, text in (
            ("sub/Dockerfile", f"FROM {BUSYBOX}\nCOPY kept /\nRUN grep -q here /kept\n"),
            ("kept", "here"),
        ):
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    has = Possessions(upload=file.getvalue())
    build(api.path, "", has, context="http://buildkit-session/x", filename="sub/Dockerfile")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"filename": "nope"}, "nope: no such file"),
        ({"filename": "src"}, "src is a folder, not a Dockerfile"),
        ({"context:x": "/etc"}, "the context x is '/etc'"),
        ({"context:x": "oci-layout:///etc"}, "does not name an image of a client's OCI layout"),
        ({"context": "/etc"}, "the context '/etc' is no URL"),
        ({"context": "https://127.0.0.1/x.git", "contextsubdir": "sub"}, "contextsubdir is not supported"),
        ({"context:x": "local:nope"}, "does not send its folder nope: no access allowed"),
    ],
    ids=["dockerfile", "folder", "path", "layout", "context", "subdir", "unknown"],
)
def test_what_is_not_there_or_not_the_clients(options: dict[str, str], message: str, api: Client, folder: Path) -> None:
    write(folder, "COPY --from=x . /x")
    with pytest.raises(CallError, match=message) as error:
        build(api.path, "", client(folder), **options)
    assert "/cache-mounts/" not in error.value.message
    assert "/tmp/" not in error.value.message


def test_links_do_not_lead_out(api: Client, folder: Path, tmp_path: Path) -> None:
    write(folder, "COPY secret /")
    (folder / "secret").symlink_to("/etc/hostname")
    with pytest.raises(CallError, match="outside the build context"):
        build(api.path, "", client(folder))
    os.rename(folder / "secret", folder / "Dockerfile")
    with pytest.raises(CallError, match="outside the build context"):
        build(api.path, "", client(folder))


def test_two_builds_of_a_folder_at_once(api: Client, folder: Path) -> None:
    write(folder, "ARG N", "COPY . /app", "RUN test -f /app/$N && sleep 0.2")
    for name in ("one", "two"):
        (folder / name).touch()
    both = [client(folder, key="at-once") for _ in range(2)]
    with ThreadPoolExecutor() as pool:
        runs = [
            pool.submit(build, api.path, "", has, **{"build-arg:N": name})
            for has, name in zip(both, ("one", "two"), strict=True)
        ]
        for run in runs:
            run.result()
