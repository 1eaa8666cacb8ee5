"""What a call means to the interpreter: by the library models' rows, by the callee's summary, else by shape."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from rmwlint.facts.model import Op
from rmwlint.libraries.model import CallModel
from rmwlint.program.effects import HAZARDS, effects, hazards_of, row_sure
from rmwlint.program.link import Call, link, method_rows
from rmwlint.program.program import Cls, Fn
from rmwlint.program.types import Type
from rmwlint.windows.text import text
from rmwlint.windows.values import (
    NO_DEPS,
    UNKNOWN,
    Dep,
    Event,
    Held,
    Place,
    Query,
    Symbol,
    Value,
    merge_deps,
    strengthen,
)

if TYPE_CHECKING:
    from rmwlint.windows.interpret import Interpreter

#: keyword patterns by which a save or update offers a compare-and-swap, in whoever's class they stand
GUARD_PATTERNS = ("expected_*", "if_*", "version", "etag", "generation", "from_state", "from_status")
_WHOLE_METHODS = frozenset(["model_dump", "dict", "to_dict", "as_dict", "asdict", "__dict__", "_asdict", "to_primitive"])
_LOOKUPS = ("exact", "iexact", "in")
#: pure functions and methods whose result is another name of the same thing for as long as its inputs are
_STABLE = frozenset(["str", "int", "os.fspath", "os.path.abspath", "os.path.realpath", "os.path.expanduser"])


def call(run: Interpreter, position: int, op: Op) -> Value:
    """Interpret the call at ``position``; its value."""
    known: Call | None = run.link.calls.get(position)
    args = [run.regs[register] for register in op[2]]
    kwargs = [(keyword, run.regs[register]) for keyword, register in op[3]]
    run.result.at_calls[position] = run.state.held
    receiver = run.regs[known.receiver] if known is not None and known.receiver is not None else None
    if known is None:
        return _opaque(run, position, op, None, receiver, args, kwargs)
    found: Value | None = None
    for row in known.rows:
        if row.does == "run":
            given = _run(run, position, op, known, row, args)
        else:
            given = _row(run, position, op, known, row, receiver, args, kwargs)
        found = found or given
    _hazards(run, position, known)
    if known.targets and not known.rows:
        from rmwlint.windows.summary import apply

        found = apply(run, position, op, known, receiver, args, kwargs)
    elif known.targets and known.rows and found is None:
        from rmwlint.windows.summary import returned

        found = returned(run, position, op, known, receiver, args, kwargs)
    if found is None:
        found = _opaque(run, position, op, known, receiver, args, kwargs)
    return found


def _hazards(run: Interpreter, position: int, known: Call) -> None:
    for kind, detail, sure in hazards_of(known):
        run.emit(Event(position, kind, Place(kind, None, detail), call=known, sure=sure))
    if not known.targets or known.rows and any(row.does in HAZARDS for row in known.rows):
        return
    for target in known.targets:
        for effect in effects(target).values():
            sure = min(known.sure, effect.sure)
            run.emit(
                Event(position, effect.kind, Place(effect.kind, None, effect.detail), call=known, sure=sure, trail=((target, effect.op),))
            )


def _run(run: Interpreter, position: int, op: Op, known: Call, row: CallModel, args: list[Value]) -> Value | None:
    """A statement is performed: what its own type says of ``__run__``."""
    index = int(row.at[3:]) if row.at and row.at.startswith("arg") and row.at[3:].isdigit() else 0
    if index >= len(args) or args[index].type is None:
        return None
    statement = args[index]
    kind = statement.type
    assert kind is not None
    register = op[2][index]
    performed = Call((), method_rows(run.fn.module.program, kind, "__run__", {}), register, kind, "__run__", known.sure)
    found: Value | None = None
    for meaning in performed.rows:
        given = _row(run, position, op, performed, meaning, statement, [], [])
        found = found or given
    return found


# -- rows ---------------------------------------------------------------------------------------------


def _row(
    run: Interpreter,
    position: int,
    op: Op,
    known: Call,
    row: CallModel,
    receiver: Value | None,
    args: list[Value],
    kwargs: list[tuple[str, Value]],
) -> Value | None:
    does = row.does
    sure = min(known.sure, row_sure(row.confidence))
    kind = run.link.types[position]
    if does == "query":
        return _query(run, position, known, row, receiver, args, kwargs, kind)
    if does in ("read", "test", "refresh"):
        return _read(run, position, op, known, row, receiver, args, kwargs, kind, sure)
    if does in ("write", "swap", "delta", "delete", "create", "ensure", "replace"):
        return _write(run, position, op, known, row, receiver, args, kwargs, kind, sure)
    if does == "mutate":
        if receiver is not None and known.receiver is not None:
            run.mutate(position, receiver, merge_deps([*args, *(value for _, value in kwargs)]), known.receiver)
        return None
    if does == "assign" and receiver is not None:
        for name, value in _columns(run, row, args, kwargs):
            run.state.dirty.setdefault(receiver.symbol, {})[name] = (position, value)
            run.state.attrs[receiver.symbol, name] = value
        given_dict = _written_dict(run, row, args, kwargs)
        if given_dict is not None:
            run.state.attrs[receiver.symbol, "**"] = given_dict
        return receiver._replace(type=kind or receiver.type) if row.gives == "@self" else None
    if does == "expression":
        return Value(("op", position), NO_DEPS, kind)
    if does in ("commit", "rollback", "close"):
        run.emit(Event(position, does, None, call=known, row=row, sure=sure))
        ending = "transaction"
        run.state.held = tuple(
            held for held in run.state.held if not (held.kind == ending and held.text == "begin") and held.reach != "row"
        )
        return None
    if does == "flush":
        return None
    if does == "lock":
        return _lock(run, position, op, known, row, receiver, args, kwargs, sure)
    if does == "transaction" and "begin" in row.form and "context" not in row.form:
        run.state.held += (Held(position, "transaction", None, "row", "begin", row.readonly, row.nested, False, sure),)
        run.emit(Event(position, "transaction", None, call=known, row=row, sure=sure))
    return None


def _lock(
    run: Interpreter,
    position: int,
    op: Op,
    known: Call,
    row: CallModel,
    receiver: Value | None,
    args: list[Value],
    kwargs: list[tuple[str, Value]],
    sure: int,
) -> Value | None:
    key = lock_key(row, receiver, args, position)
    if "release" in row.form:
        before = run.state.held
        run.state.held = tuple(held for held in before if not (held.kind == "lock" and held.key == key))
        run.emit(Event(position, "unlock", Place("lock", key), call=known, row=row, sure=sure))
        return None
    if "acquire" in row.form and "context" not in row.form:
        reach = lock_reach(run, row, kwargs)
        written = text(run.facts, known.receiver if known.receiver is not None else (op[2][0] if op[2] else None))
        run.state.held += (Held(position, "lock", key, reach, written, sure=sure, fresh=is_fresh(key)),)
        run.emit(Event(position, "lock", Place("lock", key, "", frozenset(), written), call=known, row=row, sure=sure))
        return Value(("op", position))
    if "create" in row.form:
        return Value(_named_lock(run, op, row, args) or ("new", position), type=run.link.types[position])
    return None


def _named_lock(run: Interpreter, op: Op, row: CallModel, args: list[Value]) -> Symbol | None:
    """A lock that reaches beyond the process is its name, however many objects stand for it."""
    if row.reach not in ("host", "cluster") or not args:
        return None
    return run.symbol("call", run.regs[op[1]].symbol, *(value.symbol for value in args))


def is_fresh(key: Symbol) -> bool:
    """Whether a lock's key is an object that this function itself made."""
    return isinstance(key, tuple) and bool(key) and key[0] == "new"


