"""Do two tasks come to the same place at the same time: is there anything that says so?

The ways to the coroutines that use a place are followed up to where they begin: whoever awaits one goes on
with it, in the same task. A task that is kept in an attribute of its object is the only one of it. What is
given to others to call, started in a loop or gathered with others, serves who asks, or is called by nobody
that is known, comes with others. A method that stands in a table of its object is called by whoever takes it
out of that. An object that never leaves the function that makes it meets only the tasks that it starts. A
plain function that runs a loop to its end comes alone, unless its module lets expect that many do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from rmwlint.facts.model import Op
from rmwlint.facts.operands import operands
from rmwlint.program.calling import Site, call_sites, callings, handed_over, kept_for_check
from rmwlint.program.link import Call, link
from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.by_hand import by_hand
from rmwlint.windows.concurrency.comers import (
    MAIN,
    MOST_FOLLOWED,
    called_by_decorator,
    others_come_by,
    serves,
)
from rmwlint.windows.concurrency.sharing import method_around
from rmwlint.windows.flow import in_loop
from rmwlint.windows.interpreter.decorators import decorated_by, wrapped_call
from rmwlint.windows.memory.meeting import confined
from rmwlint.windows.values import Symbol, own_attribute

_MANY = "many"
_BY_HAND = "by hand"
_MAKER = "who has made the object"
#: what is waited for by calls that take several coroutines
_RESULTS = "results"

#: where ways begin: one of the above, or the coroutine that a task runs
_Begin = Fn | str


def one_task(fns: Iterable[Fn], symbol: Symbol) -> bool:
    """Whether one task alone comes to a place by these functions, as far as their callers are known."""
    users = list(fns)
    if not users:
        return False
    apart = own_attribute(symbol) is not None and confined(users[0])
    begins: set[_Begin] = set()
    for fn in users:
        begins |= kept_for_check(fn, f"task_begins {apart}", partial(_begins, fn, apart))
        if _MANY in begins:
            return False
    return len(begins) < 2


def _begins(fn: Fn, apart: bool) -> frozenset[_Begin]:
    """Where the ways to a function begin; ``apart``: whatever is no method of its class is who has made the
    object."""
    owner = method_around(fn).owner
    begins: set[_Begin] = set()
    seen = {fn}
    running: set[Fn] = set()
    pending = [fn]
    while pending:
        one = pending.pop()
        if apart and method_around(one).owner is not owner:
            begins.add(_MAKER)
            continue
        if one.facts.name in MAIN:
            begins.add(_BY_HAND)
            continue
        if one.index == 0 or serves(one) or _registered(one) or len(seen) > MOST_FOLLOWED:
            return frozenset([_MANY])
        found: list[Fn] = []
        ways = 0
        for caller, number in (*_calls(one), *handed_over(one)):
            ways += 1
            way = _way(one, caller, number)
            if way is _MANY:
                return frozenset([_MANY])
            if way is one:
                begins.add(one)
            elif one in running or (one.facts.is_async and not caller.facts.is_async):
                running.add(caller)
            if way is not one or not _kept(caller, number):
                found.append(caller)
        tabled = list(_from_table(one))
        found += tabled
        if not ways and not tabled:
            if not by_hand(one) and (one not in running or others_come_by(one, one.module)):
                return frozenset([_MANY])
            begins.add(_BY_HAND)
        pending += [caller for caller in dict.fromkeys(found) if caller not in seen]
        seen.update(found)
    return frozenset(begins)


def _calls(fn: Fn) -> tuple[Site, ...]:
    """The calls of a function; of a method whose name too many have, those on objects of its class."""
    found = call_sites(fn)
    if found or fn.owner is None:
        return found
    return tuple((calling.caller, calling.number) for calling in callings(fn)[0])


def _registered(fn: Fn) -> bool:
    """Whether a decorator may give a function away to be called: not one of the program that wraps it, which
    may stand in the body of the class itself."""
    if not called_by_decorator(fn):
        return False
    known = {target.facts.name: target for _, targets in decorated_by(fn) for target in targets}
    for name in fn.decorator_names:
        target = known.get(name) or (fn.owner.method(name) if fn.owner is not None else None)
        if target is None or wrapped_call(target) is None:
            return True
    return False


def _way(fn: Fn, caller: Fn, number: int) -> _Begin:
    """What becomes of a call of a function, or of a call that is given one: the caller goes on with it (the
    caller), a task runs it (the function), or several do."""
    call = link(caller).calls.get(number)
    if call is None:
        return _MANY
    if call.name != fn.facts.name:  # it is given the function itself
        return _given(fn, caller, number)
    if not fn.facts.is_async:
        return caller
    return _followed(fn, caller, number, 0)


def _followed(fn: Fn, caller: Fn, register: int, depth: int) -> _Begin:
    ops = caller.facts.ops
    taken = [number for number, op in enumerate(ops) if number > register and register in operands(op)]
    if not taken:
        return caller
    for number in taken:
        op = ops[number]
        if op[0] in ("await", "element", "yieldfrom", "enter", "loop"):
            continue
        if op[0] == "call" and op[1] != register:
            return _given(fn, caller, number)
        if op[0] == "store" and depth < 2:
            for later, other in enumerate(ops):
                if later > number and other[:2] == ("name", op[1]):
                    way = _followed(fn, caller, later, depth + 1)
                    if way is not caller:
                        return way
            continue
        if op[0] in ("attr", "call", "compare", "bool", "unary", "branch"):
            continue
        return _MANY
    return caller


def _given(fn: Fn, giver: Fn, number: int) -> _Begin:
    """What a call makes of a coroutine, or of a function, that it is given."""
    call, op = link(giver).calls.get(number), giver.facts.ops[number]
    if call is None:
        return _MANY
    spawns = _spawns(call)
    if spawns:
        return _MANY if in_loop(giver, number) or _collected(giver, number) else fn
    alone = len(op[2]) == 1 or all(row.kind != _RESULTS for row in call.rows)
    alone = alone and all(giver.facts.ops[register][0] != "star" for register in op[2])
    if any(row.does == "wait" for row in call.rows):
        if not alone or _collected(giver, number):
            return _MANY
        begun = any(row.gives is not None for row in call.rows)  # on another thread: the giver goes on
        return fn if begun else giver
    waits = bool(call.targets) and all(_waits_for_given(target) for target in call.targets)
    return giver if waits and not _collected(giver, number) else _MANY


def _spawns(call: Call) -> bool:
    """Whether a call starts a task with what it is given, itself or by the function that it calls."""
    if any(row.does == "spawn" and row.kind == "task" for row in call.rows):
        return True
    return bool(call.targets) and all(
        any(
            row.does == "spawn" and row.kind == "task"
            for number, inner in link(target).calls.items()
            for row in inner.rows
            if any(_is_param(target, register) for register in target.facts.ops[number][2])
        )
        for target in call.targets
    )


def _waits_for_given(fn: Fn) -> bool:
    """Whether a plain function gives back what comes of a coroutine that it is given, and starts no task."""
    ops = fn.facts.ops
    if fn.facts.is_async:
        return False
    given = [
        number
        for number, op in enumerate(ops)
        if op[0] == "call" and any(_is_param(fn, register) for register in op[2])
    ]
    returned = {op[1] for op in ops if op[0] == "return"}
    return bool(given) and returned.issuperset(given) and not any(_spawns(link(fn).calls[at]) for at in given)


def _is_param(fn: Fn, register: int) -> bool:
    op = fn.facts.ops[register]
    return op[0] == "name" and any(op[1] == parameter.name for parameter in fn.facts.params)


def _collected(fn: Fn, number: int) -> bool:
    """Whether a value is one of those that a comprehension or a display makes."""
    return any(
        op[0] in ("collect", "build", "star") and number in operands(op) for op in fn.facts.ops[number + 1 :]
    )


def _kept(fn: Fn, number: int) -> bool:
    """Whether the task that a call starts is kept in an attribute of the function's object."""
    ops = fn.facts.ops
    tasks = {number}
    for later in range(number + 1, len(ops)):
        op = ops[later]
        if op[0] == "call" and not tasks.isdisjoint(op[2]):
            tasks.add(later)
        if op[0] == "setattr" and op[3] in tasks and _of_object(fn, op[1]):
            return True
        if op[0] == "store" and op[2] in tasks:
            tasks |= {at for at in range(later, len(ops)) if ops[at][:2] == ("name", op[1])}
    return False


