"""`Engine`: all of onggi for a Python program. The one place where the use cases get their adapters.

What only some commands need is imported by them: `run` and `ps` do not pay for the Dockerfile language.
"""

from __future__ import annotations

import os
import threading
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from onggi.errors import Denied
from onggi.settings import GivenLogins, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from onggi.container.host import Host
    from onggi.container.stdio import Stdio
    from onggi.dockerfile.source import Source
    from onggi.engine.build.builder import Builder, OnEvent
    from onggi.engine.build.inquiry import Inquiry
    from onggi.engine.build.survey import Checked
    from onggi.engine.builds import Builds
    from onggi.engine.container.household import Household
    from onggi.engine.containers import Containers
    from onggi.engine.context_files import ContextFiles
    from onggi.engine.images import Images
    from onggi.engine.lint.lint import Linted, LintFile
    from onggi.engine.lint.mend import Mended
    from onggi.engine.network.networks import Networks
    from onggi.engine.registry.distribution import Distributed
    from onggi.engine.registry.login import Accounts
    from onggi.engine.registry.manifests import Manifests
    from onggi.engine.registry.progress import OnEvent as OnTransfer
    from onggi.engine.registry.pull import Pulled
    from onggi.engine.registry.push import Pushed
    from onggi.engine.registry.sign import Signatures
    from onggi.engine.system import System
    from onggi.engine.types import BuildRequest, BuildResult, PullRequest, PushRequest
    from onggi.engine.verify import Verdict
    from onggi.engine.volumes import Volumes
    from onggi.linux.bell import Bell
    from onggi.linux.event_log import Event
    from onggi.linux.launch import Launcher
    from onggi.lower.parameters import Parameters
    from onggi.lower.targets import Target
    from onggi.oci.digest import Digest
    from onggi.solve.ports import Cancel
    from onggi.store.store import Store

_MOMENT = 0.1
"""Seconds."""


