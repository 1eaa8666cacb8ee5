"""A folder that is taken for complete where it is there, and is filled in place where it is not.

``if folder.exists(): return folder``, then ``folder.mkdir(exist_ok=True)`` and what goes into it: whoever
looks while it is being filled finds it there, and goes on with half of it; and so does the next start when
this process dies in the middle. What is filled under another name and put in place in one step is never found
half made.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.callers import locked_by_callers
from rmwlint.windows.concurrency.phases import ALONE
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.files.looked_for import decided_by, presence_looks
from rmwlint.windows.files.rewrites import locked, of_handle
from rmwlint.windows.interpreter.paths import private, scratch
from rmwlint.windows.values import Dep, Event, Symbol


class HalfMade(NamedTuple):
    """``look``: the operation that finds no folder; ``made`` and ``filled``: it is made, and a file in it."""

    look: int
    made: Event
    filled: Event


def half_made(fn: Fn) -> Iterator[HalfMade]:
    """The folders that a function makes and fills, without a lock, where it has not found them."""
    if fn.index == 0 or fn.facts.name in ALONE:
        return
    events, looks = heard(fn).events, presence_looks(fn)
    for made in events if looks else ():
        if made.does != "ensure" or made.place is None or made.place.kind != "directory" or locked(made):
            continue
        symbol = made.place.symbol
        decided = decided_by(fn, made, looks, there=False)
        if decided is None or scratch(fn, symbol) or private(fn, symbol) or locked_by_callers(fn):
            continue
        filled = next((event for event in events if _fills(fn, event, made, decided)), None)
        if filled is not None:
            yield HalfMade(decided[0][0], made, filled)


def _fills(fn: Fn, event: Event, made: Event, decided: tuple[Dep, int, bool]) -> bool:
    """Whether an event writes a file in the folder once it is made, where the same look decides it."""
    return (
        event.does in ("write", "create")
        and event.op > made.op
        and event.place is not None
        and made.place is not None
        and event.place.kind == "file"
        and event.place.symbol != made.place.symbol
        and _under(event.place.symbol, made.place.symbol)
        and decided in event.control
        and not locked(event)
        and not of_handle(fn, event)
    )


def _under(path: Symbol, folder: Symbol) -> bool:
    """Whether a path leads into a folder: by ``join(folder, name)``, ``folder / name``, ``joinpath``."""
    if path == folder:
        return True
    if not isinstance(path, tuple) or len(path) < 3:
        return False
    if path[0] == "binop" and path[1] == "/":
        return _under(path[2], folder)
    if path[0] != "call" or not isinstance(path[1], tuple):
        return False
    if path[1][0] == "attr" and path[1][-1] == "joinpath":
        return _under(path[1][1], folder)
    return str(path[1][-1]).rpartition(".")[2] == "join" and _under(path[2], folder)
