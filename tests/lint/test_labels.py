from __future__ import annotations

import pytest

from onggi.lint.knowledge.spdx import is_expression
from onggi.lint.policy import LabelKind
from onggi.lint.view.labels import is_of_kind

RIGHT = {
    LabelKind.TEXT: ["", "anything"],
    LabelKind.URL: ["http://a", "https://[::1]:80/a?b=c#d", "mailto:me@example.com", "urn:a:b", "http://a/%20"],
    LabelKind.SEMVER: ["0.0.0", "1.2.3", "1.2.3-rc.1", "1.2.3-0a.b-c+001.x", "10.20.30+build"],
    LabelKind.RFC3339: ["2024-02-29T23:59:60Z", "2024-02-03t10:00:00.123z", "2024-02-03T10:00:00-09:30"],
    LabelKind.SPDX: ["MIT", "0BSD", "GPL-2.0-or-later", "MIT OR Apache-2.0"],
    LabelKind.HASH: ["abcdef1", "0123456789abcdef0123456789abcdef01234567"],
    LabelKind.EMAIL: ["me@example.com", "a.b+c@localhost", '"a \\" b"@example.com', "a@[127.0.0.1]"],
}
WRONG = {
    LabelKind.URL: ["", "example.com", "1http://a", "http://a b", "http://a/%zz", "http://a/ü"],
    LabelKind.SEMVER: ["", "1", "1.2", "v1.2.3", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3-a..b", "1.2.3+a_b", "1.2.٣"],
    LabelKind.RFC3339: [
        "2024-02-03", "2024-02-30T10:00:00Z", "2024-02-03T24:00:00Z", "2024-02-03 10:00:00Z", "2024-02-03T10:00:00",
        "2024-02-03T10:00:00+0900", "2024-02-03T10:00:00.Z",
    ],
    LabelKind.SPDX: ["", "mit", "Apache 2.0", "GPL-3.0", "MIT OR", "LicenseRef-"],
    LabelKind.HASH: ["", "abcdef", "abcdef12", "ABCDEF1", "main"],
    LabelKind.EMAIL: ["", "me", "me@", "@a", "a b@c", "Me <a@b>", "a..b@c", "a@-b", "a@b..c", "a@b_c", "ü@b"],
}  # fmt: skip


@pytest.mark.parametrize("kind, value", [(kind, value) for kind, values in RIGHT.items() for value in values])
def test_values_of_their_kind(kind: LabelKind, value: str) -> None:
    assert is_of_kind(value, kind)


@pytest.mark.parametrize("kind, value", [(kind, value) for kind, values in WRONG.items() for value in values])
def test_values_of_another_kind(kind: LabelKind, value: str) -> None:
    assert not is_of_kind(value, kind)


@pytest.mark.parametrize(
    "text, is_right",
    [
        ("Apache-1.1+", True),
        ("GPL-2.0-only WITH Linux-syscall-note", True),
        ("(MIT AND (0BSD OR ISC)) OR LicenseRef-own", True),
        ("MIT WITH MIT", False),
        ("WITH Linux-syscall-note", False),
        ("Linux-syscall-note", False),
        ("(MIT", False),
        ("MIT)", False),
        ("MIT ISC", False),
        ("MIT or ISC", False),
        ("()", False),
    ],
)
def test_expressions_of_licenses(text: str, is_right: bool) -> None:
    assert is_expression(text) is is_right
