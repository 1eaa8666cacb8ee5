"""Stores that are read, changed in Python and written back: caches, documents, items, resources, HTTP.

A value read under a key, with a filter or from a URL makes what is written under the same key, with the same
filter, to the same URL. Or its absence decides that a fixed mark is set, which is a claim that two can make.
What only fills a cache where it is empty is neither: both write the same. Who raises an exception where the
key is there does not only fill it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.facts.operands import dropped
from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.callers import locked_by_callers
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.find import common, root_symbol, same_place
from rmwlint.windows.flow import other_way, raises_after, reaches
from rmwlint.windows.guards.clocks import in_time
from rmwlint.windows.interpreter.presence import found_there
from rmwlint.windows.values import RANK, Event, Place, Symbol

_STORES = frozenset(["key", "document", "http"])
_READS = frozenset(["read", "test"])
_KEYS = frozenset(["_id", "id", "pk", "key", "uuid", ""])


class StoreWindow(NamedTuple):
    """``kind``: cache | document | item | resource | http. ``how``: copy | derive | container | arith, of
    what was read; claim where its absence decides; spent where it must be there, and is deleted then.
    ``guard``: why nobody can write in between, empty where somebody can."""

    read: Event
    write: Event
    kind: str
    how: str
    branch: int | None
    guard: str
    sure: int

    @property
    def text(self) -> str:
        """What is written, as a reader would name it."""
        assert self.write.place is not None
        return self.write.place.text


def store_windows(fn: Fn) -> tuple[StoreWindow, ...]:
    """The windows of a function on stores, guarded ones too."""
    found = fn.memo.get("store_windows")
    if found is None:
        found = fn.memo["store_windows"] = tuple(_windows(fn))
    return found  # type: ignore[return-value]


def _windows(fn: Fn) -> Iterator[StoreWindow]:
    events = heard(fn).events
    reads: dict[int, Event] = {}
    for event in events:
        if event.does in _READS and event.row is not None and event.row.place in _STORES:
            reads.setdefault(event.op, event)
    if not reads:
        return
    for write in events:
        row = write.row
        if row is None or row.place not in _STORES or write.place is None:
            continue
        if write.does == "create" and _kind(write) == "cache":
            yield from _unanswered(fn, reads, write)
        if write.does == "delete" and _kind(write) == "cache":
            yield from _spent(fn, reads, write)
        if write.does != "write":
            continue
        best: StoreWindow | None = None
        for window in _of_write(fn, reads, write, _kind(write)):
            if best is None or RANK.get(window.how, -1) > RANK.get(best.how, -1):
                best = window
        if best is not None:
            yield best


def _kind(write: Event) -> str:
    row = write.row
    assert row is not None
    if row.place == "http":
        return "http"
    return row.kind or ("cache" if row.place == "key" else "document")


def _of_write(fn: Fn, reads: dict[int, Event], write: Event, kind: str) -> Iterator[StoreWindow]:
    for dep in write.deps:
        read = reads.get(dep[0])
        if read is None or read.does == "test" or not _one_place(read, write, kind):
            continue
        if read.op == write.op or (read.trail and write.trail and read.op == write.op):
            continue
        sure = min(read.sure, write.sure, 2 if read.trail or write.trail else 3)
        if kind == "cache" and dep[2] == "copy":
            sure = 1  # written back as it was: a longer life, or what was found or made
        yield StoreWindow(read, write, kind, dep[2], None, _guard(fn, read, write, kind), sure)
    if kind != "cache":
        return
    fixed = _fixed(fn, write)
    for dep, branch, outcome in write.control:
        read = reads.get(dep[0])
        if read is None or not _one_place(read, write, kind):
            continue
        there = found_there(fn.facts, branch, outcome, read.op)
        if (there is False and fixed) or (
            there is not True and not write.trail and _refuses(fn, branch, outcome)
        ):
            sure = min(read.sure, write.sure, 2)
            yield StoreWindow(read, write, kind, "claim", branch, _guard(fn, read, write, kind), sure)


def _refuses(fn: Fn, branch: int, outcome: bool) -> bool:
    """Whether the function raises where a condition turns out otherwise: who only fills a cache does not."""
    other = other_way(fn, branch, outcome)
    return other is not None and other[1] > other[0] and raises_after(fn, other[0])


def _unanswered(fn: Fn, reads: dict[int, Event], write: Event) -> Iterator[StoreWindow]:
    """A mark that is looked for and then added, where nobody asks whether it was added by this call: two that
    find none take themselves for the first."""
    row = write.row
    if row is None or not row.exclusive or write.op not in dropped(fn.facts.ops) or not _fixed(fn, write):
        return
    for read in reads.values():
        if read.op < write.op and _one_place(read, write, "cache") and not read.trail:
            sure = min(read.sure, write.sure, 2)
            yield StoreWindow(read, write, "cache", "claim", None, _guard(fn, read, write, "cache"), sure)


def _spent(fn: Fn, reads: dict[int, Event], delete: Event) -> Iterator[StoreWindow]:
    """A key without which the function refuses, and which it deletes then, where nobody asks whether this
    call has deleted it: two that find it both spend it."""
    if delete.trail or delete.op not in dropped(fn.facts.ops):
        return
    for dep, branch, outcome in sorted(delete.control, key=lambda one: one[1]):
        read = reads.get(dep[0])
        if read is None or read.trail or read.does != "read" or not _one_place(read, delete, "cache"):
            continue
        wanted = found_there(fn.facts, branch, outcome, read.op) or _matches(fn, branch, outcome)
        if wanted and _refuses(fn, branch, outcome):
            sure = min(read.sure, delete.sure, 2)
            yield StoreWindow(read, delete, "cache", "spent", branch, _guard(fn, read, delete, "cache"), sure)
            return


def _matches(fn: Fn, branch: int, outcome: bool) -> bool:
    """Whether a condition turns out so where one thing is like another, which is not None."""
    ops = fn.facts.ops
    if ops[branch][0] != "branch":
        return False
    pending = [(ops[branch][1], outcome)]
    while pending:
        register, holds = pending.pop()
        op = ops[register]
        if op[0] == "bool" and (op[1] == "and") is holds:
            pending += [(part, holds) for part in op[2]]
        elif op[0] == "unary" and op[1] == "not":
            pending.append((op[2], not holds))
        elif op[0] == "compare" and op[1] == (("==",) if holds else ("!=",)):
            if all(ops[part] != ("const", None) for part in op[2]):
                return True
    return False


def _fixed(fn: Fn, write: Event) -> bool:
    """Whether what is written is a fixed mark."""
    op = fn.facts.ops[write.op]
    if write.trail or op[0] != "call":
        return False
    given = [*op[2][1:], *(register for keyword, register in op[3] if keyword == "value")]
    kinds = [type(fn.facts.ops[at][1]) if fn.facts.ops[at][0] == "const" else None for at in given]
    # Of several arguments a number may be how long it lives.
    return bool(kinds) and (None not in kinds or kinds[0] in (bool, str, bytes))


# -- one place ----------------------------------------------------------------------------------------


def _one_place(read: Event, write: Event, kind: str) -> bool:
    one, other = read.place, write.place
    if one is None or other is None or (read.row and write.row and read.row.place != write.row.place):
        return False
    if kind in ("cache", "http") or read.row is None or read.row.place != "document":
        return bool(one.symbol == other.symbol)
    if isinstance(other.symbol, tuple) and len(other.symbol) == 2 and other.symbol[0] == "document":
        if root_symbol(other.symbol[1]) == one.symbol:
            return True
    return same_place(one._replace(kind="document"), other._replace(kind="document"))


# -- what keeps others out ----------------------------------------------------------------------------


def _guard(fn: Fn, read: Event, write: Event, kind: str) -> str:
    shared = common(read.held, write.held)
    if any(held.kind == "lock" and not held.fresh for held in shared):
        return "lock"
    if any(held.kind == "transaction" for held in shared) and kind != "http":
        return "transaction"
    if any(value.const is not None for _, value in write.passed):
        return "guard argument"
    if kind == "resource" and write.row and write.row.place == "document" and _whole(read, write):
        return "the version that the object carries"
    if kind != "item" and read.place is not None and _compared(read.place, write.place):
        return "condition on the old value"
    if locked_by_callers(fn):
        return "lock of the callers"
    return ""


def _whole(read: Event, write: Event) -> bool:
    """Whether the object that was read goes back, or a new one with what says which version it is."""
    return any(dep[0] == read.op and (dep[1] is None or "meta" in dep[1].lower()) for dep in write.deps)


def _compared(read: Place, write: Place | None) -> bool:
    """Whether the filter of the write compares more than the key with what was read."""
    return write is not None and any(
        column not in _KEYS and _of(symbol, read.symbol) for column, symbol in write.keys
    )


def _of(symbol: Symbol, snapshot: Symbol) -> bool:
    return isinstance(symbol, tuple) and symbol != snapshot and root_symbol(symbol) == snapshot


# -- locks made of keys -------------------------------------------------------------------------------


class KeyLock(NamedTuple):
    """A key that is set only where it is absent, and taken away again: a lock. ``release``: the deletion,
    where it is in the same function or class; ``expires``: whether the key has an end; ``owned``: whether the
    deletion is decided by what the key holds; ``timely``: whether the clock is asked before it."""

    acquire: Event
    at: Fn
    release: Event
    expires: bool
    owned: bool
    timely: bool


def key_locks(fn: Fn) -> Iterator[KeyLock]:
    """The locks made of keys that a function takes away."""
    events = heard(fn).events
    for release in events:
        row = release.row
        if release.does != "delete" or row is None or row.place != "key" or release.trail:
            continue
        found = _acquired(fn, release)
        if found is not None:
            acquire, at = found
            owned = any(_looks_at(events, dep[0], release) for dep, _, _ in release.control)
            yield KeyLock(acquire, at, release, _expires(at, acquire), owned, in_time(fn, release.op))


def _acquired(fn: Fn, release: Event) -> tuple[Event, Fn] | None:
    for event in heard(fn).events:
        if _is_lock(event, release) and reaches(fn, event.op, release.op):
            return event, fn
    owner = fn.owner
    symbol = release.place.symbol if release.place is not None else None
    if owner is None or not fn.first_is_self or not _own_attribute(symbol):
        return None
    for method in owner.own_methods():
        if method is not fn and method.facts.names & fn.facts.names:
            for event in heard(method).events:
                if _is_lock(event, release) and method.first_is_self:
                    return event, method
    return None


def _is_lock(event: Event, release: Event) -> bool:
    row = event.row
    return (
        event.does == "create"
        and row is not None
        and row.place == "key"
        and row.exclusive
        and event.place is not None
        and release.place is not None
        and event.place.symbol == release.place.symbol
        and not event.trail
    )


def _own_attribute(symbol: Symbol) -> bool:
    while isinstance(symbol, tuple) and len(symbol) == 3 and symbol[0] == "attr":
        symbol = symbol[1]
    return bool(symbol == ("param", 0))


def _looks_at(events: list[Event], op: int, release: Event) -> bool:
    return any(
        event.op == op
        and event.does == "read"
        and event.place is not None
        and release.place is not None
        and event.place.symbol == release.place.symbol
        for event in events
    )


def _expires(fn: Fn, acquire: Event) -> bool:
    row = acquire.row
    assert row is not None
    if "*" in row.expires or acquire.op < 0:
        return True
    op = fn.facts.ops[acquire.op]
    return op[0] != "call" or any(keyword in row.expires or keyword == "**" for keyword, _ in op[3])