def lock_key(row: CallModel, receiver: Value | None, args: list[Value], position: int) -> Symbol:
    """The symbol of what is locked."""
    key = row.key or ("self" if receiver is not None else "arg0")
    if key == "self" and receiver is not None:
        return receiver.symbol
    if key.startswith("arg") and key[3:].isdigit() and int(key[3:]) < len(args):
        return ("named", args[int(key[3:])].symbol)
    if key == "none":
        return ("named", row.library)
    return ("op", position)


def lock_reach(run: Interpreter, row: CallModel, kwargs: list[tuple[str, Value]]) -> str:
    """How far the lock reaches, with the keyword that widens it."""
    if row.widens is not None:
        for keyword, value in kwargs:
            if keyword == row.widens[0] and value.const is not False and value.const is not None:
                return row.widens[1]
    return row.reach or "process"


def enter(run: Interpreter, position: int, op: Op) -> Value:
    """Enter a ``with`` item: what it acquires, and the value that ``as`` binds."""
    context = run.regs[op[1]]
    source = run.ops[op[1]]
    kind = run.link.types[position]
    known = run.link.calls.get(op[1]) if source[0] == "call" else None
    taken: list[Held] = []
    if known is not None:
        args = [run.regs[register] for register in source[2]]
        kwargs = [(keyword, run.regs[register]) for keyword, register in source[3]]
        receiver = run.regs[known.receiver] if known.receiver is not None else None
        for row in known.rows:
            if "context" in row.form:
                taken += _held(run, position, row, receiver, args, kwargs, known.sure, op[1])
        if not taken and known.cls is None:
            from rmwlint.windows.summary import held_inside

            for target in known.targets:
                taken += held_inside(run, position, target, receiver, args, kwargs, known.sure)
    if not taken and context.type is not None:
        taken += _held_object(run, position, context, op[1])
    if taken:
        run.state.held += tuple(taken)
        for held in taken:
            run.emit(Event(position, held.kind, Place(held.kind, held.key, "", frozenset(), held.text), sure=held.sure))
        if context.symbol not in run.rows:
            return Value(("entered", context.symbol), context.deps, kind)
    return context._replace(type=kind or context.type)


