"""What a callee does to its caller's values: its own events, told in the caller's terms.

Nothing is computed twice: a summary is the callee's analysis, whose places are rebased from its parameters
to the caller's arguments. What a callee reads and returns becomes a read of the call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from rmwlint.program.link import Call
from rmwlint.program.program import Fn
from rmwlint.program.types import Type
from rmwlint.windows.interpreter import derived
from rmwlint.windows.interpreter.binding import Binding
from rmwlint.windows.interpreter.checked_below import condition, made_below, passed_checks, read_below
from rmwlint.windows.interpreter.columns import decided, entries
from rmwlint.windows.interpreter.forwarded import changed_by_forwarding
from rmwlint.windows.interpreter.looks import asked, settled
from rmwlint.windows.interpreter.opaque import made
from rmwlint.windows.interpreter.presence import found_there
from rmwlint.windows.interpreter.queries import named_class, started
from rmwlint.windows.interpreter.saved_below import found_by, with_changes
from rmwlint.windows.interpreter.site import Site
from rmwlint.windows.text import bound
from rmwlint.windows.values import (
    NO_DEPS,
    UNKNOWN,
    Control,
    Dep,
    Event,
    Held,
    Place,
    Query,
    Symbol,
    Value,
    decisions,
    merge_deps,
    own_creation,
)

if TYPE_CHECKING:
    from rmwlint.windows.interpreter.interpret import Analysis, Exit, Interpreter

_REPLAYED = frozenset(
    ["write", "swap", "delta", "create", "ensure", "delete", "replace", "test", "read", "commit"]
)
_MOST = 40
_DEEPEST = 4


def _analysis(fn: Fn) -> Analysis:
    from rmwlint.windows.interpreter.interpret import analysis

    return analysis(fn)


def _idle(fn: Fn) -> bool:
    from rmwlint.windows.concurrency.quiet import idle

    return idle(fn)


def _called(binding: Binding) -> Analysis:
    """The callee's analysis for the flags that this call passes."""
    from rmwlint.windows.interpreter.interpret import analysis

    fn = binding.target
    constants = []
    for index in _flags(fn):
        value = binding.values.get(index)
        if value is None:
            default = fn.facts.params[index].default
            if default is not None and default[0] == "const" and _is_flag(default[1]):
                constants.append((index, default[1]))
        elif _is_flag(value.const):
            constants.append((index, value.const))
    return analysis(fn, tuple(constants))


def _is_flag(value: object) -> bool:
    return value is None or isinstance(value, bool)


def _flags(fn: Fn) -> tuple[int, ...]:
    """The parameters that a function branches on by themselves and never assigns, two at most."""
    found = fn.memo.get("flags")
    if found is None:
        ops = fn.facts.ops
        stored: dict[str, int] = {}
        for op in ops:
            if op[0] == "store":
                stored[op[1]] = stored.get(op[1], 0) + 1
        names = {
            parameter.name: index
            for index, parameter in enumerate(fn.facts.params)
            if stored.get(parameter.name) == 1
        }
        wanted: set[int] = set()
        pending = [op[1] for op in ops if op[0] == "branch"] if names else []
        while pending:
            op = ops[pending.pop()]
            if op[0] == "name" and op[1] in names:
                wanted.add(names[op[1]])
            elif op[0] in ("unary", "bool", "compare"):
                pending += op[2] if op[0] != "unary" else (op[2],)
        params = fn.facts.params
        found = fn.memo["flags"] = tuple(sorted(wanted, key=lambda index: params[index].default is None)[:2])
    return found  # type: ignore[return-value]


#: a value that is a condition says no more than whether something is there
_TELLS_WHETHER = ("compare", "unary")

# -- what it does -------------------------------------------------------------------------------------


