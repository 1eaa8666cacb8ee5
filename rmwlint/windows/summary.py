"""What a callee does to its caller's values: its own events, told in the caller's terms.

Nothing is computed twice: a summary is the callee's analysis, whose places are rebased from its parameters
to the caller's arguments. What a callee reads and returns becomes a read of the call.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rmwlint.facts.model import Op
from rmwlint.program.link import Call
from rmwlint.program.program import Fn
from rmwlint.windows.values import (
    NO_DEPS,
    UNKNOWN,
    Dep,
    Event,
    Held,
    Place,
    Symbol,
    Value,
    strengthen,
)

if TYPE_CHECKING:
    from rmwlint.windows.interpret import Analysis, Interpreter

_REPLAYED = frozenset(["write", "swap", "delta", "create", "ensure", "delete", "replace", "test", "read", "commit"])
_MOST = 40
_DEEPEST = 4
_PLAIN = frozenset(["attr", "item", "call", "binop", "fstring", "compare", "unary", "bool", "element", "key"])


def _analysis(fn: Fn) -> Analysis:
    from rmwlint.windows.interpret import analysis

    return analysis(fn)


class Binding:
    """The caller's values for a callee's parameters; rebases symbols and dependences."""

    __slots__ = ("kept", "position", "run", "target", "values")

    def __init__(
        self, run: Interpreter, position: int, target: Fn, receiver: Value | None, args: list[Value], kwargs: list[tuple[str, Value]]
    ) -> None:
        self.run = run
        self.position = position
        self.target = target
        self.values: dict[int, Value] = {}
        self.kept: dict[Symbol, Symbol] = {}
        params = target.facts.params
        shift = 0
        if receiver is not None and target.first_is_self:
            self.values[0] = receiver
            shift = 1
        positional = [index for index, parameter in enumerate(params) if parameter.kind in ("positional", "any")]
        for given, value in enumerate(args):
            if given + shift < len(positional):
                self.values[positional[given + shift]] = value
        names = {parameter.name: index for index, parameter in enumerate(params)}
        for keyword, value in kwargs:
            if keyword in names:
                self.values[names[keyword]] = value

    def symbol(self, symbol: Symbol) -> Symbol:
        """The caller's symbol, None where the callee's stands for something the caller cannot name."""
        if not isinstance(symbol, tuple) or not symbol:
            return symbol
        head = symbol[0]
        if head == "param":
            value = self.values.get(symbol[1])
            return None if value is None else value.symbol
        if head in ("const", "global", "function", "named"):
            if head == "named":
                inner = self.symbol(symbol[1])
                return None if inner is None else ("named", inner)
            return symbol
        if head in _PLAIN:
            parts = [head]
            for part in symbol[1:]:
                if isinstance(part, tuple) and part and isinstance(part[0], str) and head != "compare":
                    part = self.symbol(part)
                    if part is None:
                        return None
                parts.append(part)
            return self.run.symbol(*parts)
        return None

    def deps(self, deps: frozenset[Dep]) -> frozenset[Dep]:
        """Dependences on what parameters hold become dependences on what the caller read."""
        if not deps:
            return NO_DEPS
        found: set[Dep] = set()
        for read, attribute, how in deps:
            if read < 0:
                value = self.values.get(-1 - read)
                if value is None:
                    continue
                row = self.run.rows.get(value.symbol)
                if row is not None:
                    found.add((row, attribute, how))
                found.update(strengthen(value.deps, how if attribute is None else "derive"))
            else:
                found.add((self.position, attribute, how))
        return frozenset(found)

    def value(self, value: Value) -> Value:
        """A value of the callee in the caller's terms."""
        if isinstance(value.symbol, tuple) and value.symbol[:1] == ("param",):
            given = self.values.get(value.symbol[1])
            if given is not None:
                return given._replace(deps=given.deps | self.deps(value.deps))
        symbol = self.symbol(value.symbol)
        items = value.items
        if items is not None:
            items = tuple((key, self.value(item)) for key, item in items)
        whole = self.symbol(value.whole) if value.whole is not None else None
        return Value(symbol or ("op", self.position), self.deps(value.deps), value.type, value.const, None, items, whole)


