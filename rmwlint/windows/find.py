"""From events to windows: which read does a write depend on, and what keeps others out in between?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from rmwlint.libraries.index import snake
from rmwlint.program.calling import call_sites, handed_over, kept_for_check
from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn
from rmwlint.windows.concurrency.by_hand import is_command, unserved
from rmwlint.windows.concurrency.callers import (
    locked_by_callers,
    locked_everywhere_by_callers,
    rows_locked_by_callers,
)
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.concurrency.ways import rows_locked_on_every_way
from rmwlint.windows.flow import fails, other_way
from rmwlint.windows.guards.compared import compared_by_hand
from rmwlint.windows.guards.copied import copied
from rmwlint.windows.guards.done_again import done_again
from rmwlint.windows.guards.first_hand import called_new, handed_new, kept_new
from rmwlint.windows.guards.first_saves import called_for_first_save, of_first_save
from rmwlint.windows.guards.given_back import back_with
from rmwlint.windows.guards.handed_out import handed_out
from rmwlint.windows.guards.isolated import isolated
from rmwlint.windows.guards.of_one_block import of_one_block
from rmwlint.windows.guards.preconditions import preconditioned
from rmwlint.windows.guards.refreshed import refreshed
from rmwlint.windows.guards.reserved import reserved
from rmwlint.windows.interpreter.columns import computed, unsaved
from rmwlint.windows.interpreter.interpret import Analysis, analysis
from rmwlint.windows.interpreter.looks import (
    asked,
    differs,
    elsewhere,
    excludes,
    of_state,
    settled,
    states,
    unset,
)
from rmwlint.windows.interpreter.paths import private, related
from rmwlint.windows.names import is_at_work, is_latest_time, is_passing, starts_up
from rmwlint.windows.values import (
    RANK,
    UNKNOWN,
    Dep,
    Event,
    Held,
    Place,
    Symbol,
    Value,
    decisions,
    holds,
    in_order,
    in_parameter,
    written_there,
)

_SAVED = "naming.SavedSignal"
WRITES = frozenset(["write", "swap", "create", "delete", "replace", "ensure"])
READS = frozenset(["read", "test"])
#: attributes that identify the object whose they are
_IDENTITIES = frozenset(["id", "uuid", "pk"])
#: names of one column, the key; so is what a row is found by without one
_PRIMARY = frozenset(["id", "pk", "?"])
#: a function is asked for by others so many steps away
_DEEPEST = 7
#: the confidence of what no branch of the function shows
_SUGGESTED = 2


class Window(NamedTuple):
    """A place is read, and what was read decides or makes what is written to it.

    ``read``: None where the object came in as a parameter (it was read before the call). ``attribute``: the
    column, None for a whole place. ``how``: decide | copy | derive | container | arith. ``branch``: the
    operation that decides. ``held``: what is held from the read to the write; ``guard``: why nobody can come
    in between, empty where somebody can. ``set_at``: where the column is given its value. ``sure``: the
    confidence.
    """

    read: Event | None
    write: Event
    attribute: str | None
    how: str
    branch: int | None
    outcome: bool
    held: tuple[Held, ...]
    guard: str
    set_at: int | None
    sure: int


def windows(fn: Fn) -> tuple[Window, ...]:
    """The windows of a function, closed ones too (``guard`` says by what)."""
    found = fn.memo.get("windows")
    if found is None:
        found = fn.memo["windows"] = tuple(_Finder(fn).run())
    return found  # type: ignore[return-value]


def open_windows(fn: Fn) -> tuple[Window, ...]:
    """The windows that nothing closes, each once: the strongest way in which a write depends on a read."""
    known = fn.memo.get("open_windows")
    if known is None:
        known = fn.memo["open_windows"] = tuple(_open(fn, windows(fn)))
    return known  # type: ignore[return-value]


def _open(fn: Fn, found: tuple[Window, ...]) -> Iterable[Window]:
    best: dict[tuple[int, str | None, str], Window] = {}
    for window in found:
        if window.guard or told_below(window):
            continue
        key = (window.write.op, window.attribute, window.write.does)
        known = best.get(key)
        if known is None or _strength(window) > _strength(known):
            best[key] = window
        elif _strength(window) == _strength(known) and _of_file(window):
            # of two looks, the one that refuses tells less: whoever gets past it has looked twice
            if refuses(fn, known) and not refuses(fn, window):
                best[key] = window
    return best.values()


def _of_file(window: Window) -> bool:
    place = window.write.place
    return place is not None and place.kind in ("file", "directory")


def refuses(fn: Fn, window: Window) -> bool:
    """Whether the other way at the branch that decides only raises."""
    if window.branch is None:
        return False
    way = other_way(fn, window.branch, window.outcome)
    if way is None:
        return False
    start, end, further, _ = way
    return not further and fn.facts.ops[end - 1][0] == "raise" and start < end


def told_below(window: Window) -> bool:
    """Whether the function that writes also tests or computes, so that the window is told there."""
    attribute = window.attribute
    if not window.write.trail or attribute is None:
        return False
    if window.branch is not None and window.branch != window.write.op:
        return False
    fn, op = window.write.trail[0]
    for event in analysis(fn).events:
        if event.op != op or event.does != window.write.does:
            continue
        if window.how == "decide":
            if any(name == attribute for name, _ in event.columns) and any(
                dep[1] == attribute for dep, _, _ in event.control
            ):
                return True
        elif any(
            name == attribute and any(dep[1] == attribute and dep[2] == window.how for dep in value.deps)
            for name, value in event.columns
        ):
            return True
    return False


def runs_alone(fn: Fn) -> bool:
    """Whether a function is a method of a class whose methods run by hand, rarely two at a time, or is called
    by a signal that is sent so, or a command of a command line, or that no service runs."""
    if unserved(fn) or is_command(fn):
        return True
    names = list(_signals(fn)) if fn.owner is None else fn.owner.library_types()
    return any(_alone(fn, name) for name in names)


def called_alone(fn: Fn) -> bool:
    """Whether every way to a function, as far as the project shows, begins in what runs by hand, rarely two
    at a time, and none of those between is made a task or handed to anybody."""
    return kept_for_check(fn, "called_alone", lambda: _called_alone(fn, frozenset([fn])))


def _called_alone(fn: Fn, passed: frozenset[Fn]) -> bool:
    static = fn.decorated("staticmethod") or fn.decorated("classmethod")
    if len(passed) > _DEEPEST or (fn.facts.decorators and not static) or handed_over(fn):
        return False
    callers = {caller for caller, _ in call_sites(fn)} - passed
    return bool(callers) and all(
        runs_alone(caller) or _called_alone(caller, passed | {caller}) for caller in callers
    )


def connected_alone(fn: Fn) -> bool:
    """Whether nobody calls a function, and all that it is given to are signals that are sent by hand."""
    return fn.owner is None and kept_for_check(fn, "connected_alone", lambda: _only_connected(fn))


def _only_connected(fn: Fn) -> bool:
    given = handed_over(fn)
    return bool(given) and not call_sites(fn) and all(_to_lone_signal(*site) for site in given)


def _to_lone_signal(giver: Fn, number: int) -> bool:
    call = link(giver).calls.get(number)
    kind = call.rtype if call is not None else None
    return kind is not None and kind.kind == "library" and _alone(giver, kind.name)


def _alone(fn: Fn, name: str) -> bool:
    types = fn.module.program.libraries
    return any(types.types[ancestor].alone for ancestor in types.lineage(name))


def _signals(fn: Fn) -> Iterator[str]:
    """The types of what a function's decorators are given."""
    parent = fn.parent
    if parent is None or not fn.facts.decorators:
        return
    ops, types = parent.facts.ops, link(parent).types
    for register in fn.facts.decorators:
        for given in ops[register][2] if ops[register][0] == "call" else ():
            kind = types[given]
            if kind is not None and kind.kind == "library":
                yield kind.name


