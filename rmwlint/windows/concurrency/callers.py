"""What the callers of a private function hold: a lock taken by all of them guards what it does.

The same for rows: where every caller has locked a row in a transaction that is open at the call, the callee's
work on a row it was given stands under that lock.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from rmwlint.facts.operands import made_of
from rmwlint.program.calling import callings, constructions, handed_over, kept_for_check, mentioning
from rmwlint.program.link import Call, link
from rmwlint.program.program import Cls, Fn, ModuleView
from rmwlint.windows.concurrency.modules import imported_names
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.concurrency.sharing import method_around
from rmwlint.windows.flow import in_handler, reaches
from rmwlint.windows.interpreter.interpret import Interpreter

_DEEPEST = 3
#: so many registers of what an argument is made of are looked at
_MADE_OF = 40
#: locks that reach beyond a process
_FAR = frozenset(["host", "cluster"])
_CONSTRUCTORS = frozenset(["__init__", "__post_init__", "__setstate__"])
#: how the names of classes end whose objects keep others out
_LOCKS = ("Lock", "Mutex")


def rows_locked_by_callers(fn: Fn) -> bool:
    """Whether every call of a private or nested function is made with a row lock and its transaction open."""
    return _always(fn, "rows_locked_by_callers", _row_lock_open)


def _row_lock_open(caller: Fn, number: int) -> bool:
    found = heard(caller)
    held = found.at_calls.get(number, ())
    open_now = {one.id for one in held if one.kind == "transaction"}
    return any(
        event.locked and event.op < number and open_now & {one.id for one in event.held}
        for event in found.events
        if event.does == "read"
    )


def _lock_held(caller: Fn, number: int) -> bool:
    return _acquired(caller, number) or any(
        one.kind == "lock" and not one.fresh for one in heard(caller).at_calls.get(number, ())
    )


def locked_by_callers(fn: Fn) -> bool:
    """Whether every call of a private or nested function, as far as its module shows, is made under a lock.

    Optimistic: a name with a leading underscore is called from its own module only.
    """
    return _always(fn, "locked_by_callers", _lock_held)


def locked_everywhere_by_callers(fn: Fn) -> bool:
    """The same of locks that keep out the other processes and hosts too."""
    return _always(fn, "locked_everywhere_by_callers", _far_lock_held)


def _far_lock_held(caller: Fn, number: int) -> bool:
    return any(
        one.kind == "lock" and one.reach == "cluster" and not one.fresh
        for one in heard(caller).at_calls.get(number, ())
    )


def locked_wherever_called(fn: Fn) -> bool:
    """Whether every call that is known, in other modules too, is made under a lock. Others may call a public
    function without it."""
    return kept_for_check(fn, "locked_wherever_called", lambda: _wherever_called(fn, _locked, lambda _: True))


def kept_out_wherever_called(fn: Fn) -> bool:
    """Whether every call of a function that is known, in other modules too, is made under a lock, or by the
    constructor of the object whose method it is, and nothing else is given it to call it."""
    answer = partial(_wherever_called, fn, _kept_out, _called_only)
    return kept_for_check(fn, "kept_out_wherever_called", answer)


def _wherever_called(
    fn: Fn, holds: Callable[[Fn, int], bool], closed: Callable[[Fn], bool], depth: int = 0
) -> bool:
    """Whether all calls of a function are known, and each holds or is made by one of whom the same is true;
    ``closed``: whether nobody else can come."""
    called, all_known = callings(fn)
    return (
        bool(called)
        and all_known
        and depth <= _DEEPEST
        and all(
            holds(caller, number) or _wherever_called(caller, holds, closed, depth + 1)
            for caller, number, _ in called
        )
        and closed(fn)
    )


def _locked(caller: Fn, number: int) -> bool:
    return _lock_held(caller, number) or lock_taken_before(caller, number)


def _kept_out(caller: Fn, number: int) -> bool:
    return _locked(caller, number) or _constructs(caller, number)


def _called_only(fn: Fn) -> bool:
    """Whether a function is only called, by its own name, and handed to nobody."""
    return not handed_over(fn) and not _used_otherwise(fn)


def _used_otherwise(fn: Fn) -> bool:
    """Whether the name of a function is used of something unknown, or without a call: anybody may call it
    then."""
    name = fn.facts.name
    for module in mentioning(fn)[0]:
        if fn.owner is None and module is not fn.module and not _knows(module, fn.module):
            continue
        for user in module.functions():
            ops = user.facts.ops
            if name not in user.facts.names:
                continue
            called = {ops[number][1] for number, call in link(user).calls.items() if call.targets}
            if any(op[0] == "attr" and op[2] == name and at not in called for at, op in enumerate(ops)):
                return True
    return False


def _knows(module: ModuleView, other: ModuleView) -> bool:
    """Whether a module imports another by its name, or from it."""
    last = other.name.rpartition(".")[2]
    return any(last in name.split(".") for name in imported_names(module))


def _constructs(caller: Fn, number: int) -> bool:
    """Whether a call is made by a constructor, of a method of the object that it makes."""
    receiver = link(caller).calls[number].receiver
    return (
        caller.facts.name in _CONSTRUCTORS
        and caller.facts.owner is not None
        and receiver is not None
        and caller.is_self(receiver)
    )


def called_by_constructor(fn: Fn) -> bool:
    """Whether a constructor of the class, or of one derived from it in its module, calls the method."""
    known = fn.memo.get("called_by_constructor")
    if known is None:
        known = fn.memo["called_by_constructor"] = fn.owner is not None and any(
            fn in call.targets and _constructs(caller, number)
            for caller in fn.module.functions()
            if caller.facts.name in _CONSTRUCTORS and fn.facts.name in caller.facts.names
            for number, call in link(caller).calls.items()
        )
    return bool(known)


def locked_somewhere_called(fn: Fn) -> bool:
    """Whether some known call is made under a lock: whoever makes another one knows when it is needed."""
    return any(_lock_held(caller, number) for caller, number, _ in callings(fn)[0])


def duplicate_caught_by_callers(fn: Fn) -> bool:
    """Whether every call of a private or nested function stands under a handler of duplicates."""
    return _always(fn, "duplicate_caught_by_callers", duplicate_caught)


def duplicate_caught(caller: Fn, number: int) -> bool:
    """Whether a call stands under a handler of duplicates, or in one: it is tried again there. One of all
    exceptions that goes on has not reckoned with a duplicate: what was to be done is left undone."""
    ops, blocks = caller.facts.ops, caller.facts.blocks
    if not any(op[0] == "caught" for op in ops):
        return False
    run = Interpreter(caller)
    caught = {
        at
        for handler, (first, last, _, _) in enumerate(blocks)
        for at in range(first, last)
        if ops[at][0] == "caught"
        and "duplicate" in (handled := run.handled(ops[at][1]))
        and run.takes_care(handler, at)
        and (len(handled) == 1 or in_handler(caller, at, number) or _called_again(caller, at, number))
    }
    around = [
        handler for first, last, _, handlers in blocks if first <= number < last for handler in handlers
    ]
    if any(at in caught for handler in around for at in range(*blocks[handler][:2])):
        return True
    return any(reaches(caller, at, number) and in_handler(caller, at, number) for at in caught)


def _called_again(caller: Fn, caught: int, number: int) -> bool:
    """Whether the same call is made once more after a handler, not one for the next element."""
    ops = caller.facts.ops
    op = ops[number]
    given = (*op[2], *(register for _, register in op[3])) if op[0] == "call" else ()
    return reaches(caller, caught, number) and not any(
        ops[part][0] == "element" for register in given for part in made_of(ops, register, most=_MADE_OF)
    )


def _always(fn: Fn, question: str, holds: Callable[[Fn, int], bool]) -> bool:
    """The answer for every call of a function, kept by the name of the question; no, while that is asked."""
    known = fn.memo.get(question)
    if known is None:
        fn.memo[question] = False
        known = fn.memo[question] = _every_call(fn, 0, holds)
    return bool(known)


def _every_call(fn: Fn, depth: int, holds: Callable[[Fn, int], bool]) -> bool:
    name = fn.facts.name
    nested = fn.parent is not None and fn.parent.index != 0 and fn.facts.owner is None
    if depth > _DEEPEST or not (nested or (name.startswith("_") and not name.endswith("__"))):
        return False
    calls = 0
    for caller in fn.module.functions():
        if caller is fn or name not in caller.facts.names:
            continue
        for number, call in link(caller).calls.items():
            if fn not in call.targets:
                continue
            calls += 1
            if not holds(caller, number) and not _every_call(caller, depth + 1, holds):
                return False
    return calls > 0


def lock_taken_before(fn: Fn, op: int) -> bool:
    """Whether a lock was taken on some way to an operation and not given back: here, or by a callee that
    leaves it taken. Where only some ways take it, the others are those whose caller holds it."""
    return (
        _left_taken(fn, op)
        or _acquired(fn, op)
        or _entered_locked(fn, op)
        or any(
            _left_taken(target, len(target.facts.ops))
            for number, call in link(fn).calls.items()
            if number < op
            for target in call.targets
        )
    )


def _entered_locked(fn: Fn, op: int) -> bool:
    """Whether an operation stands inside a context of the program's own that some way takes a lock for."""
    ops, calls = fn.facts.ops, link(fn).calls
    entered = [number for number, one in enumerate(ops[:op]) if one[0] == "enter" and one[1] in calls]
    left = {one[1] for one in ops[:op] if one[0] == "leave"}
    return any(
        target.facts.is_generator and _left_taken(target, _first_yield(target))
        for number in entered
        if number not in left
        for target in calls[ops[number][1]].targets
    )


