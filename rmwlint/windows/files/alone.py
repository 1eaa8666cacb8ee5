"""Does anybody else come between a look at a path and the act? Mostly not, by where the two stand.

In an exception handler, what is put right is what this call itself has begun. A constructor that only
starting code calls runs once in a process. The file that an object has for itself (``self.pidfile``) goes
when the object is done with it. On the thread of an event loop nobody else of the process runs until the next
``await``. A server of one process takes one request after the other. What has the number of a process in its
name is left to who looks after that process. And where the first of several files of
one thing must be there to be removed, whoever has removed it has the others for himself.
"""

from __future__ import annotations

from rmwlint.facts.operands import made_of
from rmwlint.program.calling import call_sites, constructions, handed_over
from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.by_hand import by_hand
from rmwlint.windows.concurrency.callers import called_by_constructor
from rmwlint.windows.concurrency.modules import imports_concurrency, several_processes
from rmwlint.windows.concurrency.phases import ALONE, prepares, starts
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.concurrency.served import served_alone
from rmwlint.windows.concurrency.sharing import method_around
from rmwlint.windows.concurrency.spawning import hands_on, starts_thread
from rmwlint.windows.files.ownership import common_by_name, of_own_object
from rmwlint.windows.find import Window
from rmwlint.windows.flow import in_handler, passes, reaches
from rmwlint.windows.values import Event, Symbol

_PATHS = frozenset(["file", "directory"])
_PROCESS = "files.Process"
#: methods of a path that write all of a file
_WRITES = frozenset(["write_text", "write_bytes"])
#: of what a path is made of, so many parts are looked at
_MOST = 200


def acts_alone(fn: Fn, window: Window) -> bool:
    """Whether mostly one actor at a time comes to the look and the act of a window on a path."""
    read, write = window.read, window.write
    assert read is not None and write.place is not None
    if served_alone(fn.module):
        return True
    if _puts_own_right(fn, write):
        return True
    if common_by_name(fn):
        return False
    if _puts_right(fn, read.op) or _set_up(fn) or _on_loop(fn, read.op, write.op):
        return True
    if write.does == "delete":
        return (of_own_object(fn, write) and not others_lock(fn)) or _claimed(fn, window)
    return False


def _puts_right(fn: Fn, look: int) -> bool:
    """Whether the look stands in an exception handler."""
    ops = fn.facts.ops
    return any(op[0] == "caught" and at < look and in_handler(fn, at, look) for at, op in enumerate(ops))


def _puts_own_right(fn: Fn, act: Event) -> bool:
    """Whether a function inside another one takes away, where that has failed, what that has written."""
    around = fn.parent
    if around is None or around.index == 0 or fn.owner is not None or act.place is None:
        return False
    if act.does not in ("delete", "replace") or act.place.symbol[:1] != ("outer",) or act.trail:
        return False
    name = act.place.symbol[-1]
    ops = around.facts.ops
    written = any(
        event.does in ("create", "write")
        and ops[event.op][0] == "call"
        and any(ops[register] == ("name", name) for register in ops[event.op][2])
        for event in heard(around).events
    )
    return written and any(
        caller is around and _puts_right(around, number) for caller, number in call_sites(fn)
    )


def _set_up(fn: Fn) -> bool:
    """Whether this is a constructor, or a method that only one calls, and all who make the object, as far as
    they are known, do so where a program starts."""
    owner = fn.owner
    if owner is None or (fn.facts.name not in ALONE and not called_by_constructor(fn)):
        return False
    constructor = owner.method("__init__")
    made = constructions(owner, constructor) if constructor is not None else ()
    return all(_starting(calling.caller) for calling in made)


def _starting(fn: Fn) -> bool:
    return fn.index == 0 or fn.facts.name in ALONE or prepares(fn) or starts(fn) or by_hand(fn)


def _on_loop(fn: Fn, look: int, act: int) -> bool:
    """Whether a function runs on the thread of an event loop, and lets nobody else come between two
    operations: it is a coroutine, or its module knows of tasks and not of threads."""
    if not fn.facts.is_async and not (
        imports_concurrency(fn.module, True) and not imports_concurrency(fn.module, False)
    ):
        return False
    if any(event.does == "switch" and passes(fn, look, event.op, act) for event in heard(fn).events):
        return False
    return not any(_to_thread(giver, number) for giver, number in handed_over(fn))


def others_lock(fn: Fn) -> bool:
    """Whether the module takes locks of many processes, or a method of the object's acquires one: then others
    come."""
    owner = method_around(fn).owner
    methods = (other for other in fn.module.functions() if method_around(other).owner is owner)
    return several_processes(fn.module) or any("acquire" in method.facts.names for method in methods)


def _to_thread(giver: Fn, number: int) -> bool:
    call = link(giver).calls.get(number)
    return call is not None and (
        starts_thread(call) or any(hands_on(target, False) for target in call.targets)
    )


def _claimed(fn: Fn, window: Window) -> bool:
    """Whether another file of the same thing has been removed before the look, which only one can do."""
    read, write = window.read, window.write
    assert read is not None and write.place is not None
    parts = _parts(write.place.symbol)
    return any(
        event.does == "delete"
        and event.place is not None
        and event.place.kind in _PATHS
        and "missing" not in event.caught
        and event.place.symbol != write.place.symbol
        and event.control <= read.control
        and reaches(fn, event.op, read.op)
        and not parts.isdisjoint(_parts(event.place.symbol))
        for event in heard(fn).events
    )


def of_process(fn: Fn, event: Event) -> bool:
    """Whether the number of a process is in the path of an event."""
    ops = fn.facts.ops
    op = ops[event.op]
    suggests = fn.module.program.libraries.receiver
    given = op[2] if op[0] == "call" and not event.trail else ()
    return any(
        ops[part][0] in ("name", "attr") and _PROCESS in suggests(str(ops[part][-1]))
        for register in given[:1]
        for part in made_of(ops, register, most=_MOST)
    )


def puts_own_in_place(fn: Fn, event: Event) -> bool:
    """Whether an event puts a temporary file of the call's own where its path leads, in one step."""
    op = fn.facts.ops[event.op]
    if op[0] != "call" or event.trail or len(op[2]) != 2:
        return False
    calls = link(fn).calls
    return any(
        row.does == "create" and row.at == "result" and row.place == "file"
        for part in made_of(fn.facts.ops, op[2][0], most=_MOST)
        if part in calls
        for row in calls[part].rows
    )


def same_text(fn: Fn, event: Event) -> bool:
    """Whether an event writes a text that stands in the code: whoever else writes it comes to the same."""
    where, number = event.trail[-1] if event.trail else (fn, event.op)
    op = where.facts.ops[number]
    if op[0] != "call" or where.facts.ops[op[1]][0] != "attr" or not op[2]:
        return False
    given = where.facts.ops[op[2][0]]
    return where.facts.ops[op[1]][2] in _WRITES and given[0] == "const" and bool(given[1])


def _parts(symbol: Symbol) -> frozenset[Symbol]:
    """What a path is built from, but for settings and constants."""
    if not isinstance(symbol, tuple) or not symbol or symbol[0] in ("const", "global"):
        return frozenset()
    if symbol[0] in ("param", "new"):
        return frozenset([symbol])
    found = frozenset(one for part in symbol[1:] for one in _parts(part))
    return found | {symbol} if found else found
