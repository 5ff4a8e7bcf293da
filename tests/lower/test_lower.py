from __future__ import annotations

import pytest
from msgspec import structs

from onggi.dockerfile.parse import parse
from onggi.dockerfile.source import DockerfileError
from onggi.errors import NotFound, Unavailable
from onggi.graph.op import Exec
from onggi.graph.vertex import Graph
from onggi.lower.lower import lower, unused_arguments
from onggi.lower.named_contexts import unused_contexts
from onggi.lower.needs import missing, needs
from onggi.lower.request import BaseImage, FolderContext, ImageContext, ImageName, LowerRequest, context_key
from onggi.lower.scope import ambient_environment
from onggi.oci.config import ImageConfig, RootFs, RunConfig
from onggi.oci.platform import Platform

REQUEST = LowerRequest(platform=Platform("amd64"))
NOTHING = RunConfig()


def image(reference: str) -> ImageName:
    return ImageName(reference, Platform("amd64"))


def base(config: RunConfig = NOTHING) -> BaseImage:
    document = ImageConfig(architecture="amd64", os="linux", rootfs=RootFs("layers", ()), config=config, author="them")
    return BaseImage("sha256:" + "0" * 64, document, Platform("amd64"))


def lowered(text: str, request: LowerRequest = REQUEST) -> Graph:
    dockerfile = parse(text)
    return lower(dockerfile, {name: base() for name in needs(dockerfile, request, {})}, request)


def with_arguments(**build_args: str) -> LowerRequest:
    return LowerRequest(platform=Platform("amd64"), build_args=build_args)


def test_needs_names_only_images_of_needed_stages() -> None:
    dockerfile = parse("FROM a\nFROM b AS b\nFROM scratch\nCOPY --from=b /x /\nCOPY --from=docker.io/library/c:1 /x /")
    assert needs(dockerfile, REQUEST, {}) == (image("c:1"), image("b:latest"))
    assert needs(dockerfile, REQUEST, {image("b:latest"): base(), image("c:1"): base()}) == ()


def test_triggers_can_name_more() -> None:
    dockerfile = parse("FROM a")
    known = {image("a:latest"): base(RunConfig(on_build=("COPY --from=b /x /",)))}
    assert needs(dockerfile, REQUEST, {}) == (image("a:latest"),)
    assert needs(dockerfile, REQUEST, known) == (image("b:latest"),)
    known[image("b:latest")] = base()
    assert needs(dockerfile, REQUEST, known) == ()
    assert len(lower(dockerfile, known, REQUEST).vertices) == 3


def test_a_missing_image_may_be_a_misspelt_stage() -> None:
    dockerfile = parse("FROM a AS build\nFROM buidl")
    error = missing(dockerfile, REQUEST, {image("a:latest"): base()}, image("buidl:latest"))
    assert error.sentence == "there is neither a stage nor an image buidl; did you mean build?"
    assert error.span.line == 2


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("FROM bussybox:1.35", "bussybox:1.35; did you mean busybox:1.35?"),
        ("FROM bussybox", "bussybox; did you mean busybox:1.35?"),
        ("FROM busybox:1.36", "busybox:1.36; there is busybox:1.35, busybox:musl"),
        ("FROM busybox", "busybox; there is busybox:1.35, busybox:musl"),
        ("FROM fedora", "fedora"),
        ("FROM scratch\nRUN --mount=target=/x,from=bulid y", "bulid; did you mean build?"),
        ("FROM scratch\nCOPY --from=vendro /x /", "vendro; did you mean vendor?"),
        ("ARG V=9\nFROM busybox:$V", "busybox:9; there is busybox:1.35, busybox:musl"),
    ],
)
def test_a_missing_image_may_be_one_that_is_here(line: str, sentence: str) -> None:
    dockerfile = parse(f"{line}\nFROM scratch AS build\nFROM 0")
    request = structs.replace(REQUEST, target="0", contexts={"vendor": FolderContext()})
    (name,) = needs(dockerfile, request, {})
    error = missing(dockerfile, request, {}, name, ("alpine:3", "busybox:1.35", "busybox:musl"))
    assert error.sentence == f"there is neither a stage nor an image {sentence}"
    assert error.source.marked(error.span).endswith((sentence.partition(";")[0], "y:$V", "x:$V", ",from=bulid"))


def test_an_image_of_a_named_context_that_cannot_be_pulled() -> None:
    dockerfile = parse("FROM vendor")
    request = structs.replace(REQUEST, contexts={"vendor": ImageContext("gone:1")})
    (name,) = needs(dockerfile, request, {})
    error = missing(dockerfile, request, {}, name, reason=NotFound("there is none"))
    assert error.sentence == "the image that the context vendor names cannot be pulled: there is none"


