"""A row is deleted because of what it says, or because nothing refers to it: what is looked at, what is
deleted, and what keeps others from changing that in between.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.facts.operands import numbers_in
from rmwlint.libraries.index import snake
from rmwlint.program.calling import checking, rest_on
from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn
from rmwlint.program.reverse import references, referring
from rmwlint.program.types import Type
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.creations.creation import ends_otherwise, own, row_class
from rmwlint.windows.creations.unique import table_of
from rmwlint.windows.find import Window, common, failing, guard_of, owned, same_place, told_below, windows
from rmwlint.windows.flow import fails, reaches
from rmwlint.windows.guards.given_back import back_with
from rmwlint.windows.interpreter.looks import of_contents, of_state, unset
from rmwlint.windows.interpreter.presence import counts, found_there
from rmwlint.windows.names import is_id
from rmwlint.windows.objects.rivals import rivals
from rmwlint.windows.values import Event, Place, Symbol, decisions

_LOOKS = frozenset(["read", "test"])
_PUTS = frozenset(["create", "delta", "ensure", "write"])
_KEPT = frozenset(["row", "rows"])
_IDENTITIES = frozenset(["id", "uuid", "pk"])
#: conditions of which no column is known
_UNNAMED = frozenset(["", "?"])
#: the confidence of what is put elsewhere: who comes second may do no harm
_MOVED = 2
_FIXED = frozenset(["const", "global"])
_DEEPEST = 12
#: a deletion so far down is about more than what is asked here
_FAR_BELOW = 2
#: A class that more files mention than this is referred to by anybody.
_MOST_FILES = 60


class Deletion(NamedTuple):
    """A row is deleted because of a look. ``how``: ``state`` (it says that it may be), ``contents`` (it has
    nothing in ``column``), ``referring`` (nothing refers to it by ``column``, which is empty where that is
    asked by way of the row itself), ``moved`` (``column`` is put into another row, at ``branch``) or
    ``taken`` (what the row, or the one that it is part of, has taken is given back, at ``branch``).

    ``look``: None where the row came in as a parameter. ``guard``: why nobody can change that in between, or
    why it does no harm; empty where somebody can.
    """

    look: Event | None
    delete: Event
    branch: int
    how: str
    column: str
    guard: str
    sure: int


def deletions(fn: Fn) -> tuple[Deletion, ...]:
    """The deletions of a function that what it looks at decides."""
    found = fn.memo.get("deletions")
    if found is None:
        found = fn.memo["deletions"] = tuple(_deletions(fn))
    return found  # type: ignore[return-value]


def _deletions(fn: Fn) -> Iterator[Deletion]:
    events = heard(fn).events
    deletes = [event for event in events if event.does == "delete" and not event.fresh]
    deletes = [event for event in deletes if event.place is not None and event.place.kind in _KEPT]
    if not deletes:
        return
    looks = _looks(events)
    found: list[Deletion] = []
    if any(event.control for event in deletes):
        found += _because_of_itself(fn)
    for delete in deletes:
        found += [*_because_of_others(fn, delete, looks), *_after_a_move(fn, delete, events)]
        found += _with_what_it_took(fn, delete, events)
    for one in found:
        cleans_up = failing(fn, one.delete) and not fails(fn, one.branch)
        yield one._replace(sure=1) if cleans_up else one


# -- what the row says --------------------------------------------------------------------------------


def _because_of_itself(fn: Fn) -> Iterator[Deletion]:
    for window in windows(fn):
        write, attribute, branch = window.write, window.attribute, window.branch
        if write.does != "delete" or window.how != "decide" or attribute is None or branch is None:
            continue
        if branch == write.op or write.fresh or is_id(attribute) or attribute in _IDENTITIES:
            continue
        how = _asked(fn, window, attribute)
        if not how or told_below(window) or not _of_one_kind(fn, window):
            continue
        guard, sure = window.guard, window.sure
        if how == "contents":
            refused, known = _kept_by(fn, write, attribute)
            guard, sure = guard or refused, sure if known else 1
        elif owned(fn, window):
            guard = guard or "the state of an operation that is under way"
        elif not _changes(fn, window, attribute) or not _keeps(fn, window, attribute):
            sure = 1
        yield Deletion(window.read, write, branch, how, attribute, guard, sure)


def _asked(fn: Fn, window: Window, attribute: str) -> str:
    """What the test asks of a column: a ``state``, or whether it has any ``contents``; empty for neither."""
    test = None if window.branch is None else heard(fn).tests.get(window.branch)
    if test is None:
        return ""
    columns = tuple(_columns(window, attribute))
    if of_contents(test, columns):
        return "contents"
    return "state" if of_state(test, columns) else ""


def _keeps(fn: Fn, window: Window, attribute: str) -> bool:
    """Whether the test keeps rows that somebody wants: it refuses, or lets go what nothing is set in."""
    if window.branch is None or ends_otherwise(fn, window.branch, window.outcome):
        return window.branch is not None
    test = heard(fn).tests.get(window.branch)
    return test is not None and unset(test, window.outcome, tuple(_columns(window, attribute)))


def _columns(window: Window, attribute: str) -> Iterator[Symbol]:
    """The symbols by which the function knows the column of the row."""
    for event in (window.read, window.write):
        if event is not None and event.place is not None:
            yield "attr", event.place.symbol, attribute
            yield "item", event.place.symbol, ("const", attribute)


def _of_one_kind(fn: Fn, window: Window) -> bool:
    """Whether what is deleted by the key of a row is that row: where only the name of the call says what it
    deletes, it has the words that the row is called by."""
    place = window.write.place
    read = window.read.place if window.read is not None else place
    call = window.write.call
    if place is None or read is None or not place.keys or place.what or call is None:
        return True
    called = set(snake(call.name).split("_"))
    return set(snake(read.text.rpartition(".")[2]).split("_")) <= called


def _changes(fn: Fn, window: Window, column: str) -> bool:
    """Whether others are known, or may be taken, to change a column of the row once it is there."""
    suggests = fn.module.program.libraries.receiver
    if window.write.trail and (window.read is None or len(window.write.trail) > _FAR_BELOW):
        return False
    if "naming.Status" in suggests(column):
        return True
    if window.read is None or _holds_row(fn, column) or _references(window.write, column):
        return False
    others = rivals(fn, window.write)
    return others is None or column in others


def _holds_row(fn: Fn, attribute: str) -> bool:
    """Whether an attribute of that name is taken for the row that it refers to."""
    return any(kind.kind == "instance" and kind.ref.row() is not None for kind in _kinds(fn, attribute))


def _references(write: Event, column: str) -> bool:
    """Whether the class of the row declares that a column refers to another row."""
    cls = row_class(write)
    return cls is not None and column in references(cls)


def _kinds(fn: Fn, attribute: str) -> Iterator[Type]:
    """What is known of the values of the attributes of that name."""
    types = link(fn).types
    for number, op in enumerate(fn.facts.ops):
        if op[0] == "attr" and op[2] == attribute:
            kind = types[number]
            if kind is not None:
                yield kind


# -- what refers to the row ---------------------------------------------------------------------------


def _looks(events: list[Event]) -> dict[int, list[Event]]:
    looks: dict[int, list[Event]] = {}
    for event in events:
        if event.does in _LOOKS and event.place is not None and event.place.kind in _KEPT:
            looks.setdefault(event.op, []).append(event)
    return looks


def _because_of_others(fn: Fn, delete: Event, looks: dict[int, list[Event]]) -> Iterator[Deletion]:
    place = delete.place
    if place is None or place.kind not in _KEPT:
        return
    known: frozenset[Symbol] | None = None
    for dep, branch, outcome in decisions(delete.control):
        if branch == delete.op or not 0 <= dep[0] < delete.op:
            continue
        for look in looks.get(dep[0], ()):
            if own(fn, look) or not _finds_none(fn, look, branch, outcome):
                continue
            known = _named_by(place, looks) if known is None else known
            column = _refers(fn, look, delete, known)
            if column is not None:
                cls, sure = row_class(look), min(look.sure, delete.sure)
                refused, told = _refused(cls, column), cls is not None
                if not column:
                    refused, told = _kept_by(fn, delete, _way(fn, look))
                guard = guard_of(fn, look, delete) or refused
                yield Deletion(look, delete, branch, "referring", column, guard, sure if told else 1)


def _finds_none(fn: Fn, look: Event, branch: int, outcome: bool) -> bool:
    """Whether the deletion happens because the look found nothing."""
    if branch == look.op:
        return branch in heard(fn).refused
    there = found_there(fn.facts, branch, outcome, look.op)
    return there is False or (there is None and counts(fn.facts, branch, look.op))


def _named_by(place: Place, looks: dict[int, list[Event]]) -> frozenset[Symbol]:
    """What names the row that is deleted: itself, its key, and what it was looked for by."""
    found = {place.symbol, *(("attr", place.symbol, name) for name in _IDENTITIES)}
    places = [place]
    for events in looks.values():
        places += [one.place for one in events if one.place is not None and one.place.symbol == place.symbol]
    for one in places:
        named = [symbol for column, symbol in one.keys if column in _IDENTITIES]
        if not named and len(one.keys) == 1:
            named = [symbol for column, symbol in one.keys if column in _UNNAMED]
        found.update(symbol for symbol in named if symbol is not None and symbol[0] not in _FIXED)
    return frozenset(one for one in found if one is not None)


def _refers(fn: Fn, look: Event, delete: Event, known: frozenset[Symbol]) -> str | None:
    """The column by which a look asks for rows that refer to the one that is deleted; None where it does
    not."""
    asked, place = look.place, delete.place
    assert asked is not None and place is not None
    looked, deleted = row_class(look), row_class(delete)
    if same_place(asked, place) or (looked is not None and looked is deleted):
        return None
    for column, symbol in sorted(asked.keys, key=repr):
        if column not in _IDENTITIES and column not in _UNNAMED and symbol in known:
            return str(column)
    return "" if not asked.keys and _by_way_of(fn, look, delete) else None


def _by_way_of(fn: Fn, look: Event, delete: Event) -> bool:
    """Whether a look asks for rows by way of the row that is deleted: ``group.members.exists()``."""
    ops = fn.facts.ops
    deleted = _deleted(fn, delete)
    if deleted is None or look.trail or ops[deleted][0] != "name":
        return False
    chain = _chain(fn, look.op)
    return len(chain) > 2 and ops[chain[-1]] == ops[deleted]


def _way(fn: Fn, look: Event) -> str:
    """The attribute of the row by which a look asks for others."""
    return str(fn.facts.ops[_chain(fn, look.op)[-2]][-1])


def _chain(fn: Fn, register: int) -> list[int]:
    """The registers from a call back to the name that its chain of attributes and calls begins with."""
    ops = fn.facts.ops
    found = [register]
    while ops[register][0] in ("call", "attr", "await") and len(found) < _DEEPEST:
        register = ops[register][1]
        found.append(register)
    return found if ops[register][0] == "name" else []


def _deleted(fn: Fn, delete: Event) -> int | None:
    """The register of the row that is deleted, as far as the call shows it."""
    call, row = delete.call, delete.row
    if call is None or row is None or delete.trail or fn.facts.ops[delete.op][0] != "call":
        return None
    if row.at is None:
        return call.receiver
    given = fn.facts.ops[delete.op][2]
    index = row.at[3:] if row.at.startswith("arg") else ""
    return given[int(index)] if index.isdigit() and int(index) < len(given) else None


# -- what the row says is put elsewhere ---------------------------------------------------------------


def _after_a_move(fn: Fn, delete: Event, events: list[Event]) -> Iterator[Deletion]:
    """Deletions of rows whose content is put into other rows before or after."""
    place = delete.place
    if place is None or place.kind not in _KEPT or len(delete.trail) > 1:
        return
    for write in events:
        if write.does not in _PUTS or write.place is None or write.place.kind not in _KEPT or write is delete:
            continue
        for number, attribute, how in sorted(_taken(write), key=repr):
            for look in events:
                if look.op != number or look.does != "read" or look.op > delete.op or look.place is None:
                    continue
                if not _of_same_rows(look, delete) or _of_same_rows(look, write):
                    continue
                if not (look.op < write.op and _one_way(fn, write.op, delete.op)):
                    continue
                sure = min(look.sure, delete.sure, write.sure, _MOVED)
                if how != "arith" and write.does == "create":
                    sure = 1  # as often as not it is noted down what is gone
                yield Deletion(look, delete, write.op, "moved", attribute, guard_of(fn, look, delete), sure)
                return


def _with_what_it_took(fn: Fn, delete: Event, events: list[Event]) -> Iterator[Deletion]:
    """Deletions of rows for which an amount is given back, whoever else has deleted them."""
    back, place = back_with(fn, delete), delete.place
    if back is None or place is None:
        return
    for look in events:
        if look.does != "read" or look.op >= delete.op or look.place is None or look.place.kind != "row":
            continue
        if not same_place(look.place, place) and not _part_of(place.symbol, look.place.symbol):
            continue
        if not any(dep[0] == look.op and dep[1] not in (None, *_IDENTITIES) for dep, _, _ in delete.control):
            continue  # whoever has asked nothing of it has been sent by somebody who has
        # in one transaction the second waits until the row is gone
        together = any(held.kind == "transaction" for held in common(look.held, delete.held))
        sure = 1 if together or _under_way(fn, look, delete) else min(look.sure, delete.sure)
        yield Deletion(look, delete, back, "taken", "", guard_of(fn, look, delete), sure)
        return


def _part_of(symbol: Symbol, row: Symbol) -> bool:
    """Whether a symbol stands for something that a row holds, or for a key of that."""
    while isinstance(symbol, tuple) and len(symbol) > 1 and symbol[0] in ("attr", "element", "item"):
        symbol = symbol[1]
        if symbol == row:
            return True
    return False


def _under_way(fn: Fn, look: Event, delete: Event) -> bool:
    """Whether a test of the row admits only states that say that its deletion is under way."""
    for dep, branch, outcome in delete.control:
        if dep[0] == look.op and dep[1] is not None:
            if owned(fn, Window(look, delete, dep[1], "decide", branch, outcome, (), "", None, 1)):
                return True
    return False


def _one_way(fn: Fn, one: int, other: int) -> bool:
    """Whether some way leads by both operations."""
    return reaches(fn, one, other) or reaches(fn, other, one)


def _taken(write: Event) -> Iterator[tuple[int, str, str]]:
    """The reads, with attribute and manner, whose content a write puts elsewhere; keys only name a row."""
    for _, value in write.columns:
        for number, attribute, how in value.deps:
            if (
                number >= 0
                and attribute is not None
                and attribute not in _IDENTITIES
                and not is_id(attribute)
            ):
                if how in ("copy", "arith"):
                    yield number, attribute, how


def _of_same_rows(look: Event, other: Event) -> bool:
    """Whether an access goes to what was looked at, or to the rows of a query that asks for it too."""
    assert look.place is not None and other.place is not None
    one, two = row_class(look), row_class(other)
    if one is not None and two is not None and one is not two:
        return False
    if same_place(look.place, other.place):
        return True
    if one is None or one is not two:
        return False
    return other.place.kind == "rows" and (not other.place.keys or bool(look.place.keys & other.place.keys))


# -- what the database refuses ------------------------------------------------------------------------


def _kept_by(fn: Fn, delete: Event, attribute: str) -> tuple[str, bool]:
    """The declaration by which the database keeps a row as long as rows that an attribute of it gives refer
    to it, empty without; and whether it is known what the attribute gives."""
    cls = row_class(delete)
    kinds = tuple(_kinds(fn, attribute))
    if all(kind.kind != "member" for kind in kinds):
        held = next((kind.arg.ref for kind in kinds if kind.arg and kind.arg.kind == "instance"), None)
        return _refused(held, ""), cls is not None
    for other, column in () if cls is None else _referring(fn, cls, attribute):
        return _refused(other, column), True
    return "", False


def _referring(fn: Fn, cls: Cls, attribute: str) -> Iterator[tuple[Cls, str]]:
    """The classes whose rows reach those of a class by an attribute, each with the column that refers."""
    program = cls.module.program
    program.asked.hint(checking(program) or fn.module.path, "mention", (cls.name,))
    files = program.outline(cls.module.path).mentions(cls.name)
    for path in files if len(files) <= _MOST_FILES else ():
        rest_on(fn.module.path, path, program)
        module = program.module_of(path)
        for index in range(len(module.facts.classes) if module is not None else 0):
            assert module is not None
            other = module.cls(index)
            column = referring(other, attribute) if other.row() is not None else None
            if column is not None and _names(other, column, cls):
                yield other, column


def _names(cls: Cls, column: str, other: Cls) -> bool:
    """Whether a column refers to rows of another class, by its class or by that one's name."""
    for base in cls.mro():
        register = base.facts.fields.get(column)
        if register is None:
            continue
        scope = base.module.fn(base.facts.scope)
        op = scope.facts.ops[register]
        given = op[2][0] if op[0] == "call" and op[2] else register
        kind, named = link(scope).types[given], scope.facts.ops[given]
        if kind is not None and kind.kind == "class":
            return kind.ref in other.mro()
        return named[0] == "const" and str(named[1]).rpartition(".")[2] == other.name
    return False


