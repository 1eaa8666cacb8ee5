"""Entries of a shared table that belong to whoever is at work on them, and functions that one thread runs.

``del self.jobs[job.id]`` is reached by two threads only where two are at work on one job, or where somebody
else throws out entries that are not his: who walks through the table and takes out what he finds, or empties
it.
"""

from __future__ import annotations

from rmwlint.facts.model import Op
from rmwlint.program.calling import call_sites, handed_over, kept_for_check
from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.concurrency.phases import ALONE
from rmwlint.windows.concurrency.spawning import hands_on, periodic
from rmwlint.windows.concurrency.ways import every_way
from rmwlint.windows.find import Window
from rmwlint.windows.flow import while_loop
from rmwlint.windows.guards.identities import asks_who
from rmwlint.windows.interpreter.interpret import analysis
from rmwlint.windows.names import is_id

_PARTS = 8
_TAKES = frozenset(["pop", "remove", "discard"])
_SIGNAL = ("frame", "_frame", "stack", "stackframe")


def own_entry(fn: Fn, window: Window) -> bool:
    """Whether the write goes to the entry of the very thing that the function was called for, and nobody else
    takes out entries that he came upon."""
    where, number = window.write.trail[0] if window.write.trail else (fn, window.write.op)
    op = where.facts.ops[number]
    key = _key(where, op)
    if key is None or not _own(where, key, whole=op[0] == "call" and where.facts.ops[op[1]][-1] != "pop"):
        return False
    place = window.write.place
    name = place.symbol[-1] if place is not None and isinstance(place.symbol, tuple) else None
    return isinstance(name, str) and not _swept(where, name.rpartition(".")[2])


def _key(fn: Fn, op: Op) -> int | None:
    if op[0] in ("delitem", "setitem"):
        return int(op[2])
    if op[0] == "call" and op[2] and fn.facts.ops[op[1]][0] == "attr":
        return int(op[2][0])
    return None


def _own(fn: Fn, register: int, *, whole: bool) -> bool:
    """Whether a key is the id that came in, or the id of what came in; ``whole``: or that itself."""
    ops = fn.facts.ops
    op = ops[register]
    params = {parameter.name for parameter in fn.facts.params}
    if op[0] == "name":
        given = [other[2] for other in ops[:register] if other[0] == "store" and other[1] == op[1]]
        given = [one for one in given if ops[one][0] != "param"]
        if given:
            return len(given) == 1 and ops[given[0]][0] != "name" and _own(fn, given[0], whole=whole)
        return op[1] in params and (whole or is_id(op[1]))
    if op[0] == "attr":
        return is_id(op[2]) and came_in(fn, op[1])
    if op[0] == "item":
        key = ops[op[2]]
        return key[0] == "const" and isinstance(key[1], str) and is_id(key[1]) and came_in(fn, op[1])
    return False


def came_in(fn: Fn, register: int, depth: int = 0) -> bool:
    """Whether an object came in as an argument, or is part of one."""
    ops = fn.facts.ops
    op = ops[register]
    if depth > _PARTS:
        return False
    if op[0] == "name":
        if any(parameter.name == op[1] for parameter in fn.facts.params):
            return bool(op[1] != fn.self_name)
        given = [other[2] for other in ops if other[0] == "store" and other[1] == op[1]]
        return len(given) == 1 and came_in(fn, given[0], depth + 1)
    return op[0] in ("element", "item", "attr") and came_in(fn, op[1], depth + 1)


def _swept(fn: Fn, name: str) -> bool:
    """Whether somebody takes out what he finds in the table, or puts another table in its place."""
    for other in fn.module.functions():
        if name not in other.facts.names or other.facts.name in ALONE or other.index == 0:
            continue
        ops = other.facts.ops
        for number, op in enumerate(ops):
            if op[0] == "setattr" and op[2] == name:
                return True
            taken = None
            if op[0] == "delitem" and _last_name(ops, op[1]) == name:
                taken = op[2]
            elif op[0] == "call" and ops[op[1]][0] == "attr" and _last_name(ops, ops[op[1]][1]) == name:
                method = ops[op[1]][2]
                if method in ("clear", "popitem"):
                    return True
                taken = op[2][0] if method in _TAKES and op[2] else None
            if taken is not None and taken < number and _comes_from(other, taken, name, set()):
                return True
    return False


def _last_name(ops: tuple[Op, ...], register: int) -> str:
    op = ops[register]
    return str(op[-1]) if op[0] in ("attr", "name") else ""


def _comes_from(fn: Fn, register: int, name: str, seen: set[int]) -> bool:
    """Whether a value is made of what is in the table of that name."""
    if register in seen:
        return False
    seen.add(register)
    ops = fn.facts.ops
    op = ops[register]
    if op[0] == "const":
        return False
    if op[0] == "attr" and op[2] == name:
        return True
    if op[0] == "name":
        if op[1] == name:
            return True
        return any(
            other[0] == "store" and other[1] == op[1] and _comes_from(fn, other[2], name, seen)
            for other in ops
        )
    parts = [part for part in op[1:] if isinstance(part, int) and not isinstance(part, bool)]
    parts += [part for group in op[1:] if isinstance(group, tuple) for part in group if isinstance(part, int)]
    return any(0 <= part < register and _comes_from(fn, part, name, seen) for part in parts)


