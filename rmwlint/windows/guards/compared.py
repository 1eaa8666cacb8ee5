"""Rows that a function changes in memory alone, and writes by a call that is given both what is new and what
the row must still be.

``t.left -= 1``, then ``update(t.name, {"left": t.left}, where={"due": t.due})``: no session knows the row, or
it would need no such call, and the call is a compare-and-swap.
"""

from __future__ import annotations

from rmwlint.facts.model import Op
from rmwlint.program.program import Fn
from rmwlint.windows.values import Event


def compared_by_hand(fn: Fn, write: Event, attribute: str | None) -> bool:
    """Whether a column that is set on a row, for a session to write, is then given to a call in one dict by
    its name, and another column of the row, as it is, in another."""
    if attribute is None or write.row is not None:
        return False
    where, at = write.trail[-1] if write.trail else (fn, write.op)
    ops = where.facts.ops
    if ops[at][0] != "setattr" or ops[ops[at][1]][0] != "name":
        return False
    row = ops[ops[at][1]]
    for op in ops[at:]:
        if op[0] != "call":
            continue
        given = [ops[part] for part in (*op[2], *(value for _, value in op[3])) if ops[part][0] == "dict"]
        named = [_columns_of(ops, one, row) for one in given]
        if any(attribute in names for names in named):
            if any(names and attribute not in names for names in named):
                return True
    return False


def _columns_of(ops: tuple[Op, ...], display: Op, row: Op) -> set[str]:
    """The keys of a dict display under which it has a row's attributes of the same names."""
    found = set()
    for key, value in display[1]:
        if key is not None and ops[key][0] == "const" and ops[value][0] == "attr":
            if ops[value][2] == ops[key][1] and ops[ops[value][1]] == row:
                found.add(ops[key][1])
    return found
