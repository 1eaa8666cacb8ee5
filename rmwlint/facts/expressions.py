"""Expressions: each node class has one function, which lowers it and gives its register.

Evaluation order is Python's. No expression ends a block: ``and``, ``or``, conditional expressions
and comprehensions are values. These functions run for every node of every file, so they append to
the scope's lists themselves.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from rmwlint.facts.scope import LowerExpression, Scope

EXPRESSIONS: dict[type[ast.AST], LowerExpression] = {}

SYMBOLS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.MatMult: "@",
    ast.Div: "/",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.BitAnd: "&",
    ast.FloorDiv: "//",
    ast.Not: "not",
    ast.USub: "-",
    ast.UAdd: "+",
    ast.Invert: "~",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.And: "and",
    ast.Or: "or",
}


#: What can be taken apart by an assignment.
DISPLAYS = (ast.Tuple, ast.List)


def _name(node: ast.Name, scope: Scope) -> int:
    identifier = node.id
    if scope.renames:
        identifier = scope.renames.get(identifier, identifier)
    ops = scope.ops
    ops.append(("name", identifier))
    scope.nodes.append(node)
    return len(ops) - 1


def _constant(node: ast.Constant, scope: Scope) -> int:
    value = node.value
    ops = scope.ops
    ops.append(("const", None if value is ... else value))
    scope.nodes.append(node)
    return len(ops) - 1


def _attribute(node: ast.Attribute, scope: Scope) -> int:
    value = node.value
    register = EXPRESSIONS[type(value)](value, scope)
    name = node.attr
    scope.names.append(name)
    ops = scope.ops
    ops.append(("attr", register, name))
    scope.nodes.append(node)
    return len(ops) - 1


def _call(node: ast.Call, scope: Scope) -> int:
    callee = node.func
    kind = type(callee)
    if kind is ast.Name:
        scope.names.append(callee.id)  # type: ignore[attr-defined]
    register = EXPRESSIONS[kind](callee, scope)
    args = tuple([EXPRESSIONS[type(arg)](arg, scope) for arg in node.args])
    kwargs: tuple[tuple[str, int], ...] = ()
    if node.keywords:
        kwargs = keyword_registers(node.keywords, scope)
    ops = scope.ops
    ops.append(("call", register, args, kwargs))
    scope.nodes.append(node)
    return len(ops) - 1


def keyword_registers(keywords: list[ast.keyword], scope: Scope) -> tuple[tuple[str, int], ...]:
    """Lower keyword arguments; ``**x`` is under the keyword ``**``."""
    pairs = []
    for keyword in keywords:
        name = keyword.arg
        if name is None:
            name = "**"
        else:
            scope.names.append(name)
        value = keyword.value
        pairs.append((name, EXPRESSIONS[type(value)](value, scope)))
    return tuple(pairs)


def _item(node: ast.Subscript, scope: Scope) -> int:
    value = node.value
    register = EXPRESSIONS[type(value)](value, scope)
    index = node.slice
    return scope.emit(("item", register, EXPRESSIONS[type(index)](index, scope)), node)


def _slice(node: ast.Slice, scope: Scope) -> int:
    parts = [node.lower, node.upper]
    if node.step is not None:
        parts.append(node.step)
    registers = tuple(
        [
            scope.emit(("const", None), node) if part is None else EXPRESSIONS[type(part)](part, scope)
            for part in parts
        ]
    )
    return scope.emit(("build", "slice", registers), node)


def registers_of(nodes: Iterable[ast.expr], scope: Scope) -> tuple[int, ...]:
    """Lower expressions in order."""
    return tuple([EXPRESSIONS[type(node)](node, scope) for node in nodes])


def _starred(node: ast.Starred, scope: Scope) -> int:
    value = node.value
    return scope.emit(("star", EXPRESSIONS[type(value)](value, scope)), node)


def _binary(node: ast.BinOp, scope: Scope) -> int:
    left = node.left
    right = node.right
    first = EXPRESSIONS[type(left)](left, scope)
    second = EXPRESSIONS[type(right)](right, scope)
    return scope.emit(("binop", SYMBOLS[type(node.op)], first, second), node)


def _unary(node: ast.UnaryOp, scope: Scope) -> int:
    operand = node.operand
    register = EXPRESSIONS[type(operand)](operand, scope)
    return scope.emit(("unary", SYMBOLS[type(node.op)], register), node)


def _compare(node: ast.Compare, scope: Scope) -> int:
    left = node.left
    registers = [EXPRESSIONS[type(left)](left, scope)]
    for operand in node.comparators:
        registers.append(EXPRESSIONS[type(operand)](operand, scope))
    symbols = tuple([SYMBOLS[type(op)] for op in node.ops])
    return scope.emit(("compare", symbols, tuple(registers)), node)


def _boolean(node: ast.BoolOp, scope: Scope) -> int:
    registers = registers_of(node.values, scope)
    return scope.emit(("bool", SYMBOLS[type(node.op)], registers), node)


def _conditional(node: ast.IfExp, scope: Scope) -> int:
    registers = registers_of((node.test, node.body, node.orelse), scope)
    return scope.emit(("choose", *registers), node)


def _list(node: ast.List, scope: Scope) -> int:
    return scope.emit(("build", "list", registers_of(node.elts, scope)), node)


def _tuple(node: ast.Tuple, scope: Scope) -> int:
    return scope.emit(("build", "tuple", registers_of(node.elts, scope)), node)


def _set(node: ast.Set, scope: Scope) -> int:
    return scope.emit(("build", "set", registers_of(node.elts, scope)), node)


def _dict(node: ast.Dict, scope: Scope) -> int:
    pairs = []
    for key, value in zip(node.keys, node.values, strict=True):
        first = None if key is None else EXPRESSIONS[type(key)](key, scope)
        pairs.append((first, EXPRESSIONS[type(value)](value, scope)))
    return scope.emit(("dict", tuple(pairs)), node)


def _string(node: ast.JoinedStr, scope: Scope) -> int:
    return scope.emit(("build", "fstring", registers_of(node.values, scope)), node)


def _formatted(node: ast.FormattedValue, scope: Scope) -> int:
    value = node.value
    register = EXPRESSIONS[type(value)](value, scope)
    spec = node.format_spec
    # ``f"{size:{width}}"``: the width is evaluated, but is no part of what the string says.
    if isinstance(spec, ast.JoinedStr):
        for part in spec.values:
            if type(part) is not ast.Constant:
                EXPRESSIONS[type(part)](part, scope)
    return register


def _walrus(node: ast.NamedExpr, scope: Scope) -> int:
    value = node.value
    register = EXPRESSIONS[type(value)](value, scope)
    # Out of a comprehension, too, it binds a name of the function.
    store_name(node.target.id, register, node.target, scope)
    return register


def _await(node: ast.Await, scope: Scope) -> int:
    value = node.value
    return scope.emit(("await", EXPRESSIONS[type(value)](value, scope)), node)


def _yield(node: ast.Yield, scope: Scope) -> int:
    scope.is_generator = True
    value = node.value
    register = None if value is None else EXPRESSIONS[type(value)](value, scope)
    return scope.emit(("yield", register), node)


def _yield_from(node: ast.YieldFrom, scope: Scope) -> int:
    scope.is_generator = True
    value = node.value
    return scope.emit(("yieldfrom", EXPRESSIONS[type(value)](value, scope)), node)


def _comprehension(kind: str) -> LowerExpression:
    def lower(node: ast.ListComp, scope: Scope) -> int:
        outside = scope.renames
        bind_generators(node.generators, scope)
        register = EXPRESSIONS[type(node.elt)](node.elt, scope)
        scope.renames = outside
        return scope.emit(("collect", kind, register, None), node)

    return lower


def _dict_comprehension(node: ast.DictComp, scope: Scope) -> int:
    outside = scope.renames
    bind_generators(node.generators, scope)
    key = EXPRESSIONS[type(node.key)](node.key, scope)
    register = EXPRESSIONS[type(node.value)](node.value, scope)
    scope.renames = outside
    return scope.emit(("collect", "dict", register, key), node)


def bind_generators(generators: list[ast.comprehension], scope: Scope) -> None:
    """Lower the ``for`` and ``if`` parts of a comprehension; its names are renamed from here on."""
    for generator in generators:
        iterable = EXPRESSIONS[type(generator.iter)](generator.iter, scope)
        register = scope.emit(("element", iterable), generator.target)
        if generator.is_async:
            register = scope.emit(("await", register), generator.target)
        scope.renames = dict(scope.renames)
        bind(generator.target, register, scope, in_comprehension=True)
        for test in generator.ifs:
            scope.emit(("test", EXPRESSIONS[type(test)](test, scope)), test)


def store_name(identifier: str, register: int, node: ast.AST, scope: Scope) -> None:
    """Bind a name: of the class whose body this is, else of the function."""
    body = scope.body_class
    if body is None:
        scope.local_names.append(identifier)
        scope.ops.append(("store", identifier, register))
    else:
        body.fields[identifier] = register
        scope.ops.append(("field", body.index, identifier, register))
    scope.nodes.append(node)


def _store_renamed(identifier: str, register: int, node: ast.AST, scope: Scope) -> None:
    # A comprehension inside another one that uses the same name gets one more apostrophe.
    own = scope.renames.get(identifier, identifier) + "'"
    scope.renames[identifier] = own
    scope.local_names.append(own)
    scope.emit(("store", own, register), node)


def set_attribute(target: ast.Attribute, owner: int, register: int, scope: Scope) -> None:
    """Store into an attribute of the object in register ``owner``."""
    name = target.attr
    scope.names.append(name)
    value = target.value
    if scope.self_class is not None and type(value) is ast.Name and value.id == scope.self_name:
        scope.self_class.self_fields.setdefault(name, []).append((scope.index, register))
    scope.ops.append(("setattr", owner, name, register))
    scope.nodes.append(target)


def bind(target: ast.expr, register: int, scope: Scope, in_comprehension: bool = False) -> None:
    """Store a register into an assignment target, of whatever shape."""
    if isinstance(target, ast.Name):
        if in_comprehension:
            _store_renamed(target.id, register, target, scope)
        else:
            store_name(target.id, register, target, scope)
    elif isinstance(target, ast.Attribute):
        value = target.value
        set_attribute(target, EXPRESSIONS[type(value)](value, scope), register, scope)
    elif isinstance(target, ast.Subscript):
        value = target.value
        owner = EXPRESSIONS[type(value)](value, scope)
        index = EXPRESSIONS[type(target.slice)](target.slice, scope)
        scope.emit(("setitem", owner, index, register), target)
    elif isinstance(target, DISPLAYS):
        size = len(target.elts)
        if any(isinstance(element, ast.Starred) for element in target.elts):
            size = 0
        for index, element in enumerate(target.elts):
            part = scope.emit(("unpack", register, index, size), element)
            bind(element, part, scope, in_comprehension)
    elif isinstance(target, ast.Starred):
        bind(target.value, register, scope, in_comprehension)


def _unknown(node: ast.expr, scope: Scope) -> int:
    # Syntax newer than this module: what is inside still happens.
    for child in ast.iter_child_nodes(node):
        if type(child) in EXPRESSIONS:
            EXPRESSIONS[type(child)](child, scope)
    return scope.emit(("const", None), node)


EXPRESSIONS.update(
    {
        ast.Name: _name,
        ast.Constant: _constant,
        ast.Attribute: _attribute,
        ast.Call: _call,
        ast.Subscript: _item,
        ast.Slice: _slice,
        ast.Starred: _starred,
        ast.BinOp: _binary,
        ast.UnaryOp: _unary,
        ast.Compare: _compare,
        ast.BoolOp: _boolean,
        ast.IfExp: _conditional,
        ast.List: _list,
        ast.Tuple: _tuple,
        ast.Set: _set,
        ast.Dict: _dict,
        ast.JoinedStr: _string,
        ast.FormattedValue: _formatted,
        ast.NamedExpr: _walrus,
        ast.Await: _await,
        ast.Yield: _yield,
        ast.YieldFrom: _yield_from,
        ast.ListComp: _comprehension("list"),
        ast.SetComp: _comprehension("set"),
        ast.GeneratorExp: _comprehension("generator"),
        ast.DictComp: _dict_comprehension,
    }
)
# Template strings are as new as Python 3.14; they say what an f-string says.
if hasattr(ast, "TemplateStr"):
    EXPRESSIONS[ast.TemplateStr] = _string
if hasattr(ast, "Interpolation"):
    EXPRESSIONS[ast.Interpolation] = _formatted
for _kind in ast.expr.__subclasses__():
    EXPRESSIONS.setdefault(_kind, _unknown)
