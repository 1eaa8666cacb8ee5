"""Which lock guards what, learned from the code as lockset analyses do.

Savage et al., "Eraser", ACM TOCS 1997; Blackshear et al., "RacerD", OOPSLA 2018: what is used under a lock in
most places is guarded by it, and a use without it is a fault, if anybody writes outside a constructor.
As there, the guard is held at each store that any lock is held at: where some are made under another lock
alone, no one lock guards the place. A lock by the name of what is worked on guards that, and one that another
object keeps for itself guards that object.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from rmwlint.facts.operands import made_of, operands
from rmwlint.program.calling import callings, mentioning
from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn, ModuleView
from rmwlint.windows.concurrency.callers import called_by_constructor, locked_by_callers
from rmwlint.windows.concurrency.phases import ALONE
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.concurrency.sharing import method_around
from rmwlint.windows.concurrency.spawning import starts_thread
from rmwlint.windows.concurrency.stored import stored_kind
from rmwlint.windows.concurrency.suspends import switches_of
from rmwlint.windows.flow import in_loop, passes
from rmwlint.windows.guards.clocks import tells_time
from rmwlint.windows.interpreter.constants import constant
from rmwlint.windows.interpreter.decorators import held_by_decorators
from rmwlint.windows.interpreter.interpret import analysis
from rmwlint.windows.memory.of_loop import runs_in_loop
from rmwlint.windows.memory.spares import tells_last
from rmwlint.windows.values import Event, Held, Symbol, Value

_USES = frozenset(["load", "store", "walk"])
#: callers of callers are followed so far up for the locks that all of them hold
_DEEPEST = 8
#: stands for a lock where others are kept out in another way: only constructors call, or who calls has a lock
_KEPT_OUT: Symbol = ("kept out",)
#: methods that put something into a container in one step
_PUTS = frozenset(["add", "append", "appendleft", "setdefault"])
#: methods that take something out in one step
_TAKES = frozenset(["pop", "discard", "remove"])
#: the same of what comes next, whatever it is
_TAKES_NEXT = frozenset(["pop", "popleft", "popitem"])
#: comparisons that ask if something is in a container
_ASKS = frozenset(["in", "not in"])
#: first words of methods that run before an object is used, or after
_PREPARES = (
    "enter__",
    "aenter__",
    "exit__",
    "aexit__",
    "init",
    "setup",
    "set_up",
    "start",
    "configure",
    "load",
    "open",
    "close",
    "stop",
    "shutdown",
    "cleanup",
    "teardown",
    "tear_down",
    "terminate",
    "dispose",
    "destroy",
    "consume_api",
    "populate",
    "connect",
    "disconnect",
)
#: names of methods that are called when something starts, by whoever uses it from then on
_AT_START = re.compile(r"on_(\w+_)?start$")
#: first words of methods that only look
_LOOKS = (
    "get",
    "is",
    "has",
    "list",
    "check",
    "validate",
    "show",
    "describe",
    "format",
    "to",
    "as",
    "can",
    "supports",
    "find",
    "fetch",
    "do_setup",
    "update_stats",
)

#: operations that take a value from where it stands
_FETCHED = frozenset(["attr", "const", "item"])


class Access(NamedTuple):
    """One use of a place. ``locks``: the symbols of the locks held there. ``elsewhere``: whether others
    can come in at all; nothing is known of a private method that nobody here calls."""

    fn: Fn
    event: Event
    locks: frozenset[Symbol]
    elsewhere: bool = True

    @property
    def resets(self) -> bool:
        """Whether it gives the place a constant or a setting, or the function starts over: with several at a
        time, for threads that it starts then, or with what it sets up for the constructor, which calls it
        too."""
        if self.event.does != "store":
            return False
        if stored_kind(self.fn, self.event) == "flag" or _to_setting(self.fn, self.event):
            return True
        if _to_constant(self.fn, self.event):
            return True
        anew = self.fn.facts.ops[self.event.op][0] == "setattr" and not self.event.deps
        if anew and called_by_constructor(self.fn):
            return True
        if _empties(self.fn, self.event) and _starts_after(self.fn, self.event.op):
            return True
        emptied = {
            event.place
            for event in analysis(self.fn).events
            if event.does == "store" and event.place is not None and _empties(self.fn, event)
        }
        return len(emptied) > 1 and _empties(self.fn, self.event)

    @property
    def minded(self) -> bool:
        """Whether it is a look under a handler of what is missing: that others take it out is known."""
        return self.event.does == "load" and "missing" in self.event.caught

    @property
    def skipped(self) -> bool:
        """Whether it is never made: a constant of the module that comes before it in the condition is so."""
        return any(
            op[0] == "bool"
            and op[1] == "and"
            and any(part < self.event.op and _never(self.fn, part) for part in op[2])
            and self.event.op in made_of(self.fn.facts.ops, number)
            for number, op in enumerate(self.fn.facts.ops)
        )

    @property
    def at_once(self) -> bool:
        """Whether a number is counted on, or a constant or the time is stored, by one statement with nothing
        awaited in it: tasks do not come in between."""
        op = self.fn.facts.ops[self.event.op]
        if op[0] != "setattr":
            return False
        stored = self.fn.facts.ops[op[3]]
        return stored[0] in ("inplace", "binop", "const", "call") and not any(
            self.fn.facts.ops[part][0] == "await" for part in made_of(self.fn.facts.ops, op[3], most=40)
        )

    @property
    def given(self) -> bool:
        """Whether it stores what the caller says, as it is, whatever was there: that comes before or after
        what is done under the lock, as it would with the lock."""
        op = self.fn.facts.ops[self.event.op]
        if op[0] != "setattr" or self.event.control or self.event.trail:
            return False
        stored = self.fn.facts.ops[op[3]]
        others = [other for other in self.fn.facts.ops if other[:2] == ("store", stored[-1])]
        return stored[0] == "name" and len(others) == 1 and self.fn.facts.ops[others[0][2]][0] == "param"

    @property
    def prepares(self) -> bool:
        """Whether the function's name says that it runs before anybody comes, or after all have gone, or
        whether it refuses to run twice."""
        name = self.fn.facts.name.lstrip("_")
        return name.startswith(_PREPARES) or _AT_START.match(name) is not None or _refuses_twice(self.fn)

    @property
    def notes_time(self) -> bool:
        """Whether it stores the time, or notes what came last: it makes no difference whose does."""
        ops = self.fn.facts.ops
        op = ops[self.event.op]
        if op[0] == "setattr" and tells_last(self.event) and not self.event.deps:
            return True
        return op[0] in ("setattr", "setitem") and tells_time(self.fn, op[3])


def _never(fn: Fn, register: int) -> bool:
    """Whether a condition is a constant of a module, or its contrary, and never met."""
    op = fn.facts.ops[register]
    wanted = op[0] == "unary" and op[1] == "not"
    op = fn.facts.ops[op[2]] if wanted else op
    if op[0] != "name" or op[1] in fn.facts.locals:
        return False
    module = fn.module
    qualified = module.facts.imports.get(op[1], f"{module.name}.{op[1]}")
    known = constant(module.program, qualified, module.path)
    return isinstance(known, bool) and known is wanted


def _refuses_twice(fn: Fn) -> bool:
    """Whether a method raises where a flag of its object is set, and then sets it."""
    ops, blocks = fn.facts.ops, fn.facts.blocks
    flags = {op[2] for op in ops if op[0] == "setattr"}
    for start, last, successors, _ in blocks:
        if last <= start or ops[last - 1][0] != "branch" or len(successors) != 2:
            continue
        asked = ops[ops[last - 1][1]]
        if asked[0] == "attr" and asked[2] in flags:
            _, end, further, _ = blocks[successors[0]]
            if not further and ops[end - 1][0] == "raise":
                return True
    return False


def _empties(fn: Fn, event: Event) -> bool:
    value = next((value for name, value in event.columns if name == ""), None)
    if value is not None and (value.items == () or _plain_container(fn, value)):
        return event.place is not None and event.place.what != "container"
    return stored_kind(fn, event) in ("flag", "emptied")


def _starts_after(fn: Fn, number: int) -> bool:
    """Whether a function starts threads after an operation."""
    return any(at > number and starts_thread(call) for at, call in link(fn).calls.items())


def _to_setting(fn: Fn, event: Event) -> bool:
    """Whether an attribute is stored of an object that the method's own keeps (``self.options.limit``)."""
    ops = fn.facts.ops
    op = ops[event.op]
    if op[0] != "setattr" or ops[op[3]][0] != "attr":
        return False
    keeper = ops[ops[op[3]][1]]
    return keeper[0] == "attr" and fn.is_self(keeper[1])


