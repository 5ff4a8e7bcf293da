"""Lowering is total: whatever a Dockerfile says, there is a graph or an error for people."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from onggi.dockerfile.parse import parse
from onggi.errors import Invalid, OnggiError, Unsupported
from onggi.graph.show import show
from onggi.lower.lower import lower, unused_arguments
from onggi.lower.needs import needs
from onggi.lower.request import BaseImage, ImageName, LowerRequest
from onggi.oci.config import ImageConfig, RootFs, RunConfig
from onggi.oci.platform import Platform

_CONFIG = RunConfig(env=("A=1",), on_build=("ARG B", "COPY --from=0 . ."), working_dir="/w", shell=("sh",))
_BASE = BaseImage(
    "sha256:" + "0" * 64,
    ImageConfig(architecture="amd64", os="linux", rootfs=RootFs("layers", ()), config=_CONFIG),
    Platform("amd64"),
)
_ARGUMENTS = st.text(alphabet="ab01/.:$\"'\\-=[]{}#% @", max_size=12)
_LINES = st.one_of(
    st.sampled_from(
        ["FROM a", "FROM b AS b", "FROM scratch AS a", "ONBUILD COPY . /", "RUN x", "ARG a=$b", "ENV a=b b=$a"]
    ),
    st.builds(
        "{} {}".format,
        st.sampled_from(
            [
                *("ADD a", "ARG", "CMD", "COPY a", "COPY --from=b a", "COPY --from=1 a", "COPY --chmod=7 --chown=$a a"),
                *("ENTRYPOINT", "ENV a=", "EXPOSE", "FROM --platform=$a", "FROM", "LABEL a=", "ONBUILD EXPOSE", "RUN"),
                *("STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
            ]
        ),
        _ARGUMENTS,
    ),
)


@given(st.lists(_LINES, max_size=8).map("\n".join), st.sampled_from(["", "b", "0", "9" * 5000]), _ARGUMENTS)
def test_any_dockerfile_is_lowered_or_refused(text: str, target: str, value: str) -> None:
    request = LowerRequest(platform=Platform("amd64"), target=target, build_args={"a": value})
    try:
        dockerfile = parse("FROM a AS a\n" + text)
        bases: dict[ImageName, BaseImage] = {}
        while names := needs(dockerfile, request, bases):
            bases |= dict.fromkeys(names, _BASE)
        graph = lower(dockerfile, bases, request)
    except OnggiError as error:
        assert isinstance(error, Invalid | Unsupported)
    else:
        assert all(source < number for number, vertex in enumerate(graph.vertices) for source in vertex.inputs)
        assert show(graph).endswith("\n")
        unused_arguments(dockerfile, request, bases)