def apply(run: Interpreter, site: Site) -> Value | None:
    """Replay what the callee does to the caller's places; the value that the call gives."""
    known = site.known
    if known.cls is not None:
        return made(site)
    if len(known.targets) != 1:
        return None
    target = known.targets[0]
    if site.receiver is not None:
        for name in sorted(changed_by_forwarding(target)):
            entry = (site.position, Value(("op", site.position)))
            run.state.dirty.setdefault(site.receiver.symbol, {})[name] = entry
    if _idle(target):
        return None
    binding = Binding(run, site.position, target, site.receiver, site.args, site.kwargs)
    found = _called(binding)
    if target.facts.is_generator:
        return _generated(run, binding, found, site)
    replayed = 0
    for event in found.events:
        if event.does not in _REPLAYED or replayed >= _MOST:
            continue
        if event.does == "commit":
            _committed(run, site, event)
            continue
        lifted = _lifted(run, binding, found, event, known)
        if lifted is not None and event.does != "read" and _read_again(found, event):
            lifted = lifted._replace(again=True)
        if lifted is not None:
            lifted = with_changes(run, binding, found, event, lifted)
            replayed += 1
            run.emit(lifted)
            if lifted.held != event.held and event.held:
                held = run.state.held + held_inside(event.held, binding)
                run.result.events[-1] = run.result.events[-1]._replace(held=held)
    _dirty(run, binding, found)
    _checked(run, binding, found, known)
    return returned(run, site)


def _generated(run: Interpreter, binding: Binding, found: Analysis, site: Site) -> Value | None:
    """What a generator's caller iterates over: its looks happen at the call, its elements depend on them."""
    looks: set[int] = set()
    for event in found.events[:_MOST]:
        if event.does == "test":
            lifted = _lifted(run, binding, found, event, site.known)
            if lifted is not None:
                run.emit(lifted)
                looks.add(event.op)
    if not looks:
        return None
    deps = frozenset(
        dep
        for way in found.yields
        if way.value is not None
        for dep in binding.deps(frozenset(dep for dep in way.value.deps if dep[0] in looks or dep[0] < 0))
    )
    return Value(("op", site.position), deps, site.kind)


def _gathered(run: Interpreter, binding: Binding, found: Analysis, site: Site) -> None:
    """A new container of rows that the callee has read: its caller has read them then."""
    kind = site.kind.arg if site.kind is not None and site.kind.kind == "iterable" else None
    if kind is None or not run.is_row(kind):
        return
    for event in found.events:
        place = event.place
        if event.does == "read" and place is not None and place.kind == "row" and event.type is not None:
            if event.type._replace(sure=kind.sure) == kind:
                row = _row(run, site, binding, found, place.symbol)
                if row is not None:
                    run.gather(("new", site.position), (Value(row, NO_DEPS, kind),))
                    read = run.result.events[-1]
                    assert read.place is not None
                    run.result.events[-1] = read._replace(place=read.place._replace(keys=frozenset()))
                return


def _committed(run: Interpreter, site: Site, event: Event) -> None:
    """The callee commits a transaction that it did not open itself."""
    if len(event.trail) < _DEEPEST and not any(held.kind == "transaction" for held in event.held):
        run.emit(event._replace(op=site.position, trail=((site.known.targets[0], event.op), *event.trail)))


def _read_again(found: Analysis, write: Event) -> bool:
    """Whether the callee itself has read the row that it writes, and locked it."""
    place = write.place
    return place is not None and any(
        event.does == "read"
        and event.locked
        and event.place is not None
        and event.place.symbol == place.symbol
        for event in found.events
    )


def held_inside(held: tuple[Held, ...], binding: Binding) -> tuple[Held, ...]:
    """What the callee holds at its own event, with numbers that no two calls share."""
    first = (binding.position + 1) * 1_000_000
    return tuple(one._replace(id=first + abs(one.id), key=binding.symbol(one.key)) for one in held)


