"""Options of the frontend for Dockerfiles, as buildx, Compose and bake send them → what a build is asked for."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onggi.api.buildkit import worker
from onggi.api.buildkit.frontend import frontends, options
from onggi.engine.types import BuildRequest
from onggi.errors import Invalid, OnggiError, Unsupported
from onggi.oci.platform import Platform

NAMES = (
    *("target", "platform", "no-cache", "image-resolve-mode", "add-hosts", "ulimit", "shm-size", "cgroup-parent"),
    *("force-network-mode", "multi-platform", "hostname", "attest:provenance", "attest:sbom", "automount:0", "label:a"),
    *("build-arg:A", "build-arg:SOURCE_DATE_EPOCH", "build-arg:BUILDKIT_MULTI_PLATFORM", "vcs:source", "unheard-of"),
)


def fields(**said: str) -> dict[str, Any]:
    """What differs from a build that nothing is said of."""
    found, plain = options.request(said), BuildRequest(context="")
    names = [each.name for each in msgspec.structs.fields(BuildRequest)]
    return {name: getattr(found, name) for name in names if getattr(found, name) != getattr(plain, name)}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("target", "base", {"target": "base"}),
        ("platform", "linux/arm64", {"platforms": (Platform("arm64"),)}),
        (
            "platform",
            "linux/amd64,linux/arm/v7,linux/amd64",
            {"platforms": (Platform("amd64"), Platform("arm", variant="v7"))},
        ),
        ("no-cache", "", {"no_cache": True}),
        ("no-cache", "base,1", {"no_cache_stages": ("base", "1")}),
        ("image-resolve-mode", "pull", {"pull": True}),
        ("image-resolve-mode", "local", {}),
        ("add-hosts", "db=10.0.0.5,v6=2001:db8::1", {"hosts": ("db:10.0.0.5", "v6:2001:db8::1")}),
        ("add-hosts", f"host={worker.HOST_GATEWAY}", {"hosts": ("host:host-gateway",)}),
        ("add-hosts", "", {}),
        ("ulimit", "nofile=1024:2048,core=-1", {"ulimits": ("NOFILE=1024:2048", "CORE=-1:-1")}),
        ("shm-size", "134217728", {"shm_size": 134217728}),
        ("cgroup-parent", "/builds", {"cgroup_parent": "/builds"}),
        ("force-network-mode", "host", {"network": "host"}),
        ("force-network-mode", "sandbox", {}),
        ("build-arg:KEY", "a=b", {"build_args": {"KEY": "a=b"}}),
        ("build-arg:SOURCE_DATE_EPOCH", "", {}),
        ("build-arg:SOURCE_DATE_EPOCH", "5", {"build_args": {"SOURCE_DATE_EPOCH": "5"}}),
        ("label:a.b", "c:d", {"labels": {"a.b": "c:d"}}),
        ("multi-platform", "true", {"build_args": {"BUILDKIT_MULTI_PLATFORM": "true"}}),
        ("attest:provenance", "mode=min,inline-only=true", {}),
        ("attest:sbom", "disabled=true", {}),
        ("hostname", "", {}),
        ("vcs:revision", "0123", {}),
        ("frontend.caps", "moby.buildkit.frontend.contexts+forward", {}),
        ("unheard-of", "1", {}),
    ],
)
def test_an_option(name: str, value: str, expected: dict[str, Any]) -> None:
    found = fields(**{name: value})
    if "ulimits" in expected:
        assert [each.lower() for each in found.pop("ulimits")] == [each.lower() for each in expected.pop("ulimits")]
    assert found == expected


@pytest.mark.parametrize(
    ("name", "value", "kind", "message"),
    [
        ("platform", "linux/nosuch", Invalid, "unknown architecture nosuch"),
        ("image-resolve-mode", "sometimes", Invalid, "default, local or pull, not 'sometimes'"),
        ("add-hosts", "db", Invalid, "not a host and its address"),
        ("add-hosts", "db=nowhere", Invalid, "db has no address"),
        ("add-hosts", '"', Invalid, "not a line of CSV"),
        ("ulimit", "nofile", Invalid, "has no value"),
        ("shm-size", "64m", Invalid, "shm-size is a number"),
        ("force-network-mode", "container:x", Unsupported, "container:x is not supported"),
        ("multi-platform", "perhaps", Invalid, "true or false, not 'perhaps'"),
        ("hostname", "builder", Unsupported, "hostname"),
        ("build-arg:BUILDKIT_SANDBOX_HOSTNAME", "builder", Unsupported, "^BUILDKIT_SANDBOX_HOSTNAME"),
        ("automount:0", "type=bind", Unsupported, "automount:0"),
        ("attest:provenance", "mode=max", Unsupported, "attest:provenance: onggi writes no attestations"),
        ("attest:sbom", "", Unsupported, "attest:sbom"),
        ("build-arg:BUILDKIT_ATTEST_SBOM", "", Unsupported, "ATTEST_SBOM"),
        ("attest:provenance", "inline-only=perhaps", Invalid, "perhaps"),
    ],
)
def test_what_is_refused(name: str, value: str, kind: type[OnggiError], message: str) -> None:
    with pytest.raises(kind, match=message):
        options.request({name: value})


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=12) | st.sampled_from(["true", "0", "-1", "a=b,c"])))
def test_whatever_is_said_is_a_request_or_refused(said: dict[str, str]) -> None:
    try:
        assert isinstance(options.request(said), BuildRequest)
    except OnggiError as error:
        assert error.message


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("dockerfile.v0", {}),
        ("gateway.v0", {"source": "docker/dockerfile:1"}),
        ("gateway.v0", {"source": "mirror.local:5000/hub/docker/dockerfile-upstream:master"}),
    ],
)
def test_frontends_that_onggi_is(name: str, said: dict[str, str]) -> None:
    frontends.check(name, said)


@pytest.mark.parametrize(
    ("name", "said", "message"),
    [
        ("buildpacks.v0", {}, "no frontend 'buildpacks.v0'"),
        ("gateway.v0", {}, "no frontend 'gateway.v0'"),
        ("gateway.v0", {"source": "other/frontend:2"}, "no frontend other/frontend:2"),
    ],
)
def test_other_frontends(name: str, said: dict[str, str], message: str) -> None:
    with pytest.raises(Unsupported, match=message):
        frontends.check(name, said)
