"""Expressions as a reader would write them, from the operations."""

from __future__ import annotations

from rmwlint.facts.model import Function

_LIMIT = 60
#: stands for what is not written out
UNWRITTEN = "…"
#: how an attribute is asked for by its name
_BY_NAME = (("name", "getattr"), ("name", "hasattr"))


def text(function: Function, register: int | None, depth: int = 0) -> str:
    """The expression of a register, shortened: ``order.retries``, ``os.path.join(base, name)``."""
    if register is None or depth > 8:
        return UNWRITTEN
    op = function.ops[register]
    kind = op[0]
    if kind == "name":
        return str(op[1]).rstrip("'")
    if kind == "const":
        return repr(op[1])
    if kind == "param":
        return function.params[op[1]].name
    if kind == "attr":
        return f"{text(function, op[1], depth + 1)}.{op[2]}"
    if kind == "item":
        return f"{text(function, op[1], depth + 1)}[{text(function, op[2], depth + 1)}]"
    if kind == "call" and function.ops[op[1]] in _BY_NAME and len(op[2]) > 1:
        name = function.ops[op[2][1]]
        if name[0] == "const":
            return f"{text(function, op[2][0], depth + 1)}.{name[1]}"
    if kind == "call":
        given = ", ".join(text(function, register, depth + 1) for register in op[2])
        if op[3]:
            given = f"{given}, …" if given else UNWRITTEN
        return _short(f"{text(function, op[1], depth + 1)}({given})")
    if kind == "await":
        return text(function, op[1], depth)
    if kind == "binop":
        return _short(f"{text(function, op[2], depth + 1)} {op[1]} {text(function, op[3], depth + 1)}")
    if kind == "element":
        return f"an element of {text(function, op[1], depth + 1)}"
    if kind in ("enter", "star"):
        return text(function, op[1], depth + 1)
    if kind == "unpack":
        return text(function, op[1], depth + 1)
    if kind == "build" and op[1] == "fstring":
        return "f-string"
    return UNWRITTEN


def bound(function: Function, position: int, otherwise: str) -> str:
    """The name that the value of ``position`` is stored in at once, ``otherwise`` where it is not."""
    ops = function.ops
    for number in range(position + 1, min(position + 6, len(ops))):
        op = ops[number]
        if op[0] == "store":
            source = ops[op[2]]
            if op[2] == position or (source[0] in ("await", "unpack") and source[1] == position):
                return str(op[1])
        if op[0] == "setattr" and op[3] == position:
            return f"{text(function, op[1])}.{op[2]}"
    return otherwise


def _short(written: str) -> str:
    return written if len(written) <= _LIMIT else written[: _LIMIT - 1] + "…"
