"""What a folder is said to hold, and each of it asked for its age or size: ``os.path.getmtime(path)``.

What somebody else removes between the listing and the question is no longer there, and the question raises.
Told where the class or module that asks also removes files.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.facts.operands import made_of
from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.callers import locked_by_callers
from rmwlint.windows.concurrency.phases import ALONE, configures, prepares, starts
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.concurrency.sharing import method_around
from rmwlint.windows.files.rewrites import locked
from rmwlint.windows.interpreter.paths import of_kernel, private, scratch
from rmwlint.windows.text import text
from rmwlint.windows.values import Event, Symbol

_PATHS = ("file", "directory")
#: functions and methods that ask their key of each
_ORDERS = ("max", "min", "sorted", "sort")
#: of what a path is made of, so many parts are looked at
_MOST = 200
#: attributes that many things have: one of these names nothing
_OF_PATHS = frozenset(["path", "name", "parent", "stem", "suffix", "environ"])
_GIVES = ("return", "yield", "yieldfrom")


class Listed(NamedTuple):
    """``listing``: the operation that lists; ``asked``: the one that asks about what it named, ``text``: of
    which path; ``remover`` and ``removed``: who removes files meanwhile, and where. ``given``: the folder is
    what the caller says, or nothing says that the files removed lie in it."""

    listing: int
    asked: int
    text: str
    remover: Fn
    removed: int
    given: bool


def listed(fn: Fn) -> Iterator[Listed]:
    """The question, the first of a function, about what a listing named that fails where that is gone."""
    if fn.index == 0 or fn.facts.name in ALONE:
        return
    events = heard(fn).events
    listings = [event for event in events if event.row is not None and event.row.kind == "listing"]
    listings = [event for event in listings if event.place is not None and not _known_here(fn, event)]
    if not listings or locked_by_callers(fn) or any(map(_removes, events)):
        return
    for asked, register, written in _questions(fn, events):
        origin = made_of(fn.facts.ops, register, most=_MOST)
        # the last of those that led to the path has named it; others may have said where to list
        listing = next((one for one in reversed(listings) if one.op in origin and not locked(one)), None)
        removals = list(_removals(fn)) if listing is not None else []
        if listing is not None and removals:
            near = [one for one in removals if _together(fn, register, one[0], one[1].op)]
            remover, removed = min(removals, key=lambda one: _unlikely(one[0], one[1], one in near))
            assert listing.place is not None
            given = method_around(fn).owner is None and _given(listing.place.symbol)
            given = given or _only_given(fn, listing) or not near
            yield Listed(listing.op, asked, written, remover, removed.op, given)
            return


def _at_start(fn: Fn) -> bool:
    """Whether a function mostly runs before others come."""
    return fn.facts.name in ALONE or prepares(fn) or starts(fn) or configures(fn)


def _unlikely(remover: Fn, removed: Event, near: bool) -> tuple[bool, bool, bool]:
    """How little a removal tells of others who come to the files listed: one at the start, one that moves a
    file, one of files elsewhere or of files that may be gone already."""
    moves = any(event.op == removed.op and event.does == "replace" for event in heard(remover).events)
    return _at_start(remover), moves, not near or "missing" in removed.caught


def _given(symbol: Symbol) -> bool:
    """Whether a path is made from a parameter."""
    return isinstance(symbol, tuple) and (symbol[:1] == ("param",) or any(map(_given, symbol)))


def _only_given(fn: Fn, listing: Event) -> bool:
    """Whether the folder is made of what a method's caller says, and of nothing that the object has."""
    ops = fn.facts.ops
    op = ops[listing.op]
    if op[0] != "call" or listing.row is None or listing.trail:
        return False
    path = ops[op[1]][1] if listing.row.on else op[2][0] if op[2] else None
    if path is None:
        return False
    parts = made_of(ops, path, most=_MOST)
    first = 1 if fn.facts.owner is not None else 0
    callees = {op[1] for op in ops if op[0] == "call"}
    own = any(ops[part][0] == "attr" and fn.is_self(ops[part][1]) and part not in callees for part in parts)
    return not own and any(ops[part][0] == "param" and ops[part][1] >= first for part in parts)