def _to_constant(fn: Fn, event: Event) -> bool:
    """Whether an attribute is given a constant that the class has under a name (``self.IDLE``)."""
    ops = fn.facts.ops
    op = ops[event.op]
    owner = method_around(fn).owner
    if op[0] != "setattr" or ops[op[3]][0] != "attr" or owner is None or not fn.is_self(ops[op[3]][1]):
        return False
    name = ops[op[3]][2]
    return any(
        base.module.facts.functions[base.facts.scope].ops[register][0] == "const"
        for base in owner.mro()
        for register in (base.facts.fields.get(name),)
        if register is not None
    ) and not any(name in base.facts.self_fields for base in owner.mro())


def _plain_container(fn: Fn, value: Value) -> bool:
    if value.symbol[:1] != ("new",) or not isinstance(value.symbol[1], int):
        return False
    call = link(fn).calls.get(value.symbol[1])
    return (
        call is not None
        and call.qualified in ("dict", "list", "set")
        and not fn.facts.ops[value.symbol[1]][2]
    )


class Lockset(NamedTuple):
    """A place that a lock guards in most uses: who uses it with the lock, and who with no lock at all.

    ``balance``: how many more uses the lock guards than it leaves bare, of all places that it guards.
    ``beside``: it is only used under one hold of the lock, which is there for another place.
    """

    place: str
    lock: Symbol
    text: str
    reach: str
    guarded: tuple[Access, ...]
    bare: tuple[Access, ...]
    balance: int = 0
    beside: bool = False

    def bears(self, use: Access) -> bool:
        """Whether the place bears a bare change by one call: something is put in while nobody walks through
        it under the lock (or it is a list: a walk comes by it, or does not); something is taken out while
        nobody looks at the place twice under one hold of the lock; or the object is none that the class
        itself shows to be a container."""
        op = use.fn.facts.ops[use.event.op]
        if use.event.does != "store" or op[0] != "call":
            return False
        callee = use.fn.facts.ops[op[1]]
        if callee[0] != "attr":
            return False
        if callee[2] in _PUTS:
            return _in_order(use, callee[1]) or not any(
                access.event.does == "walk" for access in self.guarded
            )
        if callee[2] in _TAKES and (callee[2] != "pop" or len(op[2]) == 2):
            return not any(self._rests_on(access) for access in self.guarded)
        if callee[2] in _TAKES_NEXT and "missing" in use.event.caught:
            return all(map(self._minds, self.guarded))
        return callee[2] == "update" and len(op[2]) > 1

    def _minds(self, access: Access) -> bool:
        """Whether what a use under the lock takes may be gone: that is handled there."""
        op = access.fn.facts.ops[access.event.op]
        if access.event.does == "walk":
            return False
        if access.event.does != "store" or op[0] != "call" or access.fn.facts.ops[op[1]][0] != "attr":
            return op[0] not in ("setattr", "delitem", "setitem")
        callee = access.fn.facts.ops[op[1]]
        return callee[2] not in _TAKES | _TAKES_NEXT or "missing" in access.event.caught

    def renamed(self, use: Access) -> bool:
        """Whether a bare look only gives the object another name, under which it is used with the lock."""
        ops = use.fn.facts.ops
        name = next((op[1] for op in ops if op[0] == "store" and op[2] == use.event.op), None)
        if name is None or ops[use.event.op][0] != "attr" or self._bound_anew(use):
            return False
        uses = [
            event
            for event in analysis(use.fn).events
            if event.op > use.event.op
            and event.place is not None
            and use.event.place is not None
            and event.place.symbol == use.event.place.symbol
        ]
        return bool(uses) and all(self.lock in _locks(event.held) for event in uses)

    def swapped_out(self, use: Access) -> bool:
        """Whether a bare change is one of what the function has taken out under the lock, putting something
        else in its place: nobody else has that any more."""
        ops, place = use.fn.facts.ops, use.event.place
        op = ops[use.event.op]
        changed = op[1] if op[0] in ("setitem", "delitem") else None
        if op[0] == "call" and ops[op[1]][0] == "attr":
            changed = ops[op[1]][1]
        if changed is None or ops[changed][0] != "name" or place is None:
            return False
        given = [other[2] for other in ops if other[:2] == ("store", ops[changed][1])]
        return len(given) == 1 and any(
            given[0] < event.op < use.event.op
            and event.does == "store"
            and event.place is not None
            and event.place.symbol == place.symbol
            and ops[event.op][0] in ("setattr", "store")
            and self.lock in _locks(event.held)
            for event in analysis(use.fn).events
        )

    def given_whole(self, use: Access) -> bool:
        """Whether a bare store only puts in place what the caller gives, and nobody makes the next value out
        of the last one: that it comes in between does no more than to come before or after. Or whether it is
        a property's, with which others set one attribute alone."""
        return use.given and (
            "setter" in use.fn.decorator_names or not any(map(_made_from_last, self.guarded))
        )

    def _bound_anew(self, use: Access) -> bool:
        """Whether the attribute is given another object once it is in use."""
        return any(
            access.fn.facts.ops[access.event.op][0] == "setattr" for access in (*self.guarded, *self.bare)
        )

    def only_fills(self, use: Access) -> bool:
        """Whether a bare look is one for an entry of what nobody takes anything out of, nor binds anew, and
        the entries are plain values that stand elsewhere too: what it has found stays there; what it has
        missed is the same when it is put in again."""
        if use.event.does != "load":
            return False
        stores = [access for access in (*self.guarded, *self.bare) if access.event.does == "store"]
        return bool(stores) and all(
            access.fn.facts.ops[access.event.op][0] == "setitem"
            and _stands_elsewhere(access)
            and stored_kind(access.fn, access.event) == "value"
            and not any(dep[2] == "arith" for dep in access.event.deps)
            for access in stores
        )

    def _rests_on(self, access: Access) -> bool:
        """Whether a use under the lock rests on the place staying as it is: it is walked through, or used
        again, in code that somebody calls."""
        if access.event.does == "walk":
            return not _copied(access) and _called_by_somebody(access.fn)
        own = [other for other in self.guarded if other.fn is access.fn]
        lines = {other.fn.facts.spans[other.event.op][0] for other in own}
        return len(lines) > 1 and not all(map(_asks_or_puts, own)) and _called_by_somebody(access.fn)

    def looks_for_own(self, use: Access) -> bool:
        """Whether a bare look is one of who alone takes anything out, and the place bears that: what is found
        stays until then."""
        if use.event.does != "load":
            return False
        taking = [access for access in (*self.guarded, *self.bare) if _takes_out(access)]
        return bool(taking) and all(access.fn is use.fn and self.bears(access) for access in taking)

    def looks_to_reset(self, use: Access) -> bool:
        """Whether all that a bare look decides on the place is that it goes back to a setting."""
        decided = [
            access
            for access in (*self.guarded, *self.bare)
            if access.fn is use.fn
            and access.event.does == "store"
            and any(dep[0] == use.event.op for dep, _, _ in access.event.control)
        ]
        return bool(decided) and all(_to_setting(use.fn, access.event) for access in decided)

    def of_loop(self, use: Access) -> bool:
        """Whether a bare look is made where the coroutines of the class run, as far as its callers show: they
        are the ones that change things."""
        return use.event.does == "load" and not use.fn.facts.is_async and runs_in_loop(use.fn)

    def unseen_by_tasks(self, use: Access) -> bool:
        """Whether a bare change of an entry, by one statement that awaits nothing, comes before or after all
        that is done under the lock: no function that holds it awaits anything between two of its uses."""
        ops = use.fn.facts.ops
        op = ops[use.event.op]
        changes = op[0] in ("setitem", "delitem") or (
            op[0] == "call" and ops[op[1]][0] == "attr" and ops[op[1]][2] in _TAKES | _PUTS
        )
        if not changes or use.event.control:
            return False
        if any(ops[part][0] == "await" for part in made_of(ops, use.event.op, most=40)):
            return False
        return not any(
            passes(one.fn, one.event.op, switch, other.event.op)
            or (one is other and one.event.does == "walk" and in_loop(one.fn, switch))
            for one in self.guarded
            for switch in switches_of(one.fn)
            for other in self.guarded
            if other.fn is one.fn
        )

    def left_to_callers(self, use: Access) -> bool:
        """Whether another class takes the object's lock to call the method: that is its callers' part."""
        if self.lock[0] != "attr":
            return False
        owner = method_around(use.fn).owner
        return any(
            held.kind == "lock"
            and isinstance(held.key, tuple)
            and held.key[0] == "attr"
            and held.key[2] == self.lock[2]
            for caller, number, _ in callings(use.fn)[0]
            if method_around(caller).owner is not owner
            for held in heard(caller).at_calls.get(number, ())
        )

    def decides_a_store(self, use: Access) -> bool:
        """Whether a bare look decides that a function is called which changes the place without the lock."""
        storing = {access.fn for access in self.bare if access.event.does == "store"} - {use.fn}
        calls = link(use.fn).calls
        return any(
            any(dep[0] == use.event.op for dep, _, _ in control)
            and any(target in storing or storing & _called(target) for target in calls[number].targets)
            for number, control in analysis(use.fn).control_at.items()
            if number in calls
        )


