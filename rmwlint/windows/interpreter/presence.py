"""Which way a branch goes: because the thing looked for is there, or because it is not?

``if not os.path.exists(p)``, ``if row is None``, ``if count == 0``, ``if key not in seen`` and ``except
NotFound:`` all go on because it is absent. The shape of the condition tells; what cannot be told is None.
"""

from __future__ import annotations

from typing import Any

from rmwlint.facts.model import Function, Op
from rmwlint.facts.operands import last_store

_DEPTH = 12
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
#: what a name is given before anything is found
_EMPTY = (("const", None), ("const", False), ("const", ""))
#: methods whose result is empty where what they are called on is
_STILL = frozenset(
    ["first", "all", "one_or_none", "scalar", "scalars", "fetchone", "fetchall", "json", "strip"]
)
#: methods of a collection that give nothing where it has no such entry
_TAKES = frozenset(["get", "pop"])
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


def found_by(function: Function, register: int, look: int) -> int:
    """1 where a true value of a register means that ``look`` has found something, -1 where a false one does,
    0 where it cannot be told."""
    return _Reader(function, look).sign(register, register, 0)


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


def met(function: Function, branch: int, look: int) -> bool | None:
    """The way that a branch takes where one of the things that ``look`` gave, each looked at in a loop, is
    the one that is wanted: ``if host.name == name:``. None where it does not ask that."""
    op = function.ops[branch]
    sign = _Reader(function, look).alike(op[1], branch) if op[0] == "branch" else 0
    return None if sign == 0 else sign > 0


def gathered(function: Function, branch: int, look: int) -> bool:
    """Whether the branch asks if something is among what was gathered of all that ``look`` gave."""
    ops = function.ops
    op = ops[branch]
    condition = ops[op[1]] if op[0] == "branch" else op
    while condition[0] == "unary" and condition[1] == "not":
        condition = ops[condition[2]]
    if condition[0] != "compare" or condition[1] not in (("in",), ("not in",)):
        return False
    return _Reader(function, look).holds(condition[2][1], branch)


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
        if kind == "attr":
            return self.set_on(op, register, at, depth)
        if kind == "collect":
            return self.sign(op[2], at, depth + 1)
        if kind == "call":
            callee = ops[op[1]]
            parts = list(op[2])
            if callee == ("name", "any") and len(parts) == 1 and self.holds(parts[0], at):
                return 1
            if callee[0] == "attr" and callee[2] in _TAKES and self.holds(callee[1], at):
                return 1
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
            found = self.sign(right, at, depth + 1) or self.filled(right, at) or self.holds(right, at)
            sign = 1 if found else 0
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
        return self.back(register, at)[-1] == self.look

    def back(self, register: int, at: int, through_calls: bool = False) -> list[int]:
        """The registers from a value back to the look, as far as it is known what each is a part of.
        ``through_calls``: also a part of what a function is given first."""
        ops = self.function.ops
        chain: list[int] = []
        while len(chain) < _DEPTH:
            chain.append(register)
            op = ops[register]
            if register == self.look:
                break
            if op[0] in ("item", "attr", "element", "await", "unpack"):
                register = op[1]
            elif through_calls and op[0] == "call" and op[2] and ops[op[1]][0] == "name":
                register = op[2][0]
            elif op[0] == "name":
                at = last_store(ops, op[1], min(register, at))
                if at < 0:
                    break
                register = ops[at][2]
            else:
                break
        return chain

    def set_on(self, op: Op, register: int, at: int, depth: int) -> int:
        """What the last assignment to an attribute of the same object above the branch says."""
        ops = self.function.ops
        base = ops[op[1]]
        if base[0] != "name":
            return 0
        for number in range(min(register, at) - 1, -1, -1):
            other = ops[number]
            if other[0] == "setattr" and other[2] == op[2] and ops[other[1]] == base:
                return self.sign(other[3], number, depth + 1)
        return 0

    def holds(self, register: int, at: int) -> bool:
        """Whether a collection gathers, of each thing that the look gave, what it is called."""
        ops = self.function.ops
        for _ in range(_DEPTH):
            op = ops[register]
            if op[0] == "collect":
                return any(self.of_each(part, at) for part in op[2:] if part is not None)
            if op[0] == "name":
                at = last_store(ops, op[1], min(register, at))
                if at < 0:
                    return False
                register = ops[at][2]
            elif op[0] == "call" and len(op[2]) == 1 and ops[op[1]][0] == "name":
                register = op[2][0]  # ``set(…)``, ``list(…)``
            else:
                return False
        return False

    def of_each(self, register: int, at: int) -> bool:
        """Whether a value is made of one of the things that the look gave."""
        ops = self.function.ops
        if ops[register][0] == "compare":
            return any(self.of_each(part, at) for part in ops[register][2])
        return self.part(register, at)

    def alike(self, register: int, at: int) -> int:
        """1 where a true value means that a thing under a loop is the one that is wanted, -1 where a false
        one does, 0 unknown."""
        ops = self.function.ops
        op = ops[register]
        if op[0] == "unary" and op[1] == "not":
            return -self.alike(op[2], at)
        if op[0] == "bool" and op[1] == "and":
            return next((1 for part in op[2] if self.alike(part, at) > 0), 0)
        if op[0] != "compare" or op[1] not in (("==",), ("!=",)):
            return 0
        looped = [part for part in op[2] if self.under_loop(part, at)]
        if len(looped) != 1 or any(ops[part][0] == "const" for part in op[2]):
            return 0
        return 1 if op[1] == ("==",) else -1

    def under_loop(self, register: int, at: int) -> bool:
        """Whether a value is made of an element that a loop takes of what the look gave."""
        chain = self.back(register, at, through_calls=True)
        return chain[-1] == self.look and any(self.function.ops[one][0] == "element" for one in chain)

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
