"""`order.retries += 1` with the old value taken from somewhere else: a column, not the object in memory."""

from __future__ import annotations

from typing import Any, NamedTuple

import libcst as cst

from rmwlint.fix.change import replaced
from rmwlint.fix.source import Source

_AUGMENTED: dict[type[Any], Any] = {
    cst.AddAssign: cst.Add,
    cst.SubtractAssign: cst.Subtract,
    cst.MultiplyAssign: cst.Multiply,
}
_COMPUTED = (cst.Add, cst.Subtract, cst.Multiply)


class Computed(NamedTuple):
    """The assignment, the one to put in its place, and what is added, subtracted or multiplied."""

    statement: cst.CSTNode
    new: cst.CSTNode
    amounts: list[cst.BaseExpression]


def computed(source: Source, target: cst.Attribute, expression: str) -> Computed | None:
    """The assignment to ``target`` with ``expression`` for the old value; None where it has another form."""
    field: Any = cst.parse_expression(expression)
    amounts: list[cst.BaseExpression] = []
    above = source.parent(target)
    if isinstance(above, cst.AugAssign):
        operator = _AUGMENTED.get(type(above.operator))
        if operator is None:
            return None
        amount = above.value
        right = amount if _is_tight(amount) else _parenthesized(amount)
        value = cst.BinaryOperation(field, operator(), right)
        equal: Any = above.operator
        assign = cst.Assign(
            [
                cst.AssignTarget(
                    target,
                    whitespace_before_equal=equal.whitespace_before,
                    whitespace_after_equal=equal.whitespace_after,
                )
            ],
            value,
            semicolon=above.semicolon,
        )
        return Computed(above, assign, [amount])
    assignment = source.parent(above)
    if not isinstance(assignment, cst.Assign) or len(assignment.targets) != 1:
        return None
    old = [node for node in source.within(assignment.value, cst.Attribute) if source.same(node, target)]
    if len(old) != 1:
        return None
    node: cst.CSTNode = old[0]
    while node is not assignment.value:
        node = source.parent(node)
        if not isinstance(node, cst.BinaryOperation) or not isinstance(node.operator, _COMPUTED):
            return None
        amounts.append(node.right if source.inside(old[0], node.left) else node.left)
    return Computed(assignment, replaced(assignment, {old[0]: field}), amounts)


def _is_tight(value: cst.BaseExpression) -> bool:
    kinds = (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.BaseNumber, cst.SimpleString)
    return isinstance(value, kinds) or bool(getattr(value, "lpar", ()))


def _parenthesized(value: Any) -> Any:
    return value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
