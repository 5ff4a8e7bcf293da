"""Repositories: a ref's commit, and a commit's files in a folder."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from onggi.errors import Invalid, NotFound
from onggi.fetch.git_address import GitAddress, is_commit
from onggi.fetch.git_program import Access, GitFailed, GitProgram
from onggi.fetch.network import Network
from onggi.fetch.url import redacted
from onggi.solve.ports import Cancel

# The new repository's own branch may be called like the one that is fetched.
_FETCH = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--update-head-ok")
# Where a server gives no more than it advertises, or no part of a history, a dearer way may do.
_CANNOT = ("not our ref", "unadvertised object", "shallow", "depth", "couldn't find remote ref")


class Commit(msgspec.Struct, frozen=True):
    """A commit's ID, and the full name of the branch or tag that it was found by; "" where there is none."""

    id: str
    ref: str = ""


class Git:
    """One repository."""

    def __init__(
        self,
        address: GitAddress,
        *,
        access: Access | None = None,
        network: Network | None = None,
        cancel: Cancel | None = None,
    ) -> None:
        self.address = address
        self._program = GitProgram(address, access or Access(), network or Network(), cancel or Cancel())

    def resolve(self) -> Commit:
        """The commit that the address means now; no server is asked about a full commit ID.

        Raises NotFound, Unauthorized, Unavailable; Invalid for a commit that is not the checksum's; Unsupported without
        git; Abandoned.
        """
        address = self.address
        if is_commit(address.ref):
            _check(address, address.ref)
            return Commit(address.ref)
        ref = address.ref or "HEAD"
        # --symref tells the name of the default branch.
        listed = self._program.run("ls-remote", "--symref", "--", self._program.url, ref, f"{ref}^{{}}")
        commit, tag = _choose(ref, listed)
        if not commit.id:
            hint = "give all 40 digits of a commit's ID" if _looks_short(ref) else ""
            raise NotFound(f"{redacted(address.url)} has no branch or tag {ref}", hint=hint)
        _check(address, commit.id, tag)
        return commit

    def checkout(self, commit: Commit, folder: Path, *, keep_git_dir: bool = False, submodules: bool = True) -> None:
        """Fills an empty folder with the commit's files, or those of the address's subfolder.

        keep_git_dir: with .git, which has that one commit, and not of a subfolder (as BuildKit). What the address says
        of this and of submodules goes before. Raises as resolve does. The folder may then be half filled.
        """
        address = self.address
        keep_git_dir = (keep_git_dir if address.keep_git_dir is None else address.keep_git_dir) and _is_all(address)
        submodules = submodules if address.submodules is None else address.submodules
        tree = folder if _is_all(address) else Path(tempfile.mkdtemp(dir=folder))
        work = _WorkTree(self._program, tree)
        if not work.fetch(commit, with_ref=keep_git_dir):
            raise NotFound(f"{redacted(address.url)} has no commit {commit.id}")
        work.check_out(commit, submodules)
        if keep_git_dir:
            return
        work.forget_history()
        if not _is_all(address):
            _lift(tree, address, folder)


class _WorkTree:
    """A folder with a repository of its own that has one commit of another."""

    def __init__(self, program: GitProgram, tree: Path) -> None:
        self._program = program
        self._tree = tree

    def fetch(self, commit: Commit, *, with_ref: bool) -> bool:
        """Whether the server has it."""
        kind = "sha256" if len(commit.id) == 64 else "sha1"
        self._run("init", "--quiet", "--template=", f"--object-format={kind}")
        self._run("remote", "add", "origin", self._program.url)
        for arguments in _ways(commit, with_ref):
            if self._try(*_FETCH, *arguments) and self._has(commit):
                if with_ref and commit.ref.startswith("refs/heads/"):
                    self._run("update-ref", commit.ref, commit.id)  # the branch may have moved on meanwhile
                return True
        return False

    def check_out(self, commit: Commit, submodules: bool) -> None:
        self._run("checkout", "--quiet", "--force", "--detach", commit.id)
        if submodules and (self._tree / ".gitmodules").is_file():
            self._run("submodule", "--quiet", "update", "--init", "--recursive", "--depth=1")

    def forget_history(self) -> None:
        """Removes .git here, and in submodules the files that lead to it."""
        shutil.rmtree(self._tree / ".git")
        for folder, folders, files in os.walk(self._tree):
            if ".git" in files and folder != str(self._tree):
                os.unlink(os.path.join(folder, ".git"))
            folders.sort()

    def _try(self, *arguments: str) -> bool:
        try:
            self._run(*arguments)
        except GitFailed as error:
            if any(words in error.said for words in _CANNOT):
                return False
            raise
        return True

    def _has(self, commit: Commit) -> bool:
        try:
            self._run("cat-file", "-e", f"{commit.id}^{{commit}}")
        except GitFailed:
            return False
        return True

    def _run(self, *arguments: str) -> str:
        return self._program.run(*arguments, tree=self._tree)


def _ways(commit: Commit, with_ref: bool) -> Iterator[Sequence[str]]:
    """What to fetch, the cheapest first."""
    by_ref = ("--depth=1", "origin", f"+{commit.ref}:{commit.ref}")
    if with_ref and commit.ref:
        yield by_ref
    yield "--depth=1", "origin", commit.id
    if commit.ref and not with_ref:
        yield by_ref
    yield "origin", "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"


def _choose(ref: str, listed: str) -> tuple[Commit, str]:
    """The commit that is meant by `ref` in what ls-remote lists, and the ID of the tag that names it: refs/… itself,
    then branches, then tags, as BuildKit."""
    found: dict[str, str] = {}
    default = ""
    for line in listed.splitlines():
        value, _, name = line.partition("\t")
        if value.startswith("ref: "):
            default = value.removeprefix("ref: ")
        else:
            found[name] = value
    if ref == "HEAD":
        return Commit(found.get("HEAD", ""), default), ""
    for folder in ("refs/", "refs/heads/", "refs/tags/"):
        name = folder + ref.removeprefix(folder)
        if name in found:
            return Commit(found.get(f"{name}^{{}}", found[name]), name), found[name]
    return Commit(""), ""


def _check(address: GitAddress, *ids: str) -> None:
    if not any(found.startswith(address.checksum.lower()) for found in ids):
        raise Invalid(
            f"{address} is the commit {ids[0]}, and {address.checksum} was asked for",
            hint="if it was moved on purpose, correct the checksum",
        )


def _looks_short(ref: str) -> bool:
    return 7 <= len(ref) < 40 and all(digit in "0123456789abcdef" for digit in ref)


def _is_all(address: GitAddress) -> bool:
    return address.subfolder == "."


def _lift(tree: Path, address: GitAddress, folder: Path) -> None:
    """Makes the subfolder of a work tree beneath `folder` all that is in `folder`."""
    source = Path(os.path.realpath(tree / address.subfolder))
    if not source.is_relative_to(os.path.realpath(tree)):
        raise Invalid(f"{address.subfolder} leads out of {address}")
    if not source.is_dir():
        raise NotFound(f"{address} has no folder {address.subfolder}")
    for name in os.listdir(source):
        os.rename(source / name, folder / name)
    shutil.rmtree(tree)
