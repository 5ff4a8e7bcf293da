from __future__ import annotations

from onggi.lower import history
from onggi.oci.config import Healthcheck


def test_texts_are_quoted_as_in_go() -> None:
    words = ["nginx", "-g", "daemon off;", 'a"b\\', "tab\tend\n", "é 한", "\x00\x7f\u200b"]
    assert history.quoted(words) == (
        '["nginx" "-g" "daemon off;" "a\\"b\\\\" "tab\\tend\\n" "é 한" "\\x00\\x7f\\u200b"]'
    )
    assert history.listed(["a", "b c"]) == "[a b c]"


def test_a_run_tells_its_arguments() -> None:
    argv = ("/bin/sh", "-c", "make")
    assert history.run(argv, {}) == "RUN /bin/sh -c make"
    assert history.run(argv, {"A": "b c", "D": ""}) == "RUN |2 A=b c D= /bin/sh -c make"


def test_a_copy_tells_owner_and_mode_but_not_from() -> None:
    told = history.copy("COPY", "me:us", "640", ["a", "b"], "/c/")
    assert told == "COPY --chown=me:us --chmod=640 a b /c/"
    assert history.copy("COPY", "me", "", ["a/./b"], "/c/", parents=True) == "COPY --parents --chown=me a/./b /c/"


def test_a_health_check() -> None:
    check = Healthcheck(test=("CMD-SHELL", "true"), interval=90_000_000_000, retries=2)
    assert history.healthcheck(check) == (
        "HEALTHCHECK {Test:[CMD-SHELL true] Interval:1m30s Timeout:0s StartPeriod:0s StartInterval:0s Retries:2}"
    )