class Engine:
    """Builds, runs and keeps images and containers in one store. No process is left behind but the containers' own.

        with Engine(Settings(root=Path("/var/lib/onggi"))) as engine:
            built = engine.build(BuildRequest(context=Path("."), references=("shop/api",)))
            container = engine.containers.create(ContainerSpec(image=built.image_id))
            engine.containers.start(container)

    Making one costs nothing: store, launcher and host facts come with their first use. Methods may be called from
    several threads. What goes wrong is raised as one of the classes in `onggi.errors`.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._launcher: Launcher | None = None
        self._lock = threading.Lock()

    def build(
        self,
        request: BuildRequest,
        on_event: OnEvent | None = None,
        logins: GivenLogins = "",
        cancel: Cancel | None = None,
    ) -> BuildResult:
        """Build an image. `on_event` is told what happens while it happens, by one thread at a time; `logins`: further
        ones, which are asked first. Setting `cancel` gives it up.

        Raises DockerfileError for what is wrong in the Dockerfile, solve.run.StepError where a step's program failed,
        solve.ports.Abandoned.
        """
        result = self._builder_with(logins).build(request, on_event, cancel)
        if result.is_stored:
            from onggi.engine.events import tell_image
            from onggi.oci.reference import parse

            tell_image(self.store, "create", result.image_id)
            if result.references:
                tell_image(self.store, "tag", result.image_id, map(parse, result.references))
        return result

    def verify(self, image: str, request: BuildRequest) -> Verdict:
        """Whether `image` is what `request` makes, and what differs first if it is not; it is built again to see that.
        Raises NotFound for an image that is not there, and as `build` does."""
        from onggi.engine.verify import verify

        return verify(self.store, image, request, self.build)

    def pull(
        self,
        request: PullRequest,
        on_event: OnTransfer = lambda event: None,
        logins: str = "",
        cancel: Cancel | None = None,
    ) -> list[Pulled]:
        """Images from a registry into the store; `on_event` is told what happens, by one thread at a time; `logins` and
        `cancel` as in `build`. Raises NotFound, Unauthorized, Denied by the policy, Unavailable, Corrupt."""
        from onggi.engine.registry.pull import Puller
        from onggi.engine.registry.wire import open_wire

        with open_wire(self.settings.with_logins(logins), cancel) as wire:
            return Puller(self.store, wire, on_event).pull(request)

    def push(
        self,
        request: PushRequest,
        on_event: OnTransfer = lambda event: None,
        logins: str = "",
        cancel: Cancel | None = None,
    ) -> list[Pushed]:
        """Images of the store to their registry; `on_event` is told what happens, by one thread at a time; `logins` and
        `cancel` as in `build`. Raises Invalid for what cannot be pushed, NotFound, Unauthorized, Denied by the
        settings, Unavailable."""
        from onggi.engine.registry.push import Pusher
        from onggi.engine.registry.wire import open_wire

        with open_wire(self.settings.with_logins(logins), cancel) as wire:
            return Pusher(self.store, wire, self.settings.jobs, on_event).push(request)

    def import_url(
        self,
        url: str,
        name: str = "",
        changes: Sequence[str] = (),
        message: str = "",
        for_platform: str = "",
        cancel: Cancel | None = None,
    ) -> Digest:
        """`images.import_tar` of what is at a URL; `cancel` as in `build`. Raises as that, and NotFound, Unauthorized,
        Unavailable."""
        from tempfile import TemporaryFile

        from onggi.fetch.http import fetch
        from onggi.fetch.network import Network

        network = Network(proxies=self.settings.proxies, certificates=self.settings.host_ca)
        with self.store.temporary() as folder, TemporaryFile(dir=folder) as file:
            fetch(url, file, cancel=cancel, network=network)
            file.seek(0)
            return self.images.import_tar(file, name, changes, message, for_platform)

    def distribution(self, name: str, logins: str = "") -> Distributed:
        """What the registry has by this name; `logins` as in `build`. Raises NotFound, Unauthorized, Unavailable."""
        from onggi.engine.registry.distribution import look_up
        from onggi.engine.registry.wire import open_wire

        with open_wire(self.settings.with_logins(logins)) as wire:
            return look_up(wire, name)

    def debug(
        self, build: str, argv: Sequence[str], stdio: Stdio, say: Callable[[str], object] = lambda note: None
    ) -> int:
        """The exit code of a shell, or of `argv`, in what a failed step of `build` left; "" is the build that failed
        last. `say` is told what else one should know. Raises NotFound where nothing is kept, or no shell is to be had.
        """
        from onggi.engine.build.debug import Debugger

        return Debugger(self.store, self.launcher, lambda: self.host, self.settings).debug(build, argv, stdio, say)

    def dry_run(self, request: BuildRequest) -> str:
        """What `build` would keep and run, a line per instruction; nothing runs."""
        return self._builder_with("").dry_run(request).show()

    def check(self, request: BuildRequest, *, is_brief: bool = False) -> Checked:
        """What the rules find in the Dockerfile that `build` would read; with `is_brief` BuildKit's checks alone."""
        return self._inquiry.check(request, is_brief=is_brief)

    def targets(self, request: BuildRequest) -> tuple[Source, tuple[Target, ...]]:
        """The Dockerfile, and the stages that it has."""
        return self._inquiry.targets(request)

    def parameters(self, request: BuildRequest) -> tuple[Source, Parameters]:
        """The Dockerfile, and the arguments, secrets and agents that a build of the target takes."""
        return self._inquiry.parameters(request)

    def lint(self, files: Sequence[LintFile]) -> list[Linted]:
        """What the rules and ShellCheck find in Dockerfiles. Needs neither a store nor root; where there is a store,
        base images that are in it are known. Raises Unavailable where ShellCheck is missing."""
        import time

        from onggi.engine.lint.bases import LocalImages
        from onggi.engine.lint.lint import lint
        from onggi.oci.platform import of_host

        with LocalImages(self.settings.root) as images:
            return lint(files, of_host(), time.time(), images)

    def mend(self, files: Sequence[LintFile], *, unsafe: bool = False) -> list[Mended]:
        """The files with what can be mended mended, and what is found in them then; nothing is written. `unsafe`: also
        by fixes that may change what is built. Raises as `lint`."""
        from onggi.engine.lint.mend import mend

        return mend(files, self.lint, unsafe=unsafe)

    def context_files(self, context: Path, dockerfile: Path | None = None) -> ContextFiles:
        """The files of a build context, and what is left out of it by which line of `.dockerignore`."""
        from onggi.engine.context_files import context_files

        return context_files(context, dockerfile)

    def events(
        self,
        since: float | None = None,
        until: float | None = None,
        filters: Mapping[str, Sequence[str]] | None = None,
        follow: bool = True,
        cancel: Cancel | None = None,
    ) -> Iterator[Event]:
        """What happens in the store, in any process: from `since` to `until`, in seconds since the epoch, and of what
        is still kept; None is from now on, and for ever. filters: Docker's, each key with its values. Without `follow`
        only what has happened. Raises Invalid for a filter that there is not; and Abandoned, while nothing happens, as
        soon as `cancel` is set."""
        from onggi.engine.event_stream import stream

        return stream(self._bell, since, until, filters or {}, follow, cancel)

    def tell_followers(self) -> None:
        """Give those who follow events of this engine the time to deal with what has happened until now, if it takes
        them no longer than a moment."""
        self._bell.settle(_MOMENT)

    @cached_property
    def _bell(self) -> Bell:
        """Rings at each event: one for all that follow them."""
        from onggi.linux.bell import Bell

        return Bell(self.store.events_folder)

    def warm_up(self) -> None:
        """Start the launcher now, without waiting for it, because something will be run soon. Raises Denied as `store`
        does."""
        _require_root()
        self.launcher.start()

    @property
    def launcher(self) -> Launcher:
        """One for all threads; a build that is all hits needs none."""
        with self._lock:
            if self._launcher is None:
                from onggi.linux.launch import Launcher

                self._launcher = Launcher()
            return self._launcher

    @cached_property
    def images(self) -> Images:
        """The images of the store: list, tag, remove, load, save, …"""
        from onggi.engine.images import Images

        return Images(self.store, lambda row: self.containers.is_running(row))

    @cached_property
    def containers(self) -> Containers:
        """The containers: create, start, wait, logs, …"""
        from onggi.engine.containers import Containers

        return Containers(self._house)

    @cached_property
    def _house(self) -> Household:
        from onggi.engine.container.household import Household

        return Household(self.store, lambda: self.launcher, lambda: self.host, self.settings)

    @cached_property
    def volumes(self) -> Volumes:
        """The volumes: create, list, remove, …"""
        from onggi.engine.volumes import Volumes

        return Volumes(self.store)

    @cached_property
    def networks(self) -> Networks:
        """The networks: create, list, remove, …"""
        from onggi.engine.network.networks import Networks

        return Networks(self._house)

    @cached_property
    def accounts(self) -> Accounts:
        """Who one is to registries: log in, log out. Needs neither a store nor root."""
        from onggi.engine.registry.login import Accounts

        return Accounts(self.settings)

    @cached_property
    def signatures(self) -> Signatures:
        """Of images at registries: sign, verify, make keys. Needs neither a store nor root."""
        from onggi.engine.registry.sign import Signatures

        return Signatures(self.settings)

    @cached_property
    def manifests(self) -> Manifests:
        """Manifests at registries, and lists of them that are put together here: inspect, create, annotate, push."""
        from onggi.engine.registry.manifests import Manifests

        return Manifests(lambda: self.store, self.settings)

    @cached_property
    def builds(self) -> Builds:
        """The records of builds: list, explain, timeline, logs, …"""
        from onggi.engine.builds import Builds

        return Builds(self.store)

    @cached_property
    def system(self) -> System:
        """The store and the host as a whole: what takes up space, what is broken, what this machine can isolate."""
        from onggi.engine.system import System

        return System(
            lambda: self.store,
            lambda: self.images,
            lambda: self.containers,
            lambda: self.networks,
            lambda: self.volumes,
            lambda: self.host,
            self.settings,
        )

    @cached_property
    def store(self) -> Store:
        """Raises Denied where this user cannot have one."""
        _require_root()
        from onggi.store.store import Store

        return Store(self.settings.root)

    @cached_property
    def host(self) -> Host:
        """Facts about this machine, looked up once."""
        from onggi.linux.probe import probe

        return probe()

    def _builder_with(self, logins: GivenLogins) -> Builder:
        from onggi.engine.build.builder import Builder

        return Builder(self.store, lambda: self.launcher, lambda: self.host, self.settings.with_logins(logins))

    @cached_property
    def _inquiry(self) -> Inquiry:
        from onggi.engine.build.inquiry import Inquiry

        return Inquiry(self.store, self.settings)

    def close(self, *, ends_process: bool = False) -> None:
        """End the launcher, and with it any build step; containers go on. What only tidies up is left undone if the
        process ends with this."""
        if self._launcher is not None:
            self._launcher.close()
        if "store" in self.__dict__:
            self.store.close(ends_process=ends_process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _require_root() -> None:
    if os.geteuid() != 0:
        raise Denied(
            "onggi needs root for now: it mounts file systems, and keeps files of every owner",
            hint="run it with sudo; `onggi doctor` works without, and tells what else is needed here",
        )
