"""Reads and writes by the library models' rows: which place, which columns, under which guards."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from rmwlint.facts.model import Op
from rmwlint.libraries.index import matches, snake
from rmwlint.libraries.model import CallModel
from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn
from rmwlint.program.types import Type
from rmwlint.windows.interpreter.columns import columns_of, decided, limit_of, written_dict
from rmwlint.windows.interpreter.gathered import of_gathered
from rmwlint.windows.interpreter.listed import listed_here
from rmwlint.windows.interpreter.queries import columns_taken, conditions, many, queried, started
from rmwlint.windows.interpreter.site import Site
from rmwlint.windows.text import bound, text
from rmwlint.windows.values import (
    NO_DEPS,
    Control,
    Dep,
    Event,
    Place,
    Symbol,
    Value,
    in_parameter,
    merge_deps,
    rooted,
    strengthen,
    walked_through,
)

if TYPE_CHECKING:
    from rmwlint.windows.interpreter.interpret import Interpreter

#: keyword patterns by which a save or update offers a compare-and-swap, in whoever's class they stand
GUARD_PATTERNS = ("expected_*", "if_*", "version", "etag", "generation", "from_state", "from_status")


#: the symbols of what is a part of another object
_PARTS = (("attr",), ("item",))
#: a question of an object's class is given both
_BOTH = 2
#: the confidence of a type that only a name suggests
_SUGGESTED = 2


class _At(NamedTuple):
    """Where a row of a library model says that the access goes: a place, and the value that stands for it."""

    place: Place
    value: Value | None


# -- places -------------------------------------------------------------------------------------------


def _place(run: Interpreter, site: Site, row: CallModel) -> _At:
    value, register = _accessed(run, site, row)
    at = row.at or ("self" if row.on else "arg0")
    kind = row.place or "row"
    if value is not None and isinstance(value.symbol, tuple) and value.symbol[:1] == ("opened",):
        return _At(Place(kind, value.symbol[1], "", frozenset(), value.symbol[2]), value)
    written = text(run.facts, register)
    if value is None:
        return _At(Place(kind, ("op", site.position), "", frozenset(), written), None)
    if at == "query" or value.query is not None:
        return _At(_rows(site, row, value, kind, written), value)
    receiver, args = site.receiver, site.args
    if kind == "document" and run.rows.get(value.symbol, -1) < 0 and not run.is_row(value.type):
        # A document is what its key or filter says: two displays of one filter are one place.
        keys = frozenset((name, each.symbol) for name, each in value.items or () if isinstance(name, str))
        keys = keys or frozenset([("", value.symbol)])
        return _At(Place(kind, ("document", value.symbol), "", keys, written), value)
    if kind in ("row", "rows", "document") and value.symbol not in run.rows and not run.is_row(value.type):
        if row.on and value is receiver:
            stem = _stem(row, site.known.name)
            keys = frozenset(("", given.symbol) for given in args if identifies(given))
            # the attribute of what came in: whoever gave that may know the row
            symbol = value.symbol if in_parameter(value.symbol) and not keys else ("op", site.position)
            return _At(Place(kind, symbol, stem, keys, stem or written), value)
    if kind == "row" and row.on and value is not receiver and not run.is_row(value.type):
        stem = _stem(row, site.known.name)
        if stem:
            # the argument is the key of a row whose table the name of the method tells
            keys = frozenset([("", value.symbol)])
            if value.symbol[:1] == ("attr",):
                written = _named_row(run, value.symbol[1], register) or written
            return _At(Place(kind, value.symbol, stem, keys, written), value)
    if kind == "key" and value is receiver and args:
        written = text(run.facts, site.op[2][0])
        return _At(Place(kind, ("key", value.symbol, args[0].symbol), "", frozenset(), written), value)
    return _At(Place(kind, value.symbol, _what(value), frozenset(), written), value)


def _named_row(run: Interpreter, row: Symbol, register: int | None) -> str:
    """How a reader would name the row whose attribute is given as the key."""
    if row[:1] == ("param",):
        return str(run.facts.params[row[1]].name)
    given = run.ops[register] if register is not None else ("",)
    return text(run.facts, given[1]) if given[0] in ("attr", "item") else ""


def _accessed(run: Interpreter, site: Site, row: CallModel) -> tuple[Value | None, int | None]:
    """The value that the access goes to, and its register."""
    at = row.at or ("self" if row.on else "arg0")
    if at == "query" and not row.on and site.args:
        return site.args[0], site.op[2][0]
    if at in ("self", "query"):
        return site.receiver, site.known.receiver
    if at == "wrapped":
        inside = wrapped(run, site)
        return inside or Value(("op", site.position), type=site.kind), site.known.receiver
    index = site.positional(at)
    if index is not None:
        return site.args[index], site.op[2][index]
    if at.startswith("keyword:"):
        wanted = at.partition(":")[2]
        for keyword, register in reversed(site.op[3]):
            if keyword == wanted:
                return run.regs[register], register
    if at == "result":
        return Value(("op", site.position), type=site.kind), None
    return None, None


def _rows(site: Site, row: CallModel, value: Value, kind: str, written: str) -> Place:
    """The rows that a query gives."""
    query = value.query
    what = query.what if query is not None else ""
    found = list(query.conditions) if query is not None else []
    if row.narrows or row.does in ("read", "ensure"):
        given = list(conditions(site.args if row.on else site.args[1:], site.kwargs))
        named = site.known.name.partition("_by_")[2]
        if named and "_and_" not in named and len(given) == len(site.args) and given[-1][0] == "?":
            given[-1] = (named, *given[-1][1:])
        found += given
    keys = frozenset((column, symbol) for column, symbol, _ in found)
    what = what or queried(site.known.rtype) or queried(site.kind)
    return Place("rows" if kind == "row" else kind, ("query", site.position), what, keys, written)


def _what(value: Value) -> str:
    return value.type.name if value.type is not None and value.type.kind == "instance" else ""


def identifies(value: Value) -> bool:
    """Whether an argument can be the key of a row: a variable or attribute, no constant or display."""
    symbol = value.symbol
    return isinstance(symbol, tuple) and symbol[0] in (
        "param",
        "attr",
        "outer",
        "item",
        "element",
        "call",
        "global",
    )


def _stem(row: CallModel, name: str) -> str:
    """What is left of a method's name without the fixed part of the wildcard: ``volume_get`` → ``volume``."""
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


