"""Units of systemd: what starts containers at boot, and what serves the API when somebody asks."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

UNITS = Path(__file__).parent.parent / "systemd"
_PLAIN = re.compile(r"[\w@+=:,./*-]+", re.ASCII)
"""Words that are the same in quotes and without."""


def resume_unit(root: Path) -> str:
    """For the program that runs now and the store at `root`."""
    return _filled("onggi-resume.service", COMMAND=_command("--root", str(root), "system", "resume"))


def service_unit(words: Sequence[str], variables: Mapping[str, str]) -> str:
    """Of the program that runs now with these words, and with these variables in its environment."""
    environment = "".join(f"Environment={_quoted(f'{name}={value}')}\n" for name, value in variables.items())
    return _filled("onggi.service", COMMAND=_command(*words), ENVIRONMENT=environment)


def socket_unit(places: Iterable[str], group: str) -> str:
    """That listens at `places`, each the path of a socket, a port, or an address with one. Sockets in the file system
    are open to `group`."""
    listen = "".join(f"ListenStream={_literal(place)}\n" for place in places)
    return _filled("onggi.socket", LISTEN=listen, GROUP=_literal(group))


def _filled(name: str, **values: str) -> str:
    return re.sub("@([A-Z]+)@", lambda found: values[found[1]], (UNITS / name).read_text())


def _command(*words: str) -> str:
    """As ExecStart= has it: `$` begins a variable there, but in the program's own path."""
    program = Path(sys.argv[0]).resolve() if Path(sys.argv[0]).name == "onggi" else None
    own = [str(program)] if program else [sys.executable, "-m", "onggi"]
    return " ".join([_quoted(own[0]), *(_quoted(word.replace("$", "$$")) for word in (*own[1:], *words))])


def _quoted(word: str) -> str:
    """One word of a line (systemd.syntax(7), "Quoting")."""
    if _PLAIN.fullmatch(word):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{_literal(escaped)}"'


def _literal(text: str) -> str:
    """Without specifiers (systemd.unit(5))."""
    return text.replace("%", "%%")
