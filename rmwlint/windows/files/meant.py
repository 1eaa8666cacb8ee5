"""Folders that are there for several at a time, by what is made or done in them.

A folder for locks is there because others come. So is one in which whoever writes makes a temporary file
first and puts that in place in one step: others read there, or write too.
"""

from __future__ import annotations

from collections.abc import Iterator

from rmwlint.facts.model import Op
from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.text import text
from rmwlint.windows.values import Event, Symbol

_LOCKS = "files.LockFolder"
#: the keyword that says where a temporary file is made
_WHERE = "dir"


def meant_for_many(fn: Fn, event: Event) -> bool:
    """Whether an event makes a folder that is there for several at a time."""
    place = event.place
    if event.does != "create" or place is None or event.trail:
        return False
    suggests = fn.module.program.libraries.receiver
    names = [place.text.rpartition(".")[2], *_last(place.symbol)]
    if any(_LOCKS in suggests(name.strip("_").lower()) for name in names):
        return True
    return _written_in_one_step(fn, place.text)


def _last(symbol: Symbol) -> Iterator[str]:
    """The constant that a path ends with."""
    while isinstance(symbol, tuple) and len(symbol) > 1:
        if symbol[0] == "const":
            yield str(symbol[1]).rpartition("/")[2]
            return
        symbol = symbol[-1]


def _written_in_one_step(fn: Fn, folder: str) -> bool:
    """Whether a function makes temporary files in a folder, and moves them over what is there."""
    ops = fn.facts.ops
    events = heard(fn).events
    made = {event.op for event in events if event.does == "create" and _made_in(fn, ops[event.op], folder)}
    return bool(made) and any(event.does == "replace" and event.op > min(made) for event in events)


def _made_in(fn: Fn, op: Op, folder: str) -> bool:
    return op[0] == "call" and any(
        keyword == _WHERE and text(fn.facts, register) == folder for keyword, register in op[3]
    )
