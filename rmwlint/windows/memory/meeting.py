"""Do two threads come to the same place at the same time: is there anything that says so?

The ways to the functions that use a place are followed up to where they begin: in a thread that somebody
starts once, in a program that is run by hand, or outside, where nobody is known to call. Where all begin in
one and the same, nobody meets there, whatever else the class or the module has its locks and threads for. A
view, a handler, a pool, and what is started in a loop come with others; so does what too many call. An object
that never leaves the function that makes it is used by the one thread that runs that, and by those that the
object starts itself. That many come by the framework that a module imports, or because too many call, says
little by itself: the project must serve each in a thread of its own, or the module have to do with threads;
and where it is an object that is used, a lock must be held over the attribute somewhere, or the module keep
the object. In a module that tells nothing of its callers, a lock that the class takes for whatever it is
tells enough, or threads of which it is not known what they run. Where all ways begin outside or in what is
run by hand, and nothing says who comes from there, a lock over the place itself must tell of others, whatever
threads the class starts. The locks of a derived class tell of others, too, where they are not held around
what it inherits. A library that the project has copied is its makers' to mend.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from rmwlint.facts.model import Op
from rmwlint.facts.operands import operands
from rmwlint.program.calling import Site, call_sites, constructions, handed_over, kept_for_check
from rmwlint.program.link import Call, link
from rmwlint.program.program import Cls, Fn
from rmwlint.windows.concurrency.by_hand import by_hand
from rmwlint.windows.concurrency.comers import (
    MAIN,
    MOST_FOLLOWED,
    called_by_decorator,
    callers_of,
    crowd_in_project,
    of_pool,
    others_come_by,
    runs_thread,
    serves,
    stands_alone,
    threads_in_project,
)
from rmwlint.windows.concurrency.modules import concurrent_module, copied_in
from rmwlint.windows.concurrency.phases import ALONE, sets_up, starts
from rmwlint.windows.concurrency.quiet import heard, stored_by_name
from rmwlint.windows.concurrency.sharing import known_to_all, locked_below, method_around
from rmwlint.windows.concurrency.spawning import starts_thread
from rmwlint.windows.flow import in_loop
from rmwlint.windows.interpreter.decorators import held_by_decorators
from rmwlint.windows.memory.apart import threads_told
from rmwlint.windows.memory.of_loop import locked_somewhere
from rmwlint.windows.values import Symbol, own_attribute

_MANY = "many"
#: many, as the framework lets expect that a module imports, or the number of callers
_GUESSED = "guessed"
#: who knows who, from a module that tells nothing of it
_ANYBODY = "anybody"
_OUTSIDE = "outside"
_BY_HAND = "by hand"

#: the reach of a lock that only threads of one process take
_THREAD = "thread"

#: where ways begin: one of the above, or the function that a thread runs
_Begin = Fn | str


def nobody_meets(fns: Iterable[Fn], symbol: Symbol, *, torn: bool = False) -> bool:
    """Whether nothing says that two threads come to a place at the same time by these functions.

    ``torn``: who only looks is hit as well, so that any lock in a class is enough to expect threads.
    """
    users = list(fns)
    if not users or _expected_below(users[0], symbol):
        return False
    first = users[0]
    if copied_in(first.module):
        return True
    begins: set[_Begin] = set()
    for fn in users:
        begins |= kept_for_check(fn, "begins", partial(_begins, fn))
    threads = {begin for begin in begins if isinstance(begin, Fn)}
    if any(_several(thread) and not _its_own(first, symbol, thread) for thread in threads):
        return False
    if _attribute(symbol) is not None and confined(first):
        return len(threads) + bool(begins - threads - {_BY_HAND}) < 2
    guessed = begins & {_GUESSED, _ANYBODY}
    if guessed:
        shared = _by_guess(first, symbol, _ANYBODY in guessed, torn)
        begins = begins - guessed | {_MANY if shared else _OUTSIDE}
    if _MANY in begins or len(threads) > 1 or (threads and len(begins) > 1):
        return False
    if begins <= {_OUTSIDE, _BY_HAND}:
        return _OUTSIDE not in begins or not _guarded_somewhere(first, symbol)
    return _OUTSIDE not in begins or not _expects_threads(first, symbol)


def _by_guess(fn: Fn, symbol: Symbol, anybody: bool, torn: bool) -> bool:
    """Whether threads are to be expected at a place where it is only guessed that many come to a function.

    ``anybody``: its module tells nothing of its callers; else its project must serve each in a thread, or the
    module have to do with threads, and what all objects share be used under a lock or in a class that takes
    some. ``torn``: see ``nobody_meets``.
    """
    owner, attribute = method_around(fn).owner, _attribute(symbol)
    if not (anybody or threads_in_project(fn.module)):
        if not concurrent_module(fn.module, False):
            return False
        if attribute is None:  # its threads may do anything: a lock says that they come here
            return _takes_locks(fn) if owner is not None else _guarded_somewhere(fn, symbol)
    if attribute is None:
        return True
    if owner is not None and (known_to_all(owner) or locked_somewhere(owner, attribute)):
        return True
    if anybody and (owner is None or not threads_told(owner, attribute)):
        return True
    return (torn or anybody) and _takes_locks(fn)


def _attribute(symbol: Symbol) -> str | None:
    """The attribute of a method's own object that a symbol stands for, inside functions of the method too."""
    if isinstance(symbol, tuple) and len(symbol) == 3 and symbol[0] == "attr" and symbol[1][:1] == ("outer",):
        return str(symbol[2])
    return own_attribute(symbol)