def just_saved(fn: Fn, write: Event) -> bool:
    """Whether the row that is written came with a signal that it has just been saved: what others changed
    before is lost already."""
    symbol = write.place.symbol if write.place is not None else None
    if not isinstance(symbol, tuple) or symbol[0] != "param":
        return False
    lineage = fn.module.program.libraries.lineage
    return any(_SAVED in lineage(name) for name in _signals(fn))


def failing(fn: Fn, event: Event) -> bool:
    """Whether an event happens only where something has gone wrong, here or in the callee it happens in."""
    return any(fails(at, op) for at, op in ((fn, event.op), *event.trail))


def save_told_below(write: Event) -> bool:
    """Whether the function that saves also sets the columns, so that the save is told there."""
    if not write.trail:
        return False
    fn, op = write.trail[0]
    return any(
        event.op == op and event.does == write.does and any(name != "**" for name, _ in event.columns)
        for event in analysis(fn).events
    )


def guard_of(fn: Fn, read: Event | None, write: Event, attribute: str | None = None) -> str:
    """What keeps others out between a read and a write; empty where nothing does."""
    return _finder(fn).guard(read, write, attribute)


def owned(fn: Fn, window: Window) -> bool:
    """Whether the test that decides admits only states that say that an operation is under way."""
    finder = _finder(fn)
    test = finder.result.tests.get(window.branch) if window.branch is not None else None
    return test is not None and finder.owns(states(test, window.outcome, _symbols(window)))