def apply(
    run: Interpreter, position: int, op: Op, known: Call, receiver: Value | None, args: list[Value], kwargs: list[tuple[str, Value]]
) -> Value | None:
    """Replay what the callee does to the caller's places; the value that the call gives."""
    if known.cls is not None:
        return Value(("new", position), NO_DEPS, run.link.types[position])
    if len(known.targets) != 1:
        return None
    target = known.targets[0]
    if target.facts.is_generator:
        return None
    binding = Binding(run, position, target, receiver, args, kwargs)
    found = _analysis(target)
    before = {held.id for held in run.state.held}
    replayed = 0
    for event in found.events:
        if event.does not in _REPLAYED or replayed >= _MOST:
            continue
        lifted = _lifted(run, binding, event, known)
        if lifted is not None:
            replayed += 1
            run.emit(lifted)
            if lifted.held != event.held and event.held:
                run.result.events[-1] = run.result.events[-1]._replace(held=run.state.held + _inner(event.held, binding, before))
    _dirty(run, binding, found)
    _checked(run, binding, found)
    return returned(run, position, op, known, receiver, args, kwargs)


def _inner(held: tuple[Held, ...], binding: Binding, before: set[int]) -> tuple[Held, ...]:
    """What the callee holds at its own event, with numbers that no two calls share."""
    return tuple(one._replace(id=(binding.position + 1) * 1_000_000 + abs(one.id), key=binding.symbol(one.key)) for one in held)


def _lifted(run: Interpreter, binding: Binding, event: Event, known: Call) -> Event | None:
    place = event.place
    if len(event.trail) >= _DEEPEST or place is None:
        return None
    symbol = binding.symbol(place.symbol)
    keys = frozenset((column, key) for column, old in place.keys if (key := binding.symbol(old)) is not None)
    if place.kind in ("row", "file", "directory", "key", "document"):
        if symbol is None and (place.kind in ("file", "directory") or not keys):
            return None
        if event.does == "read" and place.kind == "row" and (event.op < 0 or symbol is None):
            return None
    elif place.kind == "rows":
        if event.does == "read" or not keys:
            return None
    else:
        return None
    columns = tuple((name, binding.value(value)) for name, value in event.columns)
    control = frozenset(
        (dep, binding.position, outcome) for old, _, outcome in event.control for dep in binding.deps(frozenset([old]))
    )
    if event.does == "read" and symbol is not None:
        run.rows[symbol] = binding.position
    return event._replace(
        op=binding.position,
        place=place._replace(symbol=symbol if symbol is not None else ("op", binding.position), keys=keys),
        control=control,
        deps=binding.deps(event.deps),
        columns=columns,
        set_at=(),
        passed=tuple((name, binding.value(value)) for name, value in event.passed),
        sure=min(event.sure, known.sure),
        trail=((binding.target, event.op), *event.trail),
        fresh=event.fresh or (symbol is not None and isinstance(symbol, tuple) and symbol[:1] == ("new",)),
        query=None if event.query is None else event.query._replace(
            conditions=tuple(
                (column, binding.symbol(old), binding.deps(deps)) for column, old, deps in event.query.conditions
            )
        ),
    )


def _dirty(run: Interpreter, binding: Binding, found: Analysis) -> None:
    """Attributes that the callee set on the caller's objects and did not save."""
    for way in found.exits:
        for symbol, columns in way.state.dirty.items():
            if not isinstance(symbol, tuple) or symbol[:1] not in (("param",), ("attr",)):
                continue
            mine = binding.symbol(symbol)
            if mine is None:
                continue
            for name, (_, value) in columns.items():
                given = binding.value(value)
                run.state.dirty.setdefault(mine, {})[name] = (binding.position, given)
                run.state.attrs[mine, name] = given


