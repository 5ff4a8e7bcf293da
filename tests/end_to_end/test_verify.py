"""Whether an image is what its Dockerfile and context make."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Context, Onggi

DOCKERFILE = """\
FROM busybox:1.35
ARG WHO=nobody
COPY src /src
RUN mkdir /made && echo "made for $WHO" > /made/it
"""


@pytest.fixture
def project(context: Context) -> Path:
    return context(DOCKERFILE, {"src/a.txt": "a\n", "src/b.txt": "b\n"})


def test_a_reproducible_image_is_identical_bit_for_bit(onggi: Onggi, project: Path) -> None:
    onggi("build", "--reproducible", "-t", "shop", project)
    images = onggi("images", "-q")
    assert "is identical, bit for bit" in onggi("verify", "--reproducible", "shop", project)
    assert onggi("images", "-q") == images


def test_another_build_has_other_dates(onggi: Onggi, project: Path) -> None:
    onggi("build", "-t", "shop", project)
    images = onggi("images", "-q")
    assert "identical but for its dates" in onggi("verify", "shop", project)
    assert onggi("images", "-q") == images  # the new one is gone
    said = onggi.run("verify", "--reproducible", "shop", project)
    assert said.returncode == 1
    assert b"time" in said.stdout and b"1980-01-01T00:00:00.000000000Z" in said.stdout


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda folder: (folder / "src/b.txt").write_text("bbb\n"), "shop differs: /src/b.txt"),
        (lambda folder: (folder / "src/a.txt").chmod(0o755), "mode     0644 → 0755"),
        (lambda folder: (folder / "src/c.txt").touch(), "shop differs: /src/c.txt\n  added"),
        (lambda folder: (folder / "src/a.txt").unlink(), "shop differs: /src/a.txt\n  removed"),
    ],
)
def test_the_first_file_that_differs_is_named_with_both_values(
    onggi: Onggi, project: Path, edit: object, said: str
) -> None:
    onggi("build", "-t", "shop", project)
    edit(project)  # type: ignore[operator]
    done = onggi.run("verify", "shop", project)
    assert done.returncode == 1
    assert said in done.stdout.decode()


def test_flags_count_and_so_does_the_configuration(onggi: Onggi, project: Path) -> None:
    onggi("build", "-t", "shop", "--build-arg", "WHO=me", project)
    assert "identical" in onggi("verify", "--build-arg", "WHO=me", "shop", project)
    done = onggi.run("verify", "shop", project)
    assert "shop differs: /made/it\n  content  sha256:" in done.stdout.decode()
    onggi("build", "-t", "shop", "--label", "a=b", project)
    done = onggi.run("verify", "shop", project)
    assert "shop differs in its configuration: config.Labels" in done.stdout.decode()
    assert "No such image: nothing" in onggi.fails("verify", "nothing", project)
