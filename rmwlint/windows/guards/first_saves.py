"""Writes that belong to the first save of a row: nobody else knows it yet.

``new = not self.pk``, then ``super().save()``, and ``if new: … self.save()`` once more, which takes a key.
"""

from __future__ import annotations

from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.flow import always_before
from rmwlint.windows.values import Event

_KEYS = frozenset(["pk", "id"])


def of_first_save(fn: Fn, write: Event) -> bool:
    """Whether a write of a method's own object happens only where that had no key when the method began."""
    place = write.place
    if place is None or place.symbol != ("param", 0) or not fn.first_is_self or not write.control:
        return False
    cls = fn.owner
    keys = _KEYS if cls is None else _KEYS | cls.keys()
    ops = fn.facts.ops
    return any(
        ops[branch][0] == "branch" and _new(fn, ops[branch][1], outcome, keys, 0)
        for branch, outcome in {(branch, outcome) for _, branch, outcome in write.control}
    )


def of_created_row(fn: Fn, write: Event) -> bool:
    """Whether a write happens only where what gave the row says that it has just made it: ``row, created =``,
    or a parameter of that name beside the row."""
    call = link(fn).calls.get(write.op)
    if call is None or call.receiver is None or write.trail:
        return False
    return just_created(fn, call.receiver, write.op)


def just_created(fn: Fn, register: int, number: int) -> bool:
    """Whether operation ``number`` happens only where what gave the row in a register says that it is new."""
    ops, blocks = fn.facts.ops, fn.facts.blocks
    if ops[register][0] != "name":
        return False
    said = _saying_created(fn, ops[register][1], register)
    for _, last, successors, _ in blocks if said else ():
        if not last or ops[last - 1][0] != "branch" or len(successors) != 2:
            continue
        for outcome, target in zip((True, False), successors):
            if _all_true(fn, ops[last - 1][1], outcome, said) and always_before(
                fn, blocks[target][0], number
            ):
                return True
    return False


def _saying_created(fn: Fn, row: str, number: int) -> frozenset[str]:
    """The names that say whether the row of another name, as it is at an operation, has just been made."""
    ops = fn.facts.ops
    given = {op[1]: ops[op[2]] for op in ops if op[0] == "store"}
    stored = [op[1] for op in ops if op[0] == "store"]
    before = [at for at in range(number) if ops[at][:2] == ("store", row)]
    if not before or not always_before(fn, before[-1], number):
        return frozenset()
    came = ops[ops[before[-1]][2]]
    if came[0] == "param":
        suggests = fn.module.program.libraries.receiver
        others = {name for name, op in given.items() if op[0] == "param" and stored.count(name) == 1}
        return frozenset(name for name in others if "naming.Created" in suggests(name))
    if came[0] != "unpack" or came[2:] != (0, 2):
        return frozenset()
    call = link(fn).calls.get(came[1])
    if call is None or not any(model.does == "ensure" for model in call.rows):
        return frozenset()
    return frozenset(
        name for name, op in given.items() if op == ("unpack", came[1], 1, 2) and stored.count(name) == 1
    )


def _all_true(fn: Fn, register: int, outcome: bool, said: frozenset[str]) -> bool:
    """Whether the outcome of a condition means that one of the names is true."""
    ops = fn.facts.ops
    op = ops[register]
    if op[0] == "unary" and op[1] == "not":
        return _all_true(fn, op[2], not outcome, said)
    if op[0] == "bool":
        return (op[1] == "and") is outcome and any(_all_true(fn, part, outcome, said) for part in op[2])
    return outcome and op[0] == "name" and op[1] in said


def _new(fn: Fn, register: int, outcome: bool, keys: frozenset[str], depth: int) -> bool:
    """Whether the outcome of a condition says that the object has no key."""
    ops = fn.facts.ops
    op = ops[register]
    if op[0] == "unary" and op[1] == "not":
        return _new(fn, op[2], not outcome, keys, depth)
    if op[0] == "bool":
        return (op[1] == "and") is outcome and any(_new(fn, part, outcome, keys, depth) for part in op[2])
    if op[0] == "compare" and op[1] in (("is",), ("is not",), ("==",), ("!=",)):
        none = ops[op[2][1]] == ("const", None)
        return none and outcome is (op[1][0] in ("is", "==")) and _is_key(fn, op[2][0], keys)
    if op[0] == "attr" and op[2] == "adding":
        return outcome
    if op[0] == "call" and ops[op[1]] == ("name", "bool") and len(op[2]) == 1:
        return _new(fn, op[2][0], outcome, keys, depth)
    if op[0] == "name":
        given = [other[2] for other in ops if other[0] == "store" and other[1] == op[1]]
        return len(given) == 1 and given[0] < register and not depth and _new(fn, given[0], outcome, keys, 1)
    return not outcome and _is_key(fn, register, keys)


def _is_key(fn: Fn, register: int, keys: frozenset[str]) -> bool:
    op = fn.facts.ops[register]
    return bool(
        op[0] == "attr" and op[2] in keys and fn.facts.ops[op[1]] == ("name", fn.facts.params[0].name)
    )
