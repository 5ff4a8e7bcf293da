"""What becomes of a build's result: --output, --load, --push, --annotation, --squash, --metadata-file; and what it is
for and leaves behind, --platform, --cache-from and --cache-to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

from onggi.cli.options import several
from onggi.errors import Invalid
from onggi.oci import platform
from onggi.oci.platform import Platform

if TYPE_CHECKING:
    from onggi.engine.types import BuildResult

result_options = several(
    click.option(
        "-o",
        "--output",
        "outputs",
        multiple=True,
        metavar="TYPE|FOLDER|-",
        help="Make this of the result: a folder; - for a tar on stdout; or type=image, registry, local, tar, oci, "
        "docker or cacheonly, with dest=PATH and more keys.  [default: type=image]",
    ),
    click.option("--load", is_flag=True, help="Have the image in the store, beside other outputs."),
    click.option("--push", is_flag=True, help="Push the image under its names, as -o type=registry does."),
    click.option(
        "--annotation",
        "annotations",
        multiple=True,
        metavar="[LEVEL:]KEY=VALUE",
        help="Annotate the manifest, or what LEVEL says: manifest, index, manifest-descriptor, index-descriptor.",
    ),
    click.option("--squash", is_flag=True, help="Make one layer of all that the build adds to the base."),
    click.option(
        "--metadata-file", default="", metavar="FILE", help="Write digests and names of the result, as JSON, to FILE."
    ),
    click.option("--iidfile", default="", metavar="FILE", help="Write the image's ID to FILE."),
)


def result_fields(options: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a BuildRequest that all of these are. Raises Invalid, Unsupported."""
    texts = options["platforms"] or [environ.get("DOCKER_DEFAULT_PLATFORM", "")]
    found: dict[str, Any] = {"squash": options["squash"], "platforms": _platforms(texts)}
    if options["annotations"]:
        from onggi.engine import annotations  # late, as what follows: few builds have them

        found["annotations"] = annotations.parse(options["annotations"])
    if options["cache_from"] or options["cache_to"]:
        from onggi.cli import caches

        found["cache_from"] = tuple(map(caches.parse_source, options["cache_from"]))
        found["cache_to"] = tuple(map(caches.parse_target, options["cache_to"]))
    if options["outputs"] or options["push"]:
        from onggi.cli import outputs

        found["outputs"] = outputs.parse_all(options["outputs"], load=options["load"], push=options["push"])
        if outputs.writes_to_stdout(found["outputs"]) and (options["quiet"] or options["progress"] == "json"):
            other = "--quiet" if options["quiet"] else "--progress json"
            raise Invalid(f"{other} and an output both write to stdout", hint="give the output dest=FILE")
    return found


def _platforms(texts: Iterable[str]) -> tuple[Platform, ...]:
    words = [word.strip() for text in texts for word in text.split(",") if word.strip()]
    return tuple(dict.fromkeys(platform.of_host() if word == "local" else platform.parse(word) for word in words))


def write_files(options: Mapping[str, Any], result: BuildResult) -> None:
    """What --iidfile and --metadata-file ask for."""
    if options["iidfile"]:
        _write(options["iidfile"], result.image_id.encode())
    if options["metadata_file"]:
        _write(options["metadata_file"], _metadata(result))


def _write(path: str, data: bytes) -> None:
    from onggi.layer import beside

    with beside.writing(path) as file:
        file.write(data)


def _metadata(result: BuildResult) -> bytes:
    """What buildx writes with --metadata-file, of what there is here."""
    import msgspec

    found: dict[str, Any] = {"buildx.build.ref": f"onggi/onggi/{result.build}"}
    if (descriptor := result.descriptor) is not None:
        if result.image_id != descriptor.digest:
            found["containerimage.config.digest"] = result.image_id
        found["containerimage.descriptor"] = descriptor
        found["containerimage.digest"] = descriptor.digest
    if result.references:
        found["image.name"] = ",".join(result.references)
    return msgspec.json.format(msgspec.json.encode(found), indent=2)


def check_files(options: Mapping[str, Any]) -> None:
    """Whether they can be written; better known before the build than after. Raises Invalid, NotFound, Denied."""
    for path in filter(None, (options["iidfile"], options["metadata_file"])):
        from onggi.layer import beside

        beside.check(path)
