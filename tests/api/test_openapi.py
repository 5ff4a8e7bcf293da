"""The document of the API: that it is one, and that it says what the routes say."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from openapi_spec_validator import validate

from onggi.api import openapi, versions
from onggi.api.application import ROUTES
from onggi.api.versions import Version


def document(version: Version) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(openapi.document(ROUTES, version))
    return found


@pytest.mark.parametrize("version", [versions.OLDEST, versions.NEWEST], ids=versions.text)
def test_it_is_one(version: Version) -> None:
    found = document(version)
    validate(found)
    assert found["info"]["version"] == versions.text(version)


def test_it_has_all_routes() -> None:
    found = document(versions.NEWEST)
    operations = {(method.upper(), path) for path, methods in found["paths"].items() for method in methods}
    assert len(operations) == len(ROUTES)
    assert ("POST", "/containers/create") in operations
    assert ("POST", "/images/{name}/push") in operations


def test_it_says_what_a_request_is() -> None:
    found = document(versions.NEWEST)
    create = found["paths"]["/containers/create"]["post"]
    assert {each["name"] for each in create["parameters"]} == {"name", "platform"}
    place = create["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert "HostConfig" in found["components"]["schemas"][place]["properties"]
    assert "UTSMode" in found["components"]["schemas"]["HostConfig"]["properties"]
    assert "201" in create["responses"]


def test_older_versions_have_less() -> None:
    old, new = document((1, 24)), document(versions.NEWEST)
    assert "/system/df" not in old["paths"]
    assert "/system/df" in new["paths"]
    parameters = [each["name"] for each in old["paths"]["/containers/{name}/wait"]["post"]["parameters"]]
    assert parameters == ["name"]


def test_answers_have_the_fields_of_their_version() -> None:
    def line(version: Version) -> dict[str, Any]:
        found = document(version)
        answer = found["paths"]["/images/json"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        item: dict[str, Any] = answer["items"]
        return item if "properties" in item else found["components"]["schemas"][item["$ref"].rpartition("/")[2]]

    assert {"VirtualSize"} == line((1, 43))["properties"].keys() - line((1, 44))["properties"].keys()
    assert {"Descriptor"} == line((1, 48))["properties"].keys() - line((1, 47))["properties"].keys()
    assert "VirtualSize" not in line(versions.NEWEST)["required"]