def entered_far_lock(fn: Fn, op: int) -> bool:
    """Whether an operation stands inside a context of the program's own that some way takes a lock for which
    keeps out other processes: the other ways are those of systems that have no such lock."""
    ops, calls = fn.facts.ops, link(fn).calls
    left = {one[1] for one in ops[:op] if one[0] == "leave"}
    return any(
        target.facts.is_generator and _far_left_taken(target, _first_yield(target))
        for number, one in enumerate(ops[:op])
        if one[0] == "enter" and one[1] in calls and number not in left
        for target in calls[one[1]].targets
    )


def _far_left_taken(fn: Fn, end: int) -> bool:
    return any(
        event.op < end and event.does == "lock" and event.row is not None and event.row.reach in _FAR
        for event in heard(fn).events
    )


def _first_yield(fn: Fn) -> int:
    return next((number for number, op in enumerate(fn.facts.ops) if op[0] == "yield"), 0)


def _acquired(fn: Fn, end: int) -> bool:
    """Whether an object of a class of the program, which its name calls a lock, is acquired and not yet
    released, or a method that says by its name that it does so: how they keep others out, no model tells."""
    taken = False
    for number, call in sorted(link(fn).calls.items()):
        if number >= end:
            break
        if call.targets and "lock" in call.name:
            said = call.name.lstrip("_")
            if said.startswith("acquire"):
                taken = True
            elif said.startswith("release"):
                taken = False
        owner = call.targets[0].owner if call.targets else None
        if owner is None or not owner.facts.name.endswith(_LOCKS):
            continue
        if call.name.endswith("acquire"):
            taken = True
        elif "release" in call.name:
            taken = False
    return taken