def _refused(cls: Cls | None, column: str) -> str:
    """The declaration by which the database refuses to delete a row that rows of a class refer to; empty
    without. ``column``: the one that refers, empty for any."""
    base = column.partition("__")[0]
    names = {base, base[:-3]} if base.endswith("_id") else {base}
    for table in () if cls is None else dict.fromkeys([cls, table_of(cls)]):
        for declaring in table.mro() if table is not None else ():
            scope = declaring.module.fn(declaring.facts.scope)
            for name, register in declaring.facts.fields.items():
                if register is not None and (name in names or not column) and _restricts(scope, register):
                    return "foreign key"
            for name in names & declaring.facts.methods.keys() if column else ():
                # a mixin makes the column anew for each class
                method = declaring.module.fn(declaring.facts.methods[name])
                calls = link(method).calls if method.facts.decorators else {}
                if any(_restricts(method, number) for number in calls):
                    return "foreign key"
    return ""


def _restricts(scope: Fn, register: int) -> bool:
    """Whether a declaration, or one that it is given, keeps what it refers to from being deleted."""
    calls, ops = link(scope).calls, scope.facts.ops
    if register not in calls:
        return False
    if any(row.kind == "restricting" for row in calls[register].rows):
        return True
    return any(_restricts(scope, part) for part in numbers_in(ops[register]) if part < register)