def test_an_image_that_cannot_be_pulled_says_why() -> None:
    dockerfile = parse("FROM nowhere:1\n")
    for hint, said in (("is there a network?", "is there a network?"), ("", "make the image known first")):
        error = missing(
            dockerfile, REQUEST, {}, image("nowhere:1"), reason=Unavailable("docker.io does not answer", hint=hint)
        )
        assert error.sentence == (
            "there is neither a stage nor an image nowhere:1 (it cannot be pulled: docker.io does not answer)"
        )
        assert error.hint.startswith(said)


def test_an_image_of_a_digest_cannot_be_built() -> None:
    dockerfile = parse(f"FROM busybox@sha256:{'0' * 64}")
    (name,) = needs(dockerfile, REQUEST, {})
    error = missing(dockerfile, REQUEST, {}, name, ("busybox:1.35",))
    assert error.sentence.endswith("; there is busybox:1.35")
    assert "build -t" not in error.hint


def test_unused_contexts_are_named() -> None:
    dockerfile = parse(
        "ARG V=1\nFROM base:$V AS one\nRUN --mount=from=tools,target=/t x\nFROM scratch\nCOPY --from=files / /\n"
        "RUN --mount=bad y"
    )
    given = ("base:1", "one", "tools", "files", "flies", "bsae:1", "other")
    request = structs.replace(REQUEST, target="one", contexts={name: FolderContext() for name in given})
    assert unused_contexts(dockerfile, request) == {"bsae:1": None, "flies": None, "other": None}
    request = structs.replace(REQUEST, target="one", contexts={"bsae:1": FolderContext(), "flies": FolderContext()})
    assert unused_contexts(dockerfile, request) == {"bsae:1": "base:1", "flies": "files"}


def test_a_context_may_be_for_one_platform_alone() -> None:
    dockerfile = parse("FROM base AS one\nFROM one\nCOPY --from=docker.io/library/tools /x /")
    contexts = {
        context_key("base::linux/amd64"): ImageContext("sha256:" + "1" * 64),
        context_key("tools:latest::linux/arm64"): ImageContext("sha256:" + "2" * 64),
        "tools": ImageContext("tools:3"),
    }
    request = structs.replace(REQUEST, contexts=contexts)
    assert set(needs(dockerfile, request, {})) == {image("sha256:" + "1" * 64), image("tools:3")}
    arm = Platform("arm64")
    request = structs.replace(request, platform=arm)
    wanted = {ImageName("base:latest", arm), ImageName("sha256:" + "2" * 64, arm)}
    assert set(needs(dockerfile, request, {})) == wanted
    assert unused_contexts(dockerfile, request) == {}


def test_a_missing_image_may_be_a_stage_that_comes_later() -> None:
    dockerfile = parse("FROM late AS first\nFROM first AS late")
    error = missing(dockerfile, REQUEST, {}, image("late:latest"))
    assert error.sentence == "there is no image late, and the stage late does not come before this line"


def test_lowering_without_what_it_needs_names_it() -> None:
    with pytest.raises(DockerfileError, match="neither a stage nor an image a"):
        lower(parse("FROM scratch\nCOPY --from=a /x /"), {}, REQUEST)


def test_the_instructions_of_what_is_built_are_told_in_order() -> None:
    graph = lowered(
        "ARG V=1\nFROM a:$V AS one\nENV A=1 \\\n  B=2\nRUN x\nONBUILD USER 1\nFROM b AS idle\nRUN y\n"
        "FROM one\nWORKDIR /w\nADD http://x/y /\nRUN x\nFROM a:$V\nCOPY --from=2 /x /\nCMD z"
    )
    told = [(each.text, each.line, each.is_trigger) for each in graph.clauses]
    assert told == [
        ("ARG V=1", 1, False),
        ("FROM a:$V AS one", 2, False),
        ("ENV A=1 B=2", 3, False),
        ("RUN x", 5, False),
        ("ONBUILD USER 1", 6, False),
        ("FROM one", 9, False),
        ("USER 1", 6, True),
        ("WORKDIR /w", 10, False),
        ("ADD http://x/y /", 11, False),
        ("RUN x", 12, False),
        ("FROM a:$V", 13, False),
        ("COPY --from=2 /x /", 14, False),
        ("CMD z", 15, False),
    ]
    made = [[graph.vertices[index].text for index in each.vertices] for each in graph.clauses]
    assert made[1] == made[10] == ["FROM a:1"]
    assert made[8] == ["fetch http://x/y", "ADD http://x/y /"]
    assert [each.image_id == base().image_id for each in graph.clauses].count(True) == 2
    assert [index for index, each in enumerate(made) if each] == [1, 3, 7, 8, 9, 10, 11]


def test_inputs_come_before_the_vertices_that_use_them() -> None:
    graph = lowered("FROM a AS one\nRUN x\nFROM b\nCOPY . .\nCOPY --from=one /x /y\nADD z /\nWORKDIR /w")
    for number, vertex in enumerate(graph.vertices):
        assert all(source < number for source in vertex.inputs)
    assert graph.output.vertex == len(graph.vertices) - 1