def _checked(run: Interpreter, binding: Binding, found: Analysis) -> None:
    """What must have been true for the callee to return at all: checks that raise otherwise."""
    if not found.exits:
        return
    common = found.exits[0].state.control
    for way in found.exits[1:]:
        common = common & way.state.control
    for dep, _, outcome in common:
        if dep[0] < 0:
            for mine in binding.deps(frozenset([dep])):
                run.state.control = run.state.control | {(mine, binding.position, outcome)}


def returned(
    run: Interpreter, position: int, op: Op, known: Call, receiver: Value | None, args: list[Value], kwargs: list[tuple[str, Value]]
) -> Value | None:
    """The value that a call gives: a snapshot that the callee read, something of an argument, or a new thing."""
    if len(known.targets) != 1 or known.cls is not None:
        return None
    target = known.targets[0]
    binding = Binding(run, position, target, receiver, args, kwargs)
    found = _analysis(target)
    kind = run.link.types[position]
    value: Value | None = None
    deps: frozenset[Dep] = NO_DEPS
    for way in found.exits:
        if way.value is None or way.value.const is None:
            continue
        deps |= way.value.deps
        if way.value.const is True or way.value.const is False:
            deps |= frozenset((dep[0], dep[1], "derive") for dep, _, _ in way.state.control)
        if value is None or value.symbol == way.value.symbol:
            value = way.value
        elif way.value.symbol[0] == "row" or way.value.query is not None and value.query is None:
            value = way.value
    if value is None:
        return None
    mine = binding.deps(deps)
    if isinstance(value.symbol, tuple) and value.symbol[:1] == ("row",):
        source = next((event for event in found.events if event.does == "read" and event.place is not None and event.place.symbol == value.symbol), None)
        if source is not None and source.place is not None:
            symbol = ("row", position)
            run.rows[symbol] = position
            still_open = any(held.kind == "transaction" for held in run.state.held)
            keys = frozenset((column, key) for column, old in source.place.keys if (key := binding.symbol(old)) is not None)
            from rmwlint.windows.calls import _bound

            written = _bound(run, position, source.place.text)
            place = Place("row", symbol, source.place.what, keys, written)
            run.emit(
                source._replace(
                    op=position, place=place, locked=source.locked and still_open, control=frozenset(), deps=NO_DEPS,
                    trail=((target, source.op), *source.trail), sure=min(source.sure, known.sure), type=kind or source.type, query=None,
                )
            )
            return Value(symbol, mine, kind or value.type)
    if value.query is not None:
        query = value.query._replace(
            conditions=tuple((c, binding.symbol(s), binding.deps(d)) for c, s, d in value.query.conditions),
            locked=None if value.query.locked is None else position,
            origin=position,
        )
        return Value(("query", position), mine, kind or value.type, query=query)
    if isinstance(value.symbol, tuple) and value.symbol[:1] == ("new",):
        inner = binding.value(value)
        return inner._replace(symbol=("new", position), type=kind or value.type, deps=inner.deps | mine)
    inner = binding.value(value)
    if inner.symbol == ("op", position):
        symbol = ("op", position)
        if any(way.value is not None and way.value.symbol != value.symbol for way in found.exits):
            symbol = ("op", position)
        return Value(symbol, mine, kind, inner.const if len(found.exits) == 1 else UNKNOWN, None, inner.items, inner.whole)
    return inner._replace(deps=inner.deps | mine, type=kind or inner.type)


# -- contexts and decorators --------------------------------------------------------------------------


