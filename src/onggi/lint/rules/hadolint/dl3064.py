from __future__ import annotations

import re
from collections.abc import Iterator

from onggi.dockerfile.syntax import Arg, Env, Instruction, Word
from onggi.lint.pattern import Pattern
from onggi.lint.rule import Example, Rule
from onggi.lint.view.subject import Subject
from onggi.lint.violation import Text, Violation

_MESSAGE = Text(
    "Potentially sensitive data should not be used in the `ARG` or `ENV` commands",
    "비밀일 수 있는 값을 `ARG`나 `ENV`에 두지 마세요",
)
_SUSPICIOUS = Pattern(
    r".*(?:api_key|client_key|password|private|secret|token|username).*"
    r"|application_key|aws_access_key_id|ci_deploy_user|docker_email|facebook_app_id|heroku_api_user"
    r"|okta_(?:authn_groupid|client_orgurl|oauth2_clientid)|stripe_device_name"
    r"|travis_(?:os_name|secure_env_vars|sudo)",
    re.IGNORECASE,
)


def check(subject: Subject) -> Iterator[Violation]:
    for arg in subject.dockerfile.arguments:
        yield from (Violation(arg, word.span, _MESSAGE) for word in _suspicious(arg))
    for step in subject.steps():
        if step.is_written:
            yield from (step.violation(word.span, _MESSAGE) for word in _suspicious(step.inner))


def _suspicious(instruction: Instruction) -> Iterator[Word]:
    match instruction:
        case Env(pairs=named) | Arg(definitions=named):
            yield from (each.name for each in named if _SUSPICIOUS.fullmatch(each.name.text))


RULE = Rule(
    code="DL3064",
    title=Text("Keep secrets out of ARG and ENV", "비밀 값을 ARG와 ENV에 두지 않습니다"),
    reason=Text(
        "Build arguments and environment stay in the image's history and configuration, for all who can pull it. "
        "RUN --mount=type=secret leaves no trace.",
        "빌드 인자와 환경 변수는 이미지의 이력과 설정에 남아 이미지를 받는 누구나 볼 수 있습니다. "
        "RUN --mount=type=secret은 흔적을 남기지 않습니다.",
    ),
    exception=Text(
        "Where only the name sounds like a secret: the path of a file with it (DB_PASSWORD_FILE), how long it holds "
        "(TOKEN_EXPIRY), another word (TOKENIZERS_PARALLELISM).",
        "이름만 비밀같이 들릴 때: 비밀이 든 파일의 경로(DB_PASSWORD_FILE), 유효 기간(TOKEN_EXPIRY), 다른 "
        "낱말(TOKENIZERS_PARALLELISM).",
    ),
    bad=(
        Example("FROM debian:12\nARG NPM_TOKEN"),
        Example("FROM debian:12\nENV A=b DB_PASSWORD=hunter2"),
        Example("ARG API_KEY\nFROM debian:12"),
        Example("FROM debian:12\nONBUILD ARG AWS_ACCESS_KEY_ID"),
    ),
    good=(
        Example("FROM debian:12\nRUN --mount=type=secret,id=npm ./publish"),
        Example("FROM debian:12\nENV KEYBOARD=us HOLDER=TOKEN"),
    ),
    check=check,
    twin="SecretsUsedInArgOrEnv",
)