def _made_from_last(access: Access) -> bool:
    """Whether a store makes what it stores out of what was there."""
    if access.event.does != "store":
        return False
    found = {
        event.op
        for event in analysis(access.fn).events
        if event.does == "load" and event.place is not None and access.event.place is not None
        if event.place.symbol == access.event.place.symbol
    }
    return any(dep[0] in found for dep in access.event.deps)


def _made_from_others(access: Access) -> bool:
    """Whether a store makes what it stores out of other shared places: the two go together then."""
    if access.event.does != "store":
        return False
    found = {event.op for event in analysis(access.fn).events if event.does == "load"}
    return any(dep[0] in found for dep in access.event.deps)


def _stands_elsewhere(access: Access) -> bool:
    """Whether what is stored under a key is fetched from where it stands anyhow, and not made for it."""
    ops = access.fn.facts.ops
    given = ops[ops[access.event.op][3]]
    return given[0] in _FETCHED or (given[0] == "call" and ops[given[1]] == ("name", "getattr"))


def _asks_or_puts(access: Access) -> bool:
    """Whether a use only asks if something is in a container, or puts something in."""
    ops = access.fn.facts.ops
    op = ops[access.event.op]
    if access.event.does == "store":
        return op[0] == "call" and ops[op[1]][0] == "attr" and ops[op[1]][2] in _PUTS
    users = [other for other in ops[access.event.op + 1 :] if access.event.op in operands(other)]
    return bool(users) and all(user[0] == "compare" and set(user[1]) <= _ASKS for user in users)


