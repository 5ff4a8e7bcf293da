"""`POST /build` by BuildKit: parameters as options and outputs."""

from __future__ import annotations

import io

from multidict import MultiDict

from onggi.api import query
from onggi.api.buildkit import by_engine_api
from onggi.api.wire import build as wire


def wanted(*parameters: tuple[str, str]) -> by_engine_api.BuildByQuery:
    said = query.read(MultiDict([("version", "2"), *parameters]), wire.BuildQuery)
    assert isinstance(said, wire.BuildQuery)
    return by_engine_api.BuildByQuery(query=said, request=wire.read(said), body=io.BytesIO())


def test_parameters_become_options() -> None:
    asked = by_engine_api.solve_request(
        wanted(
            ("t", "a:1"),
            ("t", "b:2"),
            ("dockerfile", "docker/Dockerfile"),
            ("target", "prod"),
            ("nocache", "1"),
            ("networkmode", "host"),
            ("buildargs", '{"A":"1","B":null}'),
            ("labels", '{"c":"d"}'),
            ("extrahosts", "db:10.0.0.1"),
            ("ulimits", '[{"Name":"nofile","Soft":1,"Hard":2}]'),
            ("shmsize", "1024"),
            ("remote", "client-session"),
            ("session", "of-the-client"),
            ("cachefrom", '["x/cache"]'),
        )
    )
    assert dict(asked.frontend_attrs) == {
        "filename": "docker/Dockerfile",
        "target": "prod",
        "no-cache": "",
        "force-network-mode": "host",
        "build-arg:A": "1",
        "label:c": "d",
        "add-hosts": "db=10.0.0.1",
        "ulimit": "nofile=1:2",
        "shm-size": "1024",
        "image-resolve-mode": "local",
        "cache-from": "x/cache",
    }
    assert [(each.type, dict(each.attrs)) for each in asked.exporters] == [("moby", {"name": "a:1,b:2"})]
    assert (asked.session, list(asked.entitlements)) == ("of-the-client", ["network.host"])


def test_outputs_of_the_engine_api() -> None:
    assert not by_engine_api.solve_request(wanted(("outputs", '[{"Type":"cacheonly"}]'))).exporters
    (local,) = by_engine_api.solve_request(wanted(("outputs", '[{"Type":"local"}]'), ("t", "a"))).exporters
    assert (local.type, dict(local.attrs)) == ("local", {})
    asked = by_engine_api.solve_request(wanted(("remote", "https://example.com/x.git")))
    assert asked.frontend_attrs["context"] == "https://example.com/x.git"