def _finder(fn: Fn) -> _Finder:
    finder = fn.memo.get("finder")
    if finder is None:
        finder = fn.memo["finder"] = _Finder(fn)
    assert isinstance(finder, _Finder)
    return finder


def _strength(window: Window) -> tuple[int, int, bool]:
    # a callee that looks whether a file is there and reads it gives what it read
    content = window.how != "decide" and window.read is not None and window.read.does == "read"
    return (RANK.get(window.how, -1), window.sure, content)


class _Finder:
    def __init__(self, fn: Fn) -> None:
        self.fn = fn
        self.result: Analysis = heard(fn)
        self.reads: dict[int, list[Event]] = {}
        for event in self.result.events:
            if event.does in READS:
                self.reads.setdefault(event.op, []).append(event)

    def run(self) -> Iterator[Window]:
        certainty = 1 if runs_alone(self.fn) else 3
        for event in self.result.events:
            if event.does not in WRITES or event.place is None or event.fresh:
                continue
            found = list(self.of_write(event))
            if found and (of_first_save(self.fn, event) or copied(self.fn, event)):
                continue
            for window in _rechecked(found):
                weak = event.place.kind in ("row", "rows") and window.sure > certainty
                if not weak and window.sure > 1 and not window.guard:
                    weak = event.place.kind in ("row", "rows") and (
                        preconditioned(self.fn) or rows_locked_on_every_way(self.fn)
                    )
                    certainty = 1 if weak else certainty
                if not weak and window.sure > 1 and not window.guard:
                    weak = (
                        isolated(self.fn, event)
                        or reserved(self.fn, window.read, event)
                        or handed_new(self.fn, event)
                        or (event.place.kind in ("row", "rows") and self.one_works_on(event))
                    )
                    yield window._replace(sure=1) if weak else window
                else:
                    yield window._replace(sure=certainty) if weak else window

    def one_works_on(self, write: Event) -> bool:
        """Whether mostly one actor at a time works on the row that is written."""
        return (
            called_new(self.fn, write)
            or kept_new(self.fn, write)
            or of_one_block(self.fn, write)
            or called_alone(self.fn)
            or called_for_first_save(self.fn, write)
            or self.claimed(write)
        )

    def of_write(self, write: Event) -> Iterator[Window]:
        place = write.place
        assert place is not None
        if self.mirrors(write):
            return
        set_at = dict(write.set_at)
        if place.kind in ("row", "rows", "document"):
            write = self.saved_of(write)
            for column, value in write.columns:
                for dep in in_order(value.deps):
                    if dep[1] == column or (dep[1] is None and column == ""):
                        yield from self.window(write, dep, column, dep[2], None, True, set_at.get(column))
                yield from self.of_part(write, column, value, set_at.get(column))
            yield from self.of_query(write, set_at)
            columns = {column for column, _ in write.columns}
            for dep, branch, outcome in decisions(write.control):
                if dep[1] is not None and (dep[1] in columns or write.does == "delete" or not columns):
                    for window in self.window(
                        write, dep, dep[1], "decide", branch, outcome, set_at.get(dep[1])
                    ):
                        yield self.weighed(window)
        else:
            for dep in in_order(write.deps):
                if dep[1] is None:
                    yield from self.window(write, dep, None, dep[2], None, True, None)
            for dep, branch, outcome in decisions(write.control):
                if dep[1] is None:
                    yield from self.window(write, dep, None, "decide", branch, outcome, None)

    def of_part(self, write: Event, column: str, value: Value, set_at: int | None) -> Iterator[Window]:
        """A row that a parameter has, of a class that nobody knows: ``request.user.profile.points += 1``."""
        place = write.place
        if place is None or place.kind != "row" or not in_parameter(place.symbol):
            return
        computed = any(dep[0] < 0 and dep[2] == "arith" for dep in value.deps)
        if computed and holds(value.symbol, ("attr", place.symbol, column)):
            guard, sure = self.guard(None, write, column), min(2, write.sure)
            yield Window(None, write, column, "arith", None, True, write.held, guard, set_at, sure)

    def mirrors(self, write: Event) -> bool:
        """Whether a write only sets on the object what an update by a query has written to its row before."""
        if write.row is not None or not write.columns:
            return False
        written = {(name, value.symbol) for name, value in write.columns}
        return any(
            event.does in ("write", "swap")
            and event.op <= write.op
            and event is not write
            and event.place is not None
            and event.place.kind == "rows"
            and written <= {(name, value.symbol) for name, value in event.columns}
            for event in self.result.events
        )

    def saved_of(self, write: Event) -> Event:
        """The write without the columns that the class of the row leaves out of every save."""
        if not any(dep[1] == name for name, value in write.columns for dep in value.deps):
            return write
        left_out = unsaved(write.type)
        place = write.place
        if write.type is None and place is not None:
            for read in (one for reads in self.reads.values() for one in reads):
                if read.place is not None and read.place.symbol == place.symbol and "." in read.place.what:
                    left_out |= unsaved(self.fn.module.program.resolve(read.place.what, self.fn.module.path))
        properties = computed(write.type)
        kept = tuple(
            one
            for one in write.columns
            if one[0] not in left_out
            and not (one[0] in properties and any(dep[2] == "container" for dep in one[1].deps))
        )
        return write._replace(columns=kept) if left_out or properties else write

    def of_query(self, write: Event, set_at: dict[str, int]) -> Iterator[Window]:
        """A row that was looked for by a state, and is then set to another: the query was the test."""
        place = write.place
        assert place is not None
        written = dict(write.columns)
        for number, reads in self.reads.items():
            for read in reads:
                if read.does != "read" or read.place is None or not same_place(read.place, place):
                    continue
                for column, asked_for in sorted(read.place.keys, key=repr):
                    value = written.get(column)
                    if (
                        value is None
                        or value.deps
                        or not written_there(asked_for)
                        or value.symbol == asked_for
                    ):
                        continue
                    dep = (number, column, "derive")
                    for window in self.window(write, dep, column, "decide", None, True, set_at.get(column)):
                        flag = value.const in (True, False) and not handed_out(self.fn, read)
                        sure = 1 if flag else min(window.sure, _SUGGESTED)
                        yield self.weighed(window._replace(sure=sure))

    def window(
        self,
        write: Event,
        dep: Dep,
        attribute: str | None,
        how: str,
        branch: int | None,
        outcome: bool,
        set_at: int | None,
    ) -> Iterator[Window]:
        place = write.place
        assert place is not None
        number = dep[0]
        if number < 0:
            given = ("param", -1 - number)
            if place.kind != "row" or (place.symbol != given and not _keyed_by(place, given)):
                return
            guard = self.guard(None, write, attribute)
            sure = min(2, write.sure)
            if place.symbol != given and place.symbol[:1] == ("op",):
                # the row is the one that came in, whatever the callee calls it
                name = self.fn.facts.params[-1 - number].name
                write = write._replace(place=place._replace(symbol=given, text=name))
            yield Window(None, write, attribute, how, branch, outcome, write.held, guard, set_at, sure)
            return
        place = self.with_keys(place)
        for read in self.reads.get(number, ()):
            if read.place is None or not (same_place(read.place, place) or related(read, write, how)):
                continue
            if how != "decide" and read.row is not None and read.row.kind == "presence":
                continue  # what the callee that looked has made of its arguments besides: the path, mostly
            held = common(read.held, write.held)
            guard = self.guard(read, write, attribute)
            sure = min(read.sure, write.sure)
            yield Window(read, write, attribute, how, branch, outcome, held, guard, set_at, sure)

    def with_keys(self, place: Place) -> Place:
        """The place of a row, with what it was found by when it was read, as by another read perhaps."""
        symbol = place.symbol
        if place.kind != "row" or place.keys or not isinstance(symbol, tuple) or symbol[:1] != ("row",):
            return place
        for read in self.reads.get(symbol[1], ()):
            if read.place is not None and read.place.symbol == symbol:
                keys = frozenset(key for key in read.place.keys if key[1] and key[1][0] != "const")
                return place._replace(keys=keys, what=place.what or read.place.what)
        return place

    def weighed(self, window: Window) -> Window:
        """A decision, with less confidence where two that both decide so do each other little harm."""
        write = window.write
        written = dict(write.columns).get(window.attribute or "")
        if written is None and write.row is not None and write.row.at == "wrapped":
            return window if self.asks_state(window) else window._replace(sure=1)
        if written is None:
            return window
        # each of two that do the same gives back what the row has taken
        back = back_with(self.fn, write) is not None
        if _far_below(write) or failing(self.fn, write) or starts_up(self.fn.facts.name):
            return window._replace(sure=1)
        if (written.const is None and not back) or is_latest_time(window.attribute):
            return self.harmless(window, written)
        test = self.result.tests.get(window.branch) if window.branch is not None else None
        called = window.branch in self.result.checked
        if called and test is not None and elsewhere(test, window.attribute or ""):
            test = None  # the same call has done more than to check
        if test is None:
            checked = window.branch in self.result.admitted and not _stands_for_a_state(written)
            return window._replace(sure=1) if checked else window
        columns = _symbols(window)
        if elsewhere(test, window.attribute or "") or differs(test, window.outcome, columns):
            return window._replace(sure=1)
        if settled(asked(test, columns, written), written) and not back:
            return self.harmless(window, written)
        if refreshed(self.fn, window.branch or 0, written):
            return window._replace(sure=1)
        if called:
            return window  # what others have to pass too, whoever owns the operation
        for dep, branch, outcome in write.control:
            same = dep[1] == window.attribute
            known = self.result.tests.get(branch) if same or back else None
            if known is None:
                continue
            asked_of = columns if same else _symbols(window._replace(attribute=dep[1]))
            if self.owns(states(known, outcome, asked_of)):
                return window._replace(sure=1)
        return window

    def harmless(self, window: Window, written: Value) -> Window:
        """A decision of which the second writes much the same as the first, by what else he does again that
        the write forbids to whoever comes later."""
        test = self.result.tests.get(window.branch) if window.branch is not None else None
        if test is None or not done_again(self.fn, window.branch, window.outcome, window.write.op):
            return window._replace(sure=1)
        if written.const is UNKNOWN:
            forbids = unset(test, window.outcome, _symbols(window))
        else:
            forbids = excludes(test, window.outcome, _symbols(window), written)
        return window._replace(sure=min(window.sure, 2 if forbids else 1))

    def claimed(self, write: Event) -> bool:
        """Whether the function has set the row to a state of work under way, in a transaction with the row
        locked, and the write comes after that: whoever claims a row works on it alone."""
        for read in self.result.events:
            if read.op >= write.op or not read.locked or read.place is None or read.does != "read":
                continue
            held = {one.id for one in read.held if one.kind == "transaction"}
            if any(one.id in held for one in write.held):
                continue
            for other in self.result.events:
                if not read.op < other.op < write.op or other.does != "write" or other.place is None:
                    continue
                of_row = write.place is not None and other.place.symbol == write.place.symbol
                if of_row and any(one.id in held for one in other.held) and self.claims(other):
                    return True
        return False

    def claims(self, write: Event) -> bool:
        """Whether a write sets a state, that has been tested, to one of somebody who is at work."""
        tested = {dep[1] for dep, _, _ in write.control}
        return any(
            column in tested
            and all(isinstance(name, str) and is_at_work(name) for name in self.names_of(value.symbol))
            for column, value in write.columns
        )

    def owns(self, admitted: Iterable[Symbol]) -> bool:
        """Whether the test admits only states that say that an operation is under way: its owner goes on."""
        names = [name for symbol in admitted for name in self.names_of(symbol)]
        return bool(names) and all(isinstance(name, str) and is_passing(name) for name in names)

    def names_of(self, symbol: Symbol) -> list[Any]:
        """The constant that a symbol stands for, or those of a display, by value or by name."""
        if symbol[0] in ("const", "global"):
            return [symbol[1]]
        if symbol[0] == "new" and len(symbol) == 2:
            op = self.fn.facts.ops[symbol[1]]
            if op[0] == "build":
                return [self.fn.facts.ops[part][-1] for part in op[2]]
        return [None]

    def asks_state(self, window: Window) -> bool:
        """Whether a condition asks for a state of the column: is it set, is it one of these constants?"""
        test = self.result.tests.get(window.branch) if window.branch is not None else None
        return test is not None and of_state(test, _symbols(window))

    def guard(self, read: Event | None, write: Event, attribute: str | None) -> str:
        """Why nobody can write in between; empty where somebody can."""
        place = write.place
        assert place is not None
        if write.does == "swap":
            return "compare-and-swap"
        if any(value.const is not None for _, value in write.passed):
            return "guard argument"
        if write.again:
            return "looked at again under the guard"
        if write.query is not None and place.kind == "rows" and read is not None and read.place is not None:
            known = {column for column, _ in read.place.keys}
            for column, _, deps in write.query.conditions:
                if column == attribute or any(
                    dep[0] == read.op and dep[1] == column
                    for dep in deps
                    if column not in ("pk", "id", "uuid")
                ):
                    return "condition on the old value"
                if column not in known and column not in ("pk", "id", "uuid", "?"):
                    return "condition on another column"
        if write.query is not None and read is None and attribute is not None:
            if any(column == attribute for column, _, _ in write.query.conditions):
                return "condition on the old value"
        if write.type is not None and write.type.kind == "instance" and versioned(write.type.ref):
            return "version column"
        before = read.held if read is not None else ()
        shared = common(before, write.held)
        if any(held.kind == "lock" and not held.fresh for held in shared):
            return "lock"
        if place.kind in ("row", "rows", "document"):
            if self.row_locked(read, write):
                return "row lock"
            if read is None and (rows_locked_by_callers(self.fn) or locked_by_callers(self.fn)):
                return "lock of the callers"
            if locked_everywhere_by_callers(self.fn):
                return "lock of the callers"
            if compared_by_hand(self.fn, write, attribute):
                return "condition on another column"
        if place.kind in ("file", "directory"):
            if private(self.fn, place.symbol):
                return "temporary place of its own"
            if locked_by_callers(self.fn):
                return "lock of the callers"
        return ""

    def row_locked(self, read: Event | None, write: Event) -> bool:
        """Whether the row was locked at the read or before it, in a transaction still open at the write."""
        place = write.place
        assert place is not None
        limit = read.op if read is not None else -1
        decided = {dep[0] for dep, _, _ in write.control}
        for events in self.reads.values():
            for event in events:
                if not event.locked or event.place is None:
                    continue
                if event is read or (event.op <= limit and same_place(event.place, place)):
                    return True
                if event.op in decided and _in_one_transaction(event, write):
                    return True
                if event.op <= limit and _in_one_transaction(event, write):
                    return True
        return False


