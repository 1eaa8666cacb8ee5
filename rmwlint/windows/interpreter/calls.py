"""What a call means to the interpreter: by library rows, by the callee's summary, else by its shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmwlint.facts.model import Op
from rmwlint.libraries.model import CallModel
from rmwlint.program.effects import hazards_of, row_sure
from rmwlint.program.link import Call, method_rows
from rmwlint.program.reverse import undeclared
from rmwlint.windows.interpreter import (
    accesses,
    commands,
    handed,
    locks,
    offers,
    opaque,
    queries,
    sent,
    summary,
)
from rmwlint.windows.interpreter.columns import columns_of, decided, written_dict
from rmwlint.windows.interpreter.site import Site, site_of
from rmwlint.windows.text import text
from rmwlint.windows.values import NO_DEPS, Event, Held, Place, Value, merge_deps

if TYPE_CHECKING:
    from rmwlint.windows.interpreter.interpret import Interpreter

_RUN_THROUGH = frozenset(["any", "bool", "frozenset", "len", "list", "set", "sorted", "tuple"])
_WRITES = frozenset(["write", "swap", "delta", "delete", "create", "ensure", "replace"])


def call(run: Interpreter, position: int, op: Op) -> Value:
    """Interpret the call at ``position``; its value."""
    site = site_of(run, position, op)
    known = site.known
    run.result.at_calls[position] = run.state.held
    if run.state.control:
        run.result.control_at[position] = run.state.control
    if run.state.control and known.targets:
        receiver = site.receiver.symbol if site.receiver is not None else None
        run.result.calls_decided[position] = (run.state.control, receiver)
    found: Value | None = None
    for row in known.rows:
        given = _run(run, site, row) if row.does == "run" else _row(run, site, row)
        found = found or given
    _hazards(run, site)
    for inner, row in commands.command_rows(run, site):
        _command(run, inner, row, commands.tolerated(run, site))
    if known.targets and not known.rows:
        offers.offer(run, site)
        found = summary.apply(run, site)
        handed.hand(run, site)
    elif known.targets and found is None:
        found = summary.returned(run, site)
    if not known.rows:
        accesses.fill(run, site)
    found = found or opaque.opaque(run, site)
    if site.kwargs and known.cls is not None:
        run.made[found.symbol] = site.kwargs
    if known.cls is not None:
        accesses.wrap(run, site, found)
    return _named(run, site, _asked(run, site, _run_through(run, site, found))) if run.creating else found


def _run_through(run: Interpreter, site: Site, found: Value) -> Value:
    """A function of the language that runs a query to see all that it gives."""
    if len(site.args) != 1 or site.args[0].query is None or site.known.qualified not in _RUN_THROUGH:
        return found
    deps = queries.run_whole(run, site.op[2][0])
    return found._replace(deps=found.deps | deps) if deps else found


def _asked(run: Interpreter, site: Site, found: Value) -> Value:
    """Whether a row has an attribute that its class does not declare: whether another row refers to it."""
    asked = undeclared(run.fn, site.position)
    if asked is None:
        return found
    holder, name = asked
    written = f"{text(run.facts, holder)}.{name}"
    place = Place("row", ("attr", run.regs[holder].symbol, name), "", frozenset(), written)
    run.emit(Event(site.position, "look", place, sure=2))
    return found._replace(deps=found.deps | {(site.position, None, "copy")})


def _command(run: Interpreter, site: Site, row: CallModel, tolerated: frozenset[str]) -> None:
    """What the program that a call runs does to files."""
    before = len(run.result.events)
    _row(run, site, row)
    for number in range(before, len(run.result.events)):
        event = run.result.events[number]
        run.result.events[number] = event._replace(caught=event.caught | tolerated)


def _named(run: Interpreter, site: Site, found: Value) -> Value:
    """A call whose name alone says that it looks something up in a store, or creates it there."""
    callee = run.ops[site.op[1]]
    name = site.known.name or (str(callee[-1]) if callee[0] in ("attr", "name") else "")
    word = run.libraries.named(name)
    if not word or any(row.does == word or row.does in ("read", "ensure") for row in site.known.rows):
        return found
    keys = frozenset(("", value.symbol) for value in site.given)
    place = Place("rows", ("op", site.position), name, keys, name)
    run.emit(Event(site.position, "look" if word == "test" else "make", place, call=site.known, sure=2))
    if word == "test":
        return found._replace(deps=found.deps | {(site.position, None, "copy")})
    return found


def _hazards(run: Interpreter, site: Site) -> None:
    known = site.known
    for kind, detail, sure in hazards_of(known):
        run.emit(Event(site.position, kind, Place(kind, None, detail), call=known, sure=sure))


def _run(run: Interpreter, site: Site, row: CallModel) -> Value | None:
    """A statement is performed: what its own type says of ``__run__``."""
    index = site.positional(row.at if row.at is not None and row.at.startswith("arg") else "arg0")
    if index is None:
        return None
    statement = site.args[index]
    kind = statement.type
    if kind is None:
        return None
    rows = method_rows(run.fn.module.program, kind, "__run__", {})
    performed = Call((), rows, site.op[2][index], kind, "__run__", site.known.sure)
    inner = site._replace(known=performed, receiver=statement, args=(), kwargs=())
    found: Value | None = None
    for meaning in rows:
        given = _row(run, inner, meaning)
        found = found or given
    columns = run.selected.get(found.symbol, ()) if found is not None else ()
    return run.column(found, columns[0]) if found is not None and columns and row.kind == "value" else found


def _row(run: Interpreter, site: Site, row: CallModel) -> Value | None:
    """What one row of a library model says of the call; the value that gives, None where that is open."""
    does = row.does
    sure = min(site.known.sure, row_sure(row.confidence))
    if does == "query":
        return queries.query(run, site, row)
    if does == "sql":
        return sent.send(run, site, row, sure)
    if does == "fetch":
        return sent.fetch(run, site, row)
    if does in ("read", "test", "refresh"):
        return accesses.read(run, site, row, sure)
    if does in _WRITES:
        return accesses.write(run, site, row, sure)
    if does == "mutate":
        if site.receiver is not None and site.known.receiver is not None:
            run.gather(site.receiver.symbol, site.given)
            run.mutate(site.position, site.receiver, merge_deps(site.given), site.known.receiver)
        return None
    if does == "pure" and row.gives is not None and row.gives.startswith("@arg"):
        index = site.positional(row.gives[1:])
        if opaque.copies(site):
            return None  # another thing with the same content
        return None if index is None else site.args[index]._replace(type=site.kind or site.args[index].type)
    if does == "pure" and site.receiver is not None and row.on:
        if site.receiver.query is not None:
            return _taken(run, site, row)
        columns = run.selected.get(site.receiver.symbol)
        if columns:
            return run.column(site.receiver, columns[0]) if row.kind == "value" else site.receiver
    if does == "assign":
        return _assign(run, site, row)
    if does == "expression":
        figure = row.kind == "count" or any(queries.figured(value.symbol) for value in site.args)
        given = site.args[0].symbol if figure and site.args else None
        symbol = ("figure", site.position, given) if figure else ("op", site.position)
        return Value(symbol, NO_DEPS, site.kind)
    if does == "lock":
        return locks.lock(run, site, row, sure)
    if does == "enter":
        return locks.enter_on_stack(run, site, row)
    if does == "flush" and site.receiver is not None and run.is_row(site.receiver.type):
        _flush(run, site, row, sure)
    if does in ("commit", "rollback", "close"):
        _end(run, site, row, sure)
    elif does == "transaction" and "begin" in row.form and not _entered(run, site.position):
        _begin(run, site, row, sure)
    return None


def _taken(run: Interpreter, site: Site, row: CallModel) -> Value | None:
    """What comes out of a query's result: a row, locked as the query asked, or the result again."""
    assert site.receiver is not None
    if (
        site.receiver.query is not None
        and any(site.receiver.query.columns)
        and site.known.receiver is not None
    ):
        if row.gives is None or row.gives.startswith("["):
            return site.receiver._replace(type=site.kind)
        found = queries.row_from_query(run, site.position, site.receiver, None, site.known.receiver)
        columns = run.selected.get(found.symbol, ())
        return run.column(found, columns[0]) if row.kind == "value" and columns else found
    if row.gives == "@element" and run.is_row(site.kind) and site.known.receiver is not None:
        return queries.row_from_query(run, site.position, site.receiver, site.kind, site.known.receiver)
    if row.gives is not None and row.gives.endswith("[@element]"):
        return site.receiver._replace(type=site.kind)
    return None