def _several(fn: Fn) -> bool:
    """Whether a function is what threads run that are objects of its class, made in a loop."""
    owner = fn.owner
    if owner is None or not runs_thread(fn):
        return False
    made = constructions(owner, owner.method("__init__") or fn)
    return any(in_loop(calling.caller, calling.number) for calling in made)


def _its_own(fn: Fn, symbol: Symbol, thread: Fn) -> bool:
    """Whether a place is an attribute of the object that such a thread is: each of them has one."""
    owner = method_around(fn).owner
    if _attribute(symbol) is None or owner is None or thread.owner is None:
        return False
    return owner in thread.owner.mro() or thread.owner in owner.mro()


def _expected_below(fn: Fn, symbol: Symbol) -> bool:
    """Whether a class derived from that of a method takes locks of threads, and none over the attribute."""
    owner, attribute = method_around(fn).owner, _attribute(symbol)
    return owner is not None and attribute is not None and locked_below(owner, fn, attribute)


def _expects_threads(fn: Fn, symbol: Symbol) -> bool:
    """Whether a class holds a lock of threads over an attribute somewhere, starts threads that may do
    anything, or has its module keep an object of it; or the module of a variable has to do with threads."""
    owner, attribute = method_around(fn).owner, _attribute(symbol)
    if owner is None or attribute is None:
        return symbol is not None and concurrent_module(fn.module, False)
    return not threads_told(owner, attribute) or known_to_all(owner) or locked_somewhere(owner, attribute)


def _guarded_somewhere(fn: Fn, symbol: Symbol) -> bool:
    """Whether a lock of threads is held over a place somewhere in its class or module."""
    owner, attribute = method_around(fn).owner, _attribute(symbol)
    if attribute is not None:
        return owner is not None and locked_somewhere(owner, attribute)
    name = str(symbol[-1]).rpartition(".")[2] if isinstance(symbol, tuple) else ""
    return any(
        event.place is not None
        and event.place.symbol == symbol
        and any(held.kind == "lock" and held.reach == _THREAD for held in event.held)
        for other in fn.module.functions()
        if name in other.facts.names or name in other.facts.global_names
        for event in heard(other).events
    )


def _takes_locks(fn: Fn) -> bool:
    """Whether the class of a method takes locks of threads, for whatever it is."""
    owner = method_around(fn).owner
    if owner is None:
        return False
    methods = _methods(owner)
    return any(
        row.does == "lock" and row.reach == _THREAD
        for method in methods
        for call in link(method).calls.values()
        for row in call.rows
    ) or any(
        held.kind == "lock" and held.reach == _THREAD
        for method in methods
        for held in held_by_decorators(method)
    )


def users_of(fn: Fn, symbol: Symbol) -> Iterator[Fn]:
    """The functions that store to a place as a function does, itself first: methods of the class and of its
    bases, or functions of the module, but for those that set it up."""
    yield fn
    owner = method_around(fn).owner
    attribute = _attribute(symbol)
    if attribute is not None and owner is not None:
        others = _methods(owner)
        name = attribute
    else:
        others = list(fn.module.functions())
        name = str(symbol[-1]).rpartition(".")[2] if isinstance(symbol, tuple) else ""
    for other in others:
        if other is fn or other.index == 0 or other.facts.name in ALONE or sets_up(other) or starts(other):
            continue
        if name in stored_by_name(other):
            yield other