def _far_below(write: Event) -> bool:
    """Whether a write happens in what a callee calls; functions that only hand a call on do not count."""
    return len(write.trail) > 1 and sum(not _hands_on(fn) for fn, _ in write.trail) > 1


def _hands_on(fn: Fn) -> bool:
    """Whether a function is nothing but one call."""
    kinds = [op[0] for op in fn.facts.ops]
    return kinds.count("call") == 1 and kinds.count("return") <= 1 and "branch" not in kinds


def _stands_for_a_state(value: Value) -> bool:
    """Whether a value is a constant, or one that the caller gives: what a state is set to."""
    return value.const is not UNKNOWN or value.symbol[0] in ("const", "global", "param")


def _symbols(window: Window) -> tuple[Symbol, ...]:
    """The symbols by which the function knows a window's column."""
    places = [event.place for event in (window.read, window.write) if event is not None and event.place]
    return tuple(("attr", place.symbol, window.attribute) for place in places)


def _in_one_transaction(read: Event, write: Event) -> bool:
    """Whether one transaction is open at both, which may be the caller's where none is begun here."""
    begun = any(held.kind == "transaction" for held in (*read.held, *write.held))
    return not begun or any(held.kind == "transaction" for held in common(read.held, write.held))


def _rechecked(found: list[Window]) -> Iterator[Window]:
    """A look that is repeated under the guard before the write is a fast path, not a window."""
    guarded = {window.attribute for window in found if window.guard in ("lock", "row lock")}
    for window in found:
        if not window.guard and window.attribute in guarded and window.how == "decide":
            yield window._replace(guard="looked at again under the guard")
        else:
            yield window


