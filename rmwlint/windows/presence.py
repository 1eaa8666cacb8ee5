"""Which way a branch goes: because the thing looked for is there, or because it is not?

``if not os.path.exists(p)``, ``if row is None``, ``if count == 0``, ``if key not in seen`` and ``except
NotFound:`` all go on because it is absent. The shape of the condition tells; what cannot be told is None.
"""

from __future__ import annotations

from typing import Any

from rmwlint.facts.model import Function

_DEPTH = 12
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
#: what a name is given before anything is found
_EMPTY = (("const", None), ("const", False), ("const", ""))
#: methods whose result is empty where what they are called on is
_STILL = frozenset(
    ["first", "all", "one_or_none", "scalar", "scalars", "fetchone", "fetchall", "json", "strip"]
)
_STILL |= frozenset(["keys", "values", "items", "exists", "count", "copy", "decode", "unique"])


def found_there(function: Function, branch: int, outcome: bool, look: int) -> bool | None:
    """Whether the flow goes on after ``branch`` (a branch or a ``caught``) because ``look`` found something.

    ``outcome``: the way taken there. ``look``: the operation that looked. None where it cannot be told.
    """
    op = function.ops[branch]
    if op[0] == "caught":
        return False
    if op[0] != "branch":
        return None
    sign = _Reader(function, look).sign(op[1], branch, 0)
    if sign == 0:
        return None
    return (sign > 0) == outcome


def counts(function: Function, branch: int, look: int) -> bool:
    """Whether the branch asks how many ``look`` found: ``if len(found) >= limit``."""
    op = function.ops[branch]
    compared = function.ops[op[1]] if op[0] == "branch" else ("pass",)
    if compared[0] != "compare" or len(compared[1]) != 1 or compared[1][0] not in _FLIPPED:
        return False
    reader = _Reader(function, look)
    for register in compared[2]:
        call = function.ops[register]
        if call[0] == "call" and function.ops[call[1]] == ("name", "len") and len(call[2]) == 1:
            if reader.sign(call[2][0], branch, 0) > 0:
                return True
    return False


class _Reader:
    def __init__(self, function: Function, look: int) -> None:
        self.function = function
        self.look = look

    def sign(self, register: int, at: int, depth: int) -> int:
        """1 where a true value means that something was found, -1 that nothing was, 0 unknown."""
        ops = self.function.ops
        if register == self.look:
            return 1
        if depth > _DEPTH:
            return 0
        op = ops[register]
        kind = op[0]
        if kind == "name":
            return self.stored(op[1], register, at, depth)
        if kind == "unary":
            return -self.sign(op[2], at, depth + 1) if op[1] == "not" else 0
        if kind == "compare":
            return self.compared(op[1], op[2], at, depth)
        if kind == "bool":
            return next((sign for part in op[2] if (sign := self.sign(part, at, depth + 1))), 0)
        if kind in ("await", "star", "element", "unpack", "enter"):
            return self.sign(op[1], at, depth + 1)
        if kind == "item":
            return self.sign(op[1], at, depth + 1) if isinstance(ops[op[2]][-1], int) else 0
        if kind == "collect":
            return self.sign(op[2], at, depth + 1)
        if kind == "call":
            callee = ops[op[1]]
            parts = list(op[2])
            if callee[0] == "attr" and callee[2] in _STILL:
                parts.insert(0, callee[1])
            return next((sign for part in parts if (sign := self.sign(part, at, depth + 1))), 0)
        if kind == "choose":
            return self.sign(op[2], at, depth + 1) or self.sign(op[3], at, depth + 1)
        return 0

    def compared(self, symbols: tuple[str, ...], registers: tuple[int, ...], at: int, depth: int) -> int:
        if len(symbols) != 1:
            return 0
        symbol, (left, right) = symbols[0], registers
        if symbol in ("in", "not in"):
            sign = 1 if self.sign(right, at, depth + 1) or self.filled(right, at) else 0
            return -sign if symbol == "not in" else sign
        constant, other = self.constant(right), left
        if constant is _OPEN:
            constant, other = self.constant(left), right
            symbol = _FLIPPED.get(symbol, symbol)
        if constant is _OPEN:
            return 0
        sign = self.sign(other, at, depth + 1)
        if isinstance(constant, str) and constant:
            return sign if symbol == "==" else 0  # there is one, and it is so; or there is none, or another
        if symbol in ("is", "=="):
            return sign if constant is True or (_number(constant) and constant > 0) else -sign
        if symbol in ("is not", "!="):
            return -sign if constant is True or (_number(constant) and constant > 0) else sign
        if symbol in (">", ">="):
            return sign if _number(constant) and constant <= 1 else 0
        if symbol in ("<", "<="):
            return -sign if _number(constant) and constant <= 1 else 0
        return 0

    def constant(self, register: int) -> Any:
        op = self.function.ops[register]
        if op[0] == "const":
            return op[1]
        if (op[0] == "build" and not op[2]) or (op[0] == "dict" and not op[1]):
            return None
        if op[0] == "unary" and op[1] == "-" and self.function.ops[op[2]] == ("const", 1):
            return None
        return _OPEN

    def stored(self, name: str, register: int, at: int, depth: int) -> int:
        """What the last assignments of a name above the branch say; constants between them say nothing."""
        ops = self.function.ops
        taken = empty = False
        for number in range(min(register, at) - 1, -1, -1):
            op = ops[number]
            if op[0] == "store" and op[1] == name:
                sign = self.sign(op[2], number, depth + 1)
                if sign:
                    return sign
                taken = taken or self.part(op[2], number)
                empty = empty or ops[op[2]] in _EMPTY
        return 1 if (taken and empty) or self.filled(register, at) else 0

    def part(self, register: int, at: int) -> bool:
        """Whether a value is a part of what the look gave: what it is called, what stands under a key."""
        ops = self.function.ops
        for _ in range(_DEPTH):
            if register == self.look:
                return True
            op = ops[register]
            if op[0] in ("item", "attr", "element", "await", "unpack"):
                register = op[1]
            elif op[0] == "name":
                stores = (n for n in range(min(register, at) - 1, -1, -1) if ops[n][:2] == ("store", op[1]))
                at = next(stores, -1)
                if at < 0:
                    return False
                register = ops[at][2]
            else:
                return False
        return False

    def filled(self, register: int, at: int) -> bool:
        """Whether a container, known by its name, is filled above with what the look gave."""
        ops = self.function.ops
        named = ops[register]
        if named[0] != "name":
            return False
        for number in range(at - 1, -1, -1):
            op = ops[number]
            receiver = None
            if op[0] == "call" and ops[op[1]][0] == "attr":
                receiver = ops[ops[op[1]][1]]
            elif op[0] == "setitem":
                receiver = ops[op[1]]
            if receiver is not None and receiver[:2] == named[:2] and number > self.look:
                return True
        return False


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_OPEN = object()
