"""What is known of public images by their names."""

from __future__ import annotations

import pytest

from onggi.lint.knowledge.images import (
    PublicImage,
    careful_shell,
    is_root,
    lacking,
    libc,
    public_image,
    runtime,
    slim_tag,
)


def image(name: str) -> PublicImage:
    found = public_image(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "text, name, tag",
    [
        ("node", "node", "latest"),
        ("docker.io/library/node:22-slim", "node", "22-slim"),
        ("public.ecr.aws/docker/library/node:22", "node", "22"),
        ("mirror.gcr.io/library/golang:1.24@sha256:" + "0" * 64, "golang", "1.24"),
        ("company/node:22", "company/node", "22"),
        ("gcr.io/distroless/static:nonroot", "gcr.io/distroless/static", "nonroot"),
        ("localhost:5000/node", "localhost:5000/node", "latest"),
    ],
)
def test_an_image_is_known_under_its_name_wherever_it_comes_from(text: str, name: str, tag: str) -> None:
    assert public_image(text) == PublicImage(name, tag)


@pytest.mark.parametrize("text", ["", "Node", "a b", "node:"])
def test_what_is_no_name_is_no_image(text: str) -> None:
    assert public_image(text) is None


@pytest.mark.parametrize(
    "name, expected",
    [
        ("node:22", True),
        ("scratch", True),
        ("nginx:1.27", True),
        ("postgres:17", False),
        ("bitnami/redis:7", False),
        ("gcr.io/distroless/base", True),
        ("gcr.io/distroless/base:debug-nonroot", False),
        ("mcr.microsoft.com/dotnet/aspnet:8.0", True),
        ("mcr.microsoft.com/dotnet/aspnet:8.0-noble-chiseled", False),
        ("registry.access.redhat.com/ubi9/ubi-minimal", True),
        ("registry.access.redhat.com/ubi9/nodejs-22", None),
        ("company/app", None),
    ],
)
def test_as_whom_an_image_runs(name: str, expected: bool | None) -> None:
    assert is_root(image(name)) is expected


@pytest.mark.parametrize(
    "name, expected",
    [
        ("python", None),
        ("python:3.13", "3.13-slim"),
        ("python:3.13-bookworm", "3.13-slim-bookworm"),
        ("python:bookworm", "slim-bookworm"),
        ("node:22-bookworm", "22-bookworm-slim"),
        ("node:lts", "lts-slim"),
        ("node:iron", "iron-slim"),
        ("debian:latest", None),
        ("debian:stable", "stable-slim"),
        ("debian:12", "12-slim"),
        ("debian:bookworm", "bookworm-slim"),
        ("debian:sid", None),
        ("debian:bookworm-backports", None),
        ("python:3.13-slim", None),
        ("python:3.13-alpine3.20", None),
        ("node:alpine", None),
        ("node:22-alpine", None),
        ("python:3.13-windowsservercore", None),
        ("ubuntu:24.04", None),
        ("company/python:3.13", None),
    ],
)
def test_the_slim_tag_of_the_same_version(name: str, expected: str | None) -> None:
    assert slim_tag(image(name)) == expected


@pytest.mark.parametrize(
    "name, expected",
    [
        ("golang:1.24", "gcr.io/distroless/static"),
        ("eclipse-temurin:17", "eclipse-temurin:17-jre"),
        ("eclipse-temurin:21-jdk-alpine", "eclipse-temurin:21-jre"),
        ("eclipse-temurin:21-jre", None),
        ("openjdk:8-jre-slim", None),
        ("openjdk:11.0.2-jdk-slim", "eclipse-temurin:11-jre"),
        ("openjdk", "eclipse-temurin:21-jre"),
        ("maven:3.9-eclipse-temurin-17", "eclipse-temurin:17-jre"),
        ("maven:3", "eclipse-temurin:21-jre"),
        ("gradle:8.5-jdk17", "eclipse-temurin:17-jre"),
        ("swift:6.0-slim", None),
        ("mcr.microsoft.com/dotnet/sdk:8.0", "mcr.microsoft.com/dotnet/aspnet"),
        ("mcr.microsoft.com/dotnet/aspnet:8.0", None),
        ("node:22", None),
    ],
)
def test_what_can_run_what_an_image_builds(name: str, expected: str | None) -> None:
    assert runtime(image(name)) == expected


@pytest.mark.parametrize(
    "name, expected",
    [
        ("scratch", {"sh", "curl", "wget"}),
        ("gcr.io/distroless/nodejs22-debian12", {"sh", "curl", "wget"}),
        ("gcr.io/distroless/base:debug", set()),
        ("debian:12", {"curl", "wget"}),
        ("python:3.13-slim", {"curl", "wget"}),
        ("python:3.13", set()),
        ("alpine:3.20", {"curl"}),
        ("node:22-alpine", {"curl"}),
        ("nginx:1.27-alpine", set()),
        ("mcr.microsoft.com/dotnet/aspnet:8.0", {"curl", "wget"}),
        ("mcr.microsoft.com/dotnet/aspnet:8.0-alpine", set()),
        ("mcr.microsoft.com/dotnet/aspnet:8.0-noble-chiseled", {"sh", "curl", "wget"}),
        ("company/app", set()),
    ],
)
def test_the_tools_that_an_image_lacks(name: str, expected: set[str]) -> None:
    assert lacking(image(name)) == expected


@pytest.mark.parametrize(
    "name, expected",
    [
        ("alpine", "musl"),
        ("node:22-alpine3.20", "musl"),
        ("node:22", "glibc"),
        ("debian:12-slim", "glibc"),
        ("gcr.io/distroless/cc", "glibc"),
        ("busybox", None),
        ("company/alpine", None),
    ],
)
def test_the_c_library_of_an_image(name: str, expected: str | None) -> None:
    assert libc(image(name)) == expected


@pytest.mark.parametrize(
    "name, expected",
    [
        ("alpine:3.20", "/bin/ash"),
        ("node:22-alpine", "/bin/ash"),
        ("busybox:1.35-musl", "/bin/ash"),
        ("debian:12-slim", "/bin/bash"),
        ("fedora", "/bin/bash"),
        ("python:3.12-slim", "/bin/bash"),
        ("nginx:1.27", "/bin/bash"),
        ("nginx:1.27-alpine", "/bin/ash"),
        ("golang:1.24-nanoserver", ""),
        ("scratch", ""),
        ("gcr.io/distroless/base", ""),
        ("gcr.io/distroless/base:debug", ""),
        ("company/alpine-tools", ""),
        ("docker:27", ""),
    ],
)
def test_which_shell_lets_a_pipe_fail(name: str, expected: str) -> None:
    assert careful_shell(image(name)) == expected
