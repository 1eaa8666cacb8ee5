"""Rows that are given to whoever asks: the first that nobody has yet, ``….filter(taken=False).first()``.

That two set the flag alike does no harm by itself. Where each gives the row to its caller, two have got one.
"""

from __future__ import annotations

from rmwlint.facts.operands import made_of, returned
from rmwlint.program.program import Fn
from rmwlint.windows.names import is_id
from rmwlint.windows.values import Event, written_there

#: what a row is made of further is not followed
_MOST = 60


def handed_out(fn: Fn, read: Event) -> bool:
    """Whether a read takes the first of several rows, and the function gives its caller that row or what it
    says."""
    place, ops = read.place, fn.facts.ops
    first = read.row is not None and read.row.kind == "first"
    if place is None or not (first or (read.row is None and ops[read.op][0] == "item")):
        return False
    if any(is_id(column) or not written_there(asked_for) for column, asked_for in place.keys):
        return False  # it is the caller's own, by its name
    return any(read.op in made_of(ops, register, most=_MOST) for _, register in returned(ops))
