"""`Order.objects.get(pk=pk)` → `Order.objects.select_for_update().get(pk=pk)`, inside `transaction.atomic()`.

Where no transaction is open from the read to the write, the statements between go into a `with
transaction.atomic():`. SQLAlchemy's queries get `with_for_update()`; its session is in a transaction
already.

Unsafe always: others wait for the row, what follows may be rolled back together, and a row locked in
another order elsewhere can deadlock. Left around `yield`, where a database error is caught inside, and where
the rows come out of a loop or from the caller.

Left in `async` functions of Django too: `transaction.atomic()` cannot be entered there, and a query that
locks rows is refused outside of it. The statements from the read to the write would have to become a function
of their own for `sync_to_async`, with every `await` in it undone. What needs no lock is rewritten there as
anywhere: `F()`, `update_fields`, and the conditional `aupdate`.
"""

from __future__ import annotations

from typing import Any

import libcst as cst

from rmwlint.fix.change import Change, Left, Replacement
from rmwlint.fix.names import Import, dotted
from rmwlint.fix.rewrite import UNSAFE, Rewrite, elsewhere, hint, step_span
from rmwlint.fix.shapes import argument
from rmwlint.fix.source import Source
from rmwlint.fix.wrap import catches_database_errors, wrapped
from rmwlint.violation import Violation

rewrite = Rewrite(
    "RMW104",
    "RMW105",
    "RMW106",
    library="Django, SQLAlchemy",
    does="`.get(…)` → `.select_for_update().get(…)` in `transaction.atomic()`; `with_for_update()`",
    unsafe="others wait for the row, and errors roll more back",
)

_TERMINAL = frozenset(["get", "first", "last", "earliest", "latest", "get_or_create"])
_QUERY_TERMINAL = frozenset(["first", "one", "one_or_none", "scalar", "get"])
#: A query with one of these cannot lock its rows.
_UNLOCKABLE = frozenset(["distinct", "annotate", "aggregate", "values", "values_list", "union", "raw"])
_RUNS = frozenset(["execute", "scalar", "scalars"])


@rewrite.of_violation
def attempt(source: Source, violation: Violation) -> Change | Left:
    if elsewhere(violation):
        return Left("the read or the write is in another function")
    span = step_span(violation, "read")
    read = source.at(span, cst.Call) if span is not None else None
    first = next((step for step in violation.steps if step.role == "read"), None)
    if read is None or first is None or first.message != "read here":
        return Left("the row is not read in this function by a plain call")
    row = hint(violation, "row")
    if hint(violation, "writes") == "flush" or row.startswith(("sqlalchemy.", "flask_sqlalchemy.")):
        return _sqlalchemy(source, read)
    if row == "django.Model":
        return _django(source, violation, read)
    return Left("its library has no row lock that is known here")


def _chain(call: cst.CSTNode) -> list[str]:
    """The methods of a chain of calls, last first."""
    names = []
    node = call
    while True:
        if isinstance(node, cst.Call):
            node = node.func
        elif isinstance(node, cst.Attribute):
            names.append(node.attr.value)
            node = node.value
        else:
            return names


def _sqlalchemy(source: Source, read: cst.Call) -> Change | Left:
    if not isinstance(read.func, cst.Attribute):
        return Left("the row is not read by a query")
    run = _run(read)
    if run is not None:
        read = run
    assert isinstance(read.func, cst.Attribute)
    method = read.func.attr.value
    if "with_for_update" in source.code(read):
        return Left("the query asks for a lock already")
    message = "locks the row where it is read"
    statement = read.args[0].value if read.args else None
    if method in _RUNS and isinstance(statement, cst.Call):
        if "select" in [*_chain(statement), _root(statement)]:
            return Change({statement: _called(statement, "with_for_update")}, (), UNSAFE, message)
    if method in _QUERY_TERMINAL and "query" in _chain(read.func.value):
        inner = read.func.value
        return Change({inner: _called(inner, "with_for_update")}, (), UNSAFE, message)
    if method == "get" and len(read.args) >= 2 and _chain(read.func.value)[:1] != ["query"]:
        if argument(read, "with_for_update") is None:
            arg = cst.Arg(
                cst.Name("True"),
                cst.Name("with_for_update"),
                equal=cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace("")),
            )
            comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
            before = [*read.args[:-1], read.args[-1].with_changes(comma=comma)]
            return Change({read: read.with_changes(args=[*before, arg])}, (), UNSAFE, message)
    return Left("the query has no place for a lock")


def _run(read: cst.Call) -> cst.Call | None:
    """``session.execute(…)`` in ``(await session.execute(…)).scalars().one()``."""
    node: cst.BaseExpression = read
    while True:
        if isinstance(node, cst.Await):
            node = node.expression
        elif isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
            if node.func.attr.value in _RUNS and node.args:
                return node
            node = node.func.value
        else:
            return None


def _root(node: cst.CSTNode) -> str:
    while isinstance(node, (cst.Call, cst.Attribute)):
        node = node.func if isinstance(node, cst.Call) else node.value
    return node.value if isinstance(node, cst.Name) else ""