def _held_object(run: Interpreter, position: int, context: Value, register: int) -> Iterator[Held]:
    kind = context.type
    assert kind is not None
    rows: tuple[CallModel, ...] = ()
    for name in ("__enter__", "__aenter__"):
        if kind.kind in ("library", "instance"):
            rows = method_rows(run.fn.module.program, kind, name, {})
        elif kind.kind == "external":
            rows = run.libraries.function_meaning(kind.name, {})
        elif kind.kind == "member" and kind.arg is not None:
            rows = method_rows(run.fn.module.program, kind.arg, kind.name, {})
        if rows:
            break
    for row in rows:
        if "context" in row.form:
            yield from _held(run, position, row, context, [], [], kind.sure, register)
    if not rows and kind.kind == "instance":
        cls: Cls = kind.ref
        method = cls.method("__enter__") or cls.method("__aenter__")
        if method is not None:
            from rmwlint.windows.summary import held_after

            yield from held_after(run, position, method, context)


def _held(
    run: Interpreter,
    position: int,
    row: CallModel,
    receiver: Value | None,
    args: list[Value],
    kwargs: list[tuple[str, Value]],
    sure: int,
    register: int,
) -> list[Held]:
    sure = min(sure, row_sure(row.confidence))
    written = text(run.facts, register)
    if row.does == "transaction":
        return [Held(position, "transaction", None, "row", written, row.readonly, row.nested, False, sure)]
    if row.does == "lock":
        key = lock_key(row, receiver, args, position)
        reach = lock_reach(run, row, kwargs)
        return [Held(position, "lock", key, reach, written, False, False, is_fresh(key), sure)]
    return []


# -- accesses -----------------------------------------------------------------------------------------


def _query(
    run: Interpreter,
    position: int,
    known: Call,
    row: CallModel,
    receiver: Value | None,
    args: list[Value],
    kwargs: list[tuple[str, Value]],
    kind: Type | None,
) -> Value:
    before = receiver.query if receiver is not None else None
    what = before.what if before is not None else ""
    if not what:
        what = queried(kind) or queried(known.rtype)
    conditions = before.conditions if before is not None else ()
    if row.narrows:
        conditions += tuple(_conditions(args, kwargs))
    if receiver is not None and receiver.symbol in run.state.dirty:
        run.state.dirty["query", position] = run.state.dirty[receiver.symbol]
    if receiver is not None and (receiver.symbol, "**") in run.state.attrs:
        run.state.attrs[("query", position), "**"] = run.state.attrs[receiver.symbol, "**"]
    locked = before.locked if before is not None else None
    if row.lock or any(keyword in row.lock_keywords and value.const is not False for keyword, value in kwargs):
        locked = position
    origin = before.origin if before is not None else position
    deps = merge_deps([value for _, value in kwargs] + args, "derive")
    return Value(("query", position), deps, kind, query=Query(what, conditions, locked, origin))


