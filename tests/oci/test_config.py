from __future__ import annotations

import pytest

from onggi.errors import Corrupt
from onggi.oci import config
from onggi.oci.config import Healthcheck, ImageConfig, RootFs, RunConfig

MINIMAL = b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}'


def test_what_is_written_is_read_again() -> None:
    image = ImageConfig(
        architecture="arm",
        os="linux",
        variant="v7",
        os_version="10.0",
        rootfs=RootFs("layers", ("sha256:" + "0" * 64,)),
        config=RunConfig(
            entrypoint=(),
            cmd=("sh", "-c", "x"),
            on_build=("RUN x",),
            exposed_ports={"80/tcp": {}},
            healthcheck=Healthcheck(test=("NONE",), start_period=10**9),
        ),
    )
    assert config.parse(config.encode(image)) == image
    assert b'"os.version":"10.0"' in config.encode(image)


def test_equal_configs_give_equal_bytes() -> None:
    one, other = RunConfig(labels={"a": "1", "b": "2"}), RunConfig(labels={"b": "2", "a": "1"})
    rootfs = RootFs("layers", ())
    assert config.encode(ImageConfig(architecture="amd64", os="linux", rootfs=rootfs, config=one)) == config.encode(
        ImageConfig(architecture="amd64", os="linux", rootfs=rootfs, config=other)
    )


def test_nulls_read_as_empty_and_unknown_fields_are_passed_over() -> None:
    raw = MINIMAL + b',"config":{"Cmd":null,"Labels":null,"Hostname":"x"},"history":null,"docker_version":"27"}'
    image = config.parse(raw)
    assert (image.config, image.history) == (RunConfig(), ())


def test_an_empty_entrypoint_is_not_an_unset_one() -> None:
    assert config.parse(MINIMAL + b',"config":{"Entrypoint":[]}}').config.entrypoint == ()
    assert config.parse(MINIMAL + b"}").config.entrypoint is None


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "truncated"),
        (b"[]", "Expected `object`"),
        (b"{}", "missing required field `architecture`"),
        (MINIMAL + b',"config":{"Env":["A=b",1]}}', r"\$\.config\.Env\[1\]"),
        (MINIMAL + b',"author":"\xff"}', "utf-8"),
        (MINIMAL + b',"x":' + b"[" * 100_000, "nested too deep"),
    ],
)
def test_what_is_no_config(raw: bytes, reason: str) -> None:
    with pytest.raises(Corrupt, match=f"not an image config: .*{reason}"):
        config.parse(raw)