def _called(value: cst.BaseExpression, method: str, args: str = "") -> cst.Call:
    made: Any = cst.parse_expression(f"x.{method}({args})")
    return made.with_changes(func=made.func.with_changes(value=value))  # type: ignore[no-any-return]


def _django(source: Source, violation: Violation, read: cst.Call) -> Change | Left:
    around = source.function(read)
    if isinstance(around, cst.FunctionDef) and around.asynchronous is not None:
        return Left("no transaction of Django can be open in an async function, and so no row be locked")
    locked = _locked(source, read, hint(violation, "class"))
    if isinstance(locked, Left):
        return locked
    write = source.at(violation.span, cst.Call)
    if write is None:
        return Left("the write is no plain call")
    function = source.function(write)
    if not isinstance(function, cst.FunctionDef) or function is not source.function(read):
        return Left("read and write are not in one function")
    old, new = locked
    if _in_transaction(source, read, write, function) or _told(source, violation, read):
        return Change({old: new}, (), UNSAFE, "locks the row where it is read")
    hook = source.bindings.reach("django.db.transaction")
    if hook is None:
        return Left("the name `transaction` is taken")
    wrapped = _wrapped(source, read, write, {old: new}, hook.code)
    if isinstance(wrapped, Left):
        return wrapped
    needs: tuple[Import, ...] = (hook.needs,) if hook.needs else ()
    return Change(wrapped, needs, UNSAFE, "locks the row from its read to the commit")


def _locked(source: Source, read: cst.Call, class_name: str) -> tuple[cst.CSTNode, cst.CSTNode] | Left:
    """The part of the read that is replaced, and by what."""
    if "select_for_update" in source.code(read):
        return Left("the query asks for a lock already")
    chain = set(_chain(read))
    for name in chain & _UNLOCKABLE:
        return Left(f"rows of a query with `{name}` cannot be locked")
    # a row that is joined may be missing, and what may be missing cannot be locked
    of = 'of=("self",)' if "select_related" in chain or _joins(source, read) else ""
    if isinstance(read.func, cst.Attribute) and read.func.attr.value in _TERMINAL:
        receiver = read.func.value
        return receiver, _called(receiver, "select_for_update", of)
    if source.bindings.qualified(read.func) == "django.shortcuts.get_object_or_404" and read.args:
        given = read.args[0].value
        if read.args[0].keyword is None:
            rows: cst.BaseExpression = given
            if dotted(given).rpartition(".")[2] == class_name:
                rows = cst.Attribute(given, cst.Name("objects"))
            return given, _called(rows, "select_for_update", of)
    return Left("the row is not read by a query in place")


#: What may follow two underscores and asks the column itself; anything else is a column of another table.
_LOOKUPS = frozenset([
    "exact", "iexact", "contains", "icontains", "in", "gt", "gte", "lt", "lte", "startswith", "istartswith",
    "endswith", "iendswith", "range", "date", "year", "iso_year", "month", "day", "week", "week_day",
    "iso_week_day", "quarter", "time", "hour", "minute", "second", "isnull", "regex", "iregex",
    "contained_by", "has_key", "has_keys", "has_any_keys", "overlap", "len",
])  # fmt: skip


def _joins(source: Source, read: cst.Call) -> bool:
    """Whether the query asks for columns of other tables: ``customer__name=name``."""
    return any(
        arg.keyword is not None and not set(arg.keyword.value.split("__")[1:]) <= _LOOKUPS
        for arg in source.within(read, cst.Arg)
    )


def _in_transaction(source: Source, read: cst.Call, write: cst.Call, function: cst.FunctionDef) -> bool:
    """Whether one ``transaction.atomic`` is open from the read to the write."""
    for decorator in function.decorators:
        if _is_atomic(source, decorator.decorator):
            return True
    return any(
        isinstance(above, cst.With)
        and source.inside(write, above)
        and any(_is_atomic(source, item.item) for item in above.items)
        for above in source.ancestors(read)
    )


def _told(source: Source, violation: Violation, read: cst.Call) -> bool:
    """Whether the violation itself tells of a transaction around the write that the read stands in too."""
    for step in violation.steps:
        if step.role != "guard" or step.path != violation.path:
            continue
        node = source.anything_at(step.span)
        for above in source.ancestors(node) if node is not None else ():
            if isinstance(above, cst.With) and source.inside(read, above.body):
                return True
            if isinstance(above, cst.Decorator) and source.parent(above) is source.function(read):
                return True
    return False


def _is_atomic(source: Source, expression: cst.BaseExpression) -> bool:
    called = expression.func if isinstance(expression, cst.Call) else expression
    return source.bindings.qualified(called) == "django.db.transaction.atomic"


def _wrapped(
    source: Source, read: cst.Call, write: cst.Call, inner: dict[cst.CSTNode, Any], code: str
) -> dict[cst.CSTNode, Replacement] | Left:
    """The statements from the read to the write, in a transaction of their own."""
    if catches_database_errors(source, read, write):
        return Left("a database error is caught inside")
    return wrapped(source, read, write, f"{code}.atomic()", inner)
