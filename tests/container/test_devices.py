"""Which device nodes a container gets, and what it may do with devices."""

from __future__ import annotations

from typing import Any

from onggi.container import devices, op
from onggi.container.devices import Given
from onggi.container.host import Device
from onggi.container.plan import plan
from onggi.container.rootfs import Credentials
from onggi.container.spec import Bind, ContainerSpec, Security

from .test_plan import ETC, HOST, ROOT, spec

LOOP = Device("/dev/x/loop", "b", 7, 3, 0o660, 0, 6)
FUSE = Device("/dev/fuse", "c", 10, 229, 0o666)


def made(*given: Given, **fields: Any) -> op.Plan:
    return plan(spec(**fields), ROOT, ETC, Credentials(), HOST, host_devices=given)


def node(device: Device) -> op.MakeNode:
    return op.MakeNode(device.path, device.major, device.minor, device.mode, device.type, device.uid, device.gid)


def test_a_device_is_a_node_and_a_rule() -> None:
    found = made(Given(LOOP, "r"), Given(FUSE))
    assert found.devices == (*devices.RULES, "b 7:3 r", "c 10:229 rwm")
    assert {node(LOOP), node(FUSE)} <= set(found.ops)


def test_nodes_come_after_the_mounts_on_which_they_may_be() -> None:
    found = made(Given(Device("/data/fuse", "c", 10, 229, 0o666)), mounts=(Bind("/srv", "/data"),))
    (mount,) = (each for each in found.ops if isinstance(each, op.BindMount) and each.target == "/data")
    (made_node,) = (each for each in found.ops if isinstance(each, op.MakeNode) and each.path == "/data/fuse")
    assert found.ops.index(mount) < found.ops.index(made_node) < found.ops.index(op.PivotRoot())


def test_who_mounts_another_dev_has_the_nodes_that_are_there() -> None:
    found = made(Given(FUSE), Given(Device("/opt/fuse", "c", 10, 229, 0o666)), mounts=(Bind("/dev", "/dev"),))
    assert [each.path for each in found.ops if isinstance(each, op.MakeNode)] == ["/opt/fuse"]
    assert "c 10:229 rwm" in found.devices


def test_rules_by_number() -> None:
    found = made(device_rules=("c 42:* rmw", "a 7:1 r", "c 42:* rmw"))
    assert found.devices == (*devices.RULES, "c 42:* rmw", "b 7:1 r", "c 7:1 r")


def test_a_privileged_container_has_all_and_what_is_asked_for_elsewhere() -> None:
    asked = ContainerSpec(image="image", security=Security(privileged=True))
    assert devices.rules(asked, (Given(LOOP, "r"),)) == devices.ALL
    found = made(Given(LOOP), security=Security(privileged=True))
    assert node(LOOP) in found.ops