def queried(kind: Type | None) -> str:
    """The class or table that a query is about, by its type."""
    if kind is None:
        return ""
    if kind.arg is not None and kind.arg.kind == "instance":
        return kind.arg.name
    if kind.kind in ("class", "instance") and kind.arg is None:
        return kind.name
    return ""


def _conditions(args: list[Value], kwargs: list[tuple[str, Value]]) -> Iterator[tuple[str, Symbol, frozenset[Dep]]]:
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
            column = left[-1] if left[0] == "attr" else str(left[1]).rpartition(".")[2] if left[0] == "global" else "?"
            yield str(column), symbol[3], value.deps
            return
    yield "?", symbol, value.deps


def _place(
    run: Interpreter,
    position: int,
    op: Op,
    known: Call,
    row: CallModel,
    receiver: Value | None,
    args: list[Value],
    kwargs: list[tuple[str, Value]],
) -> tuple[Place, Value | None]:
    """The place that a row of the library model speaks of, and the value that stands for it."""
    at = row.at or ("self" if row.on else "arg0")
    kind = row.place or "row"
    register: int | None = None
    value: Value | None = None
    if at in ("self", "query"):
        value, register = receiver, known.receiver
    elif at.startswith("arg") and at[3:].isdigit():
        index = int(at[3:])
        if index < len(args):
            value, register = args[index], op[2][index]
    elif at.startswith("keyword:"):
        wanted = at.partition(":")[2]
        for keyword, register_ in op[3]:
            if keyword == wanted:
                value, register = run.regs[register_], register_
    elif at == "result":
        value = Value(("op", position), type=run.link.types[position])
    written = text(run.facts, register)
    if value is None:
        return Place(kind, ("op", position), "", frozenset(), written), None
    if at == "query" or value.query is not None:
        query = value.query
        what = query.what if query is not None else ""
        conditions = list(query.conditions) if query is not None else []
        if row.narrows or row.does in ("read", "ensure"):
            conditions += list(_conditions(args, kwargs))
        keys = frozenset((column, symbol) for column, symbol, _ in conditions)
        what = what or queried(known.rtype) or queried(run.link.types[position])
        return Place("rows" if kind == "row" else kind, ("query", position), what, keys, written), value
    if kind in ("row", "rows", "document") and value.symbol not in run.rows and not run.is_row(value.type):
        if row.on and value is receiver:
            stem = _stem(row, known.name)
            keys = frozenset(("", given.symbol) for given in args if identifies(given))
            return Place(kind, ("op", position), stem, keys, stem or written), value
    if kind == "key" and value is receiver and args:
        return Place(kind, ("key", value.symbol, args[0].symbol), "", frozenset(), text(run.facts, op[2][0])), value
    return Place(kind, value.symbol, _what(value), frozenset(), written), value


def _what(value: Value) -> str:
    return value.type.name if value.type is not None and value.type.kind == "instance" else ""


def identifies(value: Value) -> bool:
    """Whether an argument can be the key of a row: a variable or an attribute, not a constant or a display."""
    symbol = value.symbol
    return isinstance(symbol, tuple) and symbol[0] in ("param", "attr", "outer", "item", "element", "call", "global")


def _stem(row: CallModel, name: str) -> str:
    """What is left of a method's name without what the wildcard's fixed part says: ``volume_get`` → ``volume``."""
    best = ""
    for pattern in row.methods:
        if "*" in pattern and fnmatch.fnmatchcase(name, pattern):
            fixed = pattern.strip("*")
            if "*" in fixed:
                fixed = fixed.partition("*")[0]
            before, found, _ = name.partition(fixed) if pattern.startswith("*") else ("", "", name)
            stem = before if found else name.replace(fixed, "", 1)
            if not best or len(stem) < len(best):
                best = stem
    return best.strip("_")


