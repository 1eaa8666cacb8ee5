"""What must be true of a function's parameters for one of its operations to happen.

``def remove(port, notify=True): … if notify: rpc.cast(…)`` casts only where ``notify`` is true; a caller
that passes ``notify=False`` does not cast. A premise is ``(parameter, truth)``, or ``(parameter, names)``
where it must be one of some constants (``if event in (CREATE, UPDATE)``), or ``(parameter, key)`` where it
must be a dict that has a key (``if body["port"].get("fixed_ips")``). Only a parameter that nothing assigns
again counts, tested as it is (or for None) on every path to the operation.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from rmwlint.facts.model import Op
from rmwlint.program.program import Fn


class Key(NamedTuple):
    """A key that a dict must have, below the keys of ``path``; each as ``_constant`` gives it."""

    path: tuple[str, ...]
    key: str


Premise = tuple[int, "bool | frozenset[str] | Key"]
NONE: frozenset[Premise] = frozenset()


#: comparisons with constants, by the outcome that says which of them it is
_ONE_OF = {("==",): True, ("in",): True, ("!=",): False, ("not in",): False}


def premises(fn: Fn, number: int) -> frozenset[Premise]:
    """The premises of operation ``number``."""
    tables = fn.memo.get("premises")
    if not isinstance(tables, _Tables):
        tables = fn.memo["premises"] = _tables(fn)
    return tables.holds[bisect_right(tables.starts, number) - 1] if tables.holds else NONE


class _Tables(NamedTuple):
    """The first operation of each block, and the premises that hold in it."""

    starts: list[int]
    holds: list[frozenset[Premise]]


def unassigned(fn: Fn) -> dict[str, int]:
    """The parameters that keep the value the caller gave them, by name."""
    found = fn.memo.get("unassigned")
    if found is None:
        stores: dict[str, int] = {}
        for op in fn.facts.ops:
            if op[0] == "store":
                stores[op[1]] = stores.get(op[1], 0) + 1
        found = fn.memo["unassigned"] = {
            parameter.name: index
            for index, parameter in enumerate(fn.facts.params)
            if stores.get(parameter.name, 0) <= 1
        }
    return found  # type: ignore[return-value]


def applied(
    callee: Fn, needed: frozenset[Premise], caller: Fn, call: Op, *, bound: bool
) -> frozenset[Premise] | None:
    """What of ``needed`` is left for the caller's own parameters; None where the call rules it out.

    ``bound``: whether the callee's first parameter is the receiver.
    """
    if not needed:
        return NONE
    params = callee.facts.params
    ops = caller.facts.ops
    left: set[Premise] = set()
    given: dict[int, int] = {}
    positional = [index for index, parameter in enumerate(params) if parameter.kind in ("positional", "any")]
    open_ended = any(ops[register][0] == "star" for register in call[2])
    for place, register in enumerate(call[2]):
        at = place + (1 if bound else 0)
        if at < len(positional):
            given[positional[at]] = register
    names = {parameter.name: index for index, parameter in enumerate(params)}
    for keyword, register in call[3]:
        if keyword == "**":
            open_ended = True
        elif keyword in names:
            given[names[keyword]] = register
    for index, truth in needed:
        if index in given:
            op = ops[given[index]]
            if isinstance(truth, Key):
                if op[0] == "dict":
                    if _lacks(ops, given[index], truth):
                        return None
                    continue
            elif not isinstance(truth, bool):
                name = _constant(ops, given[index])
                if name is not None:
                    if name not in truth:
                        return None
                    continue
            elif op[0] == "const":
                if bool(op[1]) is not truth:
                    return None
                continue
            if op[0] == "name" and op[1] in unassigned(caller):
                left.add((unassigned(caller)[op[1]], truth))
        elif not open_ended and not isinstance(truth, Key):
            default = params[index].default
            if default is not None and default[0] == "const":
                if (
                    repr(default[1]) not in truth
                    if not isinstance(truth, bool)
                    else bool(default[1]) is not truth
                ):
                    return None
    return frozenset(left)


def _tables(fn: Fn) -> _Tables:
    ops, blocks = fn.facts.ops, fn.facts.blocks
    names = unassigned(fn)
    if not names or not any(op[0] == "branch" for op in ops):
        return _Tables([], [])
    keys = _Keys(ops, names)
    arriving: dict[int, frozenset[Premise]] = {0: NONE}
    for number, (_, last, successors, handlers) in enumerate(blocks):
        here = arriving.get(number, NONE)
        end = ops[last - 1] if last else ("pass",)
        for way, target in enumerate(successors):
            leaving = here
            if end[0] == "branch" and len(successors) == 2:
                leaving = here | _told(ops, end[1], way == 0, names) | keys.asked(end[1], way == 0)
            if target > number:
                arriving[target] = arriving[target] & leaving if target in arriving else leaving
        for target in handlers:
            if target > number:
                arriving[target] = arriving[target] & here if target in arriving else here
    return _Tables(
        [block[0] for block in blocks], [arriving.get(number, NONE) for number in range(len(blocks))]
    )


def _told(ops: tuple[Op, ...], register: int, outcome: bool, names: dict[str, int]) -> frozenset[Premise]:
    """What a condition's outcome says of the parameters."""
    op = ops[register]
    if op[0] == "name" and op[1] in names:
        return frozenset([(names[op[1]], outcome)])
    if op[0] == "unary" and op[1] == "not":
        return _told(ops, op[2], not outcome, names)
    if op[0] == "bool" and (op[1] == "and") is outcome:
        found: frozenset[Premise] = NONE
        for part in op[2]:
            found |= _told(ops, part, outcome, names)
        return found
    if op[0] == "compare" and op[1] in (("is",), ("is not",)) and ops[op[2][1]] == ("const", None):
        # None is false; what is not None need not be true, but a caller that passes False is rare
        return _told(ops, op[2][0], outcome is (op[1] == ("is not",)), names)
    if op[0] == "compare" and op[1] in _ONE_OF and outcome is _ONE_OF[op[1]]:
        tested, other = op[2]
        if ops[tested][0] == "name" and ops[tested][1] in names:
            many = op[1] in (("in",), ("not in",))
            listed = ops[other][2] if many and ops[other][0] == "build" else (other,)
            texts = [_constant(ops, register) for register in listed]
            if not many or ops[other][0] == "build":
                known = frozenset(text for text in texts if text is not None)
                if len(known) == len(texts):
                    return frozenset([(names[ops[tested][1]], known)])
    return NONE