def lock_kept_by_object(fn: Fn) -> bool:
    """Whether the object of a method takes a lock of many processes in one of its methods, keeps it in an
    attribute and leaves it taken: what it does meanwhile is done under the lock."""
    owner = method_around(fn).owner
    return owner is not None and (_keeps_lock(owner) or _made_under_lock(fn, owner))


def _made_under_lock(fn: Fn, owner: Cls) -> bool:
    """Whether all objects of a class are made by objects that keep such a lock: they are parts of those."""
    constructor = owner.method("__init__")
    return constructor is not None and kept_for_check(
        fn,
        "made_under_lock",
        lambda: (
            bool(made := constructions(owner, constructor))
            and all(
                (maker := method_around(calling.caller).owner) is not None and _keeps_lock(maker)
                for calling in made
            )
        ),
    )


def _keeps_lock(owner: Cls) -> bool:
    known = owner.memo.get("keeps_lock")
    if known is None:
        known = owner.memo["keeps_lock"] = any(
            _keeps(base.module.fn(index))
            for base in owner.mro()
            for name, index in sorted(base.facts.methods.items())
        )
    return bool(known)


def _keeps(fn: Fn) -> bool:
    """Whether a method stores in an attribute what has just been acquired, and does not release it."""
    ops, calls = fn.facts.ops, link(fn).calls
    stored = {op[2]: calls.get(op[3]) for op in ops if op[0] == "setattr" and ops[op[3]][0] == "call"}
    released = {
        ops[ops[op[1]][1]][-1]
        for op in ops
        if op[0] == "call" and ops[op[1]][0] == "attr" and "release" in ops[op[1]][2]
    }
    return any(
        call is not None and name not in released and _acquires_for_all(call) for name, call in stored.items()
    )


def _acquires_for_all(call: Call) -> bool:
    """Whether a call acquires a lock that keeps other processes out, as its row or its class's name says."""
    owner = call.targets[0].owner if call.targets else None
    if owner is not None and owner.facts.name.endswith(_LOCKS):
        return call.name.endswith("acquire")
    return any(
        row.does == "lock" and "acquire" in row.form and row.reach in ("host", "cluster") for row in call.rows
    )


def _left_taken(fn: Fn, end: int) -> bool:
    taken = False
    for event in heard(fn).events:
        if event.op >= end:
            break
        if event.does == "lock" and event.row is not None and "acquire" in event.row.form:
            taken = True
        elif event.does == "unlock":
            taken = False
    return taken
