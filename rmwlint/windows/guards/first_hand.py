"""Rows that a function has made itself, and those that it is handed by whoever has made them for that, as a
parameter or as the object whose method it is.

``log = Log.objects.create(…)``, then ``Thread(target=run, args=[log])``, and ``run(log)`` counts in it: the
row is one piece of work's own, and whoever else finds it looks at it only.
"""

from __future__ import annotations

from collections.abc import Iterator

from rmwlint.program.calling import Calling, argument, call_sites, handed_over, kept_for_check, likely_sites
from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.names import is_maker
from rmwlint.windows.values import Event, own_attribute

_DEEPEST = 4


def made_here(fn: Fn, register: int, before: int) -> bool:
    """Whether what a name stands for at an operation was made in the function, and not looked for."""
    if fn.facts.ops[register][0] != "name":
        return False
    made = list(sources(fn, register, before))
    return bool(made) and all(_makes(fn, source) for source in made)


def sources(fn: Fn, register: int, before: int) -> Iterator[int]:
    """The registers of what a name, or an attribute of a name, may have been given before an operation."""
    ops = fn.facts.ops
    op = ops[register]
    for other in ops[:before]:
        if op[0] == "name" and other[:2] == ("store", op[1]):
            yield other[2]
        elif op[0] == "attr" and other[0] == "setattr" and other[2] == op[2]:
            if ops[op[1]][0] == "name" and ops[other[1]] == ops[op[1]]:
                yield other[3]


def _makes(fn: Fn, register: int) -> bool:
    call = link(fn).calls.get(register)
    if call is None:
        return False
    named = not call.rows and not call.targets and is_maker(call.name) and "_or_" not in call.name
    return call.cls is not None or named or any(row.does == "create" for row in call.rows)


def handed_new(fn: Fn, write: Event) -> bool:
    """Whether the row that is written came in as a parameter, and all who are known to call the function, or
    to have it called, have just made the row or were handed it so themselves."""
    symbol = write.place.symbol if write.place is not None else None
    if not isinstance(symbol, tuple) or symbol[0] != "param" or (symbol[1] == 0 and fn.first_is_self):
        return False
    index: int = symbol[1]
    return kept_for_check(fn, f"handed_new {index}", lambda: _new_on_every_way(fn, index, frozenset()))


def called_new(fn: Fn, write: Event) -> bool:
    """Whether the row that is written is a method's own object, and all who are known to call the method have
    just made it."""
    symbol = write.place.symbol if write.place is not None else None
    if symbol != ("param", 0) or not fn.first_is_self:
        return False
    return kept_for_check(fn, "called_new", lambda: _new_on_every_way(fn, 0, frozenset()))


def kept_new(fn: Fn, write: Event) -> bool:
    """Whether the row that is written is one which the method's own object keeps, and that object's methods
    only ever give the attribute rows that they have made for it, or have had made."""
    attribute = own_attribute(write.place.symbol) if write.place is not None else None
    if attribute is None or fn.owner is None or not fn.first_is_self:
        return False
    given = [
        (base.module.fn(index), register)
        for base in fn.owner.mro()
        for index, register in base.facts.self_fields.get(attribute, ())
    ]
    rows = [(scope, register) for scope, register in given if scope.facts.ops[register] != ("const", None)]
    return bool(rows) and all(_has_made(scope, register, _DEEPEST) for scope, register in rows)


def _has_made(fn: Fn, register: int, depth: int) -> bool:
    """Whether a register holds what a call has made, or a function that makes it and returns it."""
    ops = fn.facts.ops
    while ops[register][0] in ("item", "unpack", "await"):
        register = ops[register][1]
    call = link(fn).calls.get(register)
    if call is None or depth == 0:
        return False
    if call.cls is not None or any(
        row.does == "create" or (row.does == "ensure" and row.kind is not None) for row in call.rows
    ):
        return True
    return len(call.targets) == 1 and _returns_made(call.targets[0], depth - 1)


def _returns_made(fn: Fn, depth: int) -> bool:
    returned = [op[1] for op in fn.facts.ops if op[0] == "return" and op[1] is not None]
    return bool(returned) and all(_has_made(fn, register, depth) for register in returned)


def _new_on_every_way(fn: Fn, index: int, passed: frozenset[Fn]) -> bool:
    if len(passed) > _DEEPEST:
        return False
    passed |= {fn}
    calls = 0
    for caller, number, register in _given(fn, index):
        if caller in passed:
            continue
        calls += 1
        if register is None or not _new(caller, number, register, passed):
            return False
    return calls > 0


def _given(fn: Fn, index: int) -> Iterator[tuple[Fn, int, int | None]]:
    """Who gives a function its parameter, at which operation, and in which register, where that is seen."""
    itself = index == 0 and fn.first_is_self
    for caller, number in call_sites(fn) or (() if itself else likely_sites(fn)):
        given = argument(Calling(caller, number, fn.first_is_self), fn, index)
        yield caller, number, link(caller).calls[number].receiver if itself else given
    for giver, number in handed_over(fn):
        yield giver, number, None if itself else _beside(giver, number, fn, index)


def _beside(giver: Fn, number: int, fn: Fn, index: int) -> int | None:
    """What a call that is given a function to call gives it for a parameter: what follows the function, or
    what stands in the list or dict beside it."""
    ops, types = giver.facts.ops, link(giver).types
    op = ops[number]
    place = index - (1 if fn.first_is_self else 0)
    for at, register in enumerate(op[2]):
        kind = types[register]
        if kind is not None and kind.kind in ("method", "function") and kind.ref is fn:
            following = op[2][at + 1 :]
            lists = [ops[one][2] for one in following if ops[one][0] == "build"]
            if len(following) == 1 and lists:
                following = lists[0]
            return following[place] if place < len(following) else None
    for _, register in op[3]:
        beside = ops[register]
        if beside[0] == "build" and place < len(beside[2]):
            return int(beside[2][place])
        if beside[0] == "dict":
            for key, value in beside[1]:
                if key is not None and ops[key] == ("const", fn.facts.params[index].name):
                    return int(value)
    return None


def _new(caller: Fn, number: int, register: int, passed: frozenset[Fn]) -> bool:
    if made_here(caller, register, number):
        return True
    ops, parent = caller.facts.ops, caller.parent
    if parent is not None and caller.owner is None and ops[register][0] == "name":
        name = ops[register][1]
        stored = [op[2] for op in parent.facts.ops if op[:2] == ("store", name)]
        if name not in caller.facts.locals and stored:
            return all(_makes(parent, one) for one in stored)
    given = list(sources(caller, register, number)) if ops[register][0] == "name" else []
    return (
        len(given) == 1
        and ops[given[0]][0] == "param"
        and not (ops[given[0]][1] == 0 and caller.first_is_self)
        and _new_on_every_way(caller, ops[given[0]][1], passed)
    )