def _takes_out(access: Access) -> bool:
    """Whether a use takes something out of a container, or puts another in its place."""
    ops = access.fn.facts.ops
    op = ops[access.event.op]
    if access.event.does != "store" or op[0] == "setitem":
        return False
    return op[0] != "call" or ops[op[1]][0] != "attr" or ops[op[1]][2] not in _PUTS


def _in_order(use: Access, register: int) -> bool:
    """Whether the container changed is a list or queue, whose walks survive that something is put in."""
    kind = link(use.fn).types[register]
    return kind is not None and kind.name.rpartition(".")[2] == "list"


def _copied(access: Access) -> bool:
    """Whether a walk only makes a copy, in one step of the interpreter."""
    ops = access.fn.facts.ops
    op = ops[access.event.op]
    return op[0] == "call" and ops[op[1]][0] == "name" and ops[op[1]][1] in ("list", "tuple", "set", "sorted")


def _called_by_somebody(fn: Fn) -> bool:
    """Whether the project's text has a call of a method, or of the one that a function stands in."""
    method = method_around(fn)
    called, all_known = callings(method)
    if called or not all_known or method.facts.name.startswith("__"):
        return True
    modules, _ = mentioning(method)
    return any(
        other is not method and method.facts.name in other.facts.names
        for module in modules
        for other in module.functions()
    )


