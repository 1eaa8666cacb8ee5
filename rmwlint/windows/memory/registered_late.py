"""What is put where somebody looks for it only once, after a look at whether that has happened yet.

    if self._done:
        return
    self._waiters.append(waiter)    # and elsewhere: self._done = True; for waiter in self._waiters: …

Who sets the flag and then goes through the container comes between the look and the entry: the entry is never
found, and whoever waits for it waits for good. Between tasks only where something is awaited in between. Told
by the shape of the operations; who looks at the flag again after the entry is there is safe.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.facts.model import Op
from rmwlint.program.program import Cls, Fn
from rmwlint.windows.concurrency.callers import locked_by_callers
from rmwlint.windows.concurrency.modules import imports_concurrency
from rmwlint.windows.concurrency.phases import ALONE, prepares
from rmwlint.windows.concurrency.sharing import method_around, shared_class, unshared_class
from rmwlint.windows.concurrency.spawning import NEAR
from rmwlint.windows.find import common
from rmwlint.windows.flow import leads, passes, reaches
from rmwlint.windows.interpreter.interpret import analysis
from rmwlint.windows.memory.refills import held_at, users_around

_PUTS = frozenset(["add", "append", "appendleft", "put", "put_nowait"])


class RegisteredLate(NamedTuple):
    """``look``: the load of the flag, ``put``: the entry, operations of the function. ``raiser``, ``raised``
    and ``gone_through``: who sets the flag, where, and where it then uses the container."""

    flag: str
    container: str
    look: int
    put: int
    raiser: Fn
    raised: int
    gone_through: int


def registered_late(fn: Fn) -> Iterator[RegisteredLate]:
    """The entries that a method makes after a look at a flag, and that who sets the flag can miss."""
    owner = method_around(fn).owner
    if owner is None or fn.facts.name in ALONE or prepares(fn) or unshared_class(owner):
        return
    puts = list(_puts(fn, owner))
    if not puts:
        return
    told: set[str] = set()
    for put, container in puts:
        for look, flag, unset in _looks(fn, owner, put):
            if flag == container or container in told or _there_already(fn, puts, put):
                continue
            if _looked_again(fn, owner, flag, put) or _kept_out(fn, look, put):
                continue
            for found in _raisers(fn, owner, flag, unset, container):
                if _together(fn, owner, look, put, found[0]):
                    told.add(container)
                    yield RegisteredLate(flag, container, look, put, *found)
                    break


def _own(fn: Fn, owner: Cls, register: int) -> str | None:
    """The attribute of an object of the class that a register was loaded from: its own, or a private one."""
    op = fn.facts.ops[register]
    if op[0] != "attr" or fn.facts.ops[op[1]][0] != "name":
        return None
    name = str(op[2])
    if fn.facts.ops[op[1]][1] == method_around(fn).self_name:
        return name
    fields = (base.facts.self_fields for base in owner.mro())
    return name if name.startswith("_") and any(name in known for known in fields) else None


def _puts(fn: Fn, owner: Cls) -> Iterator[tuple[int, str]]:
    """The operations that put something into a container which an attribute holds."""
    ops = fn.facts.ops
    for number, op in enumerate(ops):
        container = None
        if op[0] == "setitem":
            container = op[1]
        elif op[0] == "call" and ops[op[1]][0] == "attr" and ops[op[1]][2] in _PUTS and op[2]:
            container = ops[op[1]][1]
        name = _own(fn, owner, container) if container is not None else None
        if name is not None:
            yield number, name


def _looks(fn: Fn, owner: Cls, put: int) -> Iterator[tuple[int, str, bool]]:
    """(load, attribute, what it was: false or empty, or true) of the looks that alone let control come to an
    operation."""
    ops = fn.facts.ops
    for _, last, successors, _ in fn.facts.blocks:
        branch = last - 1
        if branch < 0 or ops[branch][0] != "branch" or len(successors) != 2 or not branch < put:
            continue
        ways = [leads(fn, branch, outcome, put) for outcome in (True, False)]
        if ways[0] is ways[1]:
            continue
        yield from _asked(fn, owner, ops[branch][1], ways[0])


def _asked(fn: Fn, owner: Cls, register: int, outcome: bool) -> Iterator[tuple[int, str, bool]]:
    ops = fn.facts.ops
    op = ops[register]
    if op[0] == "unary" and op[1] == "not":
        yield from _asked(fn, owner, op[2], not outcome)
    elif op[0] == "bool" and (op[1] == "and") is outcome:
        for part in op[2]:
            yield from _asked(fn, owner, part, outcome)
    elif op[0] == "compare" and len(op[1]) == 1:
        first, second = op[2]
        if op[1][0] in ("in", "not in"):
            name = _own(fn, owner, second)
            if name is not None:
                yield second, name, (op[1][0] == "not in") is outcome
        elif op[1][0] in ("is", "is not") and ops[second] in (("const", None), ("const", True)):
            name = _own(fn, owner, first)
            if name is not None:
                absent = (op[1][0] == "is") is (ops[second] == ("const", None))
                yield first, name, absent is outcome
    else:
        name = _own(fn, owner, register)
        if name is not None:
            yield register, name, not outcome


def _raisers(fn: Fn, owner: Cls, flag: str, unset: bool, container: str) -> Iterator[tuple[Fn, int, int]]:
    """Who sets the flag otherwise, where, and where it goes through the container after that."""
    for other in _others(fn):
        names = other.facts.names
        if other is fn or flag not in names or other.facts.name in ALONE:
            continue
        for raised in _raised(other, owner, flag, unset):
            after = _used_after(other, owner, container, raised)
            if after is not None:
                yield other, raised, after
                break


def _others(fn: Fn) -> Iterator[Fn]:
    """The methods of the class and the functions inside them."""
    for method in users_around(method_around(fn)):
        yield method
        yield from (one for one in method.module.functions() if one.facts.parent == method.index)


def _raised(fn: Fn, owner: Cls, flag: str, unset: bool) -> Iterator[int]:
    """The operations that make a flag true, or put something into what is asked for a key; where it has to be
    unset, that make it false."""
    ops = fn.facts.ops
    for number, op in enumerate(ops):
        if op[0] == "setattr" and op[2] == flag and ops[op[1]][0] == "name":
            value = ops[op[3]]
            if value[0] == "const" and bool(value[1]) is unset:
                yield number
    if unset:
        yield from (number for number, name in _puts(fn, owner) if name == flag)


def _used_after(fn: Fn, owner: Cls, container: str, raised: int) -> int | None:
    """Where a function uses a container after an operation, not to put an entry of its own into it."""
    if container not in fn.facts.names:
        return None
    ops = fn.facts.ops
    own = {_put_into(ops, number) for number, name in _puts(fn, owner) if name == container}
    for number in range(raised + 1, len(ops)):
        if number in own or _own(fn, owner, number) != container or not reaches(fn, raised, number):
            continue
        if not any(op[:2] == ("attr", number) and op[2] == "discard" for op in ops):
            return number
    return None


def _put_into(ops: tuple[Op, ...], put: int) -> int | None:
    """The register of the container that is given something other than a constant: a last entry tells who
    goes through it that no more will come."""
    op = ops[put]
    if op[0] == "setitem":
        return int(op[1])
    return None if ops[op[2][-1]][0] == "const" else int(ops[op[1]][1])


def _there_already(fn: Fn, puts: list[tuple[int, str]], put: int) -> bool:
    """Whether the function has made an entry under the same key before."""
    ops = fn.facts.ops
    if ops[put][0] != "setitem":
        return False
    container, key = ops[ops[put][1]][-1], ops[ops[put][2]]
    return any(
        ops[ops[earlier][2]] == key and reaches(fn, earlier, put)
        for earlier, name in puts
        if earlier < put and name == container and ops[earlier][0] == "setitem"
    )


def _together(fn: Fn, owner: Cls, look: int, put: int, raiser: Fn) -> bool:
    """Whether somebody else runs between the look and the entry: a task, where something is awaited there,
    or a thread. Coroutines share the thread of their loop, and so does a method with them, unless it or they
    take a lock of threads."""
    if fn.facts.is_async:
        switches = [event.op for event in analysis(fn).events if event.does == "switch"]
        if any(passes(fn, look, switch, put) for switch in switches):
            return True
    if raiser.facts.is_async and (fn.facts.is_async or not (_locks(fn) or _locks(raiser))):
        return False
    return shared_class(owner, False) or imports_concurrency(owner.module, False)


def _looked_again(fn: Fn, owner: Cls, flag: str, put: int) -> bool:
    """Whether the flag is looked at once more after the entry has been made."""
    return any(
        _own(fn, owner, number) == flag and reaches(fn, put, number)
        for number in range(put + 1, len(fn.facts.ops))
    )


def _locks(fn: Fn) -> bool:
    """Whether a function takes a lock of threads."""
    return any(
        event.does == "lock" and any(one.reach in NEAR for one in event.held) for event in analysis(fn).events
    )


def _kept_out(fn: Fn, look: int, put: int) -> bool:
    """Whether one lock is held from the look to the entry: that others do not take it is another question."""
    held = common(held_at(fn, look), held_at(fn, put))
    return any(one.kind == "lock" and not one.fresh for one in held) or locked_by_callers(fn)


__all__ = ["RegisteredLate", "registered_late"]
