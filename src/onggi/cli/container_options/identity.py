"""What a container is called, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onggi.cli import keyvalues
from onggi.cli.command import in_section
from onggi.cli.options import several

_option = in_section("Names and labels")

options = several(
    _option("--name", default="", metavar="NAME", help="Name the container.  [default: a made-up name]"),
    _option("-h", "--hostname", default="", metavar="NAME", help="Its host name.  [default: its ID]"),
    _option("--domainname", default="", metavar="DOMAIN", help="The domain that its host name is in."),
    _option("-l", "--label", "label_texts", multiple=True, metavar="KEY=VALUE", help="Label it; may be repeated."),
    _option("--label-file", "label_files", multiple=True, metavar="FILE", help="Label it with the lines of a file."),
    _option(
        "--annotation",
        "annotation_texts",
        multiple=True,
        metavar="KEY=VALUE",
        help="Tell the OCI runtime something of it.",
    ),
    _option("--cidfile", default="", metavar="FILE", help="Write its ID to FILE, which must not be there yet."),
)


def read_labels(options: Mapping[str, Any]) -> dict[str, str]:
    """Those of files come first, so that -l has the last word."""
    from_files = keyvalues.read_files(options["label_files"], "file of labels", {})
    return keyvalues.labels([*from_files, *options["label_texts"]])


def read_annotations(options: Mapping[str, Any]) -> dict[str, str]:
    return keyvalues.labels(options["annotation_texts"], "annotation")