def _together(fn: Fn, asked: int, remover: Fn, removed: int) -> bool:
    """Whether what one function asks about and what another removes are made from something of one name: a
    setting, a variable of the module, an attribute, one that the first keeps them in too."""
    op = remover.facts.ops[removed]
    paths = [*op[2], *(register for _, register in op[3])] if op[0] == "call" else []
    if op[0] == "call" and remover.facts.ops[op[1]][0] == "attr":
        paths.append(remover.facts.ops[op[1]][1])
    kept = {op[2] for op in fn.facts.ops if op[0] == "setattr"}
    mine = _named(fn, [asked], 1) | kept
    return not mine.isdisjoint(_named(remover, paths, 1))


def _named(fn: Fn, registers: list[int], depth: int) -> set[str]:
    """The names of attributes and variables of modules that values are made from, in callees too."""
    ops, found = fn.facts.ops, set()
    callees = {op[1] for op in ops if op[0] == "call"}
    for part in {part for register in registers for part in made_of(ops, register, most=_MOST)}:
        op = ops[part]
        if op[0] == "attr" and part not in callees:
            found.add(op[2])
        elif op[0] == "name" and op[1] in fn.module.facts.bindings and op[1] not in fn.facts.locals:
            found.add(op[1])
        elif op[0] == "call" and depth and part in link(fn).calls:
            for target in link(fn).calls[part].targets:
                returned = [op[1] for op in target.facts.ops if op[0] in _GIVES and op[1] is not None]
                found |= _named(target, returned, depth - 1)
    return found - _OF_PATHS


def _removes(event: Event) -> bool:
    """Whether an event removes a file, and fails where it is gone: that is told."""
    place = event.place
    return (
        event.does == "delete"
        and "missing" not in event.caught
        and place is not None
        and place.kind in _PATHS
    )


def _known_here(fn: Fn, event: Event) -> bool:
    assert event.place is not None
    symbol = event.place.symbol
    return scratch(fn, symbol) or private(fn, symbol) or of_kernel(fn, symbol)


def _questions(fn: Fn, events: list[Event]) -> Iterator[tuple[int, int, str]]:
    """(operation, the register of the path, the path as written) of what fails where a file is missing."""
    ops = fn.facts.ops
    for event in events:
        if event.row is None or event.row.kind != "detail" or event.place is None or event.trail:
            continue
        if "missing" in event.caught or locked(event):
            continue
        op = ops[event.op]
        register = op[2][0] if op[2] and not event.row.on else ops[op[1]][1]
        yield event.op, register, event.place.text
    libraries, types = fn.module.program.libraries, link(fn).types
    caught = {event.op for event in events if "missing" in event.caught}
    for number, op in enumerate(ops):
        if op[0] != "call" or not op[3] or number in caught:
            continue
        callee = ops[op[1]]
        if callee[0] not in ("name", "attr") or callee[-1] not in _ORDERS:
            continue
        asking = next((types[register] for keyword, register in op[3] if keyword == "key"), None)
        if asking is None or asking.kind != "external":
            continue
        if any(row.kind == "detail" for row in libraries.function_meaning(asking.name, {})):
            ordered = callee[1] if callee[0] == "attr" else op[2][0] if op[2] else None
            if ordered is not None and not _tolerant(fn, number):
                yield number, ordered, text(fn.facts, ordered)


def _tolerant(fn: Fn, number: int) -> bool:
    """Whether an operation stands under a handler."""
    return any(start <= number < end and handlers for start, end, _, handlers in fn.facts.blocks)


def _removals(fn: Fn) -> Iterator[tuple[Fn, Event]]:
    """Where others of the class, or of the module's functions, remove files."""
    owner = method_around(fn).owner
    for other in fn.module.functions():
        if other is fn or other.index == 0 or method_around(other).owner is not owner:
            continue
        for event in heard(other).events:
            if event.does == "delete" and event.place is not None and event.place.kind in _PATHS:
                if not _known_here(other, event):
                    yield other, event
                    break
