"""Statements: each node class has one function, which lowers it and lays down the control flow.

What does a jump out of ``with`` and ``finally`` do? It leaves each ``with`` item and runs each
``finally`` body on its way, from the innermost outwards:

    with lock:
        try:
            return read()
        finally:
            log()

is read, log, leave the lock, return. Each such jump has its own copy of the ``finally`` body, as in
CPython's compiler, so that a pass sees what holds at every operation. Copies inside copies multiply,
so there are none in a function that has grown beyond all reason: from there on each ``finally`` body
is lowered once for all paths, and jumps run none on their way.
"""

from __future__ import annotations

import ast

from rmwlint.facts.definitions import STATEMENTS, define_class, define_function
from rmwlint.facts.expressions import (
    DISPLAYS,
    EXPRESSIONS,
    SYMBOLS,
    bind,
    registers_of,
    set_attribute,
    store_name,
)
from rmwlint.facts.patterns import lower_match
from rmwlint.facts.scope import Cleanup, Entered, Loop, Scope
from rmwlint.facts.text import annotation_text, last_name

_MAX_OPS_FOR_COPIES = 50_000


def lower_body(statements: list[ast.stmt], scope: Scope) -> None:
    """Lower statements in order."""
    for statement in statements:
        STATEMENTS[type(statement)](statement, scope)


def _expression(node: ast.Expr, scope: Scope) -> None:
    value = node.value
    kind = type(value)
    # Docstrings and ``...`` do nothing.
    if kind is not ast.Constant:
        EXPRESSIONS[kind](value, scope)


def _assign(node: ast.Assign, scope: Scope) -> None:
    value = node.value
    targets = node.targets
    target = targets[0]
    if len(targets) == 1:
        if type(target) is ast.Name:
            store_name(target.id, EXPRESSIONS[type(value)](value, scope), target, scope)
            if target.id == "__all__":
                _export(scope, value)
            return
        if type(target) is ast.Tuple and type(value) is ast.Tuple and _pairs_up(target, value):
            # ``a, b = b, a``: each target gets its own value; no tuple comes into being.
            registers = registers_of(value.elts, scope)
            for element, register in zip(target.elts, registers, strict=True):
                bind(element, register, scope)
            return
    register = EXPRESSIONS[type(value)](value, scope)
    for target in targets:
        bind(target, register, scope)


def _pairs_up(target: ast.Tuple, value: ast.Tuple) -> bool:
    return len(target.elts) == len(value.elts) and not any(
        type(element) is ast.Starred for element in (*target.elts, *value.elts)
    )


def _export(scope: Scope, value: ast.expr, before: tuple[str, ...] | None = ()) -> None:
    if scope.index != 0 or scope.body_class is not None:
        return
    scope.facts.exports = None
    if before is not None and isinstance(value, DISPLAYS):
        names = [element.value for element in value.elts if isinstance(element, ast.Constant)]
        strings = tuple([name for name in names if isinstance(name, str)])
        if len(strings) == len(value.elts):
            scope.facts.exports = before + strings


def _augmented_assign(node: ast.AugAssign, scope: Scope) -> None:
    target = node.target
    value = node.value
    symbol = SYMBOLS[type(node.op)]
    if isinstance(target, ast.Name):
        name = scope.emit(("name", target.id), target)
        register = EXPRESSIONS[type(value)](value, scope)
        register = scope.emit(("inplace", symbol, name, register), node)
        store_name(target.id, register, target, scope)
        if target.id == "__all__":
            _export(scope, value, scope.facts.exports if symbol == "+" else None)
    elif isinstance(target, ast.Attribute):
        owner = EXPRESSIONS[type(target.value)](target.value, scope)
        old = scope.emit(("attr", owner, target.attr), target)
        register = EXPRESSIONS[type(value)](value, scope)
        register = scope.emit(("inplace", symbol, old, register), node)
        set_attribute(target, owner, register, scope)
    else:
        owner = EXPRESSIONS[type(target.value)](target.value, scope)
        index = EXPRESSIONS[type(target.slice)](target.slice, scope)
        old = scope.emit(("item", owner, index), target)
        register = EXPRESSIONS[type(value)](value, scope)
        register = scope.emit(("inplace", symbol, old, register), node)
        scope.emit(("setitem", owner, index, register), target)


