"""The read that stands right before `with lock:` moves into it.

    total = self.total                   with self.lock:
    with self.lock:                          total = self.total
        self.total = total + amount          self.total = total + amount

Safe where the read is an assignment of names, attributes, items and arithmetic: one actor sees no
difference. Unsafe where it calls something, which now runs under the lock. Left where other statements
stand between.
"""

from __future__ import annotations

from typing import Any

import libcst as cst

from rmwlint.fix.change import Change, Left
from rmwlint.fix.rewrite import SAFE, UNSAFE, Rewrite, elsewhere, step_span
from rmwlint.fix.shapes import uses
from rmwlint.fix.source import Source
from rmwlint.violation import Violation

rewrite = Rewrite(
    "RMW405",
    library="locks of all libraries",
    does="the read right before `with lock:` moves into it",
    safe="the read calls nothing",
    unsafe="what the read calls runs under the lock",
)


@rewrite.of_violation
def attempt(source: Source, violation: Violation) -> Change | Left:
    if elsewhere(violation):
        return Left("the read or the write is in another function")
    span = step_span(violation, "read")
    read = source.anything_at(span) if span is not None else None
    line = source.statement(read) if read is not None else None
    if read is None or not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        return Left("the read is no statement of its own")
    assign = line.body[0]
    if not isinstance(assign, (cst.Assign, cst.AnnAssign)) or assign.value is None:
        return Left("the read is no assignment")
    if source.block(line) is None:
        return Left("the read stands alone in its block")
    following = source.neighbours(line)[source.position(line) + 1 :]
    around = following[0] if following else None
    if not isinstance(around, cst.With) or not isinstance(around.body, cst.IndentedBlock):
        return Left("the lock is not taken right after the read")
    written = source.anything_at(violation.span)
    if written is None or not source.inside(written, around):
        return Left("the write is not under the lock that follows the read")
    given = assign.targets if isinstance(assign, cst.Assign) else [assign]
    for target in (one.target for one in given):
        if not isinstance(target, cst.Name):
            return Left("the read is not given to a plain name")
        for item in around.items:
            if any(True for _ in uses(source, item, target.value)):
                return Left(f"the lock is chosen by `{target.value}`")
    calls = any(True for _ in source.within(assign.value, cst.Call))
    calls = calls or any(True for _ in source.within(assign.value, cst.Await))
    moved = line.with_changes(leading_lines=_comments(line))
    body: Any = around.body.with_changes(body=[moved, *around.body.body])
    changed = around.with_changes(body=body, leading_lines=[*_blank(line), *around.leading_lines])
    return Change(
        {line: cst.RemoveFromParent(), around: changed},
        (),
        UNSAFE if calls else SAFE,
        "reads under the lock",
    )


def _comments(line: cst.SimpleStatementLine) -> list[cst.EmptyLine]:
    return [one for one in line.leading_lines if one.comment is not None]


def _blank(line: cst.SimpleStatementLine) -> list[cst.EmptyLine]:
    return [one for one in line.leading_lines if one.comment is None]