def _called(fn: Fn) -> frozenset[Fn]:
    return frozenset(target for call in link(fn).calls.values() for target in call.targets)


def class_locksets(cls: Cls) -> Iterator[Lockset]:
    """The attributes of the class's objects that are guarded somewhere and bare elsewhere."""
    fns = [fn for fn in cls.module.functions() if _stands_in(fn, cls)]
    if any(takes_lock(fn) for fn in fns):
        yield from _locksets(fns, lambda symbol: _attribute(fns, symbol))


def module_locksets(module: ModuleView) -> Iterator[Lockset]:
    """The module's variables that are guarded somewhere and bare elsewhere."""
    fns = [fn for fn in module.functions() if fn.index]
    if any(takes_lock(fn) for fn in fns):
        prefix = f"{module.name}."
        yield from _locksets(fns, lambda symbol: _global(prefix, symbol))


def _stands_in(fn: Fn, cls: Cls) -> bool:
    around: Fn | None = fn
    while around is not None:
        if around.facts.owner is not None:
            return around.facts.owner == cls.index
        around = around.parent
    return False


def takes_lock(fn: Fn) -> bool:
    """Whether the function takes a lock, its decorators included."""
    return any(event.does == "lock" for event in heard(fn).events) or any(
        held.kind == "lock" for held in held_by_decorators(fn)
    )


def _attribute(fns: list[Fn], symbol: Symbol) -> str:
    if isinstance(symbol, tuple) and len(symbol) == 3 and symbol[0] == "attr":
        base = symbol[1]
        if base == ("param", 0) or (isinstance(base, tuple) and base[:1] == ("outer",)):
            return f"self.{symbol[2]}"
    return ""


