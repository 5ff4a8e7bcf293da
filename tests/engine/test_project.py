"""Which Dockerfile a build reads, and what it is called."""

from __future__ import annotations

import tarfile
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path

import pytest

from onggi.engine.build.contexts import Contexts
from onggi.engine.build.inquiry import Inquiry
from onggi.engine.build.project import Project, read
from onggi.engine.build.remotes import Remotes
from onggi.engine.types import BuildRequest
from onggi.errors import Invalid, NotFound
from onggi.fetch.network import Network
from onggi.settings import Settings
from onggi.store.store import Store


def project(request: BuildRequest, root: Path) -> Project:
    with Store(root / "store") as store, ExitStack() as scope:
        return read(request, Contexts(Remotes(network=Network(), secrets={}, agents=None, store=store, scope=scope)))


def test_a_lower_case_dockerfile_counts_where_there_is_no_other(tmp_path: Path) -> None:
    (tmp_path / "dockerfile").write_text("FROM scratch\n")
    found = project(BuildRequest(context=tmp_path), tmp_path)
    assert found.file == str(tmp_path / "dockerfile")
    assert found.dockerfile.source.name == "dockerfile"
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    assert project(BuildRequest(context=tmp_path), tmp_path).file == str(tmp_path / "Dockerfile")


def test_its_own_ignore_file_goes_with_it(tmp_path: Path) -> None:
    (tmp_path / "dockerfile").write_text("FROM scratch\n")
    (tmp_path / "dockerfile.dockerignore").write_text("*.log\n")
    assert project(BuildRequest(context=tmp_path), tmp_path).ignore == ("*.log",)


def test_a_name_that_is_nearly_right_is_told(tmp_path: Path) -> None:
    for name in ("Dockerfile.dev", "README"):
        (tmp_path / name).write_text("FROM scratch\n")
    request = BuildRequest(context=tmp_path, dockerfile=tmp_path / "Dockefile.dev")
    with pytest.raises(NotFound, match=r"no such file; did you mean Dockerfile\.dev") as raised:
        project(request, tmp_path)
    assert "name it with -f" not in raised.value.hint
    with pytest.raises(NotFound, match="no such file") as raised:
        project(BuildRequest(context=tmp_path), tmp_path)
    assert "name it with -f" in raised.value.hint


def sent(**links: str) -> BuildRequest:
    """A tar with a Dockerfile, and links."""
    stream = BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        if not links.keys() & {"Dockerfile", "dockerfile"}:
            text = tarfile.TarInfo("Dockerfile")
            text.size = len(b"FROM scratch\n")
            tar.addfile(text, BytesIO(b"FROM scratch\n"))
        for name, target in links.items():
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            tar.addfile(link)
    stream.seek(0)
    return BuildRequest(context=stream)


@pytest.mark.parametrize("name", [".dockerignore", "Dockerfile.dockerignore", "Dockerfile", "dockerfile"])
@pytest.mark.parametrize("target", ["/etc/passwd", "../../../../../../etc/passwd", "/nothing/there"])
def test_what_is_sent_does_not_read_files_of_the_host(name: str, target: str, tmp_path: Path) -> None:
    """Nor tell whether they are there."""
    with pytest.raises(Invalid, match=f"^{name} leads out of the build context$"):
        project(sent(**{name: target}), tmp_path)


def test_what_is_checked_does_not_read_files_of_the_host_either(tmp_path: Path) -> None:
    """Of two ignore files a build reads the first."""
    asked = sent(**{".dockerignore": "/etc/passwd", "Dockerfile.dockerignore": "Dockerfile"})
    settings = Settings(root=tmp_path / "store")
    with Store(settings.root) as store, pytest.raises(Invalid, match="leads out of the build context"):
        Inquiry(store, settings).check(asked)


def test_links_within_what_is_sent_are_followed(tmp_path: Path) -> None:
    assert project(sent(**{".dockerignore": "Dockerfile"}), tmp_path).ignore == ("FROM scratch",)
    with pytest.raises(NotFound):
        project(sent(Dockerfile="Dockerfile"), tmp_path)
    assert project(sent(**{".dockerignore": ".dockerignore"}), tmp_path).ignore == ()
