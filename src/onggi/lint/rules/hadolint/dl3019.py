from __future__ import annotations

from collections.abc import Iterator

from onggi.dockerfile.syntax import Run
from onggi.lint.rule import Example, Rule
from onggi.lint.severity import Severity
from onggi.lint.view.mounts import keeps_out
from onggi.lint.view.packages import APK, Installation, installations
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Edit, Fix, Text, Violation

_FOLDERS = ("/var/cache/apk", "/etc/apk/cache")
_UPDATING = ("-U", "--update", "--update-cache")
_MESSAGE = Text(
    "Use the `--no-cache` switch to avoid the need to use `--update` and remove `/var/cache/apk/*` when done "
    "installing packages",
    "`--no-cache`를 주면 `--update`를 쓰거나 설치 뒤에 `/var/cache/apk/*`를 지울 일이 없습니다",
)


def check(subject: Subject) -> Iterator[Violation]:
    for step, found in installations(subject, APK):
        assert isinstance(step.inner, Run)
        run = step.inner
        if not found.command.has_flag("no-cache") and not any(keeps_out(run, folder) for folder in _FOLDERS):
            yield step.violation(found.verb.span, _MESSAGE, _fix(found))


def _fix(found: Installation) -> Fix | None:
    """In the place of the flag that fetches the index to keep it, where there is one."""
    updating = next((word for word in found.command.arguments if word.text in _UPDATING), None)
    if updating is None or not found.command.is_placed:
        return found.fix("--no-cache")
    return Fix((Edit(updating.span, "--no-cache"),))


RULE = Rule(
    code="DL3019",
    title=Text("Add packages with --no-cache", "apk add에는 --no-cache를 줍니다"),
    reason=Text(
        "The index is fetched for this command alone then, and stays out of the layer.",
        "그러면 이 명령을 위해서만 목록을 내려받고, 레이어에는 남기지 않습니다.",
    ),
    exception=Text(
        "Where apk is configured with a cache that is no part of the image.",
        "이미지에 들어가지 않는 캐시를 쓰도록 apk를 설정했을 때.",
    ),
    bad=(
        Example(
            "FROM alpine:3.20\nRUN apk add --update curl=8.9.1-r2 && rm -rf /var/cache/apk/*",
            fixed="FROM alpine:3.20\nRUN apk add --no-cache curl=8.9.1-r2 && rm -rf /var/cache/apk/*",
        ),
        Example(
            "FROM alpine:3.20\nRUN apk -U add curl=8.9.1-r2 && apk add git=2.45.2-r0 --no-cache",
            fixed="FROM alpine:3.20\nRUN apk --no-cache add curl=8.9.1-r2 && apk add git=2.45.2-r0 --no-cache",
        ),
        Example(
            "FROM alpine:3.20\nRUN apk add -q curl=8.9.1-r2",
            fixed="FROM alpine:3.20\nRUN apk add --no-cache -q curl=8.9.1-r2",
        ),
        Example('FROM alpine:3.20\nRUN ["apk", "add", "curl=8.9.1-r2"]'),
    ),
    good=(
        Example("FROM alpine:3.20\nRUN apk --no-cache add curl=8.9.1-r2"),
        Example("FROM alpine:3.20\nRUN --mount=type=cache,target=/var/cache/apk apk add curl=8.9.1-r2"),
    ),
    check=check,
    severity=Severity.INFO,
)