def _lifted(run: Interpreter, binding: Binding, found: Analysis, event: Event, known: Call) -> Event | None:
    """The callee's event as one of the caller, None where it is none of the caller's business."""
    place = event.place
    if len(event.trail) >= _DEEPEST or place is None:
        return None
    if place.kind in ("file", "directory") and _of_outer(place.symbol):
        return None
    symbol = binding.symbol(place.symbol)
    keys = binding.keys(place)
    if symbol is None and not keys and event.does == "write":
        known_by = ((column, binding.symbol(key)) for column, key in found_by(found, place))
        keys = frozenset(key for key in known_by if key[1] is not None)
    if place.kind in ("row", "file", "directory", "key", "document", "http"):
        if symbol is None and (place.kind in ("file", "directory") or not keys):
            if not own_creation(event):
                return None
            symbol = ("new", binding.position)
        if event.does == "read" and place.kind == "row" and (event.op < 0 or symbol is None):
            return None
        if event.does == "read" and place.symbol[:1] == ("outer",):
            return None  # a variable of the caller's own, which it has read before
    elif place.kind == "rows":
        if own_creation(event):
            symbol = ("new", binding.position)
        elif event.does == "read" or not keys:
            return None
    else:
        return None
    columns = tuple(_bound_columns(run, binding, event.columns))
    control = control_of(binding, event.control)
    for name, value in event.columns:
        if name == "**":
            control |= decided(run, binding.value(value).symbol)
    if event.does == "read" and symbol is not None:
        run.rows[symbol] = binding.position
    kind = binding.kind(event.type)
    if kind is None and place.kind == "row":
        kind = _given_type(binding, place.symbol)
    what = binding.what(place.what or (kind.name if kind is not None else ""))
    key = symbol if symbol is not None else ("op", binding.position)
    return event._replace(
        op=binding.position,
        place=place._replace(symbol=key, keys=keys, what=what),
        type=kind,
        control=control,
        deps=binding.deps(event.deps),
        columns=columns,
        set_at=(),
        passed=tuple((name, binding.value(value)) for name, value in event.passed),
        sure=min(event.sure, known.sure),
        trail=((binding.target, event.op), *event.trail),
        fresh=event.fresh or (isinstance(symbol, tuple) and symbol[:1] == ("new",)),
        query=None if event.query is None else _query(binding, event.query),
    )


def _of_outer(symbol: Symbol) -> bool:
    """Whether a symbol is made of a variable of the function around the callee."""
    if not isinstance(symbol, tuple) or not symbol:
        return False
    return symbol[0] == "outer" or any(_of_outer(part) for part in symbol[1:])


def _given_type(binding: Binding, symbol: Symbol) -> Type | None:
    """The class of a row that the callee takes as it comes, and the caller knows."""
    if symbol[:1] != ("param",):
        return None
    given = binding.values.get(symbol[1])
    kind = given.type if given is not None else None
    return kind if kind is not None and kind.kind == "instance" else None


def _query(binding: Binding, query: Query) -> Query:
    found = tuple((column, binding.symbol(old), binding.deps(deps)) for column, old, deps in query.conditions)
    if query.of is not None and not query.what:
        of = binding.symbol(query.of)
        asks = isinstance(of, tuple) and of[:1] == ("param",)
        query = query._replace(what=named_class(of), of=of if asks else None)
    if query.base is None:
        return query._replace(conditions=found)
    given = binding.values.get(query.base[1])
    below = started(given, binding.position)
    if below is None:
        return query._replace(conditions=found, base=None)
    locked = query.locked if below.locked is None else below.locked
    what, asked = query.what or below.what, query.figure or below.figure
    partial = query.partial or below.partial
    columns, flat = (query.columns, query.flat) if query.columns else (below.columns, below.flat)
    base, found, named = below.base, below.conditions + found, query.named or below.named
    of = None if what else query.of or below.of
    return Query(what, found, locked, query.origin, base, asked, partial, columns, flat, named, of)


