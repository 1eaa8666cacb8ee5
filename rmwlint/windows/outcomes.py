"""Whether anybody looks at what a call gives."""

from __future__ import annotations

from collections.abc import Iterator

from rmwlint.facts.model import Op
from rmwlint.facts.operands import numbers_in
from rmwlint.program.program import Fn

_NO_OPERANDS = frozenset(["const", "name", "param", "lambda", "def", "class", "import", "pass", "leave"])


def looked_at(fn: Fn, register: int) -> bool:
    """Whether the value of a register is used: a name that is bound to it and never loaded is no use."""
    pending = [register]
    ops = fn.facts.ops
    while pending:
        wanted = pending.pop()
        for number, op in enumerate(ops):
            if op[0] in _NO_OPERANDS or wanted not in _operands(op):
                continue
            if op[0] == "store" and _private(fn, op[1]):
                continue
            if op[0] != "await":
                return True
            pending.append(number)
    return False


def _private(fn: Fn, name: str) -> bool:
    """Whether a name of the function is never loaded, neither here nor in functions inside."""
    if not fn.index or name not in fn.facts.locals or name in fn.facts.global_names:
        return False
    inside = [fn.facts, *(other for other in fn.module.facts.functions if other.parent == fn.index)]
    return not any(op[0] == "name" and op[1] == name for function in inside for op in function.ops)


def _operands(op: Op) -> Iterator[int]:
    if op[0] == "unpack":
        yield op[1]
        return
    if op[0] == "field":
        yield op[3]
        return
    yield from numbers_in(op)
