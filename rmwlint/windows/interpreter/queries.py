"""Queries not run yet, their conditions, and the rows taken out of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rmwlint.libraries.index import snake
from rmwlint.libraries.model import CallModel
from rmwlint.program.link import method_rows
from rmwlint.program.types import Type
from rmwlint.windows.interpreter.site import Site
from rmwlint.windows.text import bound, text
from rmwlint.windows.values import NO_DEPS, Dep, Event, Place, Query, Symbol, Value, merge_deps

if TYPE_CHECKING:
    from rmwlint.windows.interpreter.interpret import Interpreter

_LOOKUPS = ("exact", "iexact", "in")


def query(run: Interpreter, site: Site, row: CallModel) -> Value:
    """A query made or narrowed by the call."""
    receiver, position = site.receiver, site.position
    before = started(receiver, position)
    what = before.what if before is not None else ""
    if not what:
        what = queried(site.kind) or queried(site.known.rtype)
    found = before.conditions if before is not None else ()
    if row.narrows:
        found += tuple(conditions(site.args, site.kwargs))
    if receiver is not None:
        if receiver.symbol in run.state.dirty:
            run.state.dirty["query", position] = run.state.dirty[receiver.symbol]
        if (receiver.symbol, "**") in run.state.attrs:
            run.state.attrs[("query", position), "**"] = run.state.attrs[receiver.symbol, "**"]
    locked = before.locked if before is not None else None
    if row.lock or any(
        keyword in row.lock_keywords and value.const is not False for keyword, value in site.kwargs
    ):
        locked = position
    origin = before.origin if before is not None else position
    deps = merge_deps(site.given, "derive")
    base = before.base if before is not None else None
    asked = (before is not None and before.figure) or any(figured(value.symbol) for value in site.args)
    if (asked or not row.on) and not what:
        what = next((known for value in site.args if (known := _of_class(value.symbol))), "")
    partial = row.kind == "partial" or (before is not None and before.partial)
    named = before.named if before is not None else ()
    if row.kind == "named":
        names = [value.const for value in site.args]
        # what cannot be read may be all of them
        named = tuple(name.partition("__")[0] for name in names if isinstance(name, str))
        named = named if len(named) == len(names) else ()
    columns, flat = (before.columns, before.flat) if before is not None else ((), False)
    if row.kind == "columns":
        columns = tuple(_column(value) for value in site.args)
        told = site.keyword("flat")
        flat = told is not None and told.const is True
        what = what or next((of for value in site.args if (of := _of_class(value.symbol))), "")
    given: Symbol = before.of if before is not None else None
    if not (what or given or row.narrows):
        given = _given_class(site)
    made = Query(what, found, locked, origin, base, asked, partial, columns, flat, named, given)
    return Value(("query", position), deps, site.kind, query=made)


def _given_class(site: Site) -> Symbol:
    """The parameter that a query is given first, which its caller may give a class by."""
    symbol = site.args[0].symbol if site.args else None
    return symbol if isinstance(symbol, tuple) and symbol[:1] == ("param",) else None


def named_class(symbol: Symbol) -> str:
    """The full name of a class of another package that a symbol stands for; empty where it is none."""
    if not isinstance(symbol, tuple) or symbol[:1] != ("global",):
        return ""
    name: str = symbol[1]
    return name if name.rpartition(".")[2][:1].isupper() else ""


def _column(value: Value) -> str:
    """The column that an argument of a query names or stands for; empty where it is none."""
    if isinstance(value.const, str):
        return value.const if "__" not in value.const else ""
    symbol = value.symbol
    if isinstance(symbol, tuple) and len(symbol) > 1 and symbol[0] in ("attr", "global"):
        owner, _, name = str(symbol[-1]).rpartition(".")
        return name if symbol[0] == "attr" or owner.rpartition(".")[2][:1].isupper() else ""
    return ""


def columns_taken(run: Interpreter, row: Value, query: Query | None, first: bool = False) -> Value:
    """What a query for columns gives of a row that it has read: the row by positions, or the one column that
    it, or who takes the ``first``, asks for."""
    if query is None or not any(query.columns):
        return row
    run.selected[row.symbol] = query.columns
    return run.column(row, query.columns[0]) if first or query.flat else row


def figured(symbol: Symbol, depth: int = 3) -> bool:
    """Whether a symbol stands for a figure of all rows, or for something computed from one."""
    if not isinstance(symbol, tuple) or not symbol or not depth:
        return False
    if symbol[0] == "figure":
        return True
    return symbol[0] in ("binop", "call", "attr") and any(figured(part, depth - 1) for part in symbol[1:])


def _of_class(symbol: Symbol) -> str:
    """The class of rows that a figure, or a column in it, speaks of; empty where that is not known."""
    while isinstance(symbol, tuple) and symbol:
        if symbol[0] == "global":
            name: str = symbol[1]
            last = name.rpartition(".")[2]
            return name if last[:1].isupper() else name.rpartition(".")[0]
        symbol = next((part for part in symbol[1:] if isinstance(part, tuple)), None)
    return ""


def started(value: Value | None, position: int) -> Query | None:
    """The query that a value is; of a parameter, one that only the caller knows."""
    if value is None or value.query is not None:
        return None if value is None else value.query
    if isinstance(value.symbol, tuple) and value.symbol[:1] == ("param",):
        return Query("", (), None, position, value.symbol)
    return None


def queried(kind: Type | None) -> str:
    """The class or table that a query is about, by its type."""
    if kind is None:
        return ""
    if kind.arg is not None and kind.arg.kind == "instance":
        return kind.arg.name
    if kind.kind in ("class", "instance") and kind.arg is None:
        return kind.name
    if kind.arg is not None and kind.arg.kind == "library" and isinstance(kind.arg.ref, str):
        return kind.arg.ref  # a class that only the library's way to its rows shows
    return ""


def many(kind: Type | None) -> bool:
    """Whether objects of the type hold or give several rows."""
    return kind is not None and ((kind.kind == "iterable" and kind.name != "tuple") or kind.arg is not None)


def conditions(
    args: Iterable[Value], kwargs: Iterable[tuple[str, Value]]
) -> Iterator[tuple[str, Symbol, frozenset[Dep]]]:
    """The conditions that arguments of a filter are, as a Query holds them."""
    for keyword, value in kwargs:
        column, _, lookup = keyword.partition("__")
        if lookup in _LOOKUPS or not lookup:
            yield column, value.symbol, value.deps
        else:
            yield keyword, value.symbol, value.deps
    for value in args:
        yield from compared(value)


def compared(value: Value) -> Iterator[tuple[str, Symbol, frozenset[Dep]]]:
    """(column, symbol, dependences) of an expression like ``Order.id == pk`` or a ``Q(status=old)``."""
    symbol = value.symbol
    if not isinstance(symbol, tuple) or not symbol:
        return
    if symbol[0] == "compare" and len(symbol) == 4 and symbol[1] == ("==",):
        left = symbol[2]
        if isinstance(left, tuple) and left:
            column = (
                left[-1]
                if left[0] == "attr"
                else str(left[1]).rpartition(".")[2]
                if left[0] == "global"
                else "?"
            )
            yield str(column), symbol[3], value.deps
            return
    yield "?", symbol, value.deps


def run_whole(run: Interpreter, register: int) -> frozenset[Dep]:
    """The dependence on a query that is run to see what it gives: by ``not``, a branch, ``len`` or ``set``.
    Nothing where the value of the register is none that can be asked so."""
    asked = run.regs[register]
    query = asked.query
    if query is None or asked.type is None or query.figure:
        return NO_DEPS
    rows = method_rows(run.fn.module.program, asked.type, "__bool__", {})
    row = next((row for row in rows if row.does == "test"), None)
    if row is None:
        return NO_DEPS
    keys = frozenset((column, value) for column, value, _ in query.conditions)
    place = Place("rows", ("query", register), query.what, keys, text(run.facts, register))
    locked = query.locked is not None
    event = Event(register, "test", place, row=row, type=asked.type, sure=asked.type.sure, locked=locked)
    if all(known.op != register or known.does != "test" for known in run.result.events):
        run.emit(event._replace(query=query))
    return frozenset([(register, None, "derive")])


def row_from_query(run: Interpreter, position: int, base: Value, kind: Type | None, register: int) -> Value:
    """A row taken out of a query by iteration or index: a read."""
    asked = base.query
    assert asked is not None
    symbol = ("row", position)
    run.rows[symbol] = position
    keys = frozenset((column, value) for column, value, _ in asked.conditions)
    written = bound(run.facts, position, text(run.facts, register))
    if any(asked.columns):
        written = snake(asked.what.rpartition(".")[2]) or written
    place = Place("row", symbol, asked.what, keys, written)
    sure = 3 if kind is None else kind.sure
    run.emit(
        Event(position, "read", place, type=kind, sure=sure, locked=asked.locked is not None, query=asked)
    )
    return columns_taken(run, Value(symbol, NO_DEPS, kind), asked)