def _flush(run: Interpreter, site: Site, row: CallModel, sure: int) -> None:
    """An object that this function made is written by its own method: a creation."""
    receiver = site.receiver
    assert receiver is not None
    if isinstance(receiver.symbol, tuple) and receiver.symbol[:1] == ("new",):
        changed = run.state.dirty.get(receiver.symbol, {})
        columns = tuple((name, value) for name, (_, value) in changed.items())
        place = run.row_place(receiver, text(run.facts, site.known.receiver))
        event = Event(site.position, "create", place, columns=columns, row=row, call=site.known)
        run.emit(event._replace(type=receiver.type, sure=sure, deps=merge_deps(site.given)))


def _assign(run: Interpreter, site: Site, row: CallModel) -> Value | None:
    """Columns are given their values, to be written by a later call."""
    receiver = site.receiver
    if receiver is None:
        return None
    assigned = tuple(columns_of(run, site, row))
    given = written_dict(site, row)
    decision = run.state.control if given is None else run.state.control | decided(run, given.symbol)
    for name, value in assigned:
        run.state.dirty.setdefault(receiver.symbol, {})[name] = (site.position, value)
        run.state.attrs[receiver.symbol, name] = value
        if decision:
            run.state.decided[receiver.symbol, name] = decision
    if assigned and run.row_mode(receiver.type) == "flush" and receiver.symbol in run.rows:
        run.state.dirty.pop(receiver.symbol, None)
        run.flushed(site.position, receiver, assigned, site.known.receiver, decision=decision)
    if given is not None:
        run.state.attrs[receiver.symbol, "**"] = given
    return receiver._replace(type=site.kind or receiver.type) if row.gives == "@self" else None


