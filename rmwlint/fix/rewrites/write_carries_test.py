"""A test and a save become one conditional update, whose outcome is looked at.

    if order.status != "open":               if order.status != "open":
        raise NotOpen(order)                     raise NotOpen(order)
    order.status = "paid"                    order.status = "paid"
    order.save(update_fields=["status"])     if not Order.objects.filter(pk=order.pk, status="open").update(
                                                 status=order.status
                                             ):
                                                 raise NotOpen(order)

Unsafe always: `update` sends no signals. Only in the plain shape: the test is for one constant and leaves
otherwise, right above the columns that are set and the save that names them; the class has no `save` of its
own and no column that every save stamps. In every other shape the row is locked instead.
"""

from __future__ import annotations

from typing import Any

import libcst as cst

from rmwlint.fix.change import Change, Left, without_comments
from rmwlint.fix.names import dotted
from rmwlint.fix.rewrite import UNSAFE, Rewrite, elsewhere, hint, hinted
from rmwlint.fix.shapes import argument, class_name, ends, saved, statement_of
from rmwlint.fix.source import Source
from rmwlint.violation import Violation

rewrite = Rewrite(
    "RMW106",
    library="Django",
    does="test, then `save` → `if not ….filter(pk=…, status=OLD).update(status=…):`",
    unsafe="no signals are sent",
)


@rewrite.of_violation
def attempt(source: Source, violation: Violation) -> Change | Left:
    if elsewhere(violation):
        return Left("the read or the write is in another function")
    if hint(violation, "row") != "django.Model" or not hint(violation, "class"):
        return Left("it is no row of a known class of Django", foreign=True)
    if hint(violation, "own-save") or hinted(violation, "stamped"):
        return Left("its save does more than to write what changed")
    found = saved(source, violation)
    if isinstance(found, Left):
        return found
    awaited = isinstance(source.parent(found.call), cst.Await)
    line = source.statement(found.call)
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1 or source.block(line) is None:
        return Left("the save does not stand on a line of its own")
    named = _named(found.call)
    if named is None:
        return Left("the save does not name its columns")
    above = source.neighbours(line)[: source.position(line)]
    set_columns, test = _sets(above, found.written)
    if test is None or set_columns != set(named):
        return Left("the test does not stand right above the columns that are set")
    attribute = hint(violation, "attribute")
    old = _old(source, test, f"{found.written}.{attribute}")
    if old is None or attribute not in named:
        return Left("the test is not for one constant")
    model = class_name(source, violation)
    if not model:
        return Left("the class is not known by name in this module")
    new = ", ".join(f"{name}={found.written}.{name}" for name in named)
    update = f"{model}.objects.filter(pk={found.written}.pk, {attribute}={old})"
    update += f".aupdate({new})" if awaited else f".update({new})"
    changed: Any = statement_of(source, f"if not {'await ' if awaited else ''}{update}:\n    pass")
    body: Any = test.body
    body = without_comments(body.deep_clone())
    changed = changed.with_changes(body=body, leading_lines=line.leading_lines)
    message = f"the write asks for {attribute} = {old}, and looks at the outcome"
    return Change({line: changed}, (), UNSAFE, message)


def _named(call: cst.Call) -> list[str] | None:
    """The columns of ``save(update_fields=[…])``, with nothing else given."""
    given = argument(call, "update_fields")
    if given is None or len(call.args) != 1 or not isinstance(given.value, (cst.List, cst.Tuple)):
        return None
    names = [
        element.value.evaluated_value
        for element in given.value.elements
        if isinstance(element.value, cst.SimpleString)
    ]
    if len(names) != len(given.value.elements):
        return None
    return [name for name in names if isinstance(name, str)]


def _sets(above: tuple[cst.BaseStatement, ...], written: str) -> tuple[set[str], cst.If | None]:
    """The columns that the lines above set, and the test above those."""
    names: set[str] = set()
    for statement in reversed(above):
        if isinstance(statement, cst.If):
            body = statement.body
            if statement.orelse is not None or not isinstance(body, cst.IndentedBlock) or len(body.body) != 1:
                return names, None
            return names, statement if ends(body.body[0]) else None
        if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
            return names, None
        assign = statement.body[0]
        if not isinstance(assign, cst.Assign) or len(assign.targets) != 1:
            return names, None
        target = assign.targets[0].target
        if not isinstance(target, cst.Attribute) or dotted(target.value) != written:
            return names, None
        names.add(target.attr.value)
    return names, None


def _old(source: Source, test: cst.If, state: str) -> str | None:
    """The constant of ``if order.status != "open":``."""
    condition = test.test
    if not isinstance(condition, cst.Comparison) or len(condition.comparisons) != 1:
        return None
    target = condition.comparisons[0]
    if not isinstance(target.operator, cst.NotEqual) or dotted(condition.left) != state:
        return None
    value = target.comparator
    name = dotted(value)
    if isinstance(value, (cst.SimpleString, cst.Integer)) or name.rpartition(".")[2].isupper():
        return source.code(value)
    return None
