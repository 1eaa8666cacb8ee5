"""Two holds of one lock → one that lasts from the read to the write.

    with self.lock:                      with self.lock:
        free = self.free                     free = self.free
    if free > 0:                             if free > 0:
        with self.lock:                          self.free = free - 1
            self.free = free - 1

Unsafe always: what stands between runs under the lock too. Left where that calls anything, which could take
the lock again, or waits.
"""

from __future__ import annotations

from typing import Any

import libcst as cst

from rmwlint.fix.change import Change, Left, Replacement, replaced
from rmwlint.fix.rewrite import UNSAFE, Rewrite, elsewhere, step_span
from rmwlint.fix.source import Source
from rmwlint.violation import Violation

rewrite = Rewrite(
    "RMW404",
    library="locks of all libraries",
    does="two holds of one lock → one",
    unsafe="what stands between runs under the lock too",
)

#: They look at their arguments and do nothing else.
_PURE = frozenset(["len", "min", "max", "abs", "sum", "bool", "int", "float", "str", "sorted"])


@rewrite.of_violation
def attempt(source: Source, violation: Violation) -> Change | Left:
    if elsewhere(violation):
        return Left("the read or the write is in another function")
    span = step_span(violation, "read")
    read = source.anything_at(span) if span is not None else None
    write = source.anything_at(violation.span)
    if read is None or write is None:
        return Left("read and write are not where the violation says")
    first = next((above for above in source.ancestors(read) if isinstance(above, cst.With)), None)
    second = next((above for above in source.ancestors(write) if isinstance(above, cst.With)), None)
    if first is None or second is None or first is second or not _alike(source, first, second):
        return Left("the lock is not taken by two plain `with`")
    block = source.block(first)
    if block is None or not source.inside(second, block):
        return Left("the second hold is not below the first in the same block")
    statements = source.neighbours(first)
    start = source.position(first)
    end = next(number for number, one in enumerate(statements) if source.inside(second, one))
    between = statements[start + 1 : end + 1]
    holds = [node for one in between for node in source.within(one, cst.With) if _alike(source, first, node)]
    for statement in between:
        for call in source.within(statement, cst.Call):
            inside = any(source.inside(call, hold.body) for hold in holds)
            if not inside and not (isinstance(call.func, cst.Name) and call.func.value in _PURE):
                return Left(f"`{source.code(call.func)}` is called between the holds")
        for kind in (cst.Await, cst.Yield):
            if any(True for _ in source.within(statement, kind)):
                return Left("it waits between the holds")
    table: dict[cst.CSTNode, Replacement] = {}
    for hold in holds:
        assert isinstance(hold.body, cst.IndentedBlock)
        inner: list[Any] = list(hold.body.body)
        inner[0] = inner[0].with_changes(leading_lines=[*hold.leading_lines, *inner[0].leading_lines])
        table[hold] = cst.FlattenSentinel(inner)
    moved: list[Any] = []
    for statement in between:
        new = replaced(statement, table)
        moved += list(new) if isinstance(new, cst.FlattenSentinel) else [new]
    assert isinstance(first.body, cst.IndentedBlock)
    body = first.body.with_changes(body=[*first.body.body, *moved])
    result: dict[cst.CSTNode, Replacement] = {first: first.with_changes(body=body)}
    result.update(dict.fromkeys(between, cst.RemoveFromParent()))
    return Change(result, (), UNSAFE, "holds the lock once, from the read to the write")


def _alike(source: Source, one: cst.With, other: cst.With) -> bool:
    return (
        len(one.items) == len(other.items) == 1
        and one.items[0].asname is None
        and other.items[0].asname is None
        and (one.asynchronous is None) == (other.asynchronous is None)
        and isinstance(one.body, cst.IndentedBlock)
        and isinstance(other.body, cst.IndentedBlock)
        and source.same(one.items[0].item, other.items[0].item)
    )