# -- reads --------------------------------------------------------------------------------------------


def read(run: Interpreter, site: Site, row: CallModel, sure: int) -> Value | None:
    """A read, a test or a refresh; the value it gives."""
    place, value = _place(run, site, row)
    position, kind = site.position, site.kind
    query = started(value, position) if place.kind == "rows" else None
    locked = row.lock or bool(query is not None and query.locked is not None)
    if row.lock_keywords:
        locked = locked or any(
            k in row.lock_keywords and v.const not in (False, None) for k, v in site.kwargs
        )
    event = Event(
        position, "read", place, row=row, call=site.known, type=kind, sure=sure, locked=locked, query=query
    )
    if row.does == "refresh":
        only = limit_of(site, row)
        if value is not None and only is not None:
            _forget(run, value, () if only is True else only)
        elif value is not None:
            _forget(run, value)
            run.rows[value.symbol] = position
            run.emit(event._replace(place=place._replace(symbol=value.symbol)))
        return None
    deps: frozenset[Dep] = frozenset([(position, None, "copy")])
    if query is not None and query.figure:
        event = event._replace(row=row._replace(kind="count"))
    if row.does == "test" or (query is not None and query.figure):
        run.emit(event._replace(does="test"))
        return Value(("test", position), deps, kind)
    if place.kind in ("row", "rows", "document") and (place.kind != "rows" or not many(kind)):
        symbol = ("row", position)
        run.rows[symbol] = position
        what = place.what or (kind.name if kind is not None and kind.kind == "instance" else "")
        written = bound(run.facts, position, place.text)
        if query is not None and any(query.columns):
            written = snake(what.rpartition(".")[2]) or written  # what is bound is a column of it
        if row.on and row.at == "arg0" and value is not None and _is_class(value) and not place.keys:
            place = place._replace(keys=frozenset(("?", given.symbol) for given in site.args[1:2]))
        run.emit(event._replace(place=place._replace(kind="row", symbol=symbol, what=what, text=written)))
        return columns_taken(run, Value(symbol, NO_DEPS, kind), query, row.kind == "value")
    run.emit(event)
    if place.kind == "file" and site.receiver is not None and site.receiver is not value:
        run.fill(site.receiver, deps)
    if place.kind == "file" and row.gives is not None:
        return Value(("opened", place.symbol, place.text), deps, kind)
    return Value(("op", position), deps, kind, query=query if many(kind) else None)