def held_inside(
    run: Interpreter, position: int, target: Fn, receiver: Value | None, args: list[Value], kwargs: list[tuple[str, Value]], sure: int
) -> Iterator[Held]:
    """What a user's context manager (a generator, or a function that returns one) holds while its body runs."""
    found = _analysis(target)
    binding = Binding(run, position, target, receiver, args, kwargs)
    if target.facts.is_generator:
        for way in found.yields[:1]:
            for held in way.state.held:
                yield _rebased(binding, held, position, sure)
        return
    for nested in _returned_calls(target):
        inner_call = nested[1]
        for row in inner_call.rows:
            if "context" in row.form and row.does in ("transaction", "lock"):
                key: Any = ("call", target.qualified, *(value.symbol for value in args))
                yield Held(
                    position, row.does, key if row.does == "lock" else None, row.reach or "process", target.facts.name,
                    row.readonly, row.nested, False, min(sure, inner_call.sure),
                )
        for inner in inner_call.targets:
            if inner is not target and inner_call.cls is None and "held_inside" not in inner.memo:
                inner.memo["held_inside"] = True
                try:
                    for held in held_inside(run, position, inner, None, [], [], min(sure, inner_call.sure)):
                        yield held._replace(key=("call", target.qualified, *(value.symbol for value in args)) if held.kind == "lock" else None)
                finally:
                    del inner.memo["held_inside"]


def _returned_calls(target: Fn) -> Iterator[tuple[int, Call]]:
    from rmwlint.program.link import link

    ops = target.facts.ops
    linked = link(target)
    for op in ops:
        if op[0] == "return" and op[1] is not None and ops[op[1]][0] == "call":
            known = linked.calls.get(op[1])
            if known is not None:
                yield op[1], known


def _rebased(binding: Binding, held: Held, position: int, sure: int) -> Held:
    key = binding.symbol(held.key)
    if key is None and held.kind == "lock":
        key = ("call", binding.target.qualified, *(value.symbol for value in binding.values.values()))
    fresh = held.fresh and not binding.target.facts.is_generator
    return held._replace(id=position, key=key, sure=min(held.sure, sure), fresh=fresh)


def held_after(run: Interpreter, position: int, target: Fn, receiver: Value) -> Iterator[Held]:
    """What a method (``__enter__``, ``acquire``) has taken and not given back when it returns."""
    found = _analysis(target)
    binding = Binding(run, position, target, receiver, [], [])
    for way in found.exits[:1]:
        for held in way.state.held:
            yield _rebased(binding, held, position, 3)
    from rmwlint.program.link import link

    ops = target.facts.ops
    for number, known in link(target).calls.items():
        if known.name in ("__enter__", "__aenter__", "enter_context", "enter_async_context") and ops[number][0] == "call":
            for row in known.rows:
                if row.does in ("transaction", "lock"):
                    yield Held(position, row.does, ("attr", receiver.symbol, known.name), row.reach or "process", target.facts.name)


def held_by_wrapper(decorator: Fn) -> tuple[Held, ...]:
    """What a user's decorator holds around the call of the function it is given."""
    known = decorator.memo.get("held_by_wrapper")
    if known is None:
        decorator.memo["held_by_wrapper"] = ()
        known = decorator.memo["held_by_wrapper"] = tuple(_by_wrapper(decorator))
    return known  # type: ignore[return-value]


def _by_wrapper(decorator: Fn) -> Iterator[Held]:
    params: set[str] = {parameter.name for parameter in decorator.facts.params}
    pending = [decorator]
    while pending:
        fn = pending.pop(0)
        for op in fn.facts.ops:
            if op[0] != "def":
                continue
            inner = fn.module.fn(op[2])
            for number, called in enumerate(inner.facts.ops):
                if called[0] != "call":
                    continue
                callee = inner.facts.ops[called[1]]
                if callee[0] == "name" and callee[1] in params and callee[1] not in inner.facts.locals:
                    yield from _analysis(inner).at_calls.get(number, ())
                    return
            params |= {parameter.name for parameter in inner.facts.params}
            pending.append(inner)