def control_of(binding: Binding, control: Control) -> Control:
    """What decided, in the caller's terms; the call stands for the branch."""
    return frozenset(
        (dep, binding.position, outcome)
        for old, _, outcome in control
        for dep in binding.deps(frozenset([old]))
    )


def _bound_columns(
    run: Interpreter, binding: Binding, columns: Iterable[tuple[str, Value]]
) -> Iterator[tuple[str, Value]]:
    """A callee's columns in the caller's terms; those of a dict that it was given, by the caller's dict."""
    for name, value in columns:
        given = binding.value(value)
        if name == "**":
            yield from entries(run, given)
        else:
            yield name, given


def _dirty(run: Interpreter, binding: Binding, found: Analysis) -> None:
    """Attributes that the callee set on the caller's objects and did not save."""
    state = run.state
    tracked: dict[Symbol, dict[str, tuple[Value, int, Control]]] = {}
    for way in found.exits:
        for symbol, columns in way.state.dirty.items():
            if not isinstance(symbol, tuple) or symbol[:1] not in (("param",), ("attr",)):
                continue
            mine = binding.symbol(symbol)
            if mine is None:
                continue
            for old, (at, value) in columns.items():
                decision = way.state.decided.get((symbol, old), frozenset())
                decision = frozenset(
                    one for one in decision if not _settled_below(found, one, symbol, old, value)
                )
                decision = state.control | control_of(binding, decision)
                for name, given in _bound_columns(run, binding, [(old, value)]):
                    state.dirty.setdefault(mine, {})[name] = (binding.position, given)
                    state.attrs[mine, name] = given
                    tracked.setdefault(mine, {})[name] = (given, at, decision)
                    if decision:
                        state.decided[mine, name] = decision
    for row in binding.values.values():
        if row.symbol in tracked and row.symbol in run.rows and run.row_mode(row.type) == "flush":
            for name, (given, at, decision) in tracked[row.symbol].items():
                below = ((binding.target, at),)
                run.flushed(binding.position, row, ((name, given),), None, below, decision)
            state.dirty.pop(row.symbol, None)


def _settled_below(
    found: Analysis, one: tuple[Dep, int, bool], symbol: Symbol, name: str, value: Value
) -> bool:
    """Whether a decision of the callee only asked whether an attribute has the value that it is given, or has
    any."""
    (_, column, _), branch, _ = one
    test = found.tests.get(branch)
    if column != name or test is None:
        return False
    return settled(asked(test, (("attr", symbol, name),), value), value)


def _checked(run: Interpreter, binding: Binding, found: Analysis, known: Call) -> None:
    """What must have been true for the callee to return at all: checks that raise otherwise."""
    if not found.exits:
        return
    passed = passed_checks(binding.target, found)
    told = read_below(run, binding, found, known, (dep for dep, _, _ in passed))
    asked = frozenset(one for one in passed if one[0][0] < 0 or one[0][0] in told)
    if asked:
        test = condition(binding, found, asked, told)
        if test is not None:
            run.result.tests.setdefault(binding.position, test)
        run.result.checked.add(binding.position)
        for dep, _, outcome in asked:
            for mine in binding.deps(frozenset([dep])):
                run.state.control |= {(mine, binding.position, outcome if test is None else True)}
    if run.creating:
        _found_none(run, binding, found, passed)
    admitted = _passed_on(binding, derived.admits)
    if admitted:
        run.result.admitted.add(binding.position)
        run.state.control |= {(dep, binding.position, True) for dep in admitted}