def _is_class(value: Value) -> bool:
    return value.type is not None and value.type.kind == "class"


def _forget(run: Interpreter, value: Value, only: Sequence[str] | None = None) -> None:
    """What was known of the object's attributes, or ``only`` of some, is read anew."""
    state = run.state
    for key in [key for key in state.attrs if key[0] == value.symbol and (only is None or key[1] in only)]:
        del state.attrs[key]
    if only is None:
        state.dirty.pop(value.symbol, None)
    for name in only or ():
        state.dirty.get(value.symbol, {}).pop(name, None)


# -- writes -------------------------------------------------------------------------------------------


def write(run: Interpreter, site: Site, row: CallModel, sure: int) -> Value | None:
    """A write, with its columns and guards; the value it gives."""
    made = _made_new(run, site, row) if row.at == "wrapped" else None
    if made is not None:
        place = Place("rows", ("query", site.position), made.name, frozenset(), made.name.rpartition(".")[2])
        event = Event(site.position, "create", place, row=row, call=site.known, type=made, sure=_SUGGESTED)
        run.emit(event._replace(deps=merge_deps(site.given)))
        return Value(("new", site.position), NO_DEPS, made)
    if row.at == "wrapped" and row.does == "create":
        return None
    at = _place(run, site, row)
    value = at.value
    if row.at == "wrapped":
        sure = min(sure, _SUGGESTED if wrapped(run, site) is not None else 1)
    written = _write_event(run, site, row, at, sure)
    run.emit(written)
    if row.each and value is not None:
        for member in members(run, value):
            run.emit(_of_each(run, site, row, written, member))
    if row.columns in ("all", "changed") and value is not None:
        run.state.dirty.pop(value.symbol, None)
    place, position, kind = at.place, site.position, site.kind
    does = _effect(site, row)
    if does == "create":
        if place.kind == "file" and row.gives is not None and row.at != "result":
            return Value(("opened", place.symbol, place.text), NO_DEPS, kind)
        return Value(("new", position), NO_DEPS, kind)
    if does == "ensure":
        symbol = ("row", position)
        run.rows[symbol] = position
        place = place._replace(kind="row", symbol=symbol, text=bound(run.facts, position, place.text))
        # a row that was there is locked as any that a locking query gives; one that was not is nobody else's
        locked = written.query is not None and written.query.locked is not None
        run.emit(
            Event(position, "read", place, row=row, call=site.known, type=kind, sure=sure, locked=locked)
        )
        return Value(symbol, frozenset([(position, None, "copy")]), kind)
    if place.kind in ("file", "directory") and row.gives is not None:
        return Value(("opened", place.symbol, place.text), frozenset([(position, None, "copy")]), kind)
    # how many rows an update has met tells whether there are any
    met = NO_DEPS if written.query is None else frozenset([(position, None, "copy")])
    return Value(("outcome", position), met, kind)


def fill(run: Interpreter, site: Site) -> None:
    """What is handed to an unknown function together with a file that is open for writing goes into it."""
    if len(site.args) + len(site.kwargs) < 2:
        return
    for value in site.given:
        if value.symbol[:1] != ("opened",):
            continue
        at = {dep[0] for dep in value.deps}
        opened = next(
            (event for event in run.result.events if event.op in at and event.does == "write"), None
        )
        deps = merge_deps([other for other in site.given if other is not value], "derive")
        if opened is None or opened.place is None or not deps:
            continue
        if any(event.op == site.position and event.place == opened.place for event in run.result.events):
            continue  # a function of the program, which says so itself
        run.emit(opened._replace(op=site.position, deps=deps, control=run.state.control))
        return