def _begins(fn: Fn) -> frozenset[_Begin]:
    """Where the ways to a function begin."""
    seen = {fn}
    pending = [fn]
    begins: set[_Begin] = set()
    starters: list[Fn] = []
    while pending:
        one = pending.pop()
        if one.facts.name in MAIN:
            begins.add(_BY_HAND)
            continue
        given, threads = _given_away(one)
        if serves(one) or any(in_loop(*site) or of_pool(_call(site)) for site in threads):
            return frozenset([_MANY])
        if len(seen) > MOST_FOLLOWED:
            return frozenset([_GUESSED])
        thread = runs_thread(one) or bool(threads)
        starters += [giver for giver, _ in threads]
        found = [caller for caller, _ in (call_sites(one) if thread else callers_of(one))]
        if thread:
            begins.add(one)
        if given or called_by_decorator(one) or (threads and _returns(one)) or not (thread or found):
            begins.add(_from_outside(one))
        pending += [caller for caller in dict.fromkeys(found) if caller not in seen]
        seen.update(found)
    begins |= {_from_outside(starter) for starter in starters if starter in seen}  # no thread starts itself
    return frozenset(begins)


def _given_away(fn: Fn) -> tuple[bool, list[Site]]:
    """Whether a function is given to others to call, and the calls that start a thread with it."""
    sites = handed_over(fn)
    threads = [site for site in sites if site[1] in link(site[0]).calls and starts_thread(_call(site))]
    return len(threads) < len(sites), threads


def _call(site: Site) -> Call:
    return link(site[0]).calls[site[1]]


def _returns(fn: Fn) -> bool:
    """Whether a function returns something, which nobody gets where a thread runs it."""
    ops = fn.facts.ops
    return any(op[0] == "return" and op[1] is not None and ops[op[1]][0] != "const" for op in ops)


def _from_outside(fn: Fn) -> str:
    """What a way is that begins where nobody is known to call a function."""
    if by_hand(fn):
        return _BY_HAND
    if stands_alone(fn.module):
        return _ANYBODY
    serving = crowd_in_project(fn.module) and not copied_in(fn.module)
    return _GUESSED if serving or others_come_by(fn, fn.module) else _OUTSIDE


def confined(fn: Fn) -> bool:
    """Whether the objects of a method's class stay with who makes them."""
    owner = method_around(fn).owner
    return owner is not None and kept_for_check(fn, "confined", lambda: _stay(owner))


def _stay(cls: Cls) -> bool:
    constructor = cls.method("__init__")
    if constructor is None or any(map(_hands_itself_on, _methods(cls))):
        return False
    made = constructions(cls, constructor)
    return bool(made) and all(_stays(calling.caller, calling.number) for calling in made)


def _methods(cls: Cls) -> list[Fn]:
    return [method for base in cls.mro() for method in base.own_methods()]


def _hands_itself_on(fn: Fn) -> bool:
    """Whether a method gives its own object to others, or returns it."""
    ops = fn.facts.ops
    own = {number for number in range(len(ops)) if fn.is_self(number)}
    return bool(own) and not _only_asked(fn, own)


def _stays(fn: Fn, made: int) -> bool:
    """Whether an object that a function makes is only asked and told by it, under one name or none."""
    ops = fn.facts.ops
    names = {op[1] for op in ops if op[0] == "store" and op[2] == made}
    if fn.index == 0 or not names <= fn.facts.locals:
        return False
    held = {made} | {number for number, op in enumerate(ops) if op[0] == "name" and op[1] in names}
    inner = [other for other in fn.module.functions() if other.facts.parent == fn.index]
    return _only_asked(fn, held) and not any(
        op[0] == "name" and op[1] in names for other in inner for op in other.facts.ops
    )


def _of_base(callee: Op) -> bool:
    """Whether a method of a base class is called on the object, as ``super(Here, self)`` and
    ``Base.__init__(self)`` do."""
    return callee == ("name", "super") or (callee[0] == "attr" and callee[2] == "__init__")


def _only_asked(fn: Fn, held: set[int]) -> bool:
    """Whether what is in these registers is kept under a name, asked for attributes and given some, and
    tested, and no more."""
    for op in fn.facts.ops:
        if op[0] in ("attr", "branch", "compare", "unary") or (op[0] == "store" and op[2] in held):
            continue
        if (op[0] == "setattr" and op[3] not in held) or (op[0] == "call" and _of_base(fn.facts.ops[op[1]])):
            continue
        if not held.isdisjoint(operands(op)):
            return False
    return True
