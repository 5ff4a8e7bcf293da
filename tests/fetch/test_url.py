from __future__ import annotations

import pytest

from onggi.errors import Invalid
from onggi.fetch.proxy import proxy_of
from onggi.fetch.url import file_name, may_share_credentials, redacted, split


@pytest.mark.parametrize(
    ("url", "disposition", "name"),
    [
        ("http://h/a/b.tar?x=y/z#f", "", "b.tar"),
        ("http://h/a/", "", "a"),
        ("http://h/", "", "download"),
        ("http://h", "", "download"),
        ("http://h/a/..", "", "download"),
        ("http://h/a%0ab", "", "download"),
        ("http://h/with%20space", "", "with space"),
        ("http://h/a", "attachment", "a"),
        ("http://h/a", 'attachment; filename="b c.zip"', "b c.zip"),
        ("http://h/a", "inline; filename=../../etc/passwd", "passwd"),
        ("http://h/a", 'attachment; filename="dir/"', "a"),
        ("http://h/a", 'attachment; filename=".."', "download"),
        ("http://h/a", "attachment; filename*=UTF-8''%ED%95%AD.txt", "항.txt"),
        ("http://h/a", "attachment; filename=", "a"),
    ],
)
def test_file_names(url: str, disposition: str, name: str) -> None:
    assert file_name(url, disposition) == name


def test_no_user_is_shown() -> None:
    assert redacted("https://me:pw@h/x@y failed, git://tok@h") == "https://***@h/x@y failed, git://***@h"
    assert redacted("https://h/a@b?c@d") == "https://h/a@b?c@d"


@pytest.mark.parametrize("url", ["ftp://h/x", "http://", "http:///x", "http://h:port/", "http://[::1/", "h/x"])
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(Invalid):
        split(url)


@pytest.mark.parametrize(
    ("second", "is_shared"),
    [
        ("http://h/other", True),
        ("http://h:80/", True),
        ("https://h/", True),
        ("http://h:8080/", False),
        ("https://h:8443/", False),
        ("http://sub.h/", False),
    ],
)
def test_who_else_may_have_the_credentials(second: str, is_shared: bool) -> None:
    assert may_share_credentials(split("http://h/"), split(second)) is is_shared
    assert not may_share_credentials(split("https://h/"), split("http://h/"))


@pytest.mark.parametrize(
    ("url", "exceptions", "is_proxied"),
    [
        ("http://h.test/", "", True),
        ("http://localhost/", "", False),
        ("http://127.8.8.8/", "", False),
        ("http://[::1]/", "", False),
        ("http://h.test/", "*", False),
        ("http://h.test/", "a.test, H.test", False),
        ("http://a.h.test/", "h.test", False),
        ("http://a.h.test/", ".h.test", False),
        ("http://ah.test/", "h.test", True),
        ("http://h.test:81/", "h.test:80", True),
        ("http://h.test:81/", "h.test:81", False),
        ("http://10.1.2.3/", "10.0.0.0/8", False),
        ("http://11.1.2.3/", "10.0.0.0/8,nonsense/x", True),
        ("http://10.1.2.3/", "10.1.2.3", False),
    ],
)
def test_who_is_reached_directly(url: str, exceptions: str, is_proxied: bool) -> None:
    variables = {"HTTP_PROXY": "proxy.test:3128", "no_proxy": exceptions}
    assert proxy_of(split(url), variables) == ("http://proxy.test:3128" if is_proxied else "")


def test_each_scheme_has_its_proxy() -> None:
    variables = {"https_proxy": "http://a.test", "HTTPS_PROXY": "http://b.test"}
    assert proxy_of(split("https://h.test/"), variables) == "http://b.test"
    assert proxy_of(split("http://h.test/"), variables) == ""
