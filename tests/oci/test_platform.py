from __future__ import annotations

import pytest

from onggi.errors import Invalid
from onggi.oci import platform
from onggi.oci.platform import Platform


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("linux/amd64", Platform("amd64")),
        ("linux/x86_64", Platform("amd64")),
        ("linux/arm64/v8", Platform("arm64")),
        ("linux/arm/v7", Platform("arm", "linux", "v7")),
        ("linux/armhf", Platform("arm", "linux", "v7")),
        ("linux/armhf/v6", Platform("arm", "linux", "v6")),
        ("arm64", Platform("arm64")),
        ("Linux/AMD64", Platform("amd64")),
        ("windows/amd64", Platform("amd64", "windows")),
        ("linux/riscv64", Platform("riscv64")),
    ],
)
def test_what_people_write(text: str, expected: Platform) -> None:
    assert platform.parse(text) == expected
    assert platform.parse(str(expected)) == expected


@pytest.mark.parametrize("text", ["linux", "", "a//b", "/", "a/b/c/d"])
def test_what_is_no_platform(text: str) -> None:
    with pytest.raises(Invalid, match="not a platform: "):
        platform.parse(text)


def test_an_architecture_that_is_none_may_be_a_slip() -> None:
    with pytest.raises(Invalid, match=r"unknown architecture amd46; did you mean amd64\?"):
        platform.parse("linux/amd46")
    with pytest.raises(Invalid, match=r"unknown architecture pdp11$"):
        platform.parse("pdp11")


def test_the_host_has_a_name_that_can_be_written() -> None:
    assert platform.parse(str(platform.of_host())) == platform.of_host()


@pytest.mark.parametrize(
    ("its", "wanted", "is_it"),
    [
        ("linux/amd64", "linux/amd64", True),
        ("linux/amd64", "linux/arm64", False),
        ("windows/amd64", "linux/amd64", False),
        ("linux/arm/v7", "linux/arm/v7", True),
        ("linux/arm/v7", "linux/arm/v6", False),
        ("linux/amd64/v3", "linux/amd64", True),
        ("linux/amd64", "linux/amd64/v3", True),
    ],
)
def test_what_is_for_a_platform(its: str, wanted: str, is_it: bool) -> None:
    assert platform.fits(platform.parse(its), platform.parse(wanted)) is is_it


def test_the_very_variant_comes_first() -> None:
    wanted = Platform("amd64", variant="v3")
    offered = [(Platform("amd64"), "any"), (Platform("arm64"), "other"), (wanted, "it")]
    assert platform.fitting(offered, wanted) == ["it", "any"]
