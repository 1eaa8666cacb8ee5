"""Functions, lambdas and classes: a scope of their own, an operation in the scope around them."""

from __future__ import annotations

import ast

from rmwlint.facts.expressions import EXPRESSIONS, keyword_registers, registers_of
from rmwlint.facts.model import Class, Function, Parameter
from rmwlint.facts.scope import ClassBody, LowerStatement, ModuleFacts, Scope
from rmwlint.facts.text import annotation_text, base_text, default_of, last_name

#: Filled by ``statements``, which needs this module.
STATEMENTS: dict[type[ast.AST], LowerStatement] = {}

AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef

# Building a NamedTuple from a tuple skips its slower keyword-friendly constructor.
_new_tuple = tuple.__new__


def define_function(node: AnyFunction, scope: Scope) -> None:
    """``def`` and ``async def``: the function, and a "def" where it is defined."""
    name = node.name
    decorators: tuple[int, ...] = ()
    if node.decorator_list:
        decorators = _decorator_registers(node.decorator_list, scope)
    _lower_defaults(node.args, scope)
    index = scope.facts.copied.get(node) if scope.copies else None
    if index is None:
        index = _lower_function(node, scope, decorators)
    body = scope.body_class
    if body is None:
        scope.local_names.append(name)
    else:
        _add_method(body, node, index)
    scope.emit(("def", name, index, decorators), node)


def lower_alone(
    node: AnyFunction, facts: ModuleFacts, body: ClassBody | None, decorators: tuple[int, ...]
) -> None:
    """Lower one function of a module's top level, or of the class ``body`` there, and nothing around it.

    ``facts`` has as many functions as stand above it; ``decorators`` are its registers in the module's body.
    """
    scope = Scope(facts, 0, "", node)
    scope.body_class = body
    _lower_function(node, scope, decorators)


def _lower_function(node: AnyFunction, scope: Scope, decorators: tuple[int, ...]) -> int:
    inner = _open_scope(node, node.name, scope)
    body = scope.body_class
    args = node.args
    params = _lower_parameters(args, inner)
    if body is None:
        # A function inside a method sees the method's ``self``, unless a parameter hides it.
        if scope.self_class is not None and scope.self_name not in inner.local_names:
            inner.self_name = scope.self_name
            inner.self_class = scope.self_class
    elif (args.posonlyargs or args.args) and "staticmethod" not in map(last_name, node.decorator_list):
        inner.self_name = params[0].name
        inner.self_class = body
    for parameter in getattr(node, "type_params", ()):
        inner.local_names.append(parameter.name)
    for statement in node.body:
        STATEMENTS[type(statement)](statement, inner)
    returns = node.returns
    return _add_function(
        inner,
        node.name,
        _first_line(node, node.decorator_list),
        None if body is None else body.index,
        scope.index,
        params,
        None if returns is None else annotation_text(returns),
        decorators,
        type(node) is ast.AsyncFunctionDef,
    )


def _lambda(node: ast.Lambda, scope: Scope) -> int:
    _lower_defaults(node.args, scope)
    index = scope.facts.copied.get(node) if scope.copies else None
    if index is None:
        inner = _open_scope(node, f"<lambda:{node.lineno}>", scope)
        inner.renames = scope.renames
        params = _lower_parameters(node.args, inner)
        inner.emit(("return", EXPRESSIONS[type(node.body)](node.body, inner)), node.body)
        inner.close(())
        index = _add_function(inner, "<lambda>", node.lineno, None, scope.index, params, None, (), False)
    return scope.emit(("lambda", index), node)


EXPRESSIONS[ast.Lambda] = _lambda


def _open_scope(node: AnyFunction | ast.Lambda, name: str, scope: Scope) -> Scope:
    facts = scope.facts
    index = len(facts.functions)
    facts.functions.append(None)
    if scope.copies:
        facts.copied[node] = index
    prefix = scope.prefix if scope.body_class is None else scope.body_class.qualname + "."
    return Scope(facts, index, f"{prefix}{name}.", node)


def _add_function(
    inner: Scope,
    name: str,
    line: int,
    owner: int | None,
    parent: int,
    params: tuple[Parameter, ...],
    returns: str | None,
    decorators: tuple[int, ...],
    is_async: bool,
) -> int:
    ops, spans, blocks = inner.finish()
    local_names = frozenset(inner.local_names)
    if inner.declared:
        local_names = local_names.difference(inner.declared)
    inner.facts.functions[inner.index] = _new_tuple(
        Function,
        (
            name,
            inner.prefix[:-1],
            line,
            inner.node.end_lineno,  # type: ignore[attr-defined]
            owner,
            parent,
            params,
            returns,
            decorators,
            is_async,
            inner.is_generator,
            local_names,
            frozenset(inner.global_names),
            frozenset(inner.names),
            ops,
            spans,
            blocks,
        ),
    )
    return inner.index


