"""Numbers that change together with a state: ``if not row.closed: row.times += 1; row.closed = True``.

Two that both pass the test write the same number, and one after the other would have come to that number too:
the second would not have passed. So it is where the clock is asked what a row is due for, and the write moves
the row's time on: ``if row.seen < now - day: row.days += (now - row.seen).days``. That both of them went on
may be a fault; that the number was counted up once is none.
"""

from __future__ import annotations

from collections.abc import Iterator

from rmwlint.facts.operands import made_of
from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.find import Window
from rmwlint.windows.flow import always_before
from rmwlint.windows.guards.clocks import tells_time
from rmwlint.windows.interpreter.looks import excludes
from rmwlint.windows.values import UNKNOWN, Symbol, decisions

#: what a caller, or whoever else is waited for, may give each of two otherwise
_CALLERS = frozenset(["param", "lambda", "await"])
_LOOKUPS = frozenset(["lt", "lte", "gt", "gte", "range"])


def moved_on(fn: Fn, window: Window) -> bool:
    """Whether a window is on a number that all who pass the function's test change alike, and the write makes
    that test, or the query that found the row, refuse whoever comes next."""
    if window.write.trail or window.set_at is None:
        return False
    if not any(True for _ in _refusing(fn, window)):
        return False
    return _same_for_all(fn, window)


def _refusing(fn: Fn, window: Window) -> Iterator[str]:
    """The columns by which whoever comes after the write is refused."""
    write, set_at = window.write, dict(window.write.set_at)
    values = dict(write.columns)
    tests = heard(fn).tests
    moved = {name for name, at in set_at.items() if always_before(fn, at, write.op)}
    moved.add(window.attribute or "")
    minded = {dep[1] for value in values.values() for dep in value.deps if _of_row(dep[0], window)}
    for dep, branch, outcome in decisions(write.control):
        column, test = dep[1], tests.get(branch)
        if test is None or column is None or not _of_row(dep[0], window):
            continue
        if not always_before(fn, branch, window.set_at or 0):
            continue
        symbols = tuple(("attr", symbol, column) for symbol in _rows(window))
        if column in moved and column != window.attribute and values[column].const is not UNKNOWN:
            if excludes(test, outcome, symbols, values[column]):
                yield column
        elif column in moved | minded and _with_clock(fn, test, symbols):
            yield column
    query = window.read.query if window.read is not None else None
    for condition, symbol, _ in query.conditions if query is not None else ():
        column, _, lookup = condition.partition("__")
        if column in set_at and lookup in _LOOKUPS and _of_clock(fn, symbol):
            yield column


def _of_row(number: int, window: Window) -> bool:
    """Whether a dependence is one on the row of a window."""
    if window.read is not None:
        return number == window.read.op
    place = window.write.place
    return place is not None and number < 0 and place.symbol == ("param", -1 - number)


def _rows(window: Window) -> Iterator[Symbol]:
    for event in (window.read, window.write):
        if event is not None and event.place is not None:
            yield event.place.symbol


def _with_clock(fn: Fn, test: Symbol, columns: tuple[Symbol, ...]) -> bool:
    """Whether a condition compares a column with what the clock says."""
    if not isinstance(test, tuple):
        return False
    if test[:1] == ("compare",):
        parts = test[2:]
        return any(_mentions(part, columns) for part in parts) and any(_of_clock(fn, part) for part in parts)
    return any(_with_clock(fn, part, columns) for part in test)


def _mentions(symbol: Symbol, columns: tuple[Symbol, ...]) -> bool:
    return symbol in columns or (
        isinstance(symbol, tuple) and any(_mentions(part, columns) for part in symbol)
    )


def _of_clock(fn: Fn, symbol: Symbol) -> bool:
    if not isinstance(symbol, tuple):
        return False
    if len(symbol) == 2 and symbol[0] == "op" and isinstance(symbol[1], int):
        return tells_time(fn, symbol[1])
    return any(_of_clock(fn, part) for part in symbol)


def _same_for_all(fn: Fn, window: Window) -> bool:
    """Whether the column, where it is made of itself, is made of nothing but the row, the clock, and what
    stands in the code."""
    place, ops = window.write.place, fn.facts.ops
    row = place.text if place is not None else ""
    given = [op[3] for op in ops[: window.write.op] if op[0] == "setattr" and op[2] == window.attribute]
    made = [sorted(made_of(ops, register, row)) for register in given]
    of_itself = [
        parts for parts in made if any(ops[part][::2] == ("attr", window.attribute) for part in parts)
    ]
    return bool(of_itself) and all(ops[part][0] not in _CALLERS for parts in of_itself for part in parts)