def _write_event(run: Interpreter, site: Site, row: CallModel, at: _At, sure: int) -> Event:
    value = at.value
    columns: list[tuple[str, Value]] = [
        (name, run.as_changed(value)) for name, value in columns_of(run, site, row)
    ]
    set_at: list[tuple[str, int]] = []
    whole = False
    if row.at == "wrapped":
        whole = True
    elif row.columns in ("all", "changed") and value is not None:
        limit = limit_of(site, row)
        named = site.keyword(row.limit) if row.limit is not None else None
        if named is not None and (limit is True or named.symbol in run.state.mutated):
            limit = listed_here(run, site, row) or True  # names that are put into the list one by one
        whole = row.columns == "all" and limit is None
        for name, (changed_at, changed) in run.state.dirty.get(value.symbol, {}).items():
            if not name.startswith("_") and (limit is None or limit is True or name in limit):
                now = run.state.attrs.get((value.symbol, name))
                met = now is not None and isinstance(now.symbol, tuple) and now.symbol[:1] == ("join",)
                columns.append((name, now if met and now is not None else changed))
                set_at.append((name, changed_at))
    if value is not None and row.does in ("write", "create") and value.symbol[:1] == ("new",):
        columns = list(_given_so_far(run, value, columns))
    offered, passed = _guards(site, row)
    serialised = written_dict(site, row)
    if serialised is not None and serialised is not value:
        columns += _whole_again(run, serialised)
    control: Control = frozenset()
    for source in (value, serialised) if run.state.decided else ():
        if source is not None:
            control |= decided(run, source.symbol)
    if serialised is None and value is not None:
        serialised = run.state.attrs.get((value.symbol, "**"))
    kind = value.type if value is not None else None
    given = site.given
    if value is not None and at.place.kind in ("file", "directory"):
        # An open file says nothing of what is in it.
        given = tuple(
            each for each in (value, site.receiver, *given) if each is not None and not _is_open(each)
        )
    deps = merge_deps(given)
    if at.place.kind in ("document", "key", "http"):
        deps = deps.union(_of_snapshots(run, given))
    if at.place.kind == "file":
        deps = deps.union(*(run.contents.get(each.symbol, NO_DEPS) for each in given))
        if row.columns == "content" and (site.receiver is not None or _is_open(value)):
            # what else is given to be copied is a path
            deps = deps.union(_of_parameters(run, value, given))
    return Event(
        site.position,
        _effect(site, row),
        at.place,
        deps=deps,
        columns=tuple(columns),
        set_at=tuple(set_at),
        control=control,
        whole=whole,
        offered=offered,
        passed=passed,
        row=row,
        call=site.known,
        type=kind,
        sure=sure if kind is None else min(sure, kind.sure),
        fresh=row.does in ("write", "delete") and value is not None and _is_new(run, site, row, value),
        query=value.query if value is not None else None,
        caught=_tolerated(site, row),
        locked=serialised is not None
        and serialised.whole is not None
        and not _is_own(serialised.whole)
        and not _of_another(at.place, serialised.whole),
    )


def _is_own(symbol: Symbol) -> bool:
    """Whether an object is one that the function has made, which holds what it was given and nothing old."""
    return isinstance(symbol, tuple) and symbol[:1] == ("new",)


def _of_another(place: Place, whole: Symbol) -> bool:
    """Whether the row of a write is found by a key that another object gives than the one that is written."""
    keys = [symbol for _, symbol in place.keys if isinstance(symbol, tuple) and symbol[:1] in _PARTS]
    return bool(keys) and not any(rooted(symbol, whole) for symbol in keys)


def _whole_again(run: Interpreter, given: Value) -> list[tuple[str, Value]]:
    """A dict that was read as a whole, changed in place, and is written whole: one column, of no name."""
    read = run.rows.get(given.symbol, -1)
    if read < 0 or not (given.symbol in run.state.mutated or given.symbol in run.state.dirty):
        return []
    return [("", given._replace(deps=frozenset([(read, None, "container")])))]


