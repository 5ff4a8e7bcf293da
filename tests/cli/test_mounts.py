"""-v, --mount, --tmpfs and --volumes-from."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from onggi.cli import mounts
from onggi.container.spec import BY_MOUNT, Bind, ImageMount, Mount, Tmpfs, Volume
from onggi.errors import Invalid, NotFound, OnggiError, Unsupported

from .fake import FakeEngine, call


@pytest.mark.parametrize(
    ("text", "mount"),
    [
        ("/a:/b", Bind("/a", "/b", creates=True)),
        ("/a:/b:ro", Bind("/a", "/b", read_only=True, creates=True)),
        ("/a:/b:rw", Bind("/a", "/b", creates=True)),
        ("/a:/b:ro,rslave", Bind("/a", "/b", read_only=True, propagation="rslave", creates=True)),
        ("/a:/b:Z,ro", Bind("/a", "/b", read_only=True, creates=True)),
        ("/a:/b:cached", Bind("/a", "/b", creates=True)),
        ("/a:/b:", Bind("/a", "/b", creates=True)),
        ("./src:/app", Bind("/work/src", "/app", creates=True)),
        (".:/app/", Bind("/work", "/app", creates=True)),
        ("../x:/app", Bind("/x", "/app", creates=True)),
        ("/a/../b/:/c/../d", Bind("/b", "/d", creates=True)),
        ("data:/b", Volume("data", "/b")),
        ("data:/b:ro", Volume("data", "/b", read_only=True)),
        ("data:/b:nocopy,z", Volume("data", "/b", copies=False)),
        ("data:/b/:delegated", Volume("data", "/b")),
        ("/b", Volume("", "/b")),
        ("/b/../c/", Volume("", "/c")),
        ("a/b:/c", Volume("a/b", "/c")),  # the engine says what is wrong with that name
    ],
)
def test_volume(text: str, mount: Mount) -> None:
    found = mounts.parse_volume(text, "/work")
    assert replace(found, asked="") == mount
    source, _, rest = text.partition(":")
    if isinstance(mount, Bind) and source.startswith("."):
        source = mount.source
    assert found.asked == (f"{source}:{rest}" if rest else "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("/a:b", "invalid mount target 'b': it must be an absolute path"),
        ("b", "invalid mount target 'b': it must be an absolute path"),
        ("/a:/", "invalid mount target '/': the root file system cannot be mounted over"),
        ("/", "invalid mount target '/': the root file system cannot be mounted over"),
        ("/a:/b:rx", "invalid mode: rx"),
        ("/a:/b:ro,foo", "invalid mode: foo"),
        ("/a:/b:ro,rw", "invalid mode: ro,rw"),
        ("/a:/b:ro,", "invalid mode: ro,"),
        ("/a:/b:shared,slave", "invalid mode: shared,slave"),
        ("/a:/b:nocopy", "nocopy is for volumes"),
        ("data:/b:rslave", "rslave is for folders of the host, and data is a volume"),
        ("/a:/b:ro:x", "invalid volume specification: '/a:/b:ro:x'"),
        ("/a:ro", "invalid volume specification: '/a:ro'"),
        (":/b", "invalid volume specification: ':/b'"),
        ("a:", "invalid volume specification: 'a:'"),
        ("", "invalid volume specification: ''"),
    ],
)
def test_wrong_volume(text: str, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        mounts.parse_volume(text, "/work")


def test_the_driver_of_volumes() -> None:
    assert mounts.parse_volume("data:/b", "/", "local") == Volume("data", "/b", asked="data:/b")
    with pytest.raises(NotFound, match='error looking up volume plugin flocker: plugin "flocker" not found'):
        mounts.parse_volume("data:/b", "/", "flocker")
    assert mounts.parse_volume("/a:/b", "/", "flocker") == Bind("/a", "/b", creates=True, asked="/a:/b")


@pytest.mark.parametrize(
    ("text", "mount"),
    [
        ("type=bind,source=/a,target=/b", Bind("/a", "/b")),
        ("type=BIND,src=/a,dst=/b,ro", Bind("/a", "/b", read_only=True)),
        (
            "type=bind,src=.,destination=/b,readonly=false,bind-propagation=shared",
            Bind("/work", "/b", propagation="shared"),
        ),
        ('type=bind,"src=/a,b",dst=/b', Bind("/a,b", "/b")),
        ("type=bind,src=/a,dst=/b,bind-recursive=disabled", Bind("/a", "/b", recursive="disabled")),
        ("type=bind,src=/a,dst=/b,ro,bind-recursive=writable", Bind("/a", "/b", True, recursive="writable")),
        (
            "type=bind,src=/a,dst=/b,ro,bind-recursive=readonly,bind-propagation=rprivate",
            Bind("/a", "/b", True, recursive="readonly"),
        ),
        ("type=bind,src=/a,dst=/b,bind-recursive=enabled,consistency=cached", Bind("/a", "/b")),
        ("type=bind,src=/a,dst=/b,bind-create-src", Bind("/a", "/b", creates=True)),
        ("type=tmpfs,dst=/t", Tmpfs("/t")),
        ("type=tmpfs,dst=/t,tmpfs-size=64m,tmpfs-mode=1777", Tmpfs("/t", ("size=67108864", "mode=1777"))),
        ("type=tmpfs,dst=/t,ro", Tmpfs("/t", ("ro",))),
        ("type=image,src=tools:1,dst=/t,ro", ImageMount("tools:1", "/t")),
        ("type=image,src=tools,dst=/t,image-subpath=usr//bin/", ImageMount("tools", "/t", "usr/bin")),
        ("target=/b", Volume("", "/b")),
        ("source=data,target=/b", Volume("data", "/b")),
        ("type=volume,source=data,target=/b,readonly", Volume("data", "/b", read_only=True)),
        ("type=volume,src=data,dst=/b,volume-nocopy", Volume("data", "/b", copies=False)),
        ("type=volume,src=data,dst=/b,volume-nocopy=false", Volume("data", "/b")),
        ("src=data,dst=/b,volume-subpath=x/./y/", Volume("data", "/b", subpath="x/y")),
        (
            "src=data,dst=/b,volume-label=a=b,volume-label=c,volume-driver=local",
            Volume("data", "/b", labels={"a": "b", "c": ""}),
        ),
        (
            'src=data,dst=/b,volume-opt=type=tmpfs,volume-opt=device=tmpfs,"volume-opt=o=size=1m,uid=7"',
            Volume("data", "/b", options={"type": "tmpfs", "device": "tmpfs", "o": "size=1m,uid=7"}),
        ),
    ],
)
def test_mount(text: str, mount: Mount) -> None:
    assert mounts.parse_mount(text, "/work") == replace(mount, asked=BY_MOUNT)


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("type=npipe,target=/b", Unsupported, "named pipes are of Windows"),
        ("type=cluster,target=/b", Unsupported, "cluster volumes are of Docker Swarm"),
        ("type=image,target=/b", Invalid, "source is missing"),
        ("type=image,source=busybox,target=/b,image-subpath=../a", Invalid, "subpath must be a relative path"),
        ("type=image,source=busybox,target=/b,volume-subpath=a", Invalid, "'volume-subpath' is no key of type image"),
        ("type=blind,target=/b", Invalid, "mount type unknown: blind; did you mean bind?"),
        ("type=bind,target=/b", Invalid, "source is missing"),
        ("type=bind,source=/", Invalid, "target is missing"),
        ("type=bind,source=etc,target=/b", Invalid, "source 'etc' is not absolute"),
        ("type=bind,source=/etc,target=/b,tmpfs-size=1", Invalid, "'tmpfs-size' is no key of type bind"),
        ("type=bind,source=/etc,target=/b,volume-nocopy", Invalid, "'volume-nocopy' is no key of type bind"),
        ("type=bind,source=/etc,target=/b,readonly=maybe", Invalid, "readonly is true or false"),
        ("type=bind,source=/etc,target=/b,bind-propagation=x", Invalid, "unknown bind-propagation 'x'"),
        ("type=bind,source=/etc,target=/b,bind-recursive=x", Invalid, "unknown bind-recursive 'x'"),
        (
            "type=bind,src=/a,dst=/b,bind-recursive=writable",
            Invalid,
            "bind-recursive=writable requires 'readonly' to be specified in conjunction",
        ),
        ("type=bind,src=/a,dst=/b,ro,bind-recursive=readonly", Invalid, "requires bind-propagation=rprivate"),
        ("type=bind,src=/a,dst=/b,bind-nonrecursive=true", Invalid, "use bind-recursive=disabled instead"),
        ("type=tmpfs,target=/b,tmpfs-mode=888", Invalid, "mode '888' is not octal"),
        ("type=tmpfs,target=/b,tmpfs-size=big", Invalid, "'big' is not a size"),
        ("type=tmpfs,source=x,target=/b", Invalid, "'source' is no key of type tmpfs"),
        ("type=tmpfs,/b", Invalid, "'/b' is not key=value"),
        ('type=tmpfs,"target=/b', Invalid, "is not a line of CSV"),
        ("target=/b,readonly", Invalid, "must not set ReadOnly mode when using anonymous volumes"),
        ("target=/b,volume-subpath=x", Invalid, "must not set Subpath when using anonymous volumes"),
        ("source=d,target=/b,volume-subpath=../x", Invalid, "subpath must be a relative path within the volume"),
        ("source=d,target=/b,volume-subpath=/x", Invalid, "subpath must be a relative path within the volume"),
        ("source=d,target=/b,volume-subpath=x/../../y", Invalid, "subpath must be a relative path"),
        ("source=d,target=/b,volume-driver=nfs", NotFound, 'plugin "nfs" not found'),
        ("source=d,target=b", Invalid, "invalid mount target 'b': it must be an absolute path"),
    ],
)
def test_wrong_mount(text: str, kind: type[OnggiError], message: str) -> None:
    with pytest.raises(kind, match=message):
        mounts.parse_mount(text, "/")


def test_tmpfs() -> None:
    assert mounts.parse_tmpfs("/run") == Tmpfs("/run")
    assert mounts.parse_tmpfs("/run:rw,size=64k") == Tmpfs("/run", ("rw", "size=64k"))


@pytest.mark.parametrize(
    ("option", "hint"),
    [
        ("size=foo", "size is bytes as in 64m"),
        ("size=", "size is bytes"),
        ("mode=888", "mode is octal digits"),
        ("uid=root", "uid is the number of a user"),
        ("gid=-1", "gid is the number of a group"),
        ("nr_inodes=1.5", "nr_inodes is a number"),
        ("colour=blue", "options: ro, "),
    ],
)
def test_a_wrong_option_of_a_tmpfs_makes_no_container(option: str, hint: str) -> None:
    engine = FakeEngine()
    shown = call(engine, "create", "--tmpfs", f"/t:{option}", "busybox")
    assert shown.err.startswith(f"onggi: invalid tmpfs option '{option}' for /t\nhint: {hint}")
    assert shown.code == 125
    assert engine.containers.specs == []


def test_all_of_them_reach_the_spec() -> None:
    engine = FakeEngine()
    done = call(
        engine, "run", "-d", "-v", "data:/d", "-v", "/h:/b:ro", "--mount", "type=tmpfs,dst=/t", "--tmpfs", "/run",
        "--volumes-from", "web:ro", "--volumes-from", "db", "--volume-driver", "local", "image",
    )  # fmt: skip
    assert done.code == 0, done.err
    (spec,) = engine.containers.specs
    assert spec.mounts == (
        Volume("data", "/d", asked="data:/d"),
        Bind("/h", "/b", True, creates=True, asked="/h:/b:ro"),
        Tmpfs("/t", asked=BY_MOUNT),
        Tmpfs("/run"),
    )
    assert spec.volumes_from == ("web:ro", "db")
