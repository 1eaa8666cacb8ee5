"""Calls without the lock that the others hold who call the same function.

A function that changes files, and is called under one lock wherever else it is called, relies on that lock:
``with FileLock(MEDIA_LOCK): delete_empty_folders(path)``. The lock must be one for all, by a constant or a
setting, and reach other processes; a lock of one object says nothing of another module's call. Nor does it
say anything of a function that puts a file where its caller says, or of a call for another folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rmwlint.program.calling import Calling, argument, callings, public
from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.callers import locked_by_callers
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.interpreter.paths import private
from rmwlint.windows.text import text
from rmwlint.windows.values import Event, Held, Symbol

#: others that hold the lock: fewer say little
ENOUGH = 2
_FAR = frozenset(["host", "cluster"])
_CHANGES = frozenset(["create", "delete", "ensure", "replace", "write"])
_PUTS = frozenset(["create", "replace", "write"])
_SAME_FOR_ALL = frozenset(["const", "global"])


class Unlike(NamedTuple):
    """The call at ``op`` of ``target``, bare; ``others``: calls made under the lock written ``lock``."""

    op: int
    target: Fn
    lock: str
    others: tuple[tuple[Fn, int], ...]


def unlike_others(fn: Fn) -> Iterator[Unlike]:
    """The calls of a function that are made without the lock which nearly all other calls are made under."""
    told: set[Fn] = set()
    for number, call in link(fn).calls.items():
        if len(call.targets) != 1 or call.cls is not None:
            continue
        target = call.targets[0]
        if target in told or target is fn or not public(target) or not _changes_files(target):
            continue
        if _far(heard(fn).at_calls.get(number, ())):
            continue
        guarded = _guarded(target)
        if guarded is None or any(caller is fn for caller, _ in guarded[1]):
            continue
        told.add(target)
        here = Calling(fn, number, call.receiver is not None and target.first_is_self)
        if _elsewhere(here, target, guarded[1]):
            continue
        if not locked_by_callers(fn) and not _held_around(fn):
            yield Unlike(number, target, *guarded)


def _changes_files(fn: Fn) -> bool:
    """Whether a function itself changes files, other than temporary ones that it makes."""
    known = fn.memo.get("changes_files")
    if known is None:
        known = fn.memo["changes_files"] = bool(fn.facts.params) and any(
            event.does in _CHANGES and event.place.kind in ("file", "directory") and not event.trail
            for event in heard(fn).events
            if event.place is not None
            and event.row is not None
            and event.row.at != "result"
            and not private(fn, event.place.symbol)
            and not (event.does in _PUTS and _for_caller(fn, event))
        )
    return bool(known)


def _for_caller(fn: Fn, put: Event) -> bool:
    """Whether a file is copied or moved to where the caller says, no setting of the project's."""
    assert put.place is not None
    fixed = put.place.symbol[:1] == ("const",) or _of_project(put.place.symbol)
    return not fixed and any(
        event.op == put.op and event.does in ("read", "delete") for event in heard(fn).events
    )


def _of_project(symbol: Symbol) -> bool:
    """Whether a path is built from a variable of some module; what builds it is a function."""
    if not isinstance(symbol, tuple) or not symbol:
        return False
    called = symbol[0] == "call" and isinstance(symbol[1], tuple) and symbol[1][:1] == ("global",)
    parts = symbol[2:] if called else symbol
    return symbol[:1] == ("global",) or any(_of_project(part) for part in parts)


def _elsewhere(calling: Calling, target: Fn, others: Sequence[tuple[Fn, int]]) -> bool:
    """Whether all other calls give a parameter a setting, and this call gives it something of its own."""
    for index in range(len(target.facts.params)):
        given = {_setting(Calling(fn, op, calling.bound), target, index) for fn, op in others}
        if None in given or not given:
            continue
        register = argument(calling, target, index)
        if register is None or calling.caller.facts.ops[register][0] == "name":
            continue
        if _setting(calling, target, index) is None:
            return True
    return False


def _setting(calling: Calling, target: Fn, index: int) -> str | None:
    """A parameter's value as written, where it is a name of the module or an attribute of one."""
    register = argument(calling, target, index)
    facts = calling.caller.facts
    root = register
    while root is not None and facts.ops[root][0] == "attr":
        root = facts.ops[root][1]
    if register is None or root is None or facts.ops[root][0] != "name":
        return None
    return None if facts.ops[root][1].rstrip("'") in facts.locals else text(facts, register)


def _guarded(target: Fn) -> tuple[str, tuple[tuple[Fn, int], ...]] | None:
    """The lock that most calls of a function are made under, as written, and those calls."""
    if not _locks_around(target):
        return None
    calls, all_known = callings(target)
    if not all_known:
        return None
    known = target.memo.get("guarded_calls", False)
    if known is False:
        known = target.memo["guarded_calls"] = _most(calls)
    return known  # type: ignore[return-value]


def _locks_around(target: Fn) -> bool:
    """Whether a module of the project that names the function may also take a lock of many processes."""
    known = target.memo.get("locks_around")
    if known is None:
        known = target.memo["locks_around"] = _may_lock_around(target)
    return bool(known)


def _may_lock_around(target: Fn) -> bool:
    module = target.module
    program = module.program
    locking = {path for word in program.libraries.far_locks for path in program.mentions(word, module.path)}
    return bool(locking) and not locking.isdisjoint(program.mentions(target.facts.name, module.path))


def _most(calls: Sequence[Calling]) -> tuple[str, tuple[tuple[Fn, int], ...]] | None:
    under: dict[Symbol, list[tuple[Fn, int]]] = {}
    texts: dict[Symbol, str] = {}
    for caller, number, _ in calls:
        for held in _far(heard(caller).at_calls.get(number, ())):
            under.setdefault(held.key, []).append((caller, number))
            texts.setdefault(held.key, held.text)
    if not under:
        return None
    key = max(under, key=lambda one: (len(under[one]), texts[one]))
    found = under[key]
    if len(found) < ENOUGH or len(found) * 2 <= len(calls) - len(found):
        return None
    return texts[key], tuple(found)


def _far(held: tuple[Held, ...]) -> list[Held]:
    """Of what is held, the locks that are one for all processes."""
    return [
        one for one in held if one.kind == "lock" and one.reach in _FAR and not one.fresh and _one(one.key)
    ]


def _one(key: Symbol) -> bool:
    """Whether a lock's key is made of constants and names of modules alone."""
    if not isinstance(key, tuple) or not key:
        return True
    if key[0] in _SAME_FOR_ALL:
        return True
    if key[0] in ("attr", "named", "call"):
        return all(_one(part) for part in key[1:] if isinstance(part, tuple))
    return False


def _held_around(fn: Fn) -> bool:
    """Whether all who call the function hold such a lock."""
    if not public(fn):
        return False
    calls, _ = callings(fn)
    return bool(calls) and all(_far(heard(caller).at_calls.get(number, ())) for caller, number, _ in calls)