def _annotated_assign(node: ast.AnnAssign, scope: Scope) -> None:
    target = node.target
    value = node.value
    register = None if value is None else EXPRESSIONS[type(value)](value, scope)
    body = scope.body_class
    if isinstance(target, ast.Name):
        name = target.id
        if body is not None:
            body.annotations[name] = annotation_text(node.annotation)
        if register is not None:
            if body is None:
                register = scope.emit(("typed", register, annotation_text(node.annotation)), target)
            store_name(name, register, target, scope)
            if name == "__all__" and value is not None:
                _export(scope, value)
        elif body is not None:
            body.fields.setdefault(name, None)
            scope.emit(("field", body.index, name, None), target)
        else:
            scope.local_names.append(name)
        return
    if isinstance(target, ast.Attribute):
        scope.names.append(target.attr)
        owner = target.value
        if scope.self_class is not None and isinstance(owner, ast.Name) and owner.id == scope.self_name:
            scope.self_class.self_annotations[target.attr] = annotation_text(node.annotation)
    if register is not None:
        bind(target, register, scope)


def _type_alias(node: ast.AST, scope: Scope) -> None:
    name: ast.Name = node.name  # type: ignore[attr-defined]
    value: ast.expr = node.value  # type: ignore[attr-defined]
    store_name(name.id, EXPRESSIONS[type(value)](value, scope), name, scope)


def _delete(node: ast.Delete, scope: Scope) -> None:
    for target in node.targets:
        _delete_target(target, scope)


def _delete_target(target: ast.expr, scope: Scope) -> None:
    if isinstance(target, ast.Name):
        if scope.body_class is None:
            scope.local_names.append(target.id)
            scope.emit(("delete", target.id), target)
        else:
            scope.body_class.fields.pop(target.id, None)
    elif isinstance(target, ast.Attribute):
        owner = EXPRESSIONS[type(target.value)](target.value, scope)
        scope.names.append(target.attr)
        scope.emit(("delattr", owner, target.attr), target)
    elif isinstance(target, ast.Subscript):
        owner = EXPRESSIONS[type(target.value)](target.value, scope)
        index = EXPRESSIONS[type(target.slice)](target.slice, scope)
        scope.emit(("delitem", owner, index), target)
    elif isinstance(target, DISPLAYS):
        for element in target.elts:
            _delete_target(element, scope)


def _import(node: ast.Import, scope: Scope) -> None:
    for alias in node.names:
        name = alias.name
        if alias.asname is not None:
            _bind_import(alias.asname, name, alias, scope)
        else:
            name = name.partition(".")[0]
            _bind_import(name, name, alias, scope)


def _import_from(node: ast.ImportFrom, scope: Scope) -> None:
    source = node.module or ""
    if node.level:
        package = scope.facts.package
        for _ in range(node.level - 1):
            package = package.rpartition(".")[0]
        source = f"{package}.{source}" if package and source else package or source
    for alias in node.names:
        name = alias.name
        if name == "*":
            if scope.index == 0 and scope.body_class is None:
                scope.facts.stars.append(source)
            scope.emit(("import", "*", source), alias)
        else:
            _bind_import(alias.asname or name, f"{source}.{name}" if source else name, alias, scope)


def _bind_import(name: str, qualified: str, node: ast.alias, scope: Scope) -> None:
    register = scope.emit(("import", name, qualified), node)
    body = scope.body_class
    if body is not None:
        body.fields[name] = register
        scope.emit(("field", body.index, name, register), node)
        return
    scope.local_names.append(name)
    if scope.index == 0:
        # Of ``try: import fast except ImportError: import slow`` the first is what is meant.
        scope.facts.imports.setdefault(name, qualified)


def _global(node: ast.Global, scope: Scope) -> None:
    # At module level it says what is so anyway.
    if scope.index != 0:
        scope.global_names += node.names
        scope.declared += node.names


def _nonlocal(node: ast.Nonlocal, scope: Scope) -> None:
    scope.declared += node.names


def _pass(node: ast.Pass, scope: Scope) -> None:
    pass


def _return(node: ast.Return, scope: Scope) -> None:
    value = node.value
    register = None if value is None else EXPRESSIONS[type(value)](value, scope)
    handlers = scope.handlers
    if not scope.exits or _run_exits(0, scope, node):
        scope.ops.append(("return", register))
        scope.nodes.append(node)
        scope.close(())
    scope.handlers = handlers


def _raise(node: ast.Raise, scope: Scope) -> None:
    exception = node.exc
    register = None if exception is None else EXPRESSIONS[type(exception)](exception, scope)
    if node.cause is not None:
        EXPRESSIONS[type(node.cause)](node.cause, scope)
    scope.emit(("raise", register), node)
    scope.close(())


def _break(node: ast.Break, scope: Scope) -> None:
    if scope.loops:
        loop = scope.loops[-1]
        loop.broken |= _leave_for(loop.after, loop, node, scope)


