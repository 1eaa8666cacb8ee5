"""What is made once and kept: an engine, a client, a facade behind ``if _FACADE is None``.

    global _FACADE
    if _FACADE is None:
        _FACADE = Facade.from_config(CONF)

What making it sets off happens to the first caller of a process and to nobody after.
"""

from __future__ import annotations

from rmwlint.facts.model import Op
from rmwlint.program.program import Fn


def made_once(fn: Fn, number: int) -> bool:
    """Whether the result of a call is kept where the function looks first, and makes none if there is one."""
    known = fn.memo.get("made_once")
    if known is None:
        known = fn.memo["made_once"] = _made_once(fn)
    return number in known  # type: ignore[operator]


def _made_once(fn: Fn) -> frozenset[int]:
    ops = fn.facts.ops
    if not any(op[0] == "branch" for op in ops):
        return frozenset()
    found: set[int] = set()
    tested: set[Op] = set()
    for op in ops:
        if op[0] == "branch":
            tested |= _looked_at(ops, op[1])
        elif op[0] == "store" and op[1] in fn.facts.global_names and ("name", op[1]) in tested:
            found.add(op[2])
        elif op[0] == "setattr" and ops[op[1]][0] == "name" and ("attr", op[2]) in tested:
            found.add(op[3])
    return frozenset(register for register in found if ops[register][0] == "call")


def _looked_at(ops: tuple[Op, ...], register: int) -> set[Op]:
    """The names and attributes that a condition asks whether they are there."""
    op = ops[register]
    kind = op[0]
    if kind == "name":
        return {op}
    if kind == "attr":
        return {("attr", op[2])}
    if kind == "unary":
        return _looked_at(ops, op[2])
    if kind == "compare" and op[1] in (("is",), ("is not",)) and ops[op[2][1]] == ("const", None):
        return _looked_at(ops, op[2][0])
    if kind == "call" and ops[op[1]] == ("name", "hasattr") and len(op[2]) == 2:
        name = ops[op[2][1]]
        return {("attr", name[1])} if name[0] == "const" else set()
    return set()
