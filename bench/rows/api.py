"""Docker's own client and others, at `onggi serve` and at Docker's engine, in turns."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.engines import Served, served
from bench.measure import Measurement, Work, take_turns, timed
from bench.ring import Ring
from bench.rows.containers import processes, pss

CONTAINERS = 100
REQUESTS = 1000
CLIENTS = 200
LINES = 1000
_SIZE = 1_000_000_000
_IDLE = ("sleep", "600")


def ps(ring: Ring) -> Measurement:
    name = f"docker ps of {CONTAINERS} that run"
    return _commands(ring, name, lambda engine, some: engine.docker("ps"), count=CONTAINERS)


def run_true(ring: Ring) -> Measurement:
    words = ("run", "--rm", "--network", "none", "busybox:1.35", "true")
    return _commands(ring, "docker run --rm IMAGE true", lambda engine, some: engine.docker(*words))


def exec_true(ring: Ring) -> Measurement:
    return _commands(ring, "docker exec CONTAINER true", lambda engine, some: engine.docker("exec", some, "true"))


def idle(ring: Ring) -> Measurement:
    """After a container has come and gone; Docker's is in two processes."""
    with served(ring) as engines:
        figures = {}
        for who, engine in engines.items():
            engine.remove(engine.start(*_IDLE))
            time.sleep(1)
            figures[who] = [sum(map(pss, _descent(engine.pid)))]
    return Measurement("memory of an idle server", "MB", {"limit": [0.0]} | figures, "limit", 60.0, "PSS")


def lists(ring: Ring) -> Measurement:
    """One after the other, on one connection."""
    with served(ring) as engines:
        made = {who: [engine.start(*_IDLE) for _ in range(CONTAINERS)] for who, engine in engines.items()}
        works = {"limit": _asked(engines["onggi"], "/_ping")}
        works |= {who: _asked(engine, "/containers/json") for who, engine in engines.items()}
        series = take_turns(works, ring.runs)
        for who, engine in engines.items():
            engine.remove(*made[who])
    name = f"{REQUESTS:,} lists of {CONTAINERS} containers that run"
    return Measurement(name, "s", series, "limit", REQUESTS / 500, "limit: as many pings")


def attached(ring: Ring) -> Measurement:
    """Each of them gets every line."""
    with served(ring) as engines:
        series = take_turns({who: _heard_by_all(engine) for who, engine in engines.items()}, ring.runs)
    name = f"{LINES:,} lines to {CLIENTS} clients that are attached"
    return Measurement(name, "s", {"limit": [0.0]} | series, "limit", None, "no limit but the processes' own")


def through_attach(ring: Ring) -> Measurement:
    with served(ring) as engines:
        works = {"limit": _copied()}
        works |= {who: _read(engine, "none" if who == "docker" else "local") for who, engine in engines.items()}
        series = take_turns(works, ring.runs)
    note = "limit: dd into a pipe; onggi has the log driver local, docker none: json-file makes zeros six times as long"
    return Measurement("1 GB through attach", "s", series, "limit", 1 / 0.3, note)


def _commands(ring: Ring, name: str, argv: Callable[[Served, str], list[str]], *, count: int = 1) -> Measurement:
    """A command of Docker's client, at each engine with so many containers, of which it is told one."""
    with served(ring) as engines:
        made = {who: [engine.start(*_IDLE) for _ in range(count)] for who, engine in engines.items()}
        works = {"limit": timed("docker", "--version")}
        works |= {who: timed(*argv(engine, made[who][0])) for who, engine in engines.items()}
        series = take_turns(works, ring.runs)
        for who, engine in engines.items():
            engine.remove(*made[who])
    reference = "docker" if "docker" in series else "limit"
    owed = (lambda docker: docker) if "docker" in series else None
    return Measurement(name, "s", series, reference, owed, "limit: docker --version; must: no slower than docker")


def _asked(engine: Served, path: str) -> Work:
    def work() -> float:
        peer = engine.connect()
        start = time.perf_counter()
        for _ in range(REQUESTS):
            peer.request("GET", path)
            peer.getresponse().read()
        return time.perf_counter() - start

    return work


def _heard_by_all(engine: Served) -> Work:
    script = f"read go; i=0; while [ $i -lt {LINES} ]; do i=$((i + 1)); echo line $i; done"
    expected = "".join(f"line {number}\n" for number in range(1, LINES + 1)).encode()

    def work() -> float:
        container = engine.start("sh", "-c", script, OpenStdin=True, StdinOnce=True, AttachStdin=True)
        teller = engine.attach(container, "stdin=1")
        peers = [engine.attach(container, "stdout=1") for _ in range(CLIENTS)]
        start = time.perf_counter()
        teller.sendall(b"go\n")
        heard = _all_of(peers)
        seconds = time.perf_counter() - start
        teller.close()
        engine.remove(container)
        if wrong := sum(_content(each) != expected for each in heard):
            raise SystemExit(f"{wrong} of {CLIENTS} clients have not got every line")
        return seconds

    return work


def _all_of(peers: Sequence[socket.socket]) -> list[bytes]:
    """What each of them says until it ends."""
    heard = [bytearray() for _ in peers]
    with selectors.DefaultSelector() as selector:
        for peer, into in zip(peers, heard, strict=True):
            selector.register(peer, selectors.EVENT_READ, into)
        while selector.get_map():
            for key, _ in selector.select():
                chunk = key.fileobj.recv(65536)  # type: ignore[union-attr]
                key.data.extend(chunk)
                if not chunk:
                    selector.unregister(key.fileobj)
                    key.fileobj.close()  # type: ignore[union-attr]
    return [bytes(each) for each in heard]


def _content(framed: bytes) -> bytes:
    """Without the heads of the frames: stream and length, of eight bytes."""
    parts, place = [], 0
    while place < len(framed):
        size = int.from_bytes(framed[place + 4 : place + 8], "big")
        parts.append(framed[place + 8 : place + 8 + size])
        place += 8 + size
    return b"".join(parts)


def _read(engine: Served, driver: str) -> Work:
    script = f"read go; exec dd if=/dev/zero bs=1000000 count={_SIZE // 1_000_000} 2>/dev/null"
    host = {"LogConfig": {"Type": driver}} if driver else {}

    def work() -> float:
        container = engine.start("sh", "-c", script, OpenStdin=True, HostConfig=host)
        with engine.attach(container, "stdin=1&stdout=1") as peer:
            start = time.perf_counter()
            peer.sendall(b"go\n")
            count, buffer = 0, bytearray(1 << 20)
            while count < _SIZE and (size := peer.recv_into(buffer)):
                count += size
            seconds = time.perf_counter() - start
        engine.remove(container)
        if count < _SIZE:
            raise SystemExit(f"only {count:,} bytes came")
        return seconds

    return work


def _copied() -> Work:
    return timed("sh", "-c", f"dd if=/dev/zero bs=1000000 count={_SIZE // 1_000_000} 2>/dev/null | cat >/dev/null")


def _descent(pid: int) -> list[int]:
    """A process and those that it has started, and they."""
    parents = {each: _parent(each) for each in processes()}
    found = [pid]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