def _found_none(run: Interpreter, binding: Binding, found: Analysis, passed: Control) -> None:
    """A callee that has looked for rows and raises where it finds some: the caller goes on without any."""
    for dep, branch, outcome in decisions(passed):
        looks = [event for event in found.events if event.op == dep[0] and event.does in ("read", "test")]
        if dep[1] is not None or not looks or looks[0].trail:
            continue
        place = looks[0].place
        if place is None or place.kind not in ("row", "rows"):
            continue
        if found_there(binding.target.facts, branch, outcome, dep[0]) is not False:
            continue
        keys = binding.keys(place)
        if not keys:
            continue
        position = binding.position
        trail = ((binding.target, dep[0]),)
        place = Place("rows", ("op", position), place.what, keys, place.text)
        run.emit(looks[0]._replace(op=position, does="test", place=place, query=None, trail=trail))
        run.result.refused.add(position)
        run.state.control |= {((position, None, "derive"), position, False)}
        return


def _passed_on(binding: Binding, parameters: Callable[[Fn], frozenset[int]]) -> frozenset[Dep]:
    """What the caller's own values depend on, of those that are given for some parameters of the callee."""
    given = [(index, value) for index, value in binding.values.items() if value.deps]
    if not given:
        return NO_DEPS
    wanted = parameters(binding.target)
    return merge_deps((value for index, value in given if index in wanted), "derive")


# -- what it gives ------------------------------------------------------------------------------------


def returned(run: Interpreter, site: Site) -> Value | None:
    """The value that a call gives: a snapshot that the callee read, something of an argument, a new thing."""
    known, position = site.known, site.position
    if len(known.targets) != 1 or known.cls is not None:
        return None
    target = known.targets[0]
    binding = Binding(run, position, target, site.receiver, site.args, site.kwargs)
    found = _called(binding)
    value, deps = _best(found.exits)
    if value is None:
        return None
    kind = site.kind
    mine = binding.deps(deps)
    head = value.symbol[0] if isinstance(value.symbol, tuple) and value.symbol else None
    if head in ("row", "copy"):
        row = _row(run, site, binding, found, value.symbol if head == "row" else value.symbol[1])
        if row is not None:
            return Value(row, mine, kind or value.type)
    if value.query is not None:
        query = _query(binding, value.query)
        query = query._replace(locked=None if query.locked is None else position, origin=position)
        return Value(("query", position), mine, kind or value.type, query=query)
    inner = binding.value(value)
    if run.creating and head in _TELLS_WHETHER:
        _asked_below(run, site, binding, found, deps)
    read_below(run, binding, found, site.known, made_below(value))
    mine |= _passed_on(binding, derived.result_of)
    if inner.const is not UNKNOWN and len(found.exits) > 1:
        inner = inner._replace(symbol=("op", position), const=UNKNOWN)
    if head == "new":
        _gathered(run, binding, found, site)
        items = _rows_in(run, site, binding, found, value, inner)
        return inner._replace(
            symbol=("new", position), type=kind or value.type, deps=inner.deps | mine, items=items
        )
    if inner.symbol == ("op", position):
        const = inner.const if len(found.exits) == 1 else UNKNOWN
        return Value(("op", position), mine, kind, const, None, inner.items, inner.whole)
    return inner._replace(deps=inner.deps | mine, type=kind or inner.type)


def _rows_in(
    run: Interpreter, site: Site, binding: Binding, found: Analysis, value: Value, inner: Value
) -> tuple[tuple[object, Value], ...] | None:
    """What is in a tuple that the callee gives: the rows that it has read are read by the call."""
    if not value.items or inner.items is None or any(key is not None for key, _ in value.items):
        return inner.items
    items = list(inner.items)
    for index, (_, item) in enumerate(value.items):
        if isinstance(item.symbol, tuple) and item.symbol[:1] == ("row",):
            row = _row(run, site, binding, found, item.symbol, index)
            if row is not None:
                kind = _element_kind(site.kind, index) or item.type
                items[index] = (None, Value(row, items[index][1].deps, kind))
    return tuple(items)


def _element_kind(kind: Type | None, index: int) -> Type | None:
    """The type of one part of a tuple."""
    parts = kind.arg if kind is not None and kind.kind == "iterable" and kind.name == "tuple" else None
    found = parts[index] if isinstance(parts, tuple) and len(parts) > index else None
    return found if isinstance(found, Type) else None