def test_equal_stages_are_built_once() -> None:
    once = lowered("FROM a\nCOPY x /\nRUN y")
    twice = lowered("FROM a AS one\nCOPY x /\nRUN y\nFROM a\nCOPY x /\nRUN y\nCOPY --from=one /z /")
    assert [vertex.op for vertex in twice.vertices[:-1]] == [vertex.op for vertex in once.vertices]
    same = len(once.vertices) - 1
    assert twice.vertices[-1].inputs == (same, same)


def test_an_argument_that_a_run_does_not_see_changes_no_vertex() -> None:
    text = "FROM a\nRUN x\nARG V\nLABEL v=$V"
    one, two = lowered(text, with_arguments(V="1")), lowered(text, with_arguments(V="2"))
    assert one.vertices == two.vertices
    assert one.output.config.labels == {"v": "1"}


def test_proxies_are_seen_in_both_spellings_and_are_in_no_key() -> None:
    (vertex,) = lowered("FROM a\nRUN x", with_arguments(http_proxy="p", FTP_PROXY="")).vertices[1:]
    assert isinstance(vertex.op, Exec)
    assert vertex.op.ambient_env == ("HTTP_PROXY=p", "http_proxy=p")
    assert not any("proxy" in entry.lower() for entry in vertex.op.env)


def test_whose_a_step_is_counts_where_it_takes_what_is_in_no_key() -> None:
    mounts = ("secret,id=i", "ssh", "cache,target=/t", "tmpfs,target=/t")
    text = "FROM a\n" + "\n".join(f"RUN --mount=type={each} x" for each in mounts)
    steps = [each.op for each in lowered(text, structs.replace(REQUEST, realm="r")).vertices[1:]]
    assert [each.realm for each in steps if isinstance(each, Exec)] == ["r", "r", "r", ""]
    (step,) = lowered("FROM a\nRUN x", structs.replace(with_arguments(http_proxy="p"), realm="r")).vertices[1:]
    assert isinstance(step.op, Exec)
    assert step.op.realm == "r"


def test_what_the_dockerfile_sets_is_not_overridden_by_a_proxy() -> None:
    assert ambient_environment({"no_proxy": "a"}, {"no_proxy": "b"}) == ("NO_PROXY=a",)


def test_an_unused_argument_may_be_a_slip() -> None:
    request = structs.replace(REQUEST, build_args={"VERISON": "1"})
    assert unused_arguments(parse("FROM a\nARG VERSION"), request) == {"VERISON": "VERSION"}


def test_unused_arguments_are_named() -> None:
    dockerfile = parse("ARG ONE\nFROM a\nARG TWO\nFROM b\nARG THREE=3")
    given = ("ONE", "TWO", "THREE", "FOUR", "TARGETARCH", "https_proxy", "ZERO")
    request = with_arguments(**dict.fromkeys(given, ""))
    assert tuple(unused_arguments(dockerfile, request)) == ("FOUR", "ZERO")
    triggered = {image("b:latest"): base(RunConfig(on_build=("ARG FOUR",)))}
    assert tuple(unused_arguments(dockerfile, request, triggered)) == ("ZERO",)


def test_the_base_gives_author_and_labels_and_the_request_labels_win() -> None:
    dockerfile = parse("FROM a\nLABEL x=own y=own")
    graph = lower(
        dockerfile,
        {image("a:latest"): base(RunConfig(labels={"w": "base", "x": "base"}))},
        LowerRequest(platform=Platform("amd64"), labels={"y": "asked"}),
    )
    assert graph.output.author == "them"
    assert graph.output.config.labels == {"w": "base", "x": "own", "y": "asked"}


@pytest.mark.parametrize("target", ["ONE", "0", "one"])
def test_a_target_is_a_name_or_a_number(target: str) -> None:
    graph = lowered("FROM a AS one\nRUN x\nFROM b\nRUN y", LowerRequest(platform=Platform("amd64"), target=target))
    assert [vertex.text for vertex in graph.vertices] == ["FROM a:latest", "RUN x"]


def test_a_stage_may_be_called_as_its_image() -> None:
    graph = lowered("FROM node AS node\nRUN x\nFROM node\nRUN y")
    assert [vertex.text for vertex in graph.vertices] == ["FROM node:latest", "RUN x", "RUN y"]


def test_a_wrong_reference_is_shown() -> None:
    with pytest.raises(DockerfileError, match=r"Dockerfile:1:6: invalid reference format: 'Node'"):
        lowered("FROM Node")


def test_a_wrong_platform_is_shown() -> None:
    with pytest.raises(DockerfileError, match=r"Dockerfile:1:6: not a platform: 'a/b/c/d'"):
        lowered("FROM --platform=a/b/c/d node")
