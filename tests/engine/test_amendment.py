"""`--change`: Dockerfile instructions on a configuration."""

from __future__ import annotations

import pytest

from onggi.dockerfile.source import DockerfileError
from onggi.engine.amendment import amend
from onggi.oci.config import Healthcheck, RunConfig
from onggi.oci.platform import Platform

PLATFORM = Platform("amd64", "linux")
BASE = RunConfig(
    env=("A=1", "PATH=/bin"),
    entrypoint=("serve",),
    cmd=("x",),
    working_dir="/srv",
    labels={"a": "1"},
    volumes={"/d": {}},
)


def amended(*changes: str, base: RunConfig = BASE) -> RunConfig:
    return amend(base, changes, PLATFORM)


def test_nothing_changes_nothing() -> None:
    assert amended() is BASE
    assert amended("", "# a remark").env == BASE.env


def test_every_instruction_that_docker_takes() -> None:
    found = amended(
        'CMD ["sh"]',
        "ENV B=$A PATH=$PATH:/sbin",
        "WORKDIR sub",
        "LABEL b=2",
        "EXPOSE 80 90/udp",
        "VOLUME /v",
        "USER me",
        "ONBUILD RUN make",
        "HEALTHCHECK CMD true",
        "STOPSIGNAL SIGINT",
    )
    assert (found.entrypoint, found.cmd) == (("serve",), ("sh",))
    assert found.env == ("A=1", "PATH=/bin:/sbin", "B=1"), "what the container has is seen"
    assert (found.working_dir, found.user, found.stop_signal) == ("/srv/sub", "me", "SIGINT")
    assert found.labels == {"a": "1", "b": "2"} and found.volumes == {"/d": {}, "/v": {}}
    assert found.exposed_ports == {"80/tcp": {}, "90/udp": {}}
    assert found.on_build == ("RUN make",)
    assert found.healthcheck == Healthcheck(test=("CMD-SHELL", "true"))


def test_an_entry_point_takes_the_command_with_it() -> None:
    assert amended('ENTRYPOINT ["new"]').cmd is None
    assert amended('ENTRYPOINT ["new"]', "CMD x").cmd == ("/bin/sh", "-c", "x")


def test_a_path_is_only_there_where_someone_says_it() -> None:
    assert amended("LABEL a=b", base=RunConfig()).env == ()
    assert amended("ENV PATH=/x", base=RunConfig()).env == ("PATH=/x",)


@pytest.mark.parametrize(
    "change", ["RUN make", "COPY a b", "ADD a b", "FROM x", "from x", "ARG a", 'SHELL ["a"]', "MAINTAINER me"]
)
def test_what_does_more_is_refused(change: str) -> None:
    with pytest.raises(
        DockerfileError, match=f"--change:2:1: {change.split()[0].upper()} is not a valid change"
    ) as told:
        amended("LABEL a=b", change)
    assert told.value.hint.startswith("--change takes CMD, ENTRYPOINT, ENV, EXPOSE, ")


def test_what_is_no_instruction_is_told_which_ones_may_stand_there() -> None:
    with pytest.raises(
        DockerfileError, match=r"--change:2:1: ENVV is not a valid change command; did you mean ENV\?"
    ) as told:
        amended("LABEL a=b", "ENVV x")
    assert told.value.hint.startswith("--change takes CMD, ENTRYPOINT, ENV, EXPOSE, ") and "RUN" not in told.value.hint
    with pytest.raises(DockerfileError) as told:
        amended("RNU make")
    assert told.value.sentence == "RNU is not a valid change command", "RUN is none either"


def test_mistakes_are_shown_where_they_are() -> None:
    with pytest.raises(DockerfileError, match="--change:1:8: not a port"):
        amended("EXPOSE x")
