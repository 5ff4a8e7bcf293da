"""Structs that several threads need for the first time."""

from __future__ import annotations

import subprocess
import sys

_PROGRAM = '''
import sys
import threading
import types
import msgspec
from onggi.decoders import convert, decoder

sys.setswitchinterval(1e-6)
FIELDS = "\\n".join(f"    field{number}: int | list[dict[str, int]] = 0" for number in range(30))
TEXT = f"""
from __future__ import annotations
import msgspec

class Inner(msgspec.Struct):
{FIELDS}

class Outer(msgspec.Struct):
{FIELDS}
    inner: Inner | None = None
"""
for _ in range(100):
    module = types.ModuleType("structs")
    sys.modules["structs"] = module
    module.__dict__["__name__"] = "structs"
    exec(compile(TEXT, "structs", "exec"), module.__dict__)
    kind, together = module.Outer, threading.Barrier(4)

    def read(number):
        together.wait()
        for _ in range(3):
            found = decoder(kind).decode(b'{"inner":{}}') if number % 2 else convert({"inner": {}}, kind)
            assert found.inner.field0 == 0

    threads = [threading.Thread(target=read, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
'''


def test_two_threads_may_need_a_struct_for_the_first_time() -> None:
    """In a process of its own, which msgspec alone ends with SIGSEGV."""
    subprocess.run([sys.executable, "-c", _PROGRAM], check=True, timeout=60)