def _read(
    run: Interpreter,
    position: int,
    op: Op,
    known: Call,
    row: CallModel,
    receiver: Value | None,
    args: list[Value],
    kwargs: list[tuple[str, Value]],
    kind: Type | None,
    sure: int,
) -> Value | None:
    place, value = _place(run, position, op, known, row, receiver, args, kwargs)
    query = value.query if value is not None else None
    locked = row.lock or bool(query is not None and query.locked is not None)
    if row.lock_keywords:
        locked = locked or any(k in row.lock_keywords and v.const not in (False, None) for k, v in kwargs)
    more: dict[str, Any] = {"row": row, "call": known, "type": kind, "sure": sure, "locked": locked, "query": query}
    if row.does == "refresh":
        if value is not None:
            run.rows[value.symbol] = position
            for key in [key for key in run.state.attrs if key[0] == value.symbol]:
                del run.state.attrs[key]
            run.state.dirty.pop(value.symbol, None)
            run.emit(Event(position, "read", place._replace(symbol=value.symbol), **more))
        return None
    deps: frozenset[Dep] = frozenset([(position, None, "copy")])
    if row.does == "test":
        run.emit(Event(position, "test", place, **more))
        return Value(("test", position), deps, kind)
    if place.kind in ("row", "rows", "document") and (place.kind != "rows" or not _many(kind)):
        symbol = ("row", position)
        run.rows[symbol] = position
        what = place.what or (kind.name if kind is not None and kind.kind == "instance" else "")
        run.emit(Event(position, "read", place._replace(kind="row", symbol=symbol, what=what, text=_bound(run, position, place.text)), **more))
        return Value(symbol, NO_DEPS, kind)
    run.emit(Event(position, "read", place, **more))
    query_value = query if _many(kind) else None
    return Value(("op", position), deps, kind, query=query_value)


def _bound(run: Interpreter, position: int, otherwise: str) -> str:
    """The name that the value of ``position`` is stored in at once, else the expression's own text."""
    ops = run.ops
    for number in range(position + 1, min(position + 6, len(ops))):
        op = ops[number]
        if op[0] == "store" and (op[2] == position or ops[op[2]][0] in ("await", "unpack") and ops[op[2]][1] == position):
            return str(op[1])
        if op[0] == "setattr" and op[3] == position:
            return f"{text(run.facts, op[1])}.{op[2]}"
    return otherwise


def _many(kind: Type | None) -> bool:
    return kind is not None and (kind.kind == "iterable" and kind.name != "tuple" or kind.arg is not None)


def row_from_query(run: Interpreter, position: int, base: Value, kind: Type | None, register: int) -> Value:
    """A row taken out of a query by iteration or index: a read."""
    query = base.query
    assert query is not None
    symbol = ("row", position)
    run.rows[symbol] = position
    keys = frozenset((column, value) for column, value, _ in query.conditions)
    place = Place("row", symbol, query.what, keys, _bound(run, position, text(run.facts, register)))
    sure = 3 if kind is None else kind.sure
    run.emit(Event(position, "read", place, type=kind, sure=sure, locked=query.locked is not None, query=query))
    return Value(symbol, NO_DEPS, kind)


def _columns(run: Interpreter, row: CallModel, args: list[Value], kwargs: list[tuple[str, Value]]) -> Iterator[tuple[str, Value]]:
    """The columns that a write names, with their values."""
    for source in (row.columns or "").split("|"):
        if source == "keywords":
            for keyword, value in kwargs:
                if keyword == "**":
                    yield from _entries(run, value)
                else:
                    yield keyword, value
        elif source.startswith("arg") and source[3:].isdigit():
            index = int(source[3:])
            if index < len(args):
                yield from _entries(run, args[index])
        elif source.startswith("keyword:"):
            for keyword, value in kwargs:
                if keyword == source.partition(":")[2]:
                    yield from _entries(run, value)


def _entries(run: Interpreter, value: Value) -> Iterator[tuple[str, Value]]:
    changed = run.state.dirty.get(value.symbol, {})
    for key, item in value.items or ():
        if isinstance(key, str) and key not in changed:
            yield key, item
    for key, (_, item) in changed.items():
        yield key, item