def _entered(run: Interpreter, position: int) -> bool:
    """Whether what the call gives is a context that is entered, here or by whoever gets it."""
    ops = run.ops
    holders = {position}
    holders.update(number for number, op in enumerate(ops) if op[0] == "choose" and position in op[2:4])
    names = {op[1] for op in ops if op[0] == "store" and op[2] in holders}
    holders.update(number for number, op in enumerate(ops) if op[0] == "name" and op[1] in names)
    return any(
        (op[0] in ("enter", "return") and op[1] in holders)
        or (op[0] == "call" and not holders.isdisjoint(op[2]))
        or (op[0] == "setattr" and op[3] in holders)
        for op in ops
    )  # fmt: skip


def _begin(run: Interpreter, site: Site, row: CallModel, sure: int) -> None:
    held = Held(site.position, "transaction", None, "row", "begin", row.readonly, row.nested, False, sure)
    run.state.held += (held,)
    run.emit(Event(site.position, "transaction", None, call=site.known, row=row, sure=sure))


def _end(run: Interpreter, site: Site, row: CallModel, sure: int) -> None:
    """A commit, rollback or close drops row locks, and ends the transaction that a call began."""
    run.emit(Event(site.position, row.does, None, call=site.known, row=row, sure=sure))
    run.state.held = tuple(
        held
        for held in run.state.held
        if not (held.kind == "transaction" and held.text == "begin") and held.reach != "row"
    )
