"""What an install reads of the sources besides its manifests: scripts that run on install, local packages, other files.
Where it does, the manifests alone are not enough for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from onggi.lint.knowledge.managers import Deed
from onggi.lint.pattern import Pattern
from onggi.lint.shell.commands import Command
from onggi.lint.view.context import Context

_ON_INSTALL = frozenset(
    {"preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare", "prepublish", "dependencies"}
)
_NODE_LISTS = ("dependencies", "devDependencies", "optionalDependencies", "overrides", "resolutions")
_LOCAL = Pattern(r"(?:file|link|portal|workspace|patch):.*|\.{0,2}/.*|~/.*")
_NODE_BESIDE = (".npmrc", "binding.gyp", "npm-shrinkwrap.json")
_BESIDE: Mapping[str, tuple[str, ...]] = {
    "npm": _NODE_BESIDE,
    "yarn": (*_NODE_BESIDE, ".yarnrc", ".yarnrc.yml", ".yarn"),
    "pnpm": (*_NODE_BESIDE, "pnpm-workspace.yaml", ".pnpmfile.cjs"),
    "bun": (*_NODE_BESIDE, "bunfig.toml"),
    "bundle": (".bundle", ".ruby-version", ".tool-versions"),
    "go": ("go.work", "vendor"),
}
"""Files that the manager, by its name, reads where they lie at the top of the sources."""

_MENTIONS: Mapping[str, Pattern] = {
    "pip": Pattern(
        r"^\s*(?:-[rcef]|--(?:requirement|constraint|editable|find-links))\b|^\s*(?:\.|[^\s#:@]*/|\S+\.(?:whl|zip|gz))"
        r"|file:",
        re.MULTILINE,
    ),
    "pipenv": Pattern(r"\b(?:path|file|editable)\s*="),
    "bundle": Pattern(r"^\s*gemspec\b|\bpath\b|\beval_gemfile\b|\bFile\.|\bfile:|\brequire_relative\b", re.MULTILINE),
    "conda": Pattern(r"^\s*-\s*(?:-[rce]\b|--|\.)|file:", re.MULTILINE),
    "go": Pattern(r"=>\s*\.{0,2}/"),
}
"""What a manifest says that means other files."""

_PLACES = frozenset({"c", "constraint", "e", "editable", "f", "find-links"})
_ELSEWHERE = ("prefix", "cwd", "C", "dir", "w", "workspace", "gemfile")


def is_alone(found: Deed, manifests: Sequence[str], context: Context | None) -> bool:
    """Whether an install needs no more than the manifests (patterns, at the top of the context). Without a context,
    only what the command says is known."""
    if _names_more(found.command, is_pip=found.manager.name == "pip"):
        return False
    if context is None:
        return True
    if any(map(context.has, _BESIDE.get(found.manager.name, ()))):
        return False
    needed = [manifest for manifest in manifests if "*" not in manifest]
    return all(map(context.has, needed)) and not any(
        _mentions_more(found.manager.name, text) for text in _texts(manifests, context)
    )


def _names_more(command: Command, *, is_pip: bool) -> bool:
    if is_pip:
        words = [word.text for word in command.arguments]
        return command.has_flag(*_PLACES) or any(word.startswith((".", "/")) for word in words)
    return command.has_flag(*_ELSEWHERE)


def _texts(manifests: Sequence[str], context: Context) -> Iterator[str]:
    """Lock files say what the manifests say."""
    for manifest in manifests:
        text = context.text(manifest.replace("package*.json", "package.json"))
        if text is not None:
            yield text


def _mentions_more(manager: str, text: str) -> bool:
    read = _READERS.get(manager)
    if read is not None:
        return read(text)
    mention = _MENTIONS.get(manager)
    return mention is not None and mention.search(text) is not None


def _package_json(text: str) -> bool:
    """One that cannot be read is for its author to mend first."""
    import json  # late: few lints come to this

    try:
        found = json.loads(text)
    except ValueError:
        return True
    if not isinstance(found, dict) or found.get("workspaces") or _ON_INSTALL.intersection(found.get("scripts") or ()):
        return True
    listed = (found.get(name) for name in _NODE_LISTS)
    return "patchedDependencies" in text or any(map(_is_local, listed))


def _is_local(listed: Any) -> bool:
    if isinstance(listed, dict):
        return any(map(_is_local, listed.values()))
    return isinstance(listed, str) and _LOCAL.fullmatch(listed) is not None


_READERS: Mapping[str, Callable[[str], bool]] = dict.fromkeys(("npm", "yarn", "pnpm", "bun"), _package_json)
