"""Annotations, defaults and base classes as they are written."""

from __future__ import annotations

import ast
from typing import Any


def annotation_text(node: ast.expr) -> str:
    """The annotation as written, forward references unquoted (also inside ``Optional["Order"]``)."""
    kind = type(node)
    if kind is ast.Name:
        return node.id  # type: ignore[attr-defined, no-any-return]
    if isinstance(node, ast.Constant):
        value = node.value
        return value.strip() if isinstance(value, str) else "..." if value is ... else repr(value)
    if isinstance(node, ast.Attribute):
        return f"{annotation_text(node.value)}.{node.attr}"
    if isinstance(node, ast.Subscript):
        base = annotation_text(node.value)
        return f"{base}[{_arguments_text(base.rpartition('.')[2], node.slice)}]"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return f"{annotation_text(node.left)} | {annotation_text(node.right)}"
    if isinstance(node, ast.List):
        return f"[{', '.join(map(annotation_text, node.elts))}]"
    return ast.unparse(node)


def _arguments_text(generic: str, node: ast.expr) -> str:
    if generic == "Literal":
        return ast.unparse(node).strip("()") if isinstance(node, ast.Tuple) else ast.unparse(node)
    if isinstance(node, ast.Tuple) and node.elts:
        if generic == "Annotated":
            first, *rest = node.elts
            return ", ".join([annotation_text(first), *map(ast.unparse, rest)])
        return ", ".join(map(annotation_text, node.elts))
    return annotation_text(node)


def default_of(node: ast.expr) -> tuple[str, Any]:
    """A parameter's default: ``("const", value)`` or ``("expr", text)``."""
    if isinstance(node, ast.Constant):
        return ("expr", "...") if node.value is ... else ("const", node.value)
    if isinstance(node, ast.Name):
        return ("expr", node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        number = node.operand
        if isinstance(number, ast.Constant) and isinstance(number.value, int | float):
            return ("const", -number.value)
    return ("expr", dotted_text(node) or ast.unparse(node))


def base_text(node: ast.expr) -> str:
    """A base class as written, subscripts dropped: ``Generic`` for ``Generic[T]``."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return dotted_text(node) or ast.unparse(node)


def dotted_text(node: ast.expr) -> str | None:
    """``a.b.c`` where the expression is just that, else None."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    parts.append(node.id)
    return ".".join(reversed(parts))


def last_name(node: ast.expr) -> str:
    """What a decorator is called in the end: ``property`` for ``@abc.property(...)``; "" if nothing."""
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