def common(one: tuple[Held, ...], other: tuple[Held, ...]) -> tuple[Held, ...]:
    """What is held at both ends by the same acquisition."""
    return tuple(held for held in one if any(h.id == held.id and h.kind == held.kind for h in other))


def same_place(one: Place, other: Place) -> bool:
    """Whether two accesses surely go to one place: one object, one path, or one identifying key."""
    if one.symbol == other.symbol and one.symbol is not None:
        return _kind(one) == _kind(other)
    if _kind(one) != _kind(other) or _kind(one) not in ("row", "document"):
        return False
    if _keyed_by(other, one.symbol):
        if _same_table(one, other) or (other.kind != "row" and _named_by_key(other, one.symbol)):
            return True
    for column, symbol in other.keys:
        for known, known_symbol in one.keys:
            if symbol == known_symbol and _same_column(column, known) and _same_table(one, other):
                return True
    return False


def _same_column(one: str, other: str) -> bool:
    """Whether two conditions ask for one column, as far as they name it."""
    return one == other or not one or not other or (one in _PRIMARY and other in _PRIMARY)


def _keyed_by(place: Place, row: Symbol) -> bool:
    """Whether a place is found by a key that an object gives: ``update(order.id, …)`` for ``order``.

    Where no column says what the key is compared with, it is one of those that identify a row.
    """
    for column, symbol in place.keys:
        if isinstance(symbol, tuple) and len(symbol) == 3 and symbol[0] == "attr" and symbol[1] == row:
            if symbol[2] in _IDENTITIES or (column and not _of_another(place, column, symbol[2])):
                return True
    return False