def _written_dict(run: Interpreter, row: CallModel, args: list[Value], kwargs: list[tuple[str, Value]]) -> Value | None:
    """The dict that a write takes its columns from, where there is one."""
    for keyword, value in kwargs:
        if keyword == "**":
            return value
    for source in (row.columns or "").split("|"):
        if source.startswith("arg") and source[3:].isdigit() and int(source[3:]) < len(args):
            return args[int(source[3:])]
    return None


def _write(
    run: Interpreter,
    position: int,
    op: Op,
    known: Call,
    row: CallModel,
    receiver: Value | None,
    args: list[Value],
    kwargs: list[tuple[str, Value]],
    kind: Type | None,
    sure: int,
) -> Value | None:
    place, value = _place(run, position, op, known, row, receiver, args, kwargs)
    query = value.query if value is not None else None
    caught = _tolerated(row, kwargs)
    columns: list[tuple[str, Value]] = list(_columns(run, row, args, kwargs))
    set_at: list[tuple[str, int]] = []
    whole = False
    if row.columns in ("all", "changed") and value is not None:
        whole = row.columns == "all"
        dirty = run.state.dirty.get(value.symbol, {})
        limit = _limit(run, row, kwargs)
        if limit is not None:
            whole = False
        for name, (at, changed) in dirty.items():
            if limit is None or limit is True or name in limit:
                columns.append((name, changed))
                set_at.append((name, at))
    offered, passed = _guards(run, known, row, kwargs)
    deps = merge_deps([*args, *(given for _, given in kwargs)])
    fresh = row.does in ("write", "delete") and value is not None and _is_new(run, value)
    serialised = _written_dict(run, row, args, kwargs)
    if serialised is None and value is not None:
        serialised = run.state.attrs.get((value.symbol, "**"))
    event = Event(
        position,
        row.does,
        place,
        deps=deps,
        columns=tuple(columns),
        set_at=tuple(set_at),
        whole=whole,
        offered=offered,
        passed=passed,
        row=row,
        call=known,
        type=value.type if value is not None else None,
        sure=min(sure, value.type.sure) if value is not None and value.type is not None else sure,
        fresh=fresh,
        query=query,
        caught=caught,
        locked=bool(serialised is not None and serialised.whole is not None),
    )
    run.emit(event)
    if row.columns in ("all", "changed") and value is not None:
        run.state.dirty.pop(value.symbol, None)
    if row.does == "create":
        return Value(("new", position), NO_DEPS, kind)
    if row.does == "ensure":
        symbol = ("row", position)
        run.rows[symbol] = position
        run.emit(Event(position, "read", place._replace(kind="row", symbol=symbol, text=_bound(run, position, place.text)), row=row, call=known, type=kind, sure=sure))
        return Value(symbol, frozenset([(position, None, "copy")]), kind)
    if place.kind in ("file", "directory") and row.gives is not None:
        return Value(("opened", place.symbol), frozenset([(position, None, "copy")]), kind)
    return Value(("outcome", position), frozenset(), kind)


def _tolerated(row: CallModel, kwargs: list[tuple[str, Value]]) -> frozenset[str]:
    """``missing`` where the call itself does not mind that the thing is gone."""
    if row.tolerates == "*":
        return frozenset(["missing"])
    for keyword, value in kwargs:
        if keyword == row.tolerates and value.const is not False and value.const is not None:
            return frozenset(["missing"])
    return frozenset()


def _is_new(run: Interpreter, value: Value) -> bool:
    symbol = value.symbol
    return isinstance(symbol, tuple) and bool(symbol) and symbol[0] == "new" and value.query is None


def _limit(run: Interpreter, row: CallModel, kwargs: list[tuple[str, Value]]) -> Any:
    """The columns that a save is limited to: names, True where they are not known, None without a limit."""
    if row.limit is None:
        return None
    for keyword, value in kwargs:
        if keyword == row.limit:
            if value.const is None:
                return None
            if value.items is not None:
                names = [item.const for _, item in value.items]
                return names if all(isinstance(name, str) for name in names) else True
            return True
        if keyword == "**":
            return True
    return None