def _asked_below(
    run: Interpreter, site: Site, binding: Binding, found: Analysis, deps: frozenset[Dep]
) -> None:
    """The callee only says whether there is a row that it has read: its caller has looked."""
    looked = {number for number, attribute, _ in deps if attribute is None}
    for event in found.events:
        place = event.place
        if event.does != "read" or event.op not in looked or place is None or place.kind != "row":
            continue
        keys = binding.keys(place)
        if keys and len(event.trail) < _DEEPEST:
            position = site.position
            trail = ((site.known.targets[0], event.op), *event.trail)
            asked = Place("rows", ("op", position), place.what, keys, place.text)
            sure = min(event.sure, site.known.sure)
            run.emit(Event(position, "test", asked, type=event.type, sure=sure, row=event.row, trail=trail))
            return


def _best(exits: list[Exit]) -> tuple[Value | None, frozenset[Dep]]:
    """The value that tells most of all that may be returned, and the dependences of all."""
    best: Value | None = None
    deps: frozenset[Dep] = NO_DEPS
    for way in exits:
        value = way.value
        if value is None or value.const is None:
            continue
        deps |= value.deps
        if value.const is True or value.const is False:
            deps |= frozenset((dep[0], dep[1], "derive") for dep, _, _ in way.state.control)
        if (
            best is None
            or best.symbol == value.symbol
            or value.symbol[0] == "row"
            or (value.query is not None and best.query is None)
        ):
            best = value
    return _told_apart(best, exits), deps


def _told_apart(best: Value | None, exits: list[Exit]) -> Value | None:
    """A tuple of which several ways out give each its own, with what decided that a flag in it is given:
    ``return False, "closed"``."""
    ways = [way for way in exits if way.value is not None and way.value.items]
    if best is None or not best.items or len(ways) < 2 or len(ways) < len(exits):
        return best
    size = len(best.items)
    if any(len(way.value.items or ()) != size for way in ways if way.value is not None):
        return best
    items = list(best.items)
    for index in range(size):
        each = [(way, way.value.items[index][1]) for way in ways if way.value is not None and way.value.items]
        if {value.const for _, value in each if isinstance(value.const, bool)} != {True, False}:
            continue
        deps = merge_deps(value for _, value in each)
        for way, value in each:
            if isinstance(value.const, bool):
                deps |= frozenset((dep[0], dep[1], "derive") for dep, _, _ in way.state.control)
        items[index] = (items[index][0], Value(("part", index), deps))
    return best._replace(items=tuple(items))


def _row(
    run: Interpreter, site: Site, binding: Binding, found: Analysis, wanted: Symbol, index: int = 0
) -> Symbol | None:
    """A row that the callee read becomes one that the call reads, of several by its ``index``; its symbol."""
    source: Event | None = None
    for event in found.events:
        if event.does == "read" and event.place is not None and event.place.symbol == wanted:
            source = event
            break
    if source is None or source.place is None:
        return None
    position = site.position
    symbol = ("row", position, index) if index else ("row", position)
    run.rows[symbol] = position
    still_open = any(held.kind == "transaction" for held in run.state.held)
    keys = binding.keys(source.place)
    query = None if source.query is None else _query(binding, source.query)
    given_locked = query is not None and query.locked is not None
    what = source.place.what or (query.what if query else "")
    written = bound(run.facts, position, source.place.text)
    run.emit(
        source._replace(
            op=position,
            place=Place("row", symbol, binding.what(what), keys, written),
            locked=(source.locked or given_locked) and still_open,
            control=frozenset(),
            deps=NO_DEPS,
            trail=((binding.target, source.op), *source.trail),
            sure=min(source.sure, site.known.sure),
            type=binding.kind(source.type if _element_kind(site.kind, 0) else site.kind or source.type),
            query=None,
        )
    )
    return symbol
