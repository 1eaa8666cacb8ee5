"""A row is set to a state by its key alone, in a function whose callers elsewhere have tested that state.

``release(address)`` updates ``where address = …``, whatever is there by then. Its callers have looked, and
what they have seen they cannot hand down: the condition is missing here, where the row is written. Callers
in the same file are told of it themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.program.calling import callings
from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.find import Window, open_windows
from rmwlint.windows.values import UNKNOWN, Event, Symbol

#: so many functions only hand the call on
_DEEPEST = 3
#: whoever has more callers is no part of any of them
_MOST_CALLERS = 6
_LIKELY = 2


class TestedAbove(NamedTuple):
    """A write, the caller that has tested, and the window that the two are the ends of."""

    write: Event
    caller: Fn
    window: Window


def tested_above(fn: Fn) -> Iterator[TestedAbove]:
    """The writes of a function that carry no test, although callers in other files have made one."""
    for event in heard(fn).events:
        if event.does == "write" and not event.trail and _by_key_alone(event):
            states = frozenset(name for name, value in event.columns if _is_state(value.const))
            if states:
                yield from _above(fn, event, states, fn, 0)


def _by_key_alone(event: Event) -> bool:
    place, query = event.place, event.query
    if place is None or place.kind != "rows" or query is None or event.passed or not query.conditions:
        return False
    # what a helper adds to every query is no test of this one
    named = [symbol for column, symbol, _ in query.conditions if symbol is not None or column != "?"]
    return bool(named) and all(_given(symbol) for symbol in named)


def _given(symbol: Symbol) -> bool:
    """Whether a symbol stands for what a caller gives."""
    while isinstance(symbol, tuple) and len(symbol) == 3 and symbol[0] in ("attr", "item"):
        symbol = symbol[1]
    return isinstance(symbol, tuple) and symbol[:1] == ("param",)


def _is_state(const: object) -> bool:
    """Whether a value that stands in the code is a state: a flag that is set twice is set."""
    return const is not UNKNOWN and const is not True and const is not False


def _above(fn: Fn, write: Event, states: frozenset[str], at: Fn, depth: int) -> Iterator[TestedAbove]:
    called, all_known = callings(at)
    if not all_known or len(called) > _MOST_CALLERS:
        return
    for caller, number, _ in called:
        for window in open_windows(caller):
            far = window.write
            if far.op != number or not far.trail or far.trail[-1] != (fn, write.op):
                continue
            elsewhere = caller.module is not fn.module and window.sure >= _LIKELY
            if elsewhere and window.how == "decide" and window.attribute in states:
                yield TestedAbove(write, caller, window)
                return
        if depth < _DEEPEST:
            found = next(_above(fn, write, states, caller, depth + 1), None)
            if found is not None:
                yield found
                return