def _of_object(fn: Fn, register: int) -> bool:
    """Whether a register holds the object of the method that a function is, or stands in."""
    return fn.is_self(register) or fn.facts.ops[register] == ("name", method_around(fn).self_name)


def _from_table(fn: Fn) -> Iterator[Fn]:
    """The methods that take something out of a dict of the object in which a method stands."""
    owner, name = fn.owner, fn.facts.name
    if owner is None:
        return
    tables: set[str] = set()
    methods = [method for base in owner.mro() for method in base.own_methods()]
    for method in methods:
        ops = method.facts.ops
        if name not in method.facts.names:
            continue
        for number, op in enumerate(ops):
            if op[0] != "dict":
                continue
            values = [ops[value] for _, value in op[1]]
            own = [value for value in values if value[0] == "attr" and method.is_self(value[1])]
            if all(value[2] != name for value in own):
                continue
            kept = {number}
            for later in range(number + 1, len(ops)):
                after = ops[later]
                if after[0] == "store" and after[2] in kept:
                    kept |= {at for at in range(later, len(ops)) if ops[at][:2] == ("name", after[1])}
                if after[0] == "setattr" and after[3] in kept and method.is_self(after[1]):
                    tables.add(after[2])
    for method in methods if tables else ():
        ops = method.facts.ops
        if any(
            op[0] == "attr" and op[2] in tables and method.is_self(op[1]) and _taken_from(ops, number)
            for number, op in enumerate(ops)
        ):
            yield method


def _taken_from(ops: tuple[Op, ...], table: int) -> bool:
    """Whether an entry of a table is taken: ``table[key]``, ``table.get(key)``."""
    return any(
        (op[0] == "item" and op[1] == table) or (op[0] == "attr" and op[1] == table and op[2] == "get")
        for op in ops[table + 1 :]
    )


__all__ = ["one_task"]