def _of_snapshots(run: Interpreter, given: Iterable[Value]) -> Iterable[Dep]:
    """The reads that gave the snapshots which are passed on as a whole, and what was changed in place."""
    mutated = run.state.mutated
    for value in given:
        for each in (value, *(item for _, item in value.items or ())):
            row = run.rows.get(each.symbol)
            changed = each.symbol in mutated or each.symbol in run.state.dirty
            if row is not None and row >= 0:
                yield row, None, "container" if changed else "copy"
            elif changed:
                yield from strengthen(each.deps, "container")


def _is_open(value: Value | None) -> bool:
    return value is not None and isinstance(value.symbol, tuple) and value.symbol[:1] == ("opened",)


def _of_parameters(run: Interpreter, path: Value | None, given: Iterable[Value]) -> Iterable[Dep]:
    """The parameters that what is written is made of: what they hold, only the callers know."""
    mutated = run.state.mutated
    for each in given:
        if path is not None and each.symbol == path.symbol:
            continue
        for index in _parameters_in(each.symbol):
            if index or not run.fn.first_is_self:
                yield -1 - index, None, "container" if ("param", index) in mutated else "derive"


def _parameters_in(symbol: Symbol) -> Iterator[int]:
    if not isinstance(symbol, tuple) or not symbol:
        return
    if symbol[0] == "param":
        yield symbol[1]
    elif symbol[0] in ("call", "binop", "fstring"):
        # what a call is given, or the thing whose method it calls
        for part in symbol[1:]:
            yield from _parameters_in(part[1] if isinstance(part, tuple) and part[:1] == ("attr",) else part)


def _given_so_far(
    run: Interpreter, value: Value, columns: list[tuple[str, Value]]
) -> Iterable[tuple[str, Value]]:
    """The columns of an object that this function made: named when it was made, set since, written now."""
    found = {name: given for name, given in run.made.get(value.symbol, ()) if name != "**"}
    for name, (_, given) in run.state.dirty.get(value.symbol, {}).items():
        if not name.startswith("_"):
            found[name] = given
    found.update(columns)
    return found.items()


def wrap(run: Interpreter, site: Site, made: Value) -> None:
    """Remember the object that a new one is made around, as the serializer or form of a row is."""
    assert site.known.cls is not None
    around = _wraps(run, site.known.cls)
    for source in around:
        index = site.positional(source)
        given = site.args[index] if index is not None else site.keyword(source)
        if given is not None:
            run.state.attrs[made.symbol, around[-1]] = given
            return


def _wraps(run: Interpreter, cls: Cls) -> tuple[str, ...]:
    """The arguments that give the object which those of a class are made around."""
    found = cls.memo.get("wraps")
    if found is None:
        types = run.libraries.types
        lines = (types[name].wraps for known in cls.library_types() for name in run.libraries.lineage(known))
        found = cls.memo["wraps"] = next((words for words in lines if words), ())
    return found  # type: ignore[return-value]


def wrapped(run: Interpreter, site: Site) -> Value | None:
    """The object that the receiver was made around, as far as this function shows."""
    kind = site.known.rtype
    if site.receiver is None or kind is None or kind.kind != "instance":
        return None
    words = _wraps(run, kind.ref)
    found = run.state.attrs.get((site.receiver.symbol, words[-1])) if words else None
    return found if found is not None and found.symbol in run.rows else None


def _made_new(run: Interpreter, site: Site, row: CallModel) -> Type | None:
    """The rows of which the receiver makes one: it was made here, around none that there is, or is called to
    make one whatever it was made around."""
    kind = site.known.rtype
    receiver = site.receiver
    if receiver is None or kind is None or kind.kind != "instance":
        return None
    if row.does == "create":
        return _makes(run, kind.ref)
    if receiver.symbol[:1] != ("new",):
        return None
    words = _wraps(run, kind.ref)
    if not words or (receiver.symbol, words[-1]) in run.state.attrs:
        return None
    made = run.ops[receiver.symbol[1]]
    # a list of arguments that nobody sees may hold one
    if made[0] != "call" or any(keyword == "**" for keyword, _ in made[3]):
        return None
    if any(run.ops[register][0] == "star" for register in made[2]):
        return None
    return _makes(run, kind.ref)


