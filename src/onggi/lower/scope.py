"""Build arguments: which names have which values before the first FROM, and which are set without being asked for."""

from __future__ import annotations

from collections.abc import Mapping

from onggi.dockerfile.syntax import Dockerfile
from onggi.lower.request import LowerRequest
from onggi.lower.statement import Statement

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")

PREDEFINED = frozenset({*_PROXIES, *(name.lower() for name in _PROXIES)})
"""Names that a RUN step sees without an ARG that declares them."""


def automatic_arguments(dockerfile: Dockerfile, request: LowerRequest) -> dict[str, str]:
    """Those that are set without being asked for: BUILDPLATFORM, TARGETARCH and their like; TARGETSTAGE is the name of
    the stage that is built."""
    last = dockerfile.stages[-1].base.name
    target = request.target or (last.text if last is not None else "default")
    values: dict[str, str] = {}
    for side, platform in (("BUILD", request.build_platform or request.platform), ("TARGET", request.platform)):
        values |= {
            f"{side}PLATFORM": str(platform),
            f"{side}OS": platform.os,
            f"{side}OSVERSION": "",
            f"{side}ARCH": platform.architecture,
            f"{side}VARIANT": platform.variant,
        }
    return {**values, "TARGETSTAGE": target}


def global_arguments(dockerfile: Dockerfile, request: LowerRequest) -> dict[str, str]:
    """The variables that FROM may use, and that a stage's `ARG name` takes its default from."""
    known = automatic_arguments(dockerfile, request)
    values = {name: request.build_args.get(name, value) for name, value in known.items()}
    for arg in dockerfile.arguments:
        statement = Statement(arg, dockerfile.source, arg.origin.span.line, dockerfile.escape)
        for definition in arg.definitions:
            name = definition.name.text
            if name in request.build_args:
                values[name] = request.build_args[name]
            elif definition.default is not None:
                values[name] = statement.expand(definition.default, values)
    return values


def ambient_environment(build_args: Mapping[str, str], environment: Mapping[str, str]) -> tuple[str, ...]:
    """The proxy settings among the build arguments, in both spellings, for a RUN step to see without being keyed by
    them. A name that the Dockerfile itself sets is left to it."""
    given = {name.upper(): value for name, value in sorted(build_args.items()) if name.upper() in _PROXIES}
    return tuple(
        f"{spelling}={given[name]}"
        for name in _PROXIES
        if given.get(name)
        for spelling in (name, name.lower())
        if spelling not in environment
    )
