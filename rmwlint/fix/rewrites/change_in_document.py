"""A document found, changed and replaced → `update_one` with `$inc` and `$set`.

    order = orders.find_one({"_id": key})          orders.update_one(
    order["paid"] += amount                            {"_id": key}, {"$inc": {"paid": amount}}
    orders.replace_one({"_id": key}, order)        )

Unsafe always: nothing is raised where there is no such document, or where it lacks what is counted. Left
where the document is used for anything else, or changed by more than items that are set or counted.
"""

from __future__ import annotations

from typing import Any

import libcst as cst

from rmwlint.fix.change import Change, Left
from rmwlint.fix.rewrite import UNSAFE, Rewrite, elsewhere, step_span
from rmwlint.fix.shapes import WIDEST, quoted, statement_of, uses
from rmwlint.fix.source import Source
from rmwlint.violation import Violation

rewrite = Rewrite(
    "RMW602",
    library="PyMongo",
    does="`find_one`, change, `replace_one` → `update_one` with `$inc`, `$set`",
    unsafe="nothing is raised where there is no such document",
)

_SIGNS = {cst.AddAssign: "", cst.SubtractAssign: "-", cst.Add: "", cst.Subtract: "-"}


@rewrite.of_violation
def attempt(source: Source, violation: Violation) -> Change | Left:
    if elsewhere(violation):
        return Left("the document is read or written in another function")
    write = source.at(violation.span, cst.Call)
    span = step_span(violation, "read")
    read = source.at(span, cst.Call) if span is not None else None
    if write is None or read is None or _method(write) != "replace_one" or _method(read) != "find_one":
        return Left("it is more than `find_one`, then `replace_one`")
    if len(write.args) != 2 or len(read.args) != 1 or any(arg.keyword for arg in (*write.args, *read.args)):
        return Left("it is more than `find_one`, then `replace_one`")
    assert isinstance(write.func, cst.Attribute) and isinstance(read.func, cst.Attribute)
    if not source.same(write.func.value, read.func.value):
        return Left("the document comes from another collection")
    if not source.same(write.args[0].value, read.args[0].value):
        return Left("another document is replaced than was found")
    first, last = source.statement(read), source.statement(write)
    if first is None or last is None or source.block(first) is not source.block(last):
        return Left("the document is not found and replaced in one block")
    name = _assigned(first, read)
    if not name or source.block(first) is None or _only(last, write) is None:
        return Left("the document is not found and replaced on lines of their own")
    between = source.neighbours(first)[source.position(first) + 1 : source.position(last)]
    counted: list[str] = []
    changed: list[str] = []
    known = 2  # where it is found, and where it is put back
    for statement in between:
        item = _change(source, statement, name)
        if item is None:
            return Left(f"`{name}` is changed by more than items that are set or counted")
        kind, text, used = item
        known += used
        (counted if kind == "$inc" else changed).append(text)
    if not between or len(list(uses(source, source.function(write), name))) != known:
        return Left(f"`{name}` is used for something else")
    keys = [text.partition(": ")[0] for text in (*counted, *changed)]
    if len(keys) != len(set(keys)):
        return Left("an item is changed twice")
    parts = [
        f"{quoted(source, operator)}: {{{', '.join(items)}}}"
        for operator, items in (("$inc", counted), ("$set", changed))
        if items
    ]
    collection, found = source.code(write.func.value), source.code(write.args[0].value)
    change = f"{{{', '.join(parts)}}}"
    text = f"{collection}.update_one({found}, {change})"
    if source.span(last).column + len(text) > WIDEST:
        text = f"{collection}.update_one(\n    {found},\n    {change},\n)"
    new: Any = statement_of(source, text)
    lines = [line for one in (first, *between, last) for line in _above(one, first)]
    end = last.trailing_whitespace if isinstance(last, cst.SimpleStatementLine) else new.trailing_whitespace
    table: dict[cst.CSTNode, Any] = dict.fromkeys((first, *between), cst.RemoveFromParent())
    table[last] = new.with_changes(leading_lines=lines, trailing_whitespace=end)
    return Change(table, (), UNSAFE, "lets the database change the document where it is")


def _method(call: cst.Call) -> str:
    return call.func.attr.value if isinstance(call.func, cst.Attribute) else ""


def _above(statement: Any, first: cst.CSTNode) -> list[cst.EmptyLine]:
    return [line for line in statement.leading_lines if line.comment is not None or statement is first]


def _only(statement: cst.CSTNode, value: cst.BaseExpression) -> cst.Expr | None:
    small = _small(statement)
    return small if isinstance(small, cst.Expr) and small.value is value else None


def _small(statement: cst.CSTNode) -> cst.BaseSmallStatement | None:
    if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1:
        return statement.body[0]
    return None


def _assigned(statement: cst.CSTNode, value: cst.BaseExpression) -> str:
    small = _small(statement)
    if not isinstance(small, cst.Assign) or len(small.targets) != 1 or small.value is not value:
        return ""
    target = small.targets[0].target
    return target.value if isinstance(target, cst.Name) else ""


def _change(source: Source, statement: cst.CSTNode, name: str) -> tuple[str, str, int] | None:
    """The operator, ``"paid": amount``, and how often the document is named; None for any other statement."""
    small = _small(statement)
    if isinstance(small, cst.AugAssign):
        key, sign = _key(small.target, name), _SIGNS.get(type(small.operator))
        if not key or sign is None or any(True for _ in uses(source, small.value, name)):
            return None
        return "$inc", f"{key}: {_signed(source, sign, small.value)}", 1
    if not isinstance(small, cst.Assign) or len(small.targets) != 1:
        return None
    target, value = small.targets[0].target, small.value
    key = _key(target, name)
    if not key:
        return None
    if isinstance(value, cst.BinaryOperation) and source.same(value.left, target):
        sign = _SIGNS.get(type(value.operator))
        if sign is None or any(True for _ in uses(source, value.right, name)):
            return None
        return "$inc", f"{key}: {_signed(source, sign, value.right)}", 2
    if any(True for _ in uses(source, value, name)):
        return None
    return "$set", f"{key}: {source.code(value)}", 1


def _signed(source: Source, sign: str, value: cst.BaseExpression) -> str:
    code = source.code(value)
    plain = isinstance(value, (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.BaseNumber))
    return f"{sign}{code}" if plain or not sign or value.lpar else f"{sign}({code})"


def _key(target: cst.BaseExpression, name: str) -> str:
    """``"paid"`` of ``order["paid"]``, as it is written."""
    if not isinstance(target, cst.Subscript) or len(target.slice) != 1:
        return ""
    index = target.slice[0].slice
    if (
        not isinstance(target.value, cst.Name)
        or target.value.value != name
        or not isinstance(index, cst.Index)
    ):
        return ""
    return index.value.value if isinstance(index.value, cst.SimpleString) else ""
