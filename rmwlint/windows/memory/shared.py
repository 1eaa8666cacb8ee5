"""Windows on memory that threads or tasks share: attributes of objects, class and module variables.

Optimistic: constructors run alone; a private method runs under what all its callers in the class hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.facts.operands import last_store, made_of
from rmwlint.program.calling import call_sites, handed_over, public
from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.by_hand import reached_by_threads
from rmwlint.windows.concurrency.callers import kept_out_wherever_called, locked_by_callers
from rmwlint.windows.concurrency.green import undisturbed
from rmwlint.windows.concurrency.modules import around_concurrency
from rmwlint.windows.concurrency.phases import (
    ALONE,
    alone_with,
    alone_with_all,
    at_load,
    configures,
    of_actor,
    sets_up,
)
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.concurrency.sharing import method_around, shared_class, unshared_class, unshared_type
from rmwlint.windows.concurrency.stored import makes_own, stored_kind
from rmwlint.windows.concurrency.suspends import switches_of
from rmwlint.windows.find import Window, common
from rmwlint.windows.flow import passes, reaches
from rmwlint.windows.guards.identities import asks_who, under_own_name
from rmwlint.windows.interpreter.interpret import analysis
from rmwlint.windows.interpreter.opaque import mutates
from rmwlint.windows.interpreter.presence import found_there
from rmwlint.windows.memory.apart import apart
from rmwlint.windows.memory.at_start import set_at_start
from rmwlint.windows.memory.containers import of_other_class, takes_last
from rmwlint.windows.memory.done_flags import done_flag, works
from rmwlint.windows.memory.in_flight import flagged, in_flight, puts_alone
from rmwlint.windows.memory.meeting import nobody_meets, users_of
from rmwlint.windows.memory.of_loop import at_home_in_loop
from rmwlint.windows.memory.one_task import one_task
from rmwlint.windows.memory.owned import came_in, of_signal, of_tasks, one_after_other, one_thread, own_entry
from rmwlint.windows.memory.spares import (
    brought_again,
    fetched_again,
    fitted_later,
    noted_as_done,
    spare,
    tells_last,
    tidied,
)
from rmwlint.windows.text import text
from rmwlint.windows.values import RANK, Dep, Event, Held, Place, Symbol, decisions, in_order, own_attribute

_OF_CLASSES = frozenset(["classmethod", "staticmethod"])
#: methods that take something out of a container
TAKES = frozenset(["pop", "popitem", "clear", "remove", "discard", "difference_update", "popleft"])
#: of what a test is made of, so many parts are looked at
_TESTED = 50


class SharedWindow(NamedTuple):
    """An open window on shared memory.

    ``stored``: what the write does, as ``sharing.stored_kind`` says. ``sure``: how sure it is that somebody
    else uses the place at the same time. ``keyed``: the place is a container of many entries; ``handed``: the
    caller says of which one.
    ``of_tasks``: what is stored serves the tasks of one thread. ``spare``: a second object like the one
    stored does no harm. ``owned``: the entry is that of the thing that the function was called for.
    ``alone``: one thread runs the function, as far as its callers show. ``worked``: a number is counted on,
    and something is called between its read and its write. ``brought``: whoever else fills the entry comes to
    the same.
    """

    window: Window
    stored: str
    sure: int
    keyed: bool
    handed: bool
    of_tasks: bool
    spare: bool = False
    owned: bool = False
    alone: bool = False
    worked: bool = False
    brought: bool = False

    def of_one_task(self, fn: Fn) -> bool:
        """Whether one task alone comes to the place, as far as the project shows who does."""
        place = self.window.write.place
        return place is not None and one_task(users_of(fn, place.symbol), place.symbol)

    @property
    def slight(self) -> bool:
        """Whether losing what the write finds does little harm: what is stored is the same for all, or one
        entry computed twice."""
        if self.stored in ("flag", "emptied", "atomic"):
            return True
        again = self.keyed and self.stored in ("value", "container")
        return self.window.how == "decide" and (again or self.spare or self.owned)

    @property
    def keeps_row(self) -> bool:
        """Whether what is stored is a row of a database, which can be read once more."""
        given = next((value for name, value in self.window.write.columns if name == ""), None)
        kind = given.type if given is not None else None
        return kind is not None and kind.kind == "instance" and kind.ref.row() is not None


def shared_windows(fn: Fn) -> tuple[SharedWindow, ...]:
    """Windows on shared memory that no lock closes: a load decides or makes what is stored."""
    found = fn.memo.get("shared_windows")
    if found is None:
        found = fn.memo["shared_windows"] = tuple(_windows(fn))
    return found  # type: ignore[return-value]


def _windows(fn: Fn) -> Iterator[SharedWindow]:
    if fn.index == 0 or alone_with_all(fn):
        return
    found = heard(fn)
    loads: dict[int, Event] = {event.op: event for event in found.events if event.does == "load"}
    if not loads:
        return
    stores = [(event, fn, event) for event in found.events if event.does == "store"]
    stores += _stores_below(fn, loads)
    if not stores:
        return
    switches = [event.op for event in found.events if event.does == "switch"]
    for store, where, original in stores:
        window = _window(fn, store, loads, switches, [event for event, _, _ in stores])
        if window is None or window.read is None or window.read.place is None:
            continue
        place = window.read.place
        if alone_with(fn, place.symbol):
            continue
        sure = sharing(fn, place.symbol)
        if not sure or (unshared_type(window.read.type, fn.module) and not _made_anew(where, original)):
            continue
        key = None if window.branch is None else _key_asked_for(fn, window.branch)
        stored = stored_kind(where, original)
        if any(dep[2] == "arith" and _same(loads.get(dep[0]), store) for dep in store.deps):
            stored = "value" if _tunes(where, original) else "count"
        if window.how == "decide" and stored == "container" and _grows(where, original):
            stored = "resource"  # what others put into the first one is not in the second
        if window.how == "decide" and stored == "value" and key is not None and _counted(fn, window):
            stored = "resource"  # whoever puts it in counts it as well
        if stored == "flag" and window.how == "decide" and done_flag(fn, window, store):
            stored = "resource"
        if window.how == "decide" and stored in ("resource", "value") and fitted_later(where, original):
            stored = "resource"  # others meet it half made, and a second one takes its place
            if sure == 1 and place.symbol[:1] == ("global",) and reached_by_threads(fn):
                sure = 2
        if locked_by_callers(fn) or _inside_locked(fn):
            return
        if window.how == "decide" and stored == "value" and takes_last(where, original):
            stored = "removal"
        if stored == "removal" and "missing" in original.caught | store.caught:
            continue
        if (stored == "removal" and of_other_class(where, original)) or _tells_of_lock(where, original):
            continue
        if in_flight(fn, window) or flagged(fn, window) or puts_alone(fn, store):
            continue
        if under_own_name(where, original.op) or _set_anyway(fn, window):
            continue
        handed = key is not None and came_in(fn, key)
        found_shared = SharedWindow(window, stored, sure, key is not None, handed, _of_tasks(where, original))
        if window.how == "decide" and stored == "value" and key is not None:
            noted = noted_as_done(fn, store)
            found_shared = found_shared._replace(brought=noted or brought_again(where, original))
        once = stored == "resource" == stored_kind(where, original)
        if window.how == "decide" and once and fetched_again(where, original):
            found_shared = found_shared._replace(brought=True)
        latest = window.how == "derive" or (window.how == "decide" and stored == "value")
        if tidied(fn, window) or (latest and tells_last(store)):
            found_shared = found_shared._replace(brought=True)
        if window.how == "arith" and not store.trail:
            found_shared = found_shared._replace(worked=_worked(fn, window.read.op, store.op))
        yield _weighed(fn, found_shared, where, original)


def _worked(fn: Fn, read: int, write: int) -> bool:
    """Whether something is called between two operations that may take its time, and what is written is what
    was read: one attribute, or one entry."""
    if not any(works(fn, number) for number in link(fn).calls if read < number < write):
        return False
    ops = fn.facts.ops
    if ops[write][0] not in ("setattr", "setitem", "store"):
        return False
    value = ops[ops[write][-1]]
    if value[0] == "inplace" and ops[value[2]][0] != "name":
        return False  # read where it is written
    if ops[write][0] != "setitem":
        return True
    entry = text(fn.facts, ops[write][1]), text(fn.facts, ops[write][2])
    return any(_entry(fn, number) == entry for number in range(read, write))


def _entry(fn: Fn, number: int) -> tuple[str, str] | None:
    """The table and the key that an operation reads: ``table[key]``, ``table.get(key)``."""
    ops = fn.facts.ops
    op = ops[number]
    if op[0] == "item":
        return text(fn.facts, op[1]), text(fn.facts, op[2])
    if op[0] == "call" and op[2] and ops[op[1]][0] == "attr" and ops[op[1]][2] == "get":
        return text(fn.facts, ops[op[1]][1]), text(fn.facts, op[2][0])
    return None


def _grows(fn: Fn, store: Event) -> bool:
    """Whether something is put into a container after it has been stored, as the entry of a table."""
    ops = fn.facts.ops
    op = ops[store.op]
    if op[0] != "setitem":
        return False
    place = f"{text(fn.facts, op[1])}[{text(fn.facts, op[2])}]"
    libraries = fn.module.program.libraries
    for number in range(store.op + 1, len(ops)):
        later = ops[number]
        changed = later[1] if later[0] == "setitem" else None
        if later[0] == "call" and ops[later[1]][0] == "attr" and mutates(libraries, ops[later[1]][2]):
            changed = ops[later[1]][1]
        if changed is not None and text(fn.facts, changed) == place and reaches(fn, store.op, number):
            return True
    return False


def _counted(fn: Fn, window: Window) -> bool:
    """Whether the test that decides that an entry is stored also decides that a number of the object is
    counted on, which is counted down elsewhere: it is too high for good then."""
    decided = window.branch, window.outcome
    for event in heard(fn).events:
        attribute = own_attribute(event.place.symbol) if event.place is not None else None
        if event.does != "store" or attribute is None or event.op == window.write.op:
            continue
        if all(dep[2] != "arith" for dep in event.deps):
            continue
        if any((branch, outcome) == decided for _, branch, outcome in event.control):
            if _counted_down(fn, attribute):
                return True
    return False


def _counted_down(fn: Fn, attribute: str) -> bool:
    """Whether a method of the class subtracts from an attribute."""
    owner = method_around(fn).owner
    for other in fn.module.functions() if owner is not None else ():
        if attribute in other.facts.names and method_around(other).owner is owner:
            ops = other.facts.ops
            for op in ops:
                if op[0] == "setattr" and op[2] == attribute and ops[op[3]][0] == "inplace":
                    if str(ops[op[3]][1]).startswith("-"):
                        return True
    return False


def _made_anew(fn: Fn, store: Event) -> bool:
    """Whether what keeps something for each thread is made here itself."""
    return any(makes_own(fn, value) for name, value in store.columns if name == "")


def _tells_of_lock(fn: Fn, store: Event) -> bool:
    """Whether what is stored says if the object has got a lock, or is one that is held: whoever has it asks
    for it."""
    op = fn.facts.ops[store.op]
    stored = next((value.symbol for name, value in store.columns if name == ""), None)
    if stored is not None and any(held.kind == "lock" and held.key == stored for held in store.held):
        return True
    call = link(fn).calls.get(op[3]) if op[0] == "setattr" else None
    return call is not None and any(row.does == "lock" and "acquire" in row.form for row in call.rows)


def _set_anyway(fn: Fn, window: Window) -> bool:
    """Whether the test only asks if the attribute has already the value that the caller gives and that is
    stored: it would be the same without the test."""
    ops = fn.facts.ops
    store, branch = ops[window.write.op], window.branch
    if branch is None or window.write.trail or store[0] != "setattr" or ops[branch][0] != "branch":
        return False
    given, test = ops[store[3]], ops[ops[branch][1]]
    return (
        test[0] == "compare"
        and test[1] in (("!=",), ("is not",))
        and any(ops[register] == given for register in test[2])
        and given[0] == "name"
        and any(given[1] == parameter.name for parameter in fn.facts.params)
    )


def asks_for_change(fn: Fn, window: Window) -> bool:
    """Whether the test asks if the attribute has already the very value that is stored then."""
    ops = fn.facts.ops
    store, branch = ops[window.write.op], window.branch
    if branch is None or window.write.trail or store[0] != "setattr" or ops[branch][0] != "branch":
        return False
    given = ops[store[3]]
    pending = [ops[branch][1]]
    while pending:
        test = ops[pending.pop()]
        if test[0] == "bool":
            pending += test[2]
        elif test[0] == "compare" and test[1] in (("!=",), ("is not",), ("==",), ("is",)):
            if given[0] == "name" and any(ops[register] == given for register in test[2]):
                return True
    return False


def _inside_locked(fn: Fn) -> bool:
    """Whether a function is only given away, by the one around it, which runs under a lock."""
    around = fn.parent
    if around is None or around.index == 0 or fn.owner is not None:
        return False
    given = [giver for giver, _ in handed_over(fn)]
    return given == [around] and not call_sites(fn) and locked_by_callers(around)


def _weighed(fn: Fn, shared: SharedWindow, where: Fn, original: Event) -> SharedWindow:
    """With what lessens the harm, where the window would count otherwise."""
    weighs = shared.stored in ("resource", "removal", "count")
    if shared.window.how not in ("decide", "arith") or shared.sure < 2 or not weighs:
        return shared
    if shared.stored == "resource" and (spare(where, original) or _bare(where, original)):
        # a lock that is taken to make it, and not to look for it, says that there is to be one
        return shared._replace(spare=not _made_under_lock(where, original))
    if shared.stored != "count" and own_entry(fn, shared.window):
        return shared._replace(owned=True)
    alone = of_signal(fn) or one_thread(fn) or of_tasks(fn) or set_at_start(fn, shared.window)
    alone = alone or _of_one_thread(fn, shared.window) or kept_out_wherever_called(fn)
    read, write = shared.window.read, shared.window.write
    alone = alone or (read is not None and undisturbed(fn, read.op, write.op))
    for_threads = _makes_lock(where, original) or _made_anew(where, original)
    if not (alone or fn.facts.is_async or write.place is None or for_threads):
        alone = nobody_meets(users_of(fn, write.place.symbol), write.place.symbol)
    return shared._replace(alone=alone)


def _makes_lock(fn: Fn, store: Event) -> bool:
    """Whether a new lock is stored: whoever makes it expects others."""
    op = fn.facts.ops[store.op]
    call = link(fn).calls.get(op[-1]) if op[0] in ("setattr", "setitem", "store") else None
    return call is not None and any(row.does == "lock" for row in call.rows)


def _made_under_lock(fn: Fn, store: Event) -> bool:
    """Whether what is stored is made under a lock that is held at the store, with no look in between."""
    op = fn.facts.ops[store.op]
    made = op[-1] if op[0] in ("setattr", "setitem", "store") else None
    held = heard(fn).at_calls.get(made, ()) if made is not None else ()
    return _under_one_lock(held, store.held)


def _bare(fn: Fn, store: Event) -> bool:
    """Whether a `__new__` keeps an object to which nothing has been done yet: a second one is as good."""
    if fn.facts.name != "__new__" or fitted_later(fn, store):
        return False
    ops = fn.facts.ops
    made = ops[ops[store.op][-1]]
    return all(op[0] != "setattr" or ops[op[1]] != made or made[0] != "name" for op in ops[store.op + 1 :])


def _of_one_thread(fn: Fn, window: Window) -> bool:
    """Whether the threads that the object starts stay clear of the place, an attribute of it, or only the
    thread of an event loop uses it."""
    attribute = own_attribute(window.write.place.symbol) if window.write.place is not None else None
    if attribute is None or fn.facts.is_async:
        return False
    return apart(fn, attribute) or at_home_in_loop(fn, attribute)


def _of_tasks(fn: Fn, store: Event) -> bool:
    """Whether an object of a library for tasks is stored: their lock, queue or event."""
    kind = next((value.type for name, value in store.columns if name == ""), None)
    libraries = fn.module.program.libraries
    return (
        kind is not None
        and kind.kind == "library"
        and kind.name.partition(".")[0] in libraries.tasks - libraries.threads
    )


def _tunes(fn: Fn, store: Event) -> bool:
    """Whether a number is kept within bounds or scaled, not counted: losing one such step does no harm."""
    ops = fn.facts.ops
    op = ops[store.op]
    if op[0] not in ("setattr", "store", "setitem"):
        return False
    value = ops[op[-1]]
    if value[0] == "name":
        before = last_store(ops, value[1], op[-1])
        value = ops[ops[before][2]] if before >= 0 else value
    if value[0] in ("binop", "inplace"):
        return str(value[1]).rstrip("=") in ("*", "/", "//", "%", "<<", ">>")
    return value[0] == "call" and ops[value[1]] in (("name", "min"), ("name", "max"))


def _key_asked_for(fn: Fn, branch: int) -> int | None:
    """The register of the key that a condition asks a table for: ``key in table``, ``table.get(key)``; None
    where it asks for none."""
    ops = fn.facts.ops
    if ops[branch][0] == "caught":
        return _key_taken(fn, branch)
    pending, seen = [ops[branch][1]], set()
    while pending:
        register = pending.pop()
        if register in seen:
            continue
        seen.add(register)
        op = ops[register]
        if op[0] == "compare":
            if op[1] in (("in",), ("not in",)):
                return int(op[2][0])
            pending += op[2]
        elif op[0] in ("bool", "unary"):
            pending += op[2] if op[0] == "bool" else [op[2]]
        elif op[0] == "call" and ops[op[1]][0] == "attr" and ops[op[1]][2] == "get" and op[2]:
            return int(op[2][0])
        elif op[0] == "name":
            pending += [other[2] for other in ops[:register] if other[0] == "store" and other[1] == op[1]]
    return None


def _key_taken(fn: Fn, caught: int) -> int | None:
    """The register of the key of an entry that a handler has found missing."""
    ops = fn.facts.ops
    if ops[caught][1] is None or ops[ops[caught][1]] != ("name", "KeyError"):
        return None
    handler = next(number for number, block in enumerate(fn.facts.blocks) if block[0] <= caught < block[1])
    return next(
        (
            int(ops[number][2])
            for start, end, _, handlers in fn.facts.blocks
            if handler in handlers
            for number in range(start, end)
            if ops[number][0] == "item"
        ),
        None,
    )


def _same(load: Event | None, store: Event) -> bool:
    if load is None or load.place is None or store.place is None:
        return False
    return bool(load.place.symbol == store.place.symbol)


def _window(
    fn: Fn, store: Event, loads: dict[int, Event], switches: list[int], stores: list[Event]
) -> Window | None:
    """The strongest way in which the store depends on a load of its place; None where nobody can come in
    between: a lock is held over both, or the place is looked at again or claimed with no switch between."""
    best: Window | None = None
    assert store.place is not None
    candidates: list[tuple[Dep, int | None, bool]] = [(dep, None, True) for dep in in_order(store.deps)]
    candidates += decisions(store.control)
    again = False
    for dep, branch, outcome in candidates:
        load = loads.get(dep[0])
        if load is None or dep[1] is not None or not _same(load, store):
            continue
        if branch is not None and asks_who(fn, branch):
            continue
        how = "decide" if branch is not None else dep[2]
        if _under_one_lock(load.held, store.held):
            again = True
            continue
        if how == "decide" and fn.facts.is_async:
            again = again or not any(passes(fn, load.op, op, store.op) for op in switches)
        window = Window(load, store, None, how, branch, outcome, store.held, "", None, 3)
        if best is None or RANK.get(how, 4) > RANK.get(best.how, 4):
            best = window
    if best is None or (best.how == "decide" and (again or _looked_again(fn, store, loads))):
        return None
    if best.how == "decide" and _companion_looked_at(store, loads, stores):
        return None
    if _still_missing(fn, store, loads):
        return None
    if again and best.how == "copy":
        return None
    if fn.facts.is_async and _claimed(fn, best, stores, switches):
        return None
    return best


def _looked_again(fn: Fn, store: Event, loads: dict[int, Event]) -> bool:
    """Whether the place is loaded again under a lock that is still held at the store; not where it is only
    loaded to be changed."""
    assert store.place is not None
    changed = _container(fn, store)
    return _asks_again(fn, store) or any(
        load.place is not None
        and load.place.symbol == store.place.symbol
        and load.op < store.op
        and load.op != changed
        and _under_one_lock(load.held, store.held)
        for load in loads.values()
    )


def _under_one_lock(one: tuple[Held, ...], other: tuple[Held, ...]) -> bool:
    """Whether a lock that others know is among what is held at both ends by the same acquisition."""
    return any(held.kind == "lock" and not held.fresh for held in common(one, other))


def _asks_again(fn: Fn, store: Event) -> bool:
    """Whether a test, under a lock that is still held at the store, calls a method of the object that loads
    the place."""
    attribute = own_attribute(store.place.symbol) if store.place is not None else None
    if attribute is None:
        return False
    ops, at_calls = fn.facts.ops, heard(fn).at_calls
    asking = {
        number
        for number, call in link(fn).calls.items()
        if len(call.targets) == 1
        and call.receiver is not None
        and fn.is_self(call.receiver)
        and _under_one_lock(at_calls.get(number, ()), store.held)
        and _loads(call.targets[0], attribute)
    }
    return bool(asking) and any(
        op[0] == "branch" and not asking.isdisjoint(made_of(ops, op[1], most=_TESTED))
        for op in ops[: store.op]
    )


def _loads(fn: Fn, attribute: str) -> bool:
    """Whether a method loads an attribute of its object."""
    ops = fn.facts.ops
    return any(op[0] == "attr" and op[2] == attribute and fn.is_self(op[1]) for op in ops)


def _companion_looked_at(store: Event, loads: dict[int, Event], stores: list[Event]) -> bool:
    """Whether a place that is stored under the same hold decides the store there: whoever comes second finds
    that one changed (``if token == self.token: self.token, self.expires = renew()``)."""
    changed = {
        other.place.symbol
        for other in stores
        if other.place is not None and _under_one_lock(other.held, store.held)
    }
    asked = (loads.get(dep[0]) for dep, _, _ in decisions(store.control))
    return any(
        load is not None
        and load.place is not None
        and load.place.symbol in changed
        and _under_one_lock(load.held, store.held)
        for load in asked
    )


def _container(fn: Fn, store: Event) -> int | None:
    """The operation that loads the table of which a store changes an entry."""
    op = fn.facts.ops[store.op]
    return int(op[1]) if op[0] in ("setitem", "delitem") and not store.trail else None


def _still_missing(fn: Fn, store: Event, loads: dict[int, Event]) -> bool:
    """Whether the store is made only where the place is found empty under a lock still held at the store."""
    for dep, branch, outcome in decisions(store.control):
        load = loads.get(dep[0])
        if load is None or branch is None or not _same(load, store):
            continue
        kept = _under_one_lock(load.held, store.held)
        if kept and any(found_there(fn.facts, branch, outcome, op) is False for op in _asked(fn, load.op)):
            return True
    return False


def _asked(fn: Fn, load: int) -> list[int]:
    """A load of a place, and the calls that ask what was loaded for an entry."""
    ops = fn.facts.ops
    return [load] + [
        number
        for number, op in enumerate(ops)
        if op[0] == "call" and ops[op[1]][0] == "attr" and ops[op[1]][1:] == (load, "get")
    ]


def _claimed(fn: Fn, window: Window, stores: list[Event], switches: list[int]) -> bool:
    """Whether the task stores to the place after the look and before it lets others run."""
    read, write = window.read, window.write
    assert read is not None and write.place is not None
    for store in stores:
        if store.op == write.op or store.place is None or store.place.symbol != write.place.symbol:
            continue
        if read.op < store.op < write.op and not any(passes(fn, read.op, op, store.op) for op in switches):
            return True
    return False


# -- what callees store -------------------------------------------------------------------------------


def _stores_below(fn: Fn, loads: dict[int, Event]) -> list[tuple[Event, Fn, Event]]:
    """Stores in functions that a load has decided to call, told at the call: (store, where, original)."""
    found: list[tuple[Event, Fn, Event]] = []
    linked = link(fn)
    result = analysis(fn)
    for number, (control, receiver) in result.calls_decided.items():
        call = linked.calls.get(number)
        if call is None or len(call.targets) != 1 or call.cls is not None:
            continue
        target = call.targets[0]
        if target.facts.is_async and not fn.facts.is_async:
            continue
        places = {loads[dep[0]].place for dep, _, _ in control if dep[0] in loads and dep[1] is None}
        symbols = {place.symbol for place in places if place is not None}
        wanted: dict[Symbol, Symbol] = {}
        for symbol in symbols:
            if symbol[0] == "global":
                wanted[symbol] = symbol
            elif symbol[0] == "attr" and symbol[1] == receiver and target.first_is_self:
                wanted["attr", ("param", 0), symbol[2]] = symbol
        if not wanted:
            continue
        held = result.at_calls.get(number, ())
        told: set[Symbol] = set()
        for where, event, inner in _stores_of(target, frozenset(wanted), 2):
            name = event.place.symbol  # type: ignore[union-attr]
            if name in told:
                continue
            told.add(name)
            what = event.place.what if event.place is not None else ""
            place = Place("shared", wanted[name], what, frozenset(), _last_text(loads, wanted[name]))
            lifted = event._replace(
                op=number,
                place=place,
                held=(*held, *_renumbered(number, inner)),
                control=control,
                deps=frozenset(),
                columns=(),
                trail=((where, event.op),),
            )
            if _looks_itself(where, event) or _looks_itself(target, event):
                continue
            found.append((lifted, where, event))
    return found


def _looks_itself(fn: Fn, store: Event) -> bool:
    """Whether the callee looks at the place itself before it stores: its own window is told there."""
    assert store.place is not None
    looks = [
        event
        for event in analysis(fn).events
        if event.does == "load" and event.place is not None and event.place.symbol == store.place.symbol
    ]
    decided = {dep[0] for dep, _, _ in store.control}
    return any(look.op in decided or any(held.kind == "lock" for held in look.held) for look in looks)


def _renumbered(number: int, held: tuple[Held, ...]) -> tuple[Held, ...]:
    return tuple(one._replace(id=(number + 1) * 1_000_000 + abs(one.id)) for one in held)


def _last_text(loads: dict[int, Event], symbol: Symbol) -> str:
    return next(
        (
            load.place.text
            for load in loads.values()
            if load.place is not None and load.place.symbol == symbol
        ),
        "",
    )


def _stores_of(
    fn: Fn, symbols: frozenset[Symbol], depth: int
) -> Iterator[tuple[Fn, Event, tuple[Held, ...]]]:
    """(function, store, locks held) of the stores to these places in a function and in methods it calls."""
    result = analysis(fn)
    for event in result.events:
        if event.does == "store" and event.place is not None and event.place.symbol in symbols:
            yield fn, event, event.held
    if depth <= 0:
        return
    ops = fn.facts.ops
    for number, call in link(fn).calls.items():
        if len(call.targets) != 1 or call.receiver is None or call.cls is not None:
            continue
        register = ops[call.receiver]
        target = call.targets[0]
        if register[0] == "name" and fn.facts.params and register[1] == fn.facts.params[0].name:
            if target is not fn and target.first_is_self and fn.first_is_self:
                outer = result.at_calls.get(number, ())
                for where, event, held in _stores_of(target, symbols, depth - 1):
                    yield where, event, (*outer, *held)


# -- walks --------------------------------------------------------------------------------------------


class Walk(NamedTuple):
    """A loop over a shared container, while others may change its size. ``changer``: who, and where.
    ``switch``: the operation in the loop that lets other tasks run, None for threads."""

    event: Event
    changer: Fn
    change: Event
    switch: int | None
    sure: int


def walks(fn: Fn) -> Iterator[Walk]:
    """Loops over shared containers that somebody else may change meanwhile."""
    if fn.index == 0 or fn.facts.name in ALONE:
        return
    events = heard(fn).events
    for event in events:
        if event.does != "walk" or event.place is None:
            continue
        if not _resizable(fn, event) or _swapped(events, event):
            continue
        sure = sharing(fn, event.place.symbol)
        if not sure:
            continue
        body = _loop_body(fn, event.op)
        if body is None:
            continue
        switch = None
        if fn.facts.is_async:
            inside = [e.op for e in events if e.does == "switch" and event.op < e.op < body]
            if not inside:
                continue
            waiting = [op for op in inside if op in switches_of(fn)]
            switch = (waiting or inside)[0]
            sure = sure if waiting else 1
        changed = _changed(fn, event)
        if changed is not None and not locked_by_callers(fn):
            if (
                sure > 1
                and switch is None
                and all(_in_loop_of_tasks(one, event.place.symbol) for one in (fn, changed[0]))
            ):
                sure = 1
            if _before_others(changed[0]) or (sure > 1 and undisturbed(fn, event.op, body - 1)):
                sure = 1
            if switch is not None and (_empties(*changed) or (of_actor(fn) and of_actor(changed[0]))):
                sure = 1
            if sure > 1:
                users = (fn, *(changer for changer, _ in _changes(fn, event)))
                meets = nobody_meets if switch is None else one_task
                sure = 1 if meets(users, event.place.symbol) else sure
            yield Walk(event, changed[0], changed[1], switch, sure)


def _before_others(fn: Fn) -> bool:
    """Whether a function sets something up or configures it, by its name, is called where modules are loaded,
    or is one of the module's or of a class's that nothing in the project mentions."""
    if sets_up(fn) or configures(fn) or at_load(fn):
        return True
    name = fn.facts.name
    mentioned = any(name in other.facts.names for other in fn.module.functions() if other is not fn)
    near = fn.module.path
    return (
        (public(fn) or (fn.owner is None and fn.parent is not None and fn.parent.index == 0))
        and (fn.owner is None or bool(_OF_CLASSES.intersection(fn.decorator_names)))
        and not mentioned
        and not any(path != near for path in fn.module.program.mentions(name, near))
        and bool(fn.module.program.source.project_files(near))
    )


def _changed(fn: Fn, walk: Event) -> tuple[Fn, Event] | None:
    """Where the size of a container that is walked through is changed: rather where something is taken out,
    and rather not where it is set up, nor where all begins anew."""
    best: tuple[Fn, Event] | None = None
    least = 6
    for found in _changes(fn, walk):
        rank = 2 * _before_others(found[0]) + 2 * _empties(*found) + _puts(*found)
        if rank < least:
            best, least = found, rank
        if not rank:
            break
    return best


def _in_loop_of_tasks(fn: Fn, symbol: Symbol) -> bool:
    if fn.facts.is_async or of_tasks(fn):
        return True
    attribute = own_attribute(symbol)
    return attribute is not None and at_home_in_loop(fn, attribute)


def _resizable(fn: Fn, event: Event) -> bool:
    """Whether a walk fails when the container changes: a dict or set; a list merely skips or repeats."""
    iterable = fn.facts.ops[fn.facts.ops[event.op][1]]
    if iterable[0] == "call":
        return True
    kind = link(fn).types[fn.facts.ops[event.op][1]]
    return kind is not None and kind.name.rpartition(".")[2] in ("dict", "set")


def _swapped(events: list[Event], walk: Event) -> bool:
    """Whether the function puts another container in the place first, and walks through what it took out."""
    assert walk.place is not None
    return any(
        event.does == "store"
        and event.place is not None
        and event.place.symbol == walk.place.symbol
        and event.place.what != "container"
        and event.op < walk.op
        for event in events
    )


def _loop_body(fn: Fn, op: int) -> int | None:
    """The end of the body of the loop whose element is taken at ``op``, None where it is a comprehension."""
    ops = fn.facts.ops
    best: int | None = None
    for start, end, successors, _ in fn.facts.blocks:
        if end > start and ops[end - 1][0] == "loop" and len(successors) == 2:
            first = fn.facts.blocks[successors[0]][0]
            after = fn.facts.blocks[successors[1]][0]
            if first <= op < after and (best is None or after < best) and op - first <= 1:
                best = after
    return best


def _changes(fn: Fn, walk: Event) -> Iterator[tuple[Fn, Event]]:
    """Where the size of a shared container is changed, outside constructors: in its class or module.

    Where the walk holds a lock, only under no lock: any that the change holds may be the one both mean. What
    puts something in counts where it takes a lock for that: it expects others, and the walk does not. Who has
    had a lock before the walk may have kept them from coming (``with self.lock: self.closed = True``).
    """
    assert walk.place is not None
    symbol = walk.place.symbol
    if not isinstance(symbol, tuple):
        return
    locked = any(held.kind == "lock" for held in walk.held)
    prepared = any(event.does == "lock" and event.op < walk.op for event in heard(fn).events)
    own = symbol[0] == "attr" and len(symbol) == 3
    owner = method_around(fn).facts.owner if own else None
    for other in fn.module.functions():
        if other.index == 0 or other.facts.name in ALONE or other is fn:
            continue
        if own and (method_around(other).facts.owner != owner or owner is None):
            continue
        for event in analysis(other).events:
            if event.does != "store" or event.place is None or event.place.what != "container":
                continue
            there = event.place.symbol
            same = there == symbol
            if own and isinstance(there, tuple) and len(there) == 3 and there[0] == "attr":
                same = there[2] == symbol[2] and there[1][0] in ("param", "outer")
            if same and _upsets(other, event, locked=locked, prepared=prepared):
                if not one_after_other(fn, other):
                    yield other, event
                break


def _upsets(fn: Fn, event: Event, *, locked: bool, prepared: bool) -> bool:
    """Whether a change can come in while a walk goes on that holds a lock itself, or has had one before."""
    if not _puts(fn, event):
        return not (locked and _locked(fn, event))
    return not (locked or prepared or _replaces(fn, event)) and _locked(fn, event)


def _locked(fn: Fn, event: Event) -> bool:
    return any(held.kind == "lock" for held in event.held) or locked_by_callers(fn)


def _puts(fn: Fn, event: Event) -> bool:
    """Whether the change puts something in; all others take something out."""
    op = fn.facts.ops[event.op]
    if op[0] != "call":
        return bool(op[0] != "delitem")
    callee = fn.facts.ops[op[1]]
    return bool(callee[0] != "attr" or callee[2] not in TAKES)


def _empties(fn: Fn, event: Event) -> bool:
    """Whether the change takes out all there is, as where everything begins anew, or ends."""
    op = fn.facts.ops[event.op]
    return bool(op[0] == "call" and fn.facts.ops[op[1]][0] == "attr" and fn.facts.ops[op[1]][2] == "clear")


def _replaces(fn: Fn, event: Event) -> bool:
    """Whether the change gives an entry that is there another value: counted on, under a fixed name, or where
    an entry of the table is taken before as one that must be there."""
    ops = fn.facts.ops
    op = ops[event.op]
    if op[0] != "setitem":
        return False
    table = text(fn.facts, op[1])
    return (
        ops[op[3]][0] == "inplace"
        or ops[op[2]][0] == "const"
        or any(other[0] == "item" and text(fn.facts, other[1]) == table for other in ops[: event.op])
    )


# -- who else is there --------------------------------------------------------------------------------


def sharing(fn: Fn, symbol: Symbol) -> int:
    """How sure it is that others use a place at the same time: 2 with evidence, 1 without, 0 where not."""
    owner = method_around(fn).owner
    if owner is not None and unshared_class(owner):
        return 0
    tasks = fn.facts.is_async
    root = symbol
    while isinstance(root, tuple) and len(root) == 3 and root[0] == "attr":
        root = root[1]
    if isinstance(root, tuple) and root[:1] == ("global",):
        return 2 if around_concurrency(fn.module, tasks) else 1
    if owner is not None and shared_class(owner, tasks):
        return 2
    return 1
