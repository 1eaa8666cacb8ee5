"""What the callers of a private function hold: a lock taken by all of them guards what it does.

The same for rows: where every caller has locked a row in a transaction that is open at the call, the callee's
work on a row it was given stands under that lock.
"""

from __future__ import annotations

from collections.abc import Callable

from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.flow import in_handler, reaches
from rmwlint.windows.interpret import Interpreter
from rmwlint.windows.quiet import heard

_DEEPEST = 3


def rows_locked_by_callers(fn: Fn) -> bool:
    """Whether every call of a private or nested function is made with a row lock and its transaction open."""
    known = fn.memo.get("rows_locked_by_callers")
    if known is None:
        fn.memo["rows_locked_by_callers"] = False
        known = fn.memo["rows_locked_by_callers"] = _every_call(fn, 0, _row_lock_open)
    return bool(known)


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
    return any(one.kind == "lock" and not one.fresh for one in heard(caller).at_calls.get(number, ()))


def locked_by_callers(fn: Fn) -> bool:
    """Whether every call of a private or nested function, as far as its module shows, is made under a lock.

    Optimistic: a name with a leading underscore is called from its own module only.
    """
    known = fn.memo.get("locked_by_callers")
    if known is None:
        fn.memo["locked_by_callers"] = False
        known = fn.memo["locked_by_callers"] = _every_call(fn, 0, _lock_held)
    return bool(known)


def duplicate_caught_by_callers(fn: Fn) -> bool:
    """Whether every call of a private or nested function stands under a handler of duplicates."""
    known = fn.memo.get("duplicate_caught_by_callers")
    if known is None:
        fn.memo["duplicate_caught_by_callers"] = False
        known = fn.memo["duplicate_caught_by_callers"] = _every_call(fn, 0, _duplicate_caught)
    return bool(known)


def _duplicate_caught(caller: Fn, number: int) -> bool:
    """Whether a call stands under a handler of duplicates, or in one: it is tried again there."""
    ops, blocks = caller.facts.ops, caller.facts.blocks
    if not any(op[0] == "caught" for op in ops):
        return False
    run = Interpreter(caller)
    caught = {at for at, op in enumerate(ops) if op[0] == "caught" and "duplicate" in run.handled(op[1])}
    around = [
        handler for first, last, _, handlers in blocks if first <= number < last for handler in handlers
    ]
    if any(at in caught for handler in around for at in range(*blocks[handler][:2])):
        return True
    return any(reaches(caller, at, number) and in_handler(caller, at, number) for at in caught)


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
    return _left_taken(fn, op) or any(
        _left_taken(target, len(target.facts.ops))
        for number, call in link(fn).calls.items()
        if number < op
        for target in call.targets
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