def _continue(node: ast.Continue, scope: Scope) -> None:
    if scope.loops:
        loop = scope.loops[-1]
        _leave_for(loop.header, loop, node, scope)


def _leave_for(target: int, loop: Loop, node: ast.stmt, scope: Scope) -> bool:
    handlers = scope.handlers
    jumps = False
    if _run_exits(loop.depth, scope, node):
        if scope.start == len(scope.ops) and not scope.dead:
            scope.emit(("pass",), node)
        jumps = scope.jump(target)
    scope.handlers = handlers
    return jumps


def _run_exits(depth: int, scope: Scope, node: ast.stmt) -> bool:
    """Do what a jump out to ``depth`` does on its way; whether it gets there at all.

    The exception handlers are those of the place it gets to: the caller puts them back.
    """
    exits = scope.exits
    loops = scope.loops
    for at in range(len(exits) - 1, depth - 1, -1):
        leaving = exits[at]
        if isinstance(leaving, Entered):
            # a ``try`` inside the ``with`` sees nothing of it: the jump is out of that already
            if leaving.handlers != scope.handlers:
                scope.cut()
                scope.handlers = leaving.handlers
            scope.emit(("leave", leaving.register), node)
        elif len(scope.ops) < _MAX_OPS_FOR_COPIES:
            scope.cut()
            scope.handlers = leaving.handlers
            scope.exits = exits[:at]
            scope.loops = loops[: leaving.loops]
            scope.copies += 1
            lower_body(leaving.body, scope)
            scope.copies -= 1
            scope.exits = exits
            scope.loops = loops
            if scope.unreachable():
                # The ``finally`` body has a jump of its own, which wins.
                return False
    return True


def _if(node: ast.If, scope: Scope) -> None:
    join = scope.label()
    joined = False
    while True:
        test = node.test
        scope.ops.append(("branch", EXPRESSIONS[type(test)](test, scope)))
        scope.nodes.append(test)
        orelse = node.orelse
        otherwise = scope.label() if orelse else join
        scope.close((len(scope.blocks) + 1, otherwise))
        scope.dead = False
        for statement in node.body:
            STATEMENTS[type(statement)](statement, scope)
        joined |= scope.jump(join)
        if not orelse:
            joined = True
            break
        scope.place(otherwise)
        first = orelse[0]
        if len(orelse) == 1 and isinstance(first, ast.If):
            # Thousands of ``elif`` are nested this deep; they must not nest here.
            node = first
            continue
        for statement in orelse:
            STATEMENTS[type(statement)](statement, scope)
        if joined:
            scope.jump(join)
        break
    if joined:
        scope.place(join)


def _while(node: ast.While, scope: Scope) -> None:
    header = scope.label()
    scope.cut()
    scope.place(header)
    scope.emit(("branch", EXPRESSIONS[type(node.test)](node.test, scope)), node.test)
    _loop_body(node, header, None, scope)


def _for(node: ast.For | ast.AsyncFor, scope: Scope) -> None:
    iterable = EXPRESSIONS[type(node.iter)](node.iter, scope)
    header = scope.label()
    scope.cut()
    scope.place(header)
    scope.emit(("loop", iterable), node.iter)
    _loop_body(node, header, iterable, scope)


def _loop_body(
    node: ast.While | ast.For | ast.AsyncFor, header: int, iterable: int | None, scope: Scope
) -> None:
    orelse = node.orelse
    after = scope.label()
    otherwise = scope.label() if orelse else after
    scope.close((len(scope.blocks) + 1, otherwise))
    scope.dead = False
    loop = Loop(header, after, len(scope.exits))
    scope.loops.append(loop)
    if not isinstance(node, ast.While):
        register = scope.emit(("element", iterable), node.target)
        if isinstance(node, ast.AsyncFor):
            register = scope.emit(("await", register), node.target)
        bind(node.target, register, scope)
    for statement in node.body:
        STATEMENTS[type(statement)](statement, scope)
    scope.jump(header)
    scope.loops.pop()
    if not orelse:
        scope.place(after)
        return
    scope.place(otherwise)
    lower_body(orelse, scope)
    if loop.broken:
        scope.jump(after)
        scope.place(after)


def _with(node: ast.With | ast.AsyncWith, scope: Scope) -> None:
    is_async = type(node) is ast.AsyncWith
    entered = []
    for item in node.items:
        context = item.context_expr
        register = EXPRESSIONS[type(context)](context, scope)
        register = scope.emit(("enter", register, is_async), context)
        scope.exits.append(Entered(register, scope.handlers))
        entered.append((register, context))
        if item.optional_vars is not None:
            bind(item.optional_vars, register, scope)
    for statement in node.body:
        STATEMENTS[type(statement)](statement, scope)
    arrives = not scope.unreachable()
    for register, context in reversed(entered):
        scope.exits.pop()
        if arrives:
            scope.emit(("leave", register), context)


