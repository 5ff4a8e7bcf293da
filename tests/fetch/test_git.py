from __future__ import annotations

import base64
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from onggi.errors import Invalid, NotFound, OnggiError, Unauthorized, Unavailable, Unsupported
from onggi.fetch.git import Commit, Git
from onggi.fetch.git_address import parse
from onggi.fetch.git_program import Access
from onggi.solve.ports import Abandoned, Cancel

from .repositories import Repository, serve


class Served:
    """A repository with a history, on a server."""

    def __init__(self, root: Path, url: str) -> None:
        self.repository = Repository(root, "project.git")
        self.first = self.repository.commit(README="one", sub__file="beneath")
        self.repository.git("tag", "light")
        self.repository.git("tag", "-a", "-m", "a release", "v1")
        self.repository.git("branch", "side")
        self.second = self.repository.commit(README="two")
        self.url = f"{url}/project.git/.git"  # ends with .git


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("repositories")
    with serve(root) as url:
        yield Served(root, url)


def tree(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {str(path.relative_to(folder)): path.read_text() for path in files}


def checked_out(address: str, folder: Path, **options: bool) -> Commit:
    git = Git(parse(address))
    commit = git.resolve()
    folder.mkdir(exist_ok=True)
    git.checkout(commit, folder, **options)
    return commit


def git_in(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "safe.directory=*", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def test_what_refs_mean(served: Served) -> None:
    def commit(suffix: str) -> Commit:
        return Git(parse(served.url + suffix)).resolve()

    assert commit("") == Commit(served.second, "refs/heads/main")
    assert commit("#main") == Commit(served.second, "refs/heads/main")
    assert commit("#side") == Commit(served.first, "refs/heads/side")
    assert commit("?branch=side") == Commit(served.first, "refs/heads/side")
    assert commit("#light") == Commit(served.first, "refs/tags/light")
    assert commit("#v1") == Commit(served.first, "refs/tags/v1")
    assert commit("?tag=v1") == Commit(served.first, "refs/tags/v1")
    assert commit("#heads/side") == Commit(served.first, "refs/heads/side")
    assert commit("#refs/heads/side") == Commit(served.first, "refs/heads/side")


def test_a_full_commit_is_not_asked_for() -> None:
    commit = "0123456789" * 4
    assert Git(parse(f"https://nowhere.invalid/x.git#{commit}")).resolve() == Commit(commit)


def test_there_is_no_such_ref(served: Served) -> None:
    with pytest.raises(NotFound, match="has no branch or tag nothing"):
        Git(parse(f"{served.url}#nothing")).resolve()
    with pytest.raises(NotFound) as failure:
        Git(parse(f"{served.url}#{served.first[:7]}")).resolve()
    assert "all 40 digits" in failure.value.hint


def test_a_commit_that_is_not_the_one_asked_for(served: Served) -> None:
    tag = served.repository.git("rev-parse", "v1")
    for checksum in (served.first[:8], tag):
        assert Git(parse(f"{served.url}?tag=v1&checksum={checksum}")).resolve().id == served.first
    with pytest.raises(Invalid, match=f"is the commit {served.second}, and abcd was asked for"):
        Git(parse(f"{served.url}?checksum=abcd&branch=main")).resolve()
    with pytest.raises(Invalid, match="was asked for"):
        Git(parse(f"{served.url}?ref={served.second}&checksum={served.first}")).resolve()


@pytest.mark.parametrize(("suffix", "readme"), [("", "two"), ("#side", "one"), ("#v1", "one"), ("#light", "one")])
def test_the_files_of_a_ref(served: Served, suffix: str, readme: str, tmp_path: Path) -> None:
    checked_out(served.url + suffix, tmp_path)
    assert tree(tmp_path) == {"README": readme, "sub/file": "beneath"}
    assert not (tmp_path / ".git").exists()


def test_the_files_of_a_commit_that_no_ref_names(served: Served, tmp_path: Path) -> None:
    lost = served.repository.commit(README="lost")
    served.repository.git("reset", "--quiet", "--hard", served.second)
    checked_out(f"{served.url}#{lost}", tmp_path)
    assert tree(tmp_path)["README"] == "lost"


def test_modes_follow_no_umask(served: Served, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        checked_out(served.url, tmp_path)
    finally:
        os.umask(before)
    assert (tmp_path / "README").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "sub").stat().st_mode & 0o777 == 0o755


def test_there_is_no_such_commit(served: Served, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="has no commit 0123"):
        Git(parse(served.url)).checkout(Commit("0123456789" * 4), tmp_path)


def test_a_subfolder(served: Served, tmp_path: Path) -> None:
    checked_out(f"{served.url}#main:sub", tmp_path, keep_git_dir=True)
    assert tree(tmp_path) == {"file": "beneath"}
    assert os.listdir(tmp_path) == ["file"]


def test_a_subfolder_that_is_not_there(served: Served, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="has no folder other"):
        checked_out(f"{served.url}#main:other", tmp_path)


def test_a_subfolder_that_leads_out(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "root", "links.git")
    (repository.path / "out").symlink_to("/etc")
    repository.commit()
    with serve(tmp_path / "root") as url, pytest.raises(Invalid, match="out leads out of"):
        checked_out(f"{url}/links.git/.git#main:out", tmp_path / "folder")


@pytest.mark.parametrize("suffix", ["#main", "#side", "#v1", ""])
def test_the_history_is_kept_on_request(served: Served, suffix: str, tmp_path: Path) -> None:
    commit = checked_out(served.url + suffix, tmp_path, keep_git_dir=True)
    assert git_in(tmp_path, "rev-parse", "HEAD") == commit.id
    assert git_in(tmp_path, "status", "--porcelain") == ""
    assert git_in(tmp_path, "rev-parse", f"{commit.ref}^{{commit}}") == commit.id
    assert git_in(tmp_path, "remote", "get-url", "origin") == served.url
    assert git_in(tmp_path, "rev-list", "--all", "--count") == "1"
    if suffix == "#v1":
        assert git_in(tmp_path, "describe") == "v1"


def test_the_address_says_whether_the_history_is_kept(served: Served, tmp_path: Path) -> None:
    checked_out(f"{served.url}?keep-git-dir=true", tmp_path)
    assert (tmp_path / ".git").is_dir()


def test_a_branch_that_moved_on_between_the_two(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "root", "moving.git")
    repository.commit(README="then")
    with serve(tmp_path / "root") as url:
        git = Git(parse(f"{url}/moving.git/.git"))
        commit = git.resolve()
        repository.commit(README="now")
        git.checkout(commit, tmp_path, keep_git_dir=True)
    assert (tmp_path / "README").read_text() == "then"
    assert git_in(tmp_path, "rev-parse", "main") == commit.id


def test_a_server_that_knows_no_shallow_histories(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "root", "old.git")
    first = repository.commit(README="one")
    repository.commit(README="two")
    repository.git("update-server-info")
    with serve(tmp_path / "root", is_dumb=True) as url:
        checked_out(f"{url}/old.git/.git#{first}", tmp_path / "folder")
    assert tree(tmp_path / "folder") == {"README": "one"}


def test_submodules(served: Served, tmp_path: Path) -> None:
    root = served.repository.path.parent
    outer = Repository(root, "outer.git")
    outer.git("submodule", "--quiet", "add", served.url, "inner")
    outer.commit(own="file")
    url = served.url.replace("project.git", "outer.git")
    checked_out(url, tmp_path / "with")
    assert tree(tmp_path / "with")["inner/README"] == "two"
    assert not (tmp_path / "with/inner/.git").exists()
    checked_out(f"{url}?submodules=false", tmp_path / "without")
    assert "inner/README" not in tree(tmp_path / "without")


def test_a_submodule_cannot_be_a_folder_of_this_host(tmp_path: Path) -> None:
    secret = Repository(tmp_path / "private", "secret")
    secret.commit(key="hidden")
    outer = Repository(tmp_path / "root", "outer.git")
    outer.git("submodule", "--quiet", "add", str(secret.path), "inner")
    outer.commit()
    with serve(tmp_path / "root") as url, pytest.raises(OnggiError, match="transport 'file' not allowed"):
        checked_out(f"{url}/outer.git/.git", tmp_path / "folder")
    assert not (tmp_path / "folder/inner/key").exists()


def test_hooks_and_filters_of_a_repository_do_not_run(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "root", "evil.git")
    mark = tmp_path / "ran"
    (repository.path / ".gitattributes").write_text("* filter=evil\n")
    (repository.path / ".gitconfig").write_text(f'[filter "evil"]\n smudge = touch {mark}\n')
    repository.commit(file="text")
    with serve(tmp_path / "root") as url:
        checked_out(f"{url}/evil.git/.git", tmp_path / "folder")
    assert not mark.exists()


def test_credentials(tmp_path: Path) -> None:
    Repository(tmp_path / "root", "private.git").commit(README="private")
    header = "Basic " + base64.b64encode(b"me:p@ss").decode()
    with serve(tmp_path / "root", authorization=header) as url:
        address = f"{url}/private.git/.git"
        with pytest.raises(Unauthorized) as failure:
            Git(parse(address)).resolve()
        assert "GIT_AUTH_TOKEN" in failure.value.hint
        git = Git(parse(address), access=Access(authorization=header))
        (tmp_path / "one").mkdir()
        git.checkout(git.resolve(), tmp_path / "one", keep_git_dir=True)
        checked_out(address.replace("//", "//me:p%40ss@", 1), tmp_path / "two", keep_git_dir=True)
    for folder in ("one", "two"):
        assert tree(tmp_path / folder) == {"README": "private"}
        assert git_in(tmp_path / folder, "remote", "get-url", "origin") == address
        assert "p%40ss" not in (tmp_path / folder / ".git/config").read_text()


def test_there_is_no_such_repository(served: Served) -> None:
    with pytest.raises(NotFound, match="not found"):
        Git(parse(served.url.replace("project", "other"))).resolve()


def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(Unavailable, match=r"cannot read the repository http://\*\*\*@127"):
            Git(parse(f"http://me:pw@127.0.0.1:{taken.getsockname()[1]}/x.git")).resolve()


def test_without_git() -> None:
    with pytest.raises(Unsupported, match="not installed"):
        Git(parse("https://example.test/x.git"), access=Access(path="/nowhere")).resolve()


def test_cancelling_ends_git() -> None:
    cancel = Cancel()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take_and_cancel() -> None:
            client, _ = server.accept()
            with client:
                cancel.set()
                while client.recv(65536):
                    pass

        thread = threading.Thread(target=take_and_cancel)
        thread.start()
        with pytest.raises(Abandoned):
            Git(parse(f"http://127.0.0.1:{server.getsockname()[1]}/x.git"), cancel=cancel).resolve()
        thread.join()


def test_the_git_protocol(served: Served, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            for _ in range(2):  # one to list, one to fetch
                client, _ = server.accept()
                with client:
                    command = [
                        "git",
                        "daemon",
                        "--inetd",
                        "--export-all",
                        f"--base-path={served.repository.path.parent}",
                    ]
                    variables = {
                        **os.environ,
                        "GIT_CONFIG_COUNT": "1",
                        "GIT_CONFIG_KEY_0": "safe.directory",
                        "GIT_CONFIG_VALUE_0": "*",
                    }
                    subprocess.run(command, stdin=client.fileno(), stdout=client.fileno(), env=variables, check=True)

        thread = threading.Thread(target=answer)
        thread.start()
        checked_out(f"git://127.0.0.1:{server.getsockname()[1]}/project.git", tmp_path)
        thread.join()
    assert tree(tmp_path)["README"] == "two"


def test_over_ssh_with_the_keys_of_an_agent_and_no_others(served: Served, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    ssh, log = programs / "ssh", tmp_path / "log"
    # What a server would run is the last argument.
    ssh.write_text(f'#!/bin/sh\necho "$@" $SSH_AUTH_SOCK >>{log}\nfor last; do :; done\neval "$last"\n')
    ssh.chmod(0o755)
    (tmp_path / "tree").mkdir()
    known = tmp_path / "known hosts"
    access = Access(agent="/run/agent", known_hosts=known, path=f"{programs}:{os.environ['PATH']}")
    git = Git(parse(f"me@host.test:{served.repository.path}#side"), access=access)
    git.checkout(git.resolve(), tmp_path / "tree")
    assert tree(tmp_path / "tree")["README"] == "one"
    for call in log.read_text().splitlines():
        assert "me@host.test git-upload-pack" in call
        assert f'-o UserKnownHostsFile="{known}" -o StrictHostKeyChecking=yes' in call
        assert "-o IdentityFile=none" in call
        assert call.endswith("/run/agent")
