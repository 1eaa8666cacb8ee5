"""Statements of SQL that code sends by itself: what they read and write, and what of it is fetched."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from rmwlint.facts.sql import Statement, statement
from rmwlint.libraries.model import CallModel
from rmwlint.windows.interpreter.site import Site
from rmwlint.windows.values import NO_DEPS, Dep, Event, Place, Query, Value

if TYPE_CHECKING:
    from rmwlint.windows.interpreter.interpret import Interpreter

#: under which name an object keeps what its last statement has found
_FOUND = "*found*"
_WRITES = {"update": "write", "insert": "create", "delete": "delete"}


def send(run: Interpreter, site: Site, row: CallModel, sure: int) -> Value | None:
    """A statement is sent: the row that it reads, or None where it gives nothing that is known."""
    at = site.positional(row.at or "arg0")
    text = None if at is None else _text(run, site, at)
    sent = None if text is None else statement(text)
    holder = site.receiver.symbol if site.receiver is not None else None
    if holder is not None:
        run.state.attrs.pop((holder, _FOUND), None)
    if sent is None or at is None:
        return None
    given = partial(_given, run, site, row, at)
    conditions = tuple((name, given(value).symbol, given(value).deps) for name, value in sent.conditions)
    keys = frozenset((column, symbol) for column, symbol, _ in conditions if column != "?")
    query = Query(sent.table, conditions, site.position if sent.locks else None, site.position)
    place = Place("rows", ("query", site.position), sent.table, keys, sent.table)
    event = Event(site.position, "test", place, row=row, call=site.known, sure=sure, query=query)
    at_all: frozenset[Dep] = frozenset([(site.position, None, "copy")])
    if sent.does in _WRITES:
        columns = tuple(
            (name, run.as_changed(given(value))) for name, value in sent.columns if value is not None
        )
        _write(run, sent, event, columns)
        return Value(("outcome", site.position), at_all, site.kind)
    if sent.does == "count":
        run.emit(event._replace(row=row._replace(kind="count")))
        found = Value(("test", site.position), at_all)
    else:
        found = Value(("row", site.position))
        place = place._replace(kind="row", symbol=found.symbol)
        run.emit(event._replace(does="read", place=place, locked=sent.locks))
        run.rows[found.symbol] = site.position
        run.selected[found.symbol] = tuple(name for name, _ in sent.columns)
    result = Value(("op", site.position), NO_DEPS, site.kind)
    for symbol in (holder, result.symbol):
        if symbol is not None:
            run.state.attrs[symbol, _FOUND] = found
    return _part(run, found, row.kind) if row.kind is not None else result


def fetch(run: Interpreter, site: Site, row: CallModel) -> Value | None:
    """What the last statement has found, as a row or as its first column."""
    found = run.state.attrs.get((site.receiver.symbol, _FOUND)) if site.receiver is not None else None
    return None if found is None else _part(run, found, row.kind)


def _part(run: Interpreter, found: Value, kind: str | None) -> Value:
    columns = run.selected.get(found.symbol, ())
    return run.column(found, columns[0]) if kind == "value" and columns and columns[0] else found


def _write(run: Interpreter, sent: Statement, event: Event, columns: tuple[tuple[str, Value], ...]) -> None:
    if sent.does == "update" and not columns:
        return  # the database computes what is new
    does, place = _WRITES[sent.does], event.place
    if does == "create" and place is not None:
        does = "ensure" if sent.tolerates else does
        place = place._replace(keys=frozenset((name, value.symbol) for name, value in columns))
    deps: frozenset[Dep] = frozenset().union(*(value.deps for _, value in columns))
    run.emit(event._replace(does=does, place=place, deps=deps, columns=columns))


def _text(run: Interpreter, site: Site, at: int) -> str | None:
    """The text of the statement; of one that is wrapped (``text("…")``), the text inside."""
    value = run.constant(site.args[at])
    op = run.ops[site.op[2][at]]
    if not isinstance(value, str) and op[0] == "call" and len(op[2]) == 1:
        value = run.constant(run.regs[op[2][0]])
    return value if isinstance(value, str) else None


def _given(run: Interpreter, site: Site, row: CallModel, at: int, value: Any) -> Value:
    """The value that stands in a statement: a constant, or what is handed over for it."""
    unknown = Value(("op", site.position))
    if value is None:
        return unknown
    kind, which = value
    if kind == "const":
        return Value(("const", which), const=which)
    if row.columns == "rest":
        place = at + 1 + which if isinstance(which, int) else len(site.args)
        return site.args[place] if place < len(site.args) else unknown
    index = site.positional(row.columns or "arg1")
    given = site.args[index] if index is not None else None
    items = given.items or () if given is not None else ()
    if isinstance(which, int):
        return items[which][1] if which < len(items) and items[which][0] is None else unknown
    return next((each for name, each in items if name == which), unknown)