def of_signal(fn: Fn) -> bool:
    """Whether a function's parameters are those of a signal's handler: it runs in the main thread alone."""
    names = [parameter.name for parameter in fn.facts.params]
    names = names[1:] if fn.first_is_self else names
    return len(names) == 2 and names[1] in _SIGNAL


def one_thread(fn: Fn) -> bool:
    """Whether every way to a function, as far as the project shows it, begins in one loop that is called and
    not handed to a thread, or before there are threads."""
    return kept_for_check(fn, "one_thread", lambda: every_way(fn, _begins))


def _begins(caller: Fn, number: int) -> bool:
    return caller.index == 0 or caller.facts.name in ALONE or _in_loop(caller, number)


def of_tasks(fn: Fn) -> bool:
    """Whether every way to a function begins in a coroutine, or where it is given to an event loop, which
    calls it in its own thread: there it is not interrupted."""
    return kept_for_check(fn, "of_tasks", lambda: _of_loop(fn, frozenset([fn])))


def _of_loop(fn: Fn, passed: frozenset[Fn]) -> bool:
    given = handed_over(fn)
    if not all(_given_to_loop(giver, number) for giver, number in given):
        return False
    ways = len(given)
    for caller, number in call_sites(fn):
        if caller in passed:
            continue
        ways += 1
        if caller.facts.is_async or _in_that_thread(caller, number):
            continue
        if len(passed) > _PARTS or not _of_loop(caller, passed | {caller}):
            return False
    return ways > 0


def _given_to_loop(giver: Fn, number: int) -> bool:
    """Whether a call gives a function to the thread of an event loop, itself or by what it calls."""
    call = link(giver).calls.get(number)
    if call is None:
        return False
    if call.rows:
        return any(row.does == "spawn" and row.kind == "task" for row in call.rows)
    return bool(call.targets) and all(
        hands_on(target, True) and not hands_on(target, False) for target in call.targets
    )


def _in_that_thread(caller: Fn, number: int) -> bool:
    """Whether a call is made only where the caller finds itself in the right thread."""
    control, _ = analysis(caller).calls_decided.get(number, (frozenset(), None))
    return any(branch is not None and asks_who(caller, branch) for _, branch, _ in control)


def by_its_host(fn: Fn) -> bool:
    """Whether one loop of each host runs a function, which asks the object for its host: others look for
    other things."""
    suggested = fn.module.program.libraries.receiver
    if not any("naming.Host" in suggested(name) for name in sorted(fn.facts.names)):
        return False
    return _repeated(fn) or one_loop(fn)


def one_loop(fn: Fn) -> bool:
    """Whether every way to a function begins in a loop that is called and not handed to a thread, or in a
    function that is called over and over. At start-up several processes run the same at the same time."""
    return kept_for_check(fn, "one_loop", lambda: every_way(fn, _in_loop))


def _in_loop(caller: Fn, number: int) -> bool:
    return (while_loop(caller, number) and bool(call_sites(caller))) or _repeated(caller)


def _repeated(fn: Fn) -> bool:
    """Whether a function is only given to what calls it over and over, never twice at a time, or decorated
    so."""
    if periodic(fn):
        return not call_sites(fn)
    given = handed_over(fn)
    return len(given) == 1 and not call_sites(fn) and _repeats(*given[0], 1)


def _repeats(giver: Fn, number: int, depth: int) -> bool:
    call = link(giver).calls.get(number)
    if call is None:
        return False
    if any(row.does == "spawn" and row.kind == "loop" for row in call.rows):
        return True
    return depth > 0 and any(
        _repeats(target, inner, depth - 1)
        for target in call.targets
        for inner, op in enumerate(target.facts.ops)
        if op[0] == "call" and any(_is_param(target, register) for register in op[2])
    )


def one_after_other(fn: Fn, other: Fn) -> bool:
    """Whether two functions are parts of one function that is called over and over and never twice at a time,
    so that neither runs while the other does."""
    return kept_for_check(fn, f"one_after_other {other.qualified}", lambda: _one_after_other(fn, other))


def _one_after_other(fn: Fn, other: Fn) -> bool:
    around = _only_caller(fn)
    return around is not None and around == _only_caller(other) and _repeated(around)


def _only_caller(fn: Fn) -> Fn | None:
    """The function that all known calls of a private function stand in."""
    if not fn.facts.name.startswith("_") or handed_over(fn):
        return None
    callers = {caller for caller, _ in call_sites(fn)}
    return callers.pop() if len(callers) == 1 else None


def _is_param(fn: Fn, register: int) -> bool:
    op = fn.facts.ops[register]
    return bool(op[0] == "name" and any(op[1] == parameter.name for parameter in fn.facts.params))
