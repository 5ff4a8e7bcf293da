"""What it may do, and what it sees and has of the host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onggi.cli.command import in_section
from onggi.cli.options import several
from onggi.container.spec import Device, Namespaces, Security
from onggi.errors import Invalid

_option = in_section("Isolation")

options = several(
    _option("--cap-add", multiple=True, metavar="CAPABILITY", help="Give it a capability, or ALL."),
    _option("--cap-drop", multiple=True, metavar="CAPABILITY", help="Take a capability away, or ALL."),
    _option("--privileged", is_flag=True, help="Give it everything that root has on this host."),
    _option(
        "--security-opt",
        "security_options",
        multiple=True,
        metavar="OPTION",
        help="no-new-privileges, seccomp=unconfined, seccomp=FILE, systempaths=unconfined or writable-cgroups.",
    ),
    _option(
        "--device",
        "device_texts",
        multiple=True,
        metavar="HOST[:CONTAINER][:rwm]",
        help="Give it a device of the host, or all in a folder.",
    ),
    _option(
        "--device-cgroup-rule",
        "device_rules",
        multiple=True,
        metavar="RULE",
        help="Let it use devices by number: 'c 42:* rwm'.",
    ),
    _option("--sysctl", "sysctls", multiple=True, metavar="NAME=VALUE", help="Set a kernel parameter of its own."),
    _option("--pid", default="", metavar="host|container:NAME", help="Whose processes it sees.  [default: its own]"),
    _option(
        "--ipc",
        default="",
        metavar="MODE",
        help="Whose shared memory it has: private, shareable, container:NAME of one that is, host, or none without"
        " /dev/shm.  [default: private]",
    ),
    _option("--uts", default="", metavar="host", help="Whose host name it has.  [default: its own]"),
    _option("--cgroupns", default="", metavar="private|host", help="Whose cgroups it sees.  [default: private]"),
    _option("--userns", default="", metavar="host", help="Its users are the host's, so far in any case."),
    _option(
        "--runtime",
        default="",
        metavar="NAME",
        help="Start it with another OCI runtime: runc, crun, …  [default: built in]",
    ),
)


def read_security(options: Mapping[str, Any]) -> Security:
    fields: dict[str, Any] = {}
    if options["security_options"]:
        from onggi.container import security_options

        fields = security_options.parse(options["security_options"], _seccomp_profile)
    return Security(
        privileged=options["privileged"],
        capabilities_added=options["cap_add"],
        capabilities_dropped=options["cap_drop"],
        **fields,
    )


def _seccomp_profile(path: str) -> str:
    from onggi.cli import streams

    try:
        return streams.read(path, "seccomp profile").decode()
    except UnicodeDecodeError as error:
        raise Invalid(f"the seccomp profile {path} is not UTF-8 text") from error


def read_namespaces(options: Mapping[str, Any]) -> Namespaces:
    modes = {kind: options[kind] for kind in ("pid", "ipc", "uts", "cgroupns", "userns")}
    if not any(modes.values()):
        return Namespaces()
    from onggi.container import namespace_modes

    return namespace_modes.parse(modes)


def read_devices(options: Mapping[str, Any]) -> tuple[Device, ...]:
    if not options["device_texts"]:
        return ()
    from onggi.container import device_options

    return tuple(device_options.parse(text) for text in options["device_texts"])


def read_device_rules(options: Mapping[str, Any]) -> tuple[str, ...]:
    if not options["device_rules"]:
        return ()
    from onggi.container import device_options

    return tuple(device_options.parse_rule(text) for text in options["device_rules"])


def read_sysctls(options: Mapping[str, Any]) -> dict[str, str]:
    pairs = [text.partition("=") for text in options["sysctls"]]
    for name, equals, _ in pairs:
        if not equals:
            raise Invalid(f"--sysctl {name} has no value", hint="write NAME=VALUE: net.core.somaxconn=1024")
    return {name.strip(): value for name, _, value in pairs}
