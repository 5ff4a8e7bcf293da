from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.glob import has_wildcard
from onggi.dockerfile.scope import Scope
from onggi.dockerfile.syntax import Add, Word
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Edit, Fix, Text, Violation

_REMOTE = Pattern(r"(?:https?|git|ssh)://.*|[\w-]+@[\w.-]+:.*|github\.com/.*")
_ARCHIVE = Pattern(r".*\.(?:tar|t[bgx]z|tb2|tbz2|tpz|tlz|tzst|tZ|gz|bz2|xz|zst|lz|lzma|Z)")
_MESSAGE = Text("Use COPY instead of ADD for files and folders", "파일과 폴더에는 ADD 대신 COPY를 쓰세요")


def check(subject: Subject) -> Iterator[Violation]:
    for step in subject.steps():
        add = step.inner
        if step.is_written and isinstance(add, Add):
            scope = step.standing.scope
            if add.heredocs or not all(_is_for_add(source, scope) for source in add.sources):
                yield step.violation(add.origin.keywords[0].span, _MESSAGE, _fix(add, scope))


def _is_for_add(source: Word, scope: Scope) -> bool:
    """Whether it is remote or an archive, or may be because nothing is known of a variable that it begins with."""
    expansion = scope.look_up(source.text)
    is_open = bool(expansion.missed) and source.text.startswith("$")
    return is_open or any(pattern.fullmatch(expansion.text) for pattern in (_REMOTE, _ARCHIVE))


def _fix(add: Add, scope: Scope) -> Fix | None:
    """None where a source needs ADD, or there is a flag that COPY lacks."""
    if add.checksum or add.keep_git_dir or add.unpack or any(_is_for_add(source, scope) for source in add.sources):
        return None
    keyword = add.origin.keywords[0]
    is_plain = not any(has_wildcard(source.text) or "$" in source.text for source in add.sources)
    return Fix((Edit(keyword.span, "copy" if keyword.text.islower() else "COPY"),), is_safe=is_plain)


RULE = Rule(
    code="DL3020",
    title=Text("Use COPY for files and folders of the context", "컨텍스트의 파일과 폴더에는 COPY를 씁니다"),
    reason=Text(
        "ADD unpacks what happens to be a tar and downloads what looks like a URL; COPY does what it says.",
        "ADD는 어쩌다 tar인 것은 풀고 URL처럼 보이는 것은 내려받습니다. COPY는 적힌 대로만 합니다.",
    ),
    exception=Text(
        "Where the file is an archive that is to be unpacked, under a name that does not tell.",
        "이름에 드러나지는 않지만 풀어야 할 아카이브일 때.",
    ),
    bad=(
        Example("FROM debian:12\nADD app /srv/app", fixed="FROM debian:12\nCOPY app /srv/app"),
        Example("FROM debian:12\nadd --chown=1:1 *.txt /", fixed="FROM debian:12\ncopy --chown=1:1 *.txt /"),
        Example("FROM debian:12\nADD a.tar.gz b /srv/"),
        Example("FROM debian:12\nADD <<EOF /hello\nhello\nEOF", fixed="FROM debian:12\nCOPY <<EOF /hello\nhello\nEOF"),
        Example("FROM debian:12\nONBUILD ADD . /app", fixed="FROM debian:12\nONBUILD COPY . /app"),
    ),
    good=(
        Example("FROM debian:12\nCOPY app /srv/app"),
        Example("FROM debian:12\nADD app.tar.gz /srv/"),
        Example("FROM debian:12\nADD https://example.org/app /srv/"),
        Example("FROM debian:12\nADD git@example.org:team/app.git /srv/"),
        Example("FROM debian:12\nARG URL=https://example.org\nADD $URL/app /srv/"),
    ),
    check=check,
    severity=Severity.ERROR,
)