def _first_line(node: AnyFunction | ast.ClassDef, decorators: list[ast.expr]) -> int:
    return decorators[0].lineno if decorators else node.lineno


def _decorator_registers(decorators: list[ast.expr], scope: Scope) -> tuple[int, ...]:
    # A decorator is called: a bare name counts among the called names.
    for decorator in decorators:
        if isinstance(decorator, ast.Name):
            scope.names.append(decorator.id)
    return registers_of(decorators, scope)


def _lower_defaults(args: ast.arguments, scope: Scope) -> None:
    # They are evaluated where the function is defined; constants do nothing there.
    for default in args.defaults:
        if type(default) is not ast.Constant:
            EXPRESSIONS[type(default)](default, scope)
    for keyword_default in args.kw_defaults:
        if keyword_default is not None and type(keyword_default) is not ast.Constant:
            EXPRESSIONS[type(keyword_default)](keyword_default, scope)


def _lower_parameters(args: ast.arguments, inner: Scope) -> tuple[Parameter, ...]:
    params: list[Parameter] = []
    positional = args.posonlyargs
    missing = len(positional) + len(args.args) - len(args.defaults)
    defaults: list[ast.expr | None] = [*[None] * missing, *args.defaults] if args.defaults else []
    for arg in positional:
        _add_parameter(params, arg, "positional", defaults[len(params)] if defaults else None, inner)
    for arg in args.args:
        _add_parameter(params, arg, "any", defaults[len(params)] if defaults else None, inner)
    if args.vararg is not None:
        _add_parameter(params, args.vararg, "args", None, inner)
    for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        _add_parameter(params, arg, "keyword", default, inner)
    if args.kwarg is not None:
        _add_parameter(params, args.kwarg, "kwargs", None, inner)
    return tuple(params)


def _add_parameter(
    params: list[Parameter], arg: ast.arg, kind: str, default: ast.expr | None, inner: Scope
) -> None:
    name = arg.arg
    annotation = arg.annotation
    ops = inner.ops
    ops.append(("param", len(params)))
    ops.append(("store", name, len(ops) - 1))
    inner.nodes += (arg, arg)
    inner.local_names.append(name)
    params.append(
        _new_tuple(
            Parameter,
            (
                name,
                kind,
                None if annotation is None else annotation_text(annotation),
                None if default is None else default_of(default),
            ),
        )
    )


def _add_method(body: ClassBody, node: AnyFunction, index: int) -> None:
    name = node.name
    for decorator in node.decorator_list:
        called = last_name(decorator)
        if called in ("setter", "deleter") and name in body.methods:
            # ``@size.setter def size``: the method stays the getter.
            return
        if called.endswith("property"):
            body.properties.append(name)
    body.methods[name] = index


def define_class(node: ast.ClassDef, scope: Scope) -> None:
    """``class``: its body runs in the scope around it, storing fields instead of names."""
    facts = scope.facts
    outer = scope.body_class
    decorators = _decorator_registers(node.decorator_list, scope) if node.decorator_list else ()
    bases = registers_of(node.bases, scope)
    keywords = keyword_registers(node.keywords, scope)
    index = facts.copied.get(node) if scope.copies else None
    is_copy = index is not None
    if index is None:
        index = len(facts.classes)
        facts.classes.append(None)
        if scope.copies:
            facts.copied[node] = index
    prefix = scope.prefix if outer is None else outer.qualname + "."
    body = ClassBody(index, prefix + node.name, None if outer is None else outer.index)
    scope.body_class = body
    for statement in node.body:
        STATEMENTS[type(statement)](statement, scope)
    scope.body_class = outer
    if outer is None:
        scope.local_names.append(node.name)
    scope.emit(("class", node.name, index, decorators), node)
    if not is_copy:
        facts.classes[index] = Class(
            name=node.name,
            qualname=body.qualname,
            line=_first_line(node, node.decorator_list),
            end_line=node.end_lineno or node.lineno,
            scope=scope.index,
            outer=body.outer,
            bases=bases,
            base_names=tuple(map(base_text, node.bases)),
            keywords=keywords,
            decorators=decorators,
            fields=body.fields,
            annotations=body.annotations,
            methods=body.methods,
            properties=frozenset(body.properties),
            self_fields={name: tuple(stores) for name, stores in body.self_fields.items()},
            self_annotations=body.self_annotations,
        )