class _Keys:
    """The keys that a function asks its parameters' dicts for."""

    def __init__(self, ops: tuple[Op, ...], names: dict[str, int]) -> None:
        self.ops = ops
        self.names = names
        self.stored: dict[str, list[int]] = {}
        for op in ops:
            if op[0] == "store":
                self.stored.setdefault(op[1], []).append(op[2])

    def asked(self, register: int, outcome: bool) -> frozenset[Premise]:
        """What a condition's outcome says of the keys that must be there."""
        op = self.ops[register]
        if op[0] == "unary" and op[1] == "not":
            return self.asked(op[2], not outcome)
        if op[0] == "compare" and len(op[1]) == 1:
            word, (left, right) = op[1][0], op[2]
            if word in ("in", "not in") and outcome is (word == "in"):
                return self._premise(self._dict(right), left)
            if word in ("!=", "is not", "==", "is") and outcome is (word in ("!=", "is not")):
                return self._fetched(left, right)
            return NONE
        return self._fetched(register, None) if outcome else NONE

    def _fetched(self, register: int, other: int | None) -> frozenset[Premise]:
        """The key of ``d.get(key, default)`` where the result is true, or not what the default is."""
        op = self.ops[self._origin(register)]
        if op[0] != "call" or self.ops[op[1]][0] != "attr" or self.ops[op[1]][2] not in ("get", "pop"):
            return NONE
        if not 1 <= len(op[2]) <= 2 or op[3]:
            return NONE
        default = _last(self.ops, op[2][1]) if len(op[2]) == 2 else ("const", None)
        if other is None:
            if default[0] != "const" or default[1]:
                return NONE
        elif default != _last(self.ops, other):
            return NONE
        return self._premise(self._dict(self.ops[op[1]][1]), op[2][0])

    def _premise(self, found: tuple[int, tuple[str, ...]] | None, key: int) -> frozenset[Premise]:
        name = _constant(self.ops, key)
        return NONE if found is None or name is None else frozenset([(found[0], Key(found[1], name))])

    def _dict(self, register: int) -> tuple[int, tuple[str, ...]] | None:
        """The parameter whose dict, or a dict in it, a register holds."""
        op = self.ops[self._origin(register)]
        if op[0] == "name" and op[1] in self.names:
            return self.names[op[1]], ()
        if op[0] == "item":
            found, key = self._dict(op[1]), _constant(self.ops, op[2])
            if found is not None and key is not None:
                return found[0], (*found[1], key)
        return None

    def _origin(self, register: int) -> int:
        """The register that a name was given, where it is given once."""
        op = self.ops[register]
        given = self.stored.get(op[1], ()) if op[0] == "name" and op[1] not in self.names else ()
        return given[0] if len(given) == 1 and given[0] < register else register


def _last(ops: tuple[Op, ...], register: int) -> Op:
    """A constant, or the last name of what stands for one."""
    op = ops[register]
    return ("name", op[-1]) if op[0] in ("name", "attr") else op


def _lacks(ops: tuple[Op, ...], register: int, wanted: Key) -> bool:
    """Whether a dict display has a place for a key, and not the key."""
    for name in (*wanted.path, wanted.key):
        op = ops[register]
        if op[0] != "dict":
            return False
        keys = {None if key is None else _constant(ops, key): value for key, value in op[1]}
        if name in keys:
            register = keys[name]
            continue
        return name == wanted.key and None not in keys
    return False


def _constant(ops: tuple[Op, ...], register: int) -> str | None:
    """A constant, or the last name of one in capitals: ``events.AFTER_CREATE`` is ``AFTER_CREATE``."""
    op = ops[register]
    if op[0] == "const":
        return repr(op[1])
    if op[0] in ("name", "attr") and str(op[-1]).isupper():
        return str(op[-1])
    return None
