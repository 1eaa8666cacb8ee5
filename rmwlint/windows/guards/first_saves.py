"""Writes that belong to the first save of a row: nobody else knows it yet.

``new = not self.pk``, then ``super().save()``, and ``if new: … self.save()`` once more, which takes a key.
"""

from __future__ import annotations

from rmwlint.program.calling import call_sites, handed_over, kept_for_check
from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.flow import always_before, only_after
from rmwlint.windows.values import Event

_KEYS = frozenset(["pk", "id"])
_NOT_MADE = (("const", False), ("const", None))


def of_first_save(fn: Fn, write: Event) -> bool:
    """Whether a write of a method's own object happens only where that had no key when the method began, as
    none has that is being constructed."""
    place = write.place
    if place is None or place.symbol != ("param", 0) or not fn.first_is_self:
        return False
    if fn.facts.name == "__init__":
        return True
    if not write.control:
        return False
    cls = fn.owner
    keys = _KEYS if cls is None else _KEYS | cls.keys()
    ops = fn.facts.ops
    return any(
        ops[branch][0] == "branch" and _new(fn, ops[branch][1], outcome, keys, 0)
        for branch, outcome in {(branch, outcome) for _, branch, outcome in write.control}
    )


def called_for_first_save(fn: Fn, write: Event) -> bool:
    """Whether a write of a method's own object is made by a method that only the object's own methods call,
    each where the object has just got its key."""
    place = write.place
    if place is None or place.symbol != ("param", 0) or not fn.first_is_self:
        return False
    return kept_for_check(fn, "called_for_first_save", lambda: _called_for_first_save(fn))


def _called_for_first_save(fn: Fn) -> bool:
    sites = call_sites(fn)
    return bool(sites) and not handed_over(fn) and all(_where_new(caller, number) for caller, number in sites)


def _where_new(caller: Fn, number: int) -> bool:
    receiver = link(caller).calls[number].receiver
    if receiver is None or not caller.is_self(receiver):
        return False
    keys = _KEYS if caller.owner is None else _KEYS | caller.owner.keys()
    ops = caller.facts.ops
    return any(
        ops[branch][0] == "branch"
        and any(
            _new(caller, ops[branch][1], outcome, keys, 0) and only_after(caller, branch, outcome, number)
            for outcome in (True, False)
        )
        for branch in range(number)
    )


def only_new_change(fn: Fn, write: Event) -> bool:
    """Whether all that is set before a save is set only where the row has no key: one that is there is saved
    as whoever gave it has left it."""
    call = link(fn).calls.get(write.op)
    if call is None or call.receiver is None or write.trail or not write.set_at:
        return False
    ops = fn.facts.ops
    row = ops[call.receiver]
    if row[0] != "name":
        return False
    branches = [at for at in range(write.op) if ops[at][0] == "branch"]
    return all(
        any(
            _new(fn, ops[branch][1], outcome, _KEYS, 0, row[1]) and only_after(fn, branch, outcome, at)
            for branch in branches
            if branch < at and always_before(fn, branch, at)
            for outcome in (True, False)
        )
        for _, at in write.set_at
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
    said = (name for name, op in given.items() if op == ("unpack", came[1], 1, 2))
    return frozenset(name for name in said if _stores(fn, name, came[1]) == 1)


def _stores(fn: Fn, name: str, call: int) -> int:
    """How often something is stored under a name, but what says before a call that nothing is made yet."""
    ops = fn.facts.ops
    stores = [at for at, op in enumerate(ops) if op[:2] == ("store", name)]
    return sum(at > call or ops[ops[at][2]] not in _NOT_MADE for at in stores)


def _all_true(fn: Fn, register: int, outcome: bool, said: frozenset[str]) -> bool:
    """Whether the outcome of a condition means that one of the names is true."""
    ops = fn.facts.ops
    op = ops[register]
    if op[0] == "unary" and op[1] == "not":
        return _all_true(fn, op[2], not outcome, said)
    if op[0] == "bool":
        return (op[1] == "and") is outcome and any(_all_true(fn, part, outcome, said) for part in op[2])
    return outcome and op[0] == "name" and op[1] in said


def _new(
    fn: Fn, register: int, outcome: bool, keys: frozenset[str], depth: int, name: str | None = None
) -> bool:
    """Whether the outcome of a condition says that the object, the method's own where it has no name, has no
    key."""
    ops = fn.facts.ops
    op = ops[register]
    if op[0] == "unary" and op[1] == "not":
        return _new(fn, op[2], not outcome, keys, depth, name)
    if op[0] == "bool":
        return (op[1] == "and") is outcome and any(
            _new(fn, part, outcome, keys, depth, name) for part in op[2]
        )
    if op[0] == "compare" and op[1] in (("is",), ("is not",), ("==",), ("!=",)):
        none = ops[op[2][1]] == ("const", None)
        return none and outcome is (op[1][0] in ("is", "==")) and _is_key(fn, op[2][0], keys, name)
    if op[0] == "attr" and op[2] == "adding":
        return outcome
    if op[0] == "call" and ops[op[1]] == ("name", "bool") and len(op[2]) == 1:
        return _new(fn, op[2][0], outcome, keys, depth, name)
    if op[0] == "name":
        given = [other[2] for other in ops if other[0] == "store" and other[1] == op[1]]
        once = len(given) == 1 and given[0] < register and not depth
        return once and _new(fn, given[0], outcome, keys, 1, name)
    return not outcome and _is_key(fn, register, keys, name)


def _is_key(fn: Fn, register: int, keys: frozenset[str], name: str | None) -> bool:
    op = fn.facts.ops[register]
    name = name or fn.facts.params[0].name
    return bool(op[0] == "attr" and op[2] in keys and fn.facts.ops[op[1]] == ("name", name))