def _guards(
    run: Interpreter, known: Call, row: CallModel, kwargs: list[tuple[str, Value]]
) -> tuple[tuple[str, ...], tuple[tuple[str, Value], ...]]:
    """The guards that the callee's own signature (or the library model) offers, and those passed."""
    offered: list[str] = []
    for target in known.targets:
        offered += guard_parameters(target)
    patterns = tuple(row.guards) + tuple(offered)
    passed = tuple(
        (keyword, value) for keyword, value in kwargs if any(fnmatch.fnmatchcase(keyword, p) for p in patterns)
    )
    return tuple(offered), passed


def guard_parameters(fn: Fn) -> list[str]:
    """The parameters of a method by which a caller can say what it expects to find."""
    return [
        parameter.name
        for parameter in fn.facts.params
        if parameter.default is not None and any(fnmatch.fnmatchcase(parameter.name, p) for p in GUARD_PATTERNS)
    ]


# -- calls nobody modelled ----------------------------------------------------------------------------


def _opaque(
    run: Interpreter,
    position: int,
    op: Op,
    known: Call | None,
    receiver: Value | None,
    args: list[Value],
    kwargs: list[tuple[str, Value]],
) -> Value:
    name = known.name if known is not None else ""
    kind = run.link.types[position]
    callee = run.regs[op[1]]
    given = [*args, *(value for _, value in kwargs)]
    if known is not None and known.qualified == "setattr" and len(args) == 3 and isinstance(args[1].const, str):
        run.set_attribute(position, args[0], args[1].const, args[2], op[2][0])
        return Value(("op", position))
    if known is not None and known.qualified == "getattr" and len(args) >= 2 and isinstance(args[1].const, str):
        return run.op_attr(position, ("attr", op[2][0], args[1].const))
    if receiver is not None and known is not None and known.receiver is not None and not known.targets:
        if name == "get" and args and isinstance(args[0].const, str) and receiver.symbol in run.rows:
            return run.op_item(position, ("item", known.receiver, op[2][0]))
        if _mutates(run, name):
            run.mutate(position, receiver, merge_deps(given), known.receiver)
            return Value(("op", position), receiver.deps | merge_deps(given), kind)
        if name == "copy" or name == "deepcopy":
            return Value(("new", position), receiver.deps, kind, items=receiver.items, whole=receiver.whole)
    if known is not None and known.qualified in ("copy.copy", "copy.deepcopy", "dict", "list", "set", "tuple", "sorted"):
        deps = merge_deps(given)
        parts = len(given)
        items = args[0].items if args else ()
        whole = args[0].whole if args else None
        if known.qualified == "dict":
            items = (items or ()) + tuple((keyword, value) for keyword, value in kwargs if keyword != "**")
            deps = strengthen(deps, "container") if parts > 1 else deps
        return Value(("new", position), deps, kind, items=items, whole=whole)
    whole = None
    if known is not None and known.qualified in ("vars", "dataclasses.asdict", "attr.asdict", "attrs.asdict") and args:
        whole = args[0].symbol
    elif receiver is not None and name in _WHOLE_METHODS and not args:
        whole = receiver.symbol
    if known is not None and known.cls is not None:
        return Value(("new", position), NO_DEPS, kind)
    values = ([receiver] if receiver is not None else []) + given
    deps = merge_deps(values, "derive")
    if not values or any(value.symbol[0] == "op" for value in given if isinstance(value.symbol, tuple)):
        return Value(("op", position), deps, kind, whole=whole)
    if receiver is not None and not given and known is not None and known.rtype is None and name.startswith(("get", "next", "pop")):
        return Value(("op", position), deps, kind, whole=whole)
    parts_of = tuple(value.symbol for value in args) + tuple((keyword, value.symbol) for keyword, value in kwargs)
    stable = known is not None and known.qualified in _STABLE
    if stable and len(args) == 1:
        return args[0]._replace(type=kind)
    return Value(run.symbol("call", callee.symbol, *parts_of), deps, kind, whole=whole)


