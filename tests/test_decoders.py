"""Structs that several threads need for the first time."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import onggi

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


_LOOKING = {"msgspec.convert", "msgspec.json.decode", "msgspec.json.Decoder", "msgspec.msgpack.decode"}
"""What looks at the fields of a struct, in whichever thread it is called."""


def test_structs_are_made_by_decoders_alone() -> None:
    """Or by a decoder that is there once its module is: an import is one thread's."""
    source = Path(onggi.__file__).parent
    modules = sorted(set(source.rglob("*.py")) - {source / "decoders.py"})
    assert not [f"{path.relative_to(source)}:{line}" for path in modules for line in looks(path.read_text())]


def looks(text: str) -> Iterator[int]:
    """The lines of a module at which one of its functions does so."""
    for function in ast.walk(ast.parse(text)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and ast.unparse(call.func) in _LOOKING and is_typed(call):
                    yield call.lineno


def is_typed(call: ast.Call) -> bool:
    """`json.decode(data)` makes dicts and lists."""
    is_decode = ast.unparse(call.func).endswith(".decode")
    return not is_decode or any(word.arg == "type" for word in call.keywords)


def test_the_test_above_sees_them() -> None:
    text = """
A = msgspec.json.Decoder(Kind)
def f(): return msgspec.json.decode(b"")
def g(): return msgspec.json.decode(b"", type=Kind)
h = lambda it: msgspec.convert(it, Kind)
async def i(): return msgspec.json.Decoder(Kind)
"""
    assert sorted(looks(text)) == [4, 5, 6]
