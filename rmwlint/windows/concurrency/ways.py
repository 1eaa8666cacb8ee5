"""What holds on every way to a function, as far as the project shows who calls it."""

from __future__ import annotations

from collections.abc import Callable

from rmwlint.program.calling import call_sites, kept_for_check
from rmwlint.program.link import link
from rmwlint.program.program import Fn, ModuleView
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.concurrency.spawning import named_after_work
from rmwlint.windows.interpreter.interpret import analysis
from rmwlint.windows.values import Event, Held

_DEEPEST = 7


def every_way(fn: Fn, holds: Callable[[Fn, int], bool]) -> bool:
    """Whether ``holds`` is true of each call of a function, or of each way to its caller; not where none is
    known."""
    return _every_way(fn, holds, frozenset([fn]))


def _every_way(fn: Fn, holds: Callable[[Fn, int], bool], passed: frozenset[Fn]) -> bool:
    if len(passed) > _DEEPEST:
        return False
    calls = 0
    for caller, number in call_sites(fn):
        if caller in passed:
            continue
        calls += 1
        if not holds(caller, number) and not _every_way(caller, holds, passed | {caller}):
            return False
    return calls > 0


def locked_on_every_way(fn: Fn) -> bool:
    """Whether every way to a function takes a lock that is one for all, not one for each thing worked on."""
    return kept_for_check(fn, "locked_on_every_way", lambda: every_way(fn, _lock_held))


def _lock_held(caller: Fn, number: int) -> bool:
    return any(
        held.kind == "lock" and not held.fresh and not named_after_work(held)
        for held in heard(caller).at_calls.get(number, ())
    )


def rows_locked_on_every_way(fn: Fn) -> bool:
    """Whether every way to a function locks rows first and keeps them locked."""
    return _locks_rows(fn.module) and kept_for_check(
        fn, "rows_locked_on_every_way", lambda: every_way(fn, locks_rows_before)
    )


def _locks_rows(module: ModuleView) -> bool:
    """Whether the text of the project asks for row locks anywhere."""
    program = module.program
    return any(program.mentions(name, module.path) for name in sorted(program.libraries.row_locks))


def locks_rows_before(fn: Fn, number: int) -> bool:
    """Whether a function, or something that it calls, locks rows before an operation, in a transaction that
    is not its own."""
    found = analysis(fn)
    open_now = _transactions(found.at_calls.get(number, ()))
    for event in found.events:
        if (
            event.op < number
            and event.locked
            and event.does == "read"
            and _transactions(event.held) <= open_now
        ):
            return True
    return any(
        at < number
        and len(call.targets) == 1
        and call.targets[0] is not fn
        and _transactions(found.at_calls.get(at, ())) <= open_now
        and any(_leaves_locked(event) for event in analysis(call.targets[0]).events)
        for at, call in link(fn).calls.items()
    )


def _transactions(held: tuple[Held, ...]) -> frozenset[int]:
    return frozenset(one.id for one in held if one.kind == "transaction")


def _leaves_locked(event: Event) -> bool:
    """Whether an event locks a row in a transaction that its function has not opened itself."""
    own_transaction = any(held.kind == "transaction" for held in event.held)
    return event.locked and event.does == "read" and not own_transaction