def _try(node: ast.Try, scope: Scope) -> None:
    outside = scope.handlers
    final = node.finalbody
    clauses = tuple([scope.label() for _ in node.handlers])
    end = scope.label()
    ended = False
    exceptional = 0
    # Where an exception goes that no clause of this ``try`` catches.
    uncaught = outside
    if final:
        exceptional = scope.label()
        uncaught = (exceptional,)
        scope.exits.append(Cleanup(final, outside, len(scope.loops)))
    scope.cut()
    scope.handlers = clauses if any(map(_catches_all, node.handlers)) else clauses + uncaught
    lower_body(node.body, scope)
    otherwise = scope.label() if node.orelse else end
    falls_through = scope.jump(otherwise)
    scope.handlers = uncaught
    if falls_through and not node.orelse:
        ended = True
    for clause, handler in zip(clauses, node.handlers, strict=True):
        scope.place(clause)
        caught = None if handler.type is None else EXPRESSIONS[type(handler.type)](handler.type, scope)
        register = scope.emit(("caught", caught), handler.type or handler)
        if handler.name is not None:
            store_name(handler.name, register, handler, scope)
        lower_body(handler.body, scope)
        ended |= scope.jump(end)
    if node.orelse:
        if falls_through:
            scope.place(otherwise)
        lower_body(node.orelse, scope)
        ended |= scope.jump(end)
    scope.handlers = outside
    if not final:
        if ended:
            scope.place(end)
        return
    scope.exits.pop()
    scope.place(exceptional)
    if len(scope.ops) >= _MAX_OPS_FOR_COPIES:
        # It goes on both ways.
        if ended:
            scope.place(end)
        lower_body(final, scope)
        if not scope.unreachable():
            scope.close((len(scope.blocks) + 1, *outside) if ended else outside)
            scope.dead = not ended
        return
    scope.copies += 1
    lower_body(final, scope)
    scope.copies -= 1
    if not scope.unreachable():
        scope.close(outside)
    if ended:
        scope.place(end)
        scope.copies += 1
        lower_body(final, scope)
        scope.copies -= 1


def _catches_all(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or last_name(handler.type) in ("Exception", "BaseException")


def _assert(node: ast.Assert, scope: Scope) -> None:
    test = node.test
    scope.emit(("branch", EXPRESSIONS[type(test)](test, scope)), test)
    holds = scope.label()
    scope.close((holds, len(scope.blocks) + 1))
    scope.dead = False
    args: tuple[int, ...] = ()
    error = scope.emit(("name", "AssertionError"), node)
    if node.msg is not None:
        args = (EXPRESSIONS[type(node.msg)](node.msg, scope),)
    scope.emit(("raise", scope.emit(("call", error, args, ()), node)), node)
    scope.close(())
    scope.place(holds)


def _match(node: ast.Match, scope: Scope) -> None:
    lower_match(node, scope, lower_body)


def _unknown(node: ast.stmt, scope: Scope) -> None:
    # Syntax newer than this module: what is inside still happens.
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            EXPRESSIONS[type(child)](child, scope)
        elif isinstance(child, ast.stmt):
            STATEMENTS[type(child)](child, scope)


STATEMENTS.update(
    {
        ast.Expr: _expression,
        ast.Assign: _assign,
        ast.AugAssign: _augmented_assign,
        ast.AnnAssign: _annotated_assign,
        ast.Delete: _delete,
        ast.Import: _import,
        ast.ImportFrom: _import_from,
        ast.Global: _global,
        ast.Nonlocal: _nonlocal,
        ast.Pass: _pass,
        ast.Return: _return,
        ast.Raise: _raise,
        ast.Break: _break,
        ast.Continue: _continue,
        ast.If: _if,
        ast.While: _while,
        ast.For: _for,
        ast.AsyncFor: _for,
        ast.With: _with,
        ast.AsyncWith: _with,
        ast.Try: _try,
        ast.Assert: _assert,
        ast.Match: _match,
        ast.FunctionDef: define_function,
        ast.AsyncFunctionDef: define_function,
        ast.ClassDef: define_class,
    }
)
# ``except*`` is as new as Python 3.11, ``type X = …`` as 3.12.
if hasattr(ast, "TryStar"):
    STATEMENTS[ast.TryStar] = _try
if hasattr(ast, "TypeAlias"):
    STATEMENTS[ast.TypeAlias] = _type_alias
for _kind in ast.stmt.__subclasses__():
    STATEMENTS.setdefault(_kind, _unknown)
