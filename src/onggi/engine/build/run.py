"""RUN: a process on top of a result; what it changed becomes a layer."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path

import msgspec
from msgspec.structs import replace

from onggi.container import rlimit
from onggi.container.host import Host
from onggi.container.op import Plan
from onggi.container.plan import step_plan
from onggi.container.rootfs import Credentials, EtcFiles, RootFs
from onggi.container.spec import Bind, Security
from onggi.container.step import SHM_SIZE, Step
from onggi.engine.build.emulation import require_emulation
from onggi.engine.build.mounts import Mounts, mounted
from onggi.engine.build.network import HOSTS, Access
from onggi.engine.build.pipes import pass_on
from onggi.engine.build.surroundings import Surroundings, diff_ids
from onggi.engine.rootfs import root_fs, with_hosts
from onggi.engine.secrets import Secret, check_layer
from onggi.errors import Denied, Failed
from onggi.graph.op import Exec
from onggi.layer.accounts import resolve_user
from onggi.layer.clamp import clamp
from onggi.linux.launch import Launcher
from onggi.solve.ports import Watch
from onggi.solve.result import Result
from onggi.store.disk import make_folder

_MESSAGE_WIDTH = 60
_CA_PATH = "/dev/host-ca.crt"
_CA_VARIABLES = (
    "SSL_CERT_FILE",  # OpenSSL, and what is built on it
    "NODE_EXTRA_CA_CERTS",
    "NPM_CONFIG_CAFILE",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "CARGO_HTTP_CAINFO",
    "AWS_CA_BUNDLE",
)


class ReadyStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step whose surroundings are ready. `secrets` are those that it is shown, by ID."""

    step: Step
    root: RootFs
    etc: EtcFiles
    credentials: Credentials
    secrets: Mapping[str, Secret]

    def plan(self, host: Host, cgroup: str) -> Plan:
        return step_plan(self.step, self.root, self.etc, self.credentials, host, cgroup=cgroup)


def run(op: Exec, inputs: Sequence[Result], around: Surroundings, watch: Watch) -> Result:
    with around.store.temporary() as home:
        with made_ready(op, inputs, home, around, watch) as ready:
            plan = ready.plan(around.host(), cgroup=f"step-{home.name}")
            values = [each.value for each in ready.secrets.values()]
            try:
                _execute(plan, _words(op), around.launcher(), watch, values)
            except Failed as error:
                if around.store.disk.is_full():  # what it wrote would keep it so
                    error.hint = f"no space is left on {around.store.root}: free some or run onggi system prune"
                elif not watch.cancel.is_set:
                    _keep(op, inputs, home / "upper", around, ready.secrets)
                raise
        check_layer(home / "upper", ready.secrets)
        if op.epoch is not None:
            clamp(str(home / "upper"), op.epoch)
        return around.add_layer(home / "upper", inputs[0])


@contextmanager
def made_ready(
    op: Exec, inputs: Sequence[Result], home: Path, around: Surroundings, watch: Watch, above: tuple[str, ...] = ()
) -> Iterator[ReadyStep]:
    """The step on its inputs, and on the layers in the folders `above` (highest first) on top of them, until the end of
    the block. What it writes is in home/upper; `home` is an empty folder of its own."""
    base = inputs[0]
    if op.platform:
        require_emulation(op.platform, around.union(base))
    account = resolve_user(around.union(base), op.user)
    for name in ("upper", "work", "rootfs"):
        make_folder(home / name)
    root = root_fs(around.store, diff_ids(base), home)
    with mounted(op, inputs, home, around, watch) as shown, _access(op, around) as access:
        yield ReadyStep(
            step=_step(op, shown, access, around),
            root=replace(root, lowers=(*above, *shown.stubs, *root.lowers)),
            etc=_etc_files(op, access, home, around),
            credentials=Credentials(uid=account.uid, gid=account.gid, groups=account.groups, home=account.home),
            secrets=shown.secrets,
        )


def _keep(op: Exec, inputs: Sequence[Result], upper: Path, around: Surroundings, secrets: Mapping[str, Secret]) -> None:
    """What a step that failed had written, unless a secret is in it: that must not outlive the step."""
    try:
        check_layer(upper, secrets)
    except Denied:
        return
    around.keep_failure(op, inputs, upper)


def _access(op: Exec, around: Surroundings) -> AbstractContextManager[Access]:
    return around.network.access(is_trusted=not op.insecure) if op.network == "default" else nullcontext(HOSTS)


def _etc_files(op: Exec, access: Access, home: Path, around: Surroundings) -> EtcFiles:
    etc = replace(around.etc, resolv_conf=access.resolv_conf) if access.resolv_conf else around.etc
    return with_hosts(etc, op.hosts, access.gateway, home)


def _step(op: Exec, shown: Mounts, access: Access, around: Surroundings) -> Step:
    ca_variables, ca_binds = _host_ca(around.host_ca)
    return Step(
        argv=op.argv,
        env=(*ca_variables, *op.env, *op.ambient_env, *shown.env),
        secret_env=shown.secret_env,
        working_directory=op.working_directory,
        network="none" if op.network == "none" else "host",
        netns=access.netns,
        mounts=(*ca_binds, *shown.mounts),
        security=Security(privileged=op.insecure),
        rlimits=tuple(rlimit.parse(text) for text in op.ulimits),
        resources=around.resources,
        cgroup_parent=around.cgroup_parent,
        shm_size=op.shm_size or SHM_SIZE,
    )


def _execute(plan: Plan, words: str, launcher: Launcher, watch: Watch, secrets: Sequence[bytes]) -> None:
    with ExitStack() as ours:
        out, err = _pipe(ours), _pipe(ours)
        try:
            running = launcher.step(plan, stdout=out[1], stderr=err[1], secrets=secrets)
        finally:
            os.close(out[1])
            os.close(err[1])
        ours.callback(watch.cancel.add(running.kill))
        with watch.busy(running.cpu_seconds):
            try:
                pass_on(out[0], err[0], watch.output)
            except BaseException:  # what it writes can go nowhere: then nothing of it goes on
                running.kill()
                raise
            exit_code = running.wait()
    if exit_code:
        hint = "it ran out of the memory that a step is given" if running.oom_kills else ""
        raise Failed(f"{words} failed with exit code {exit_code}", exit_code=exit_code, hint=hint)


def _host_ca(bundle: Path | None) -> tuple[tuple[str, ...], tuple[Bind, ...]]:
    """The host's CA bundle as a step sees it: variables that programs look at, and a mount beneath /dev, which is the
    step's own memory, so that not even a mount point is left in the layer."""
    if bundle is None:
        return (), ()
    return tuple(f"{name}={_CA_PATH}" for name in _CA_VARIABLES), (Bind(str(bundle), _CA_PATH, read_only=True),)


def _pipe(reader: ExitStack) -> tuple[int, int]:
    """The end to read from, closed with `reader`, and the one to write to."""
    ours, its = os.pipe()
    reader.callback(os.close, ours)
    return ours, its


def _words(op: Exec) -> str:
    """What ran, short enough for a message: the script of a shell form, by its first line, else the words."""
    words = op.argv[-1] if len(op.argv) == 3 and op.argv[1] == "-c" else " ".join(op.argv)
    first, *rest = words.strip().splitlines() or [""]
    line = " ".join(first.split())
    cut = line if len(line) <= _MESSAGE_WIDTH else f"{line[:_MESSAGE_WIDTH]} …"
    return f"{cut} … ({len(rest) + 1} lines)" if rest else cut