def _global(prefix: str, symbol: Symbol) -> str:
    if isinstance(symbol, tuple) and symbol[:1] == ("global",) and str(symbol[1]).startswith(prefix):
        name = str(symbol[1])[len(prefix) :]
        return name if "." not in name else ""
    return ""


def _locksets(fns: list[Fn], name_of: Callable[[Symbol], str]) -> Iterator[Lockset]:
    entry, unknown = _held_on_entry(fns)
    accesses: dict[str, list[Access]] = {}
    texts: dict[Symbol, tuple[str, str]] = {}
    locked = _used_under_locks(fns, entry, name_of)
    for fn in fns:
        if fn.facts.name in ALONE or fn not in entry or not _mentions(fn, locked):
            continue
        seen: set[tuple[str, str, int]] = set()
        left = _given_back(fn)
        for event in analysis(fn).events:
            for held in event.held:
                if held.kind == "lock":
                    texts.setdefault(lock_name(held), (held.text, held.reach))
            if event.does not in _USES or event.place is None:
                continue
            name = name_of(event.place.symbol)
            line = fn.facts.spans[event.op][0]
            if not name or (name, event.does, line) in seen:
                continue
            seen.add((name, event.does, line))
            accesses.setdefault(name, []).append(
                Access(
                    fn,
                    event,
                    _own_locks(fn, event.held)
                    | entry[fn]
                    | ({_KEPT_OUT} if event.op < left else frozenset()),
                    fn not in unknown and not locked_by_callers(fn),
                )
            )
    lock_names = {name_of(key) for key in texts}
    locksets: list[Lockset] = []
    balances: dict[Symbol, int] = {}
    for name, uses in sorted(accesses.items()):
        if name in lock_names:
            continue
        found = _guarded(name, uses, texts)
        if found is not None:
            locksets.append(found)
            balances[found.lock] = balances.get(found.lock, 0) + len(found.guarded) - len(found.bare)
    for found in locksets:
        own = _holds(found.guarded, found.lock)
        others = (_holds(uses, found.lock) for name, uses in accesses.items() if name != found.place)
        beside = len(own) == 1 and any(len(other) > 1 and own <= other for other in others)
        beside = beside and not any(map(_made_from_others, found.guarded))
        yield found._replace(balance=balances[found.lock], beside=beside)


def _holds(uses: Sequence[Access], lock: Symbol) -> set[tuple[Fn, int]]:
    """The holds of a lock under which a place is used: functions, and where each takes it."""
    return {(use.fn, held.id) for use in uses for held in use.event.held if lock_name(held) == lock}


def _used_under_locks(
    fns: list[Fn], entry: dict[Fn, frozenset[Symbol]], name_of: Callable[[Symbol], str]
) -> frozenset[str]:
    """The last names of the places that are used somewhere while a lock is held."""
    found: set[str] = set()
    for fn in fns:
        around = entry.get(fn)
        for event in (analysis(fn) if around else heard(fn)).events:
            if event.does in _USES and event.place is not None and (around or _locks(event.held)):
                found.add(name_of(event.place.symbol).rpartition(".")[2])
    return frozenset(found - {""})


def _mentions(fn: Fn, names: frozenset[str]) -> bool:
    return takes_lock(fn) or any(
        (op[0] in ("attr", "name") and op[-1] in names)
        or (op[0] == "setattr" and op[2] in names)
        or (op[0] == "store" and op[1] in names)
        for op in fn.facts.ops
    )


def _guarded(name: str, uses: list[Access], texts: dict[Symbol, tuple[str, str]]) -> Lockset | None:
    if not any(use.event.does == "store" for use in uses):
        return None
    counts: dict[Symbol, int] = {}
    stored = [use.locks for use in uses if use.event.does == "store" and use.locks - {_KEPT_OUT}]
    for use in uses:
        for lock in use.locks:
            if all(lock in locks for locks in stored) and _of_all(lock):
                counts[lock] = counts.get(lock, 0) + 1
    if not counts:
        return None
    lock = max(counts, key=lambda key: (counts[key], texts.get(key, ("", "")), repr(key)))
    if lock not in texts:
        return None
    guarded = tuple(use for use in uses if lock in use.locks)
    bare = tuple(use for use in uses if not use.locks)
    if not bare or not any(use.event.does == "store" for use in guarded):
        return None
    written, reach = texts[lock]
    return Lockset(name, lock, written, reach, guarded, bare)


