"""Methods that the thread of an event loop runs, as the class that they stand in lets expect.

An object whose class has coroutines is at home in the thread of their loop, and its plain methods are called
there: from one ``await`` to the next nobody comes between. Otherwise where the project shows a way from a
thread to the method, where a lock of threads is held over a use of the attribute somewhere in the class, or
where the object runs the loop in a thread of its own: then others call it from outside.
"""

from __future__ import annotations

from rmwlint.program.calling import call_sites, handed_over, kept_for_check
from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.concurrency.sharing import method_around, shared_by_library
from rmwlint.windows.concurrency.spawning import NEAR, hands_on, spawns, starts_thread
from rmwlint.windows.values import own_attribute

_FARTHEST = 12
#: methods of an event loop that go on as long as it does
_RUNS = frozenset(["run_forever", "run_until_complete"])


def at_home_in_loop(fn: Fn, attribute: str) -> bool:
    """Whether a method that is no coroutine runs in the thread of the coroutines of its class, as all do that
    use the attribute."""
    owner = method_around(fn).owner
    return owner is not None and runs_in_loop(fn) and not locked_somewhere(owner, attribute)


def runs_in_loop(fn: Fn) -> bool:
    """Whether a method that is no coroutine runs in the thread of the coroutines of its class, as far as the
    project shows who calls it."""
    owner = method_around(fn).owner
    if owner is None or shared_by_library(owner) or not _of_coroutines(owner):
        return False
    return not kept_for_check(fn, "from_thread", lambda: _from_thread(fn, {fn}))


def _of_coroutines(cls: Cls) -> bool:
    """Whether a class has coroutines and leaves it to others to run the loop."""
    known = cls.memo.get("of_coroutines")
    if known is None:
        methods = [method for base in cls.mro() for method in base.own_methods()]
        known = cls.memo["of_coroutines"] = any(method.facts.is_async for method in methods) and all(
            _RUNS.isdisjoint(method.facts.names) for method in methods
        )
    return bool(known)


def locked_somewhere(cls: Cls, attribute: str) -> bool:
    """Whether a method of a class holds a lock of threads over a use of an attribute."""
    return any(
        event.place is not None
        and own_attribute(event.place.symbol) == attribute
        and any(held.kind == "lock" and held.reach in NEAR for held in event.held)
        for base in cls.mro()
        for method in base.own_methods()
        if attribute in method.facts.names
        for event in heard(method).events
    )


def _from_thread(fn: Fn, passed: set[Fn]) -> bool:
    """Whether the project shows a way from a thread to a function."""
    owner = method_around(fn).owner
    if owner is not None and shared_by_library(owner):
        return True
    if fn.facts.name == "<lambda>":
        return fn.parent is not None and spawns(fn.parent, False)
    if any(_given_to_thread(giver, number) for giver, number in handed_over(fn)):
        return True
    for caller, _ in call_sites(fn):
        if caller in passed or caller.facts.is_async:
            continue
        passed.add(caller)
        if len(passed) > _FARTHEST or _from_thread(caller, passed):
            return True
    return False


def _given_to_thread(giver: Fn, number: int) -> bool:
    call = link(giver).calls.get(number)
    return call is not None and (
        starts_thread(call) or any(hands_on(target, False) for target in call.targets)
    )