def _of_another(place: Place, column: str, attribute: str) -> bool:
    """Whether an attribute that a row is found by, as its key, is named after another: ``Label.id`` and
    ``order.first_label_id``, not ``image.image_id``."""
    of, _, last = attribute.rpartition("_")
    table = snake(place.what.rpartition(".")[2])
    return column in _PRIMARY and last in _IDENTITIES and bool(of) and bool(table) and of != table


def _named_by_key(place: Place, row: Symbol) -> bool:
    """Whether a place is found by the key of a row, and not by what that refers to another row by."""
    return any(
        isinstance(symbol, tuple) and symbol[:2] == ("attr", row) and symbol[-1] in _IDENTITIES
        for _, symbol in place.keys
    )


def _same_table(one: Place, other: Place) -> bool:
    if one.what == other.what:
        return True
    if not one.what or not other.what:
        return True
    first, second = one.what.rpartition(".")[2].lower(), other.what.rpartition(".")[2].lower()
    return first == second or first.startswith(second + "_") or second.startswith(first + "_")


def _kind(place: Place) -> str:
    return {"rows": "row", "directory": "file"}.get(place.kind, place.kind)


def versioned(cls: Cls) -> bool:
    """Whether every save of the class is a compare-and-swap on a version column."""
    known = cls.memo.get("versioned")
    if known is None:
        libraries = cls.module.program.libraries
        known = False
        for library_type in cls.library_types():
            for switch in libraries.bases(library_type):
                if switch.means == "version" and _carries(cls, switch.field, switch.key):
                    known = True
        cls.memo["versioned"] = known
    return bool(known)


def _carries(cls: Cls, field: str, key: str | None) -> bool:
    """Whether a class sets a field, or one of a class in it (``Settings.use_revision``), to a dict with that
    key where there is one; not to a false value."""
    inner, _, name = field.rpartition(".")
    for base in cls.mro():
        holders = [base.facts]
        if inner:
            classes = base.module.facts.classes
            holders = [one for one in classes if one.outer == base.index and one.name == inner]
        register = next((one.fields[name] for one in holders if name in one.fields), None)
        if register is None:
            continue
        if key is None:
            op = base.module.facts.functions[holders[0].scope].ops[register]
            return bool(op != ("const", False))
        scope = base.module.facts.functions[base.facts.scope]
        op = scope.ops[register]
        if op[0] == "dict":
            return any(k is not None and scope.ops[k] == ("const", key) for k, _ in op[1])
    return False


def root_symbol(symbol: Symbol) -> Symbol:
    """The object that a chain of attributes and items starts from."""
    while isinstance(symbol, tuple) and len(symbol) > 1 and symbol[0] in ("attr", "item", "element"):
        symbol = symbol[1]
    return symbol