def _makes(run: Interpreter, cls: Cls) -> Type | None:
    """The rows that objects of a class make, by the field of its body that names their class."""
    types = run.libraries.types
    lines = (types[name].makes for known in cls.library_types() for name in run.libraries.lineage(known))
    field = next((words for words in lines if words), None)
    if field is None:
        return None
    outer, _, name = field.rpartition(".")
    for base in cls.mro():
        for inner in base.module.facts.classes:
            if inner.qualname == f"{base.facts.qualname}.{outer}" and inner.fields.get(name) is not None:
                kind = link(base.module.fn(inner.scope)).types[inner.fields[name] or 0]
                rows = kind is not None and kind.kind == "class" and kind.ref.row() is not None
                return Type("instance", kind.name, None, kind.ref, _SUGGESTED) if rows and kind else None
    return None


def members(run: Interpreter, container: Value) -> list[Value]:
    """The rows that this function has put into a container, or taken out of it one by one."""
    found = [value for _, value in container.items or () if value.symbol in run.rows]
    return found + run.members.get(walked_through(container.symbol), [])


def _of_each(run: Interpreter, site: Site, row: CallModel, written: Event, member: Value) -> Event:
    """The write of one row of those in a container that is written."""
    changed = run.state.dirty.get(member.symbol, {})
    named = _listed(site, row)
    columns = tuple((name, value) for name, (_, value) in changed.items() if named is None or name in named)
    set_at = tuple((name, at) for name, (at, _) in changed.items() if named is None or name in named)
    place = run.row_place(member, written.place.text if written.place is not None else "")
    return written._replace(
        place=place,
        columns=columns,
        set_at=set_at,
        control=written.control | decided(run, member.symbol),
        type=member.type,
        fresh=isinstance(member.symbol, tuple) and member.symbol[:1] == ("new",),
        query=None,
    )


def _listed(site: Site, row: CallModel) -> tuple[str, ...] | None:
    """The columns that a list of names limits a write to, None where they are not known."""
    source = row.columns or ""
    index = site.positional(source)
    given = site.keyword(source.partition(":")[2]) if index is None else site.args[index]
    if given is None or given.items is None:
        return None
    names = tuple(item.const for _, item in given.items)
    return names if all(isinstance(name, str) for name in names) else None


def _effect(site: Site, row: CallModel) -> str:
    """What the call does: without the keyword that makes it tolerant, an ``ensure`` is a plain creation."""
    if row.does == "ensure" and row.when is not None:
        given = site.keyword(row.when)
        if (given is None or given.const is False) and site.keyword("**") is None:
            return "create"
    return row.does


def _tolerated(site: Site, row: CallModel) -> frozenset[str]:
    """``missing`` where the call itself does not mind that the thing is gone."""
    if row.tolerates == "*":
        return frozenset(["missing"])
    given = None if row.tolerates is None else site.keyword(row.tolerates)
    at = None if row.tolerates is None else site.positional(row.tolerates)
    if at is not None:
        given = site.args[at]
    if given is not None and given.const is not False and given.const is not None:
        return frozenset(["missing"])
    return frozenset()


def _is_new(run: Interpreter, site: Site, row: CallModel, value: Value) -> bool:
    """Whether the object was made by this function, or by one whose name says that it makes one."""
    symbol = value.symbol
    if not isinstance(symbol, tuple) or not symbol or value.query is not None:
        return False
    if symbol[0] == "new":
        return True
    kind = value.type or site.known.rtype
    if symbol[0] == "element" and of_gathered(run.fn, site.known.receiver, partial(_gives_made, run, row.on)):
        return True
    if kind is None or kind.sure > _SUGGESTED or kind.kind not in ("library", "instance"):
        return False
    types = (kind.name,) if kind.kind == "library" else kind.ref.library_types()
    return _gives_made(run, types, _made_by(run, symbol)) or _gives_new(run, symbol)


def _gives_made(run: Interpreter, types: Sequence[str], name: str) -> bool:
    """Whether the name of what is called says that it makes an object of one of the types: a class does."""
    if name[:1].isupper() and not name.isupper():
        return True
    lineage = (run.libraries.types[ancestor] for known in types for ancestor in run.libraries.lineage(known))
    return any(matches(pattern, name) for model in lineage for pattern in model.made_by)


