"""The packages that a command asks a package manager for by name: in `apt-get install -y curl=8 git` they are `curl=8`
and `git`. What installs the contents of a manifest is in `managers`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
from msgspec.structs import replace

from onggi.lint.pattern import Pattern
from onggi.lint.shell.commands import Argument, Command
from onggi.lint.view.subject import Step, Subject
from onggi.lint.violation import Fix, Text, Violation, behind, listed

_MOST_NAMES = 4


class PackageManager(msgspec.Struct, frozen=True):
    """`program` is a pattern for its name, `verbs` what installs, `with_values` the flags whose value may be a word of
    its own. `module`: python's -m starts it too. `has_build_flags`: what follows a `--` is for a compiler."""

    program: Pattern
    verbs: tuple[str, ...]
    with_values: tuple[str, ...] = ()
    module: str = ""
    has_build_flags: bool = False


class Installation(msgspec.Struct, frozen=True):
    """`verb` is the (last) word that says so: `install`."""

    command: Command
    verb: Argument
    packages: tuple[Argument, ...]

    def fix(self, flag: str, *, is_safe: bool = True) -> Fix | None:
        """That puts a flag behind the verb."""
        if not self.command.is_placed:
            return None
        return Fix((behind(self.verb.span, f" {flag}"),), is_safe)


APT_GET = PackageManager(
    Pattern(r"apt-get"),
    ("install",),
    ("t", "target-release", "default-release", "o", "option", "c", "config-file", "a", "host-architecture", "solver"),
)
APK = PackageManager(
    Pattern(r"apk"),
    ("add",),
    (
        "t", "virtual", "X", "repository", "p", "root", "arch", "keys-dir", "repositories-file", "cache-dir",
        "cache-max-age", "progress-fd", "timeout", "wait",
    ),
)  # fmt: skip
PIP = PackageManager(
    Pattern(r"pipx?\d?(?:\.\d+)?"),
    ("install",),
    (
        "abi", "b", "build", "build-constraint", "c", "cache-dir", "cert", "C", "client-cert", "config-setting",
        "config-settings", "constraint", "e", "editable", "exists-action", "extra-index-url", "f", "find-links",
        "global-option", "group", "i", "implementation", "index-url", "install-option", "keyring-provider", "log",
        "no-binary", "only-binary", "platform", "prefix", "progress-bar", "proxy", "python", "python-version", "r",
        "report", "requirement", "resume-retries", "retries", "root", "root-user-action", "src", "t", "target",
        "timeout", "trusted-host", "upgrade-strategy", "use-deprecated", "use-feature",
    ),
    "pip",
)  # fmt: skip
NPM = PackageManager(
    Pattern(r"npm"),
    ("install", "i", "in", "add"),
    (
        "C", "before", "cache", "cpu", "include", "install-strategy", "libc", "loglevel", "omit", "os", "otp", "prefix",
        "registry", "script-shell", "tag", "userconfig", "w", "workspace",
    ),
)  # fmt: skip
GEM = PackageManager(
    Pattern(r"gem"),
    ("install", "i"),
    (
        "B", "P", "bindir", "build-root", "bulk-threshold", "config-file", "file", "g", "i", "install-dir", "n",
        "platform", "s", "source", "trust-policy", "v", "version", "without",
    ),
    has_build_flags=True,
)  # fmt: skip
YUM = PackageManager(
    Pattern(r"yum"),
    ("install", "groupinstall", "localinstall", "group install", "groups install"),
    ("c", "config", "d", "disablerepo", "e", "enablerepo", "exclude", "installroot", "releasever", "repo", "setopt"),
)
DNF = PackageManager(
    Pattern(r"(?:micro)?dnf"),
    ("install", "groupinstall", "localinstall", "group install", "module install"),
    (*YUM.with_values, "x", "repoid"),
)
ZYPPER = PackageManager(
    Pattern(r"zypper"),
    ("install", "in"),
    ("C", "D", "R", "c", "cache-dir", "config", "from", "p", "plus-repo", "r", "repo", "root", "t", "type"),
)

_VARIABLE = Pattern(r"\$\{[^}]*\}|\$\(.*\)|\$\w+|`[^`]*`")
_RPM_VERSION = Pattern(r"[\w.~^:+]*")


def installation(command: Command, manager: PackageManager) -> Installation | None:
    """What the command installs with this manager; None if it does not do that. Variables before the verb are taken for
    flags."""
    command = _started(command, manager)
    if not manager.program.fullmatch(command.name):
        return None
    words = _words(command, manager)
    while words and words[0].has_variable:
        words = words[1:]
    texts = [word.text for word in words]
    for verb in manager.verbs:
        parts = verb.split()
        if texts[: len(parts)] == parts:
            return Installation(command, words[len(parts) - 1], words[len(parts) :])
    return None


def installations(subject: Subject, manager: PackageManager) -> Iterator[tuple[Step, Installation]]:
    """All in this file's RUN instructions."""
    for step in subject.runs():
        for command in step.commands:
            found = installation(command, manager)
            if found is not None:
                yield step, found


def unpinned(
    subject: Subject,
    manager: PackageManager,
    is_pinned: Callable[[str], object],
    message: Text,
    is_told: Callable[[Installation], bool] = lambda found: False,
) -> Iterator[Violation]:
    """A violation for each command that installs packages of which any version will do, at the first of them; they are
    named behind the message. `is_told`: the command says by other means which versions."""
    for step, found in installations(subject, manager):
        loose = [] if is_told(found) else [package for package in found.packages if not is_pinned(package.text)]
        if loose:
            names = listed([package.text for package in loose], _MOST_NAMES)
            yield step.violation(loose[0].span, Text(f"{message.en} ({names})", f"{message.ko} ({names})"))


def unpinned_rpms(subject: Subject, manager: PackageManager, message: Text) -> Iterator[Violation]:
    """As `unpinned`: packages without a version, then modules without a stream."""
    yield from unpinned(subject, replace(manager, verbs=("install",)), is_pinned_rpm, message)
    yield from unpinned(subject, replace(manager, verbs=("module install",)), is_pinned_module, message)


def is_pinned_rpm(package: str) -> bool:
    """Whether a word for yum or dnf says more than a name: `nginx-1.24.0`, `nginx-$VERSION`, a file, a URL. A name may
    have dashes too; a version begins with a digit. Groups (`@web-server`) have no versions."""
    if package.startswith("@") or package.endswith(".rpm") or "://" in package:
        return True
    _, *parts = _VARIABLE.sub("$", package).split("-")
    if any("$" in part for part in parts):
        return True
    return all(map(_RPM_VERSION.fullmatch, parts)) and any(part[:1].isdigit() for part in parts)


def is_pinned_module(module: str) -> bool:
    """By its stream: `nodejs:20`."""
    return ":" in module


def _started(command: Command, manager: PackageManager) -> Command:
    """With the manager's own name, where it is a module that python starts."""
    module = command.as_module()
    return module if manager.module and module.name == manager.module else command


def _words(command: Command, manager: PackageManager) -> tuple[Argument, ...]:
    """The verb and what follows it."""
    words = command.without_values(*manager.with_values).operands
    texts = [word.text for word in words]
    if "--" not in texts:
        return words
    end = texts.index("--")
    return words[:end] if manager.has_build_flags else words[:end] + words[end + 1 :]