def _of_all(lock: Symbol) -> bool:
    """Whether a lock can be that of an object's attributes: not one by the name of what is worked on, nor one
    that another object keeps for itself."""
    if lock[0] in ("named", "item"):
        return not _of_one(lock[-1])
    if lock[0] == "call":
        return not any(map(_of_one, lock[2:]))
    of_another = lock[0] == "attr" and isinstance(lock[1], tuple) and lock[1][:1] == ("attr",)
    return not (of_another and str(lock[2]).startswith("_"))


def _of_one(name: object) -> bool:
    """Whether a name is that of what is worked on: no constant, nothing that the module or the object has."""
    own = ("param", 0)
    while isinstance(name, tuple) and name[:1] == ("attr",):
        name = name[1]
    return isinstance(name, tuple) and name[:1] not in (("const",), ("global",)) and name != own


def lock_name(held: Held) -> Symbol:
    """One name for one lock in all methods of a class: its attribute, variable, or constant name."""
    key = held.key
    if isinstance(key, tuple) and len(key) == 3 and key[0] == "attr" and isinstance(key[1], tuple):
        if key[1][:1] == ("outer",):
            return ("attr", ("param", 0), key[2])
    return key


def _locks(held: Sequence[Held]) -> frozenset[Symbol]:
    return frozenset(lock_name(one) for one in held if one.kind == "lock" and not one.fresh)


def _own_locks(fn: Fn, held: Sequence[Held]) -> frozenset[Symbol]:
    """The locks held in a function, that too which it has made anew and put where the object has its lock."""
    made = {one.key[1] for one in held if one.kind == "lock" and one.fresh and one.key is not None}
    kept = frozenset(
        ("attr", ("param", 0), op[2])
        for op in fn.facts.ops
        if made and op[0] == "setattr" and op[3] in made and fn.is_self(op[1])
    )
    return _locks(held) | kept


def _given_back(fn: Fn) -> int:
    """The last operation at which a function gives back a lock that it has not acquired: its caller has."""
    events = heard(fn).events
    acquired = {
        event.place.symbol
        for event in events
        if event.does == "lock" and event.row is not None and event.place is not None
    }
    return max(
        (
            event.op
            for event in events
            if event.does == "unlock" and event.place is not None and event.place.symbol not in acquired
        ),
        default=-1,
    )


def _held_on_entry(fns: list[Fn]) -> tuple[dict[Fn, frozenset[Symbol]], frozenset[Fn]]:
    """The locks that every caller known here holds when it calls a private or nested function; a private
    method that nobody here calls is no caller, where there are others. A nested function that nobody here
    calls is handed to somebody: nothing is known of it, and it is left out."""
    callers: dict[Fn, list[tuple[Fn, frozenset[Symbol]]]] = {}
    for fn in fns:
        at_calls = heard(fn).at_calls
        for number, call in link(fn).calls.items():
            for target in call.targets:
                callers.setdefault(target, []).append((fn, _own_locks(fn, at_calls.get(number, ()))))
    entry: dict[Fn, frozenset[Symbol]] = {fn: frozenset() for fn in fns}
    for fn in fns:
        nested = fn.facts.owner is None and fn.parent is not None and fn.parent.index != 0
        if nested and fn not in callers:
            del entry[fn]
    for _ in range(_DEEPEST):
        before = dict(entry)
        for fn in entry:
            name = fn.facts.name
            private = name.startswith("_") and not name.endswith("__")
            nested = fn.facts.owner is None and fn.parent is not None and fn.parent.index != 0
            calls = callers.get(fn)
            if calls and (private or nested):
                called = [
                    (caller, held) for caller, held in calls if callers.get(caller) or not _private(caller)
                ]
                sets = [
                    held | entry.get(caller, frozenset())
                    for caller, held in called or calls
                    if caller.facts.name not in ALONE
                ]
                if sets:
                    entry[fn] = frozenset.intersection(*sets)
                else:
                    entry[fn] = frozenset([_KEPT_OUT])
        if entry == before:
            break
    for fn in entry:
        if "property" in fn.decorator_names and not entry[fn]:
            entry[fn] = _held_where_asked(fn, fns, entry)
    unknown = frozenset(fn for fn in entry if fn not in callers and _private(fn))
    return entry, unknown