def _gives_new(run: Interpreter, symbol: Symbol) -> bool:
    """Whether a value comes from a function of the program that gives nothing but what it has just made."""
    call = run.link.calls.get(symbol[1]) if symbol[0] == "op" and len(symbol) == 2 else None
    if call is None or len(call.targets) != 1:
        return False
    ops = call.targets[0].facts.ops
    given = [op[1] for op in ops if op[0] == "return"]
    return bool(given) and all(register is not None and _constructed(ops, register) for register in given)


def _constructed(ops: tuple[Op, ...], register: int) -> bool:
    """Whether a register holds what a call of something with a class's name gave."""
    op = ops[register]
    if op[0] == "name":
        stored = [other[2] for other in ops if other[0] == "store" and other[1] == op[1]]
        return len(stored) == 1 and ops[stored[0]][0] == "call" and _constructed(ops, stored[0])
    if op[0] != "call" or ops[op[1]][0] not in ("name", "attr"):
        return False
    name = str(ops[op[1]][-1])
    return name[:1].isupper() and not name.isupper()


def _made_by(run: Interpreter, symbol: Symbol) -> str:
    """The last name of what made a value; ``Class`` where a call gave what was called."""
    if symbol[0] == "op" and len(symbol) == 2:
        op = run.ops[symbol[1]]
        if op[0] == "await":
            op = run.ops[op[1]]
        if op[0] != "call":
            return ""
        callee = run.ops[op[1]]
        if callee[0] == "call":
            return "Class"
        return str(callee[-1]) if callee[0] in ("name", "attr") else ""
    if symbol[0] != "call" or not isinstance(symbol[1], tuple):
        return ""
    callee = symbol[1]
    if callee[0] == "call":
        return "Class"
    return str(callee[-1]).rpartition(".")[2] if callee[0] in ("global", "attr") else ""


def _guards(site: Site, row: CallModel) -> tuple[tuple[str, ...], tuple[tuple[str, Value], ...]]:
    """The guards that the callee's own signature (or the library model) offers, and those passed."""
    offered: list[str] = []
    for target in site.known.targets:
        offered += guard_parameters(target)
    patterns = tuple(row.guards) + tuple(offered)
    if not site.known.targets and "keywords" not in (row.columns or ""):
        patterns += GUARD_PATTERNS  # nobody knows the callee: what is named like a guard is taken for one
    if not patterns:
        return (), ()
    passed = tuple(
        (keyword, value)
        for keyword, value in site.kwargs
        if any(_passes(keyword, value, pattern) for pattern in patterns)
    )
    return tuple(offered), passed


def _passes(keyword: str, value: Value, pattern: str) -> bool:
    """Whether an argument is a guard: by its keyword, or by a key of the dict that it is."""
    wanted, inside, key = pattern.partition(":")
    if not fnmatch.fnmatchcase(keyword, wanted):
        return False
    names = [name for name, _ in value.items or () if isinstance(name, str)]
    known = value.items is not None
    return not inside or not known or any(fnmatch.fnmatch(name.lower(), key.lower()) for name in names)


def guard_parameters(fn: Fn) -> list[str]:
    """The parameters of a method by which a caller can say what it expects to find."""
    found = fn.memo.get("guard_parameters")
    if found is None:
        found = fn.memo["guard_parameters"] = [
            parameter.name
            for parameter in fn.facts.params
            if parameter.default is not None
            and any(matches(pattern, parameter.name) for pattern in GUARD_PATTERNS)
            and not _names_kind(fn, parameter.name)
        ]
    return found  # type: ignore[return-value]


def _names_kind(fn: Fn, name: str) -> bool:
    """Whether a parameter is a class or several: exceptions are caught by it, ``isinstance`` asks for it."""
    inside = (function for function in fn.module.facts.functions if function.parent == fn.index)
    for ops in (fn.facts.ops, *(function.ops for function in inside)):
        for op in ops:
            if op[0] == "caught" and ops[op[1]] == ("name", name):
                return True
            if op[0] == "call" and ops[op[1]] == ("name", "isinstance") and len(op[2]) == _BOTH:
                if ops[op[2][1]] == ("name", name):
                    return True
    return False
