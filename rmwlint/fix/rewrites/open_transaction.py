"""A row locked while no transaction is open, and what is done with it → `with transaction.atomic():` around.

    order = Order.objects.select_for_update().get(pk=pk)     with transaction.atomic():
    order.note = note                                            order = Order.objects.select_for_update()…
    order.save()                                                 order.note = note
                                                                 order.save()

Unsafe always: what was written at once may be rolled back together now, and the lock is held until the end.
Left in `async` functions, around `yield`, where a database error is caught inside, and where the row is only
handed on: then the caller must open the transaction.
"""

from __future__ import annotations

import libcst as cst

from rmwlint.fix.change import Change, Left
from rmwlint.fix.names import dotted
from rmwlint.fix.rewrite import UNSAFE, Rewrite, elsewhere
from rmwlint.fix.shapes import uses
from rmwlint.fix.source import Source
from rmwlint.fix.wrap import catches_database_errors, wrapped
from rmwlint.violation import Violation

rewrite = Rewrite(
    "RMW305",
    library="Django",
    does="a locked read and what is done with its row → inside `transaction.atomic()`",
    unsafe="errors roll more back",
)


@rewrite.of_violation
def attempt(source: Source, violation: Violation) -> Change | Left:
    if elsewhere(violation):
        return Left("the row is locked in another function")
    read = source.at(violation.span, cst.Call)
    if read is None or "select_for_update" not in source.code(read):
        return Left("the row is not locked by a query of Django in place")
    function = source.function(read)
    if not isinstance(function, cst.FunctionDef):
        return Left("it is in no function")
    if function.asynchronous is not None:
        return Left("no transaction of Django can be open in an async function")
    line = source.statement(read)
    if line is None or source.block(line) is None:
        return Left("the read does not stand on a line of its own")
    last = line
    if isinstance(line, cst.SimpleStatementLine):
        assign = line.body[0]
        if len(line.body) != 1 or not isinstance(assign, cst.Assign) or len(assign.targets) != 1:
            return Left("the row is only handed on")
        name = dotted(assign.targets[0].target)
        following = source.neighbours(line)[source.position(line) + 1 :]
        using = [one for one in following if name and any(True for _ in uses(source, one, name))]
        if not using or _only_returns(using, following):
            return Left("the row is only handed on")
        last = using[-1]
    if catches_database_errors(source, line, last):
        return Left("a database error is caught inside")
    hook = source.bindings.reach("django.db.transaction")
    if hook is None:
        return Left("the name `transaction` is taken")
    table = wrapped(source, line, last, f"{hook.code}.atomic()", {})
    if isinstance(table, Left):
        return table
    needs = (hook.needs,) if hook.needs is not None else ()
    return Change(
        table, needs, UNSAFE, "opens a transaction that lasts from the lock to the last use of its row"
    )


def _only_returns(using: list[cst.BaseStatement], following: tuple[cst.BaseStatement, ...]) -> bool:
    """Whether the only use of the row is to be returned right after it was read."""
    first = using[0]
    return (
        len(using) == 1
        and first is following[0]
        and isinstance(first, cst.SimpleStatementLine)
        and isinstance(first.body[-1], cst.Return)
    )