def _held_where_asked(fn: Fn, fns: list[Fn], entry: dict[Fn, frozenset[Symbol]]) -> frozenset[Symbol]:
    """The locks that are held wherever the class asks for a property of its own, none where others do too."""
    name, near = fn.facts.name, fn.module.path
    sets: list[frozenset[Symbol]] = []
    for other in fns:
        if name not in other.facts.names or other.facts.name in ALONE:
            continue
        for number, op in enumerate(other.facts.ops):
            if op[0] == "attr" and op[2] == name and other.is_self(op[1]):
                sets.append(_locks(_held_about(other, number)) | entry.get(other, frozenset()))
    if not sets or any(path != near for path in fn.module.program.mentions(name, near)):
        return frozenset()
    return frozenset.intersection(*sets)


def _held_about(fn: Fn, number: int) -> tuple[Held, ...]:
    """What is held where an attribute is asked for, or at the call of a method of what that gives."""
    ops, found = fn.facts.ops, analysis(fn)
    held = next((event.held for event in found.events if event.op == number), None)
    if held is not None:
        return held
    methods = [at for at, op in enumerate(ops) if op[0] == "attr" and op[1] == number]
    return next((found.at_calls[at] for at in found.at_calls if ops[at][1] in methods), ())


def _private(fn: Fn) -> bool:
    return fn.facts.name.startswith("_") and not fn.facts.name.endswith("__")


# -- methods without the lock of their class ----------------------------------------------------------


class Unlocked(NamedTuple):
    """A method that uses what the class's other methods use only under a lock that decorates them.

    ``use``: the call through the attribute; ``others``: methods that take the lock, with such a call each.
    """

    fn: Fn
    use: int
    attribute: str
    lock: str
    others: tuple[tuple[Fn, int], ...]


def unlocked_methods(cls: Cls) -> Iterator[Unlocked]:
    """Public methods without the lock by name that nearly all others of the class take."""
    locked: dict[Symbol, list[Fn]] = {}
    texts: dict[Symbol, str] = {}
    methods = [fn for fn in cls.own_methods() if not fn.facts.name.startswith("_") and fn.first_is_self]
    bare: list[Fn] = []
    for fn in methods:
        named = [held for held in held_by_decorators(fn) if held.kind == "lock" and _constant(held.key)]
        for held in named:
            locked.setdefault(held.key, []).append(fn)
            texts.setdefault(held.key, held.text)
        if not any(held.kind == "lock" for held in held_by_decorators(fn)):
            bare.append(fn)
    for key, fns in sorted(locked.items(), key=lambda item: repr(item[0])):
        if len(fns) < 4:
            continue
        through: dict[str, list[tuple[Fn, int]]] = {}
        for fn in fns:
            for attribute, number in _calls_through(fn).items():
                through.setdefault(attribute, []).append((fn, number))
        for attribute, others in sorted(through.items()):
            if len(others) < 4:
                continue
            found = [
                (fn, calls[attribute])
                for fn in bare
                if attribute in (calls := _calls_through(fn))
                and not _only_looks(fn)
                and not _locks_inside(fn)
            ]
            if found and len(found) * 4 <= len(others):
                for fn, number in found:
                    yield Unlocked(fn, number, f"self.{attribute}", texts[key], tuple(others))


def _constant(key: Symbol) -> bool:
    return (
        isinstance(key, tuple)
        and len(key) == 2
        and key[0] == "named"
        and key[1][:1] in (("const",), ("global",))
    )


def _only_looks(fn: Fn) -> bool:
    name = fn.facts.name
    return name in ALONE or name.startswith(tuple(f"{word}_" for word in _LOOKS)) or name in _LOOKS


def _locks_inside(fn: Fn) -> bool:
    return any(event.does == "lock" for event in heard(fn).events) or any(
        any(held.kind == "lock" for held in held_by_decorators(target))
        for call in link(fn).calls.values()
        for target in call.targets
    )


def _calls_through(fn: Fn) -> dict[str, int]:
    """Attribute of self → the first call of a method of what it holds, which does more than look."""
    known = fn.memo.get("calls_through")
    if known is None:
        found: dict[str, int] = {}
        ops = fn.facts.ops
        for number, op in enumerate(ops):
            if op[0] != "call" or ops[op[1]][0] != "attr":
                continue
            callee = ops[op[1]]
            holder = ops[callee[1]]
            if (
                holder[0] == "attr"
                and ops[holder[1]][0] == "name"
                and ops[holder[1]][1] == fn.facts.params[0].name
            ):
                if not callee[2].startswith(_LOOKS):
                    found.setdefault(holder[2], number)
        known = fn.memo["calls_through"] = found
    return known  # type: ignore[return-value]