def _mutates(run: Interpreter, name: str) -> bool:
    meaning = run.libraries.method_meaning
    return any(
        row.does == "mutate" for kind in ("builtins.dict", "builtins.list", "builtins.set") for row in meaning(kind, name, {})
    )


def whole_by_loop(run: Interpreter, op: Op) -> Symbol | None:
    """The object of ``{c.name: getattr(obj, c.name) for c in columns}``: all its attributes by a loop."""
    value = run.ops[op[2]]
    if value[0] != "call" or len(value[2]) < 2:
        return None
    callee = run.ops[value[1]]
    if callee[0] == "name" and callee[1] == "getattr" and run.ops[value[2][1]][0] != "const":
        symbol: Symbol = run.regs[value[2][0]].symbol
        return None if _own_choice(run.regs[value[2][1]].symbol, symbol) else symbol
    return None


def _own_choice(name: Symbol, obj: Symbol) -> bool:
    """Whether the names come from a plain attribute of the object itself: what it says has changed."""
    if not (isinstance(name, tuple) and len(name) == 2 and name[0] == "element"):
        return False
    source = name[1]
    if not (isinstance(source, tuple) and len(source) == 3 and source[0] == "attr" and source[1] == obj):
        return False
    return not source[2].startswith("__") and source[2] not in ("fields", "columns", "_fields")


# -- decorators ---------------------------------------------------------------------------------------


def held_by_decorators(fn: Fn) -> tuple[Held, ...]:
    """What a function's decorators hold while it runs: transactions and locks."""
    found = fn.memo.get("held_by_decorators")
    if found is None:
        found = fn.memo["held_by_decorators"] = tuple(_by_decorators(fn))
    return found  # type: ignore[return-value]


def _by_decorators(fn: Fn) -> Iterable[Held]:
    parent = fn.parent
    if parent is None:
        return
    linked = link(parent)
    ops = parent.facts.ops
    program = fn.module.program
    for index, register in enumerate(fn.facts.decorators):
        op = ops[register]
        value = linked.types[register]
        rows: tuple[CallModel, ...] = ()
        targets: tuple[Fn, ...] = ()
        sure = 3
        args: list[Value] = []
        kwargs: list[tuple[str, Value]] = []
        if op[0] == "call":
            known = linked.calls.get(register)
            if known is not None:
                rows, targets, sure = known.rows, known.targets, known.sure
            args = [_static(parent, argument) for argument in op[2]]
            kwargs = [(keyword, _static(parent, argument)) for keyword, argument in op[3]]
            if not rows and value is not None and value.kind == "library":
                rows = method_rows(program, value, "__call__", {})
        elif value is not None:
            if value.kind == "external":
                rows = program.libraries.function_meaning(value.name, {})
            elif value.kind == "member" and value.arg is not None:
                rows = method_rows(program, value.arg, value.name, {})
            elif value.kind == "library":
                rows = method_rows(program, value, "__call__", {})
            elif value.kind in ("function", "method"):
                targets = (value.ref,)
        written = "@" + text(parent.facts, register)
        number = -1000 - index
        for row in rows:
            if "decorator" not in row.form:
                continue
            row_certainty = min(sure, row_sure(row.confidence))
            if row.does == "transaction":
                yield Held(number, "transaction", None, "row", written, row.readonly, row.nested, False, row_certainty)
            elif row.does == "lock":
                key = lock_key(row, None, args, number)
                reach = row.reach or "process"
                if row.widens is not None and any(k == row.widens[0] and v.const not in (False, None) for k, v in kwargs):
                    reach = row.widens[1]
                yield Held(number, "lock", key, reach, written, sure=row_certainty)
        if not rows and targets:
            from rmwlint.windows.summary import held_by_wrapper

            key = ("named", args[0].symbol) if args else ("decorator", targets[0].qualified)
            for held in held_by_wrapper(targets[0]):
                yield held._replace(id=number, text=written, key=key if held.kind == "lock" else None)


def _static(parent: Fn, register: int) -> Value:
    """An argument of a decorator: a constant, or a name."""
    op = parent.facts.ops[register]
    if op[0] == "const":
        return Value(("const", op[1]), const=op[1])
    return Value(("decoration", text(parent.facts, register)), const=UNKNOWN)
