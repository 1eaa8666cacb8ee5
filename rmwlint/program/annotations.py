"""Annotations as types: ``Optional["Order"]``, ``Order | None``, ``list[Order]``, ``Annotated[Order, …]``."""

from __future__ import annotations

import ast

from rmwlint.program.program import ModuleView
from rmwlint.program.types import Type, iterable

_TRANSPARENT = frozenset(
    [
        "Optional",
        "Annotated",
        "Awaitable",
        "Coroutine",
        "Final",
        "ClassVar",
        "Required",
        "NotRequired",
        "Mapped",
    ]
)
_LISTS = frozenset(["list", "List", "set", "Set", "frozenset", "FrozenSet", "tuple", "Tuple", "deque"])
_STREAMS = frozenset(["Iterator", "Generator", "AsyncIterator", "AsyncIterable", "AsyncGenerator"])
_ITERABLES = _LISTS | _STREAMS | {"Sequence", "Collection", "Iterable", "ScalarResult"}


def annotation_type(module: ModuleView, text: str) -> Type | None:
    """The type that an annotation of the module names; None where it names none that matters."""
    if text.isidentifier():
        return _instance(module, module.symbol(text))
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return _type(module, tree)


def _type(module: ModuleView, node: ast.expr) -> Type | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return annotation_type(module, node.value)
    if isinstance(node, ast.BinOp):
        return _type(module, node.left) or _type(module, node.right)
    if isinstance(node, ast.Subscript):
        head = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if not inner:
            return _type(module, node.value)
        if not inner:
            return _type(module, node.value)
        if head == "Union":
            return next((found for item in inner if (found := _type(module, item)) is not None), None)
        if head == "Coroutine" and len(inner) == 3:
            return _type(module, inner[2])
        if head in ("type", "Type"):
            found = _type(module, inner[0]) if inner else None
            return found._replace(kind="class") if found is not None and found.kind == "instance" else None
        if head in _TRANSPARENT:
            return _type(module, inner[0]) if inner else None
        if head in _ITERABLES:
            return iterable(_type(module, inner[0]) if inner else None)
        outer = _type(module, node.value)
        if outer is not None and outer.arg is None:
            return outer._replace(arg=_type(module, inner[-1]))
        return outer
    return _instance(module, _symbol(module, node))


def _symbol(module: ModuleView, node: ast.expr) -> Type | None:
    if isinstance(node, ast.Name):
        return module.symbol(node.id)
    if isinstance(node, ast.Attribute):
        return module.program.attribute(_symbol(module, node.value), node.attr, module)
    return None


def _instance(module: ModuleView, value: Type | None) -> Type | None:
    if value is None:
        return None
    if value.kind == "class":
        return Type("instance", value.name, None, value.ref)
    if value.kind == "external":
        known = module.program.libraries.type_of_class(value.name)
        return None if known is None else Type("library", known)
    return None
