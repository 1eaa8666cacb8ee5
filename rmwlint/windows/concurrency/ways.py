"""What holds on every way to a function, as far as the project shows who calls it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from rmwlint.facts.model import Op
from rmwlint.program.calling import call_sites, kept_for_check, mentioning
from rmwlint.program.link import link
from rmwlint.program.program import Fn, ModuleView
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.concurrency.spawning import named_after_work
from rmwlint.windows.interpreter.decorators import decorated_by, wrapped_call
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
        if not holds(caller, number) and not _on_the_way(caller, holds, passed):
            return False
    return calls > 0


def _on_the_way(caller: Fn, holds: Callable[[Fn, int], bool], passed: frozenset[Fn]) -> bool:
    """Whether ``holds`` is true of what decorates a caller, or of each way to it.

    What a decorator puts around a function is called wherever that is, inside what is put around it above.
    """
    if _held_above(caller, len(caller.facts.decorators), holds):
        return True
    decorator = caller.parent
    wraps = wrapped_call(decorator) if decorator is not None and decorator.index else None
    if decorator is None or wraps is None or wraps[0] is not caller:
        return _every_way(caller, holds, passed | {caller})
    found = 0
    for fn, places in decorated_with(decorator):
        if fn in passed:
            continue
        found += 1
        above = any(_held_above(fn, place, holds) for place in places)
        if not above and not _every_way(fn, holds, passed | {caller, fn}):
            return False
    return found > 0


def _held_above(fn: Fn, place: int, holds: Callable[[Fn, int], bool]) -> bool:
    """Whether ``holds`` is true where one of a function's first so many decorators calls what it wraps."""
    for _, targets in islice(decorated_by(fn), place):
        wraps = wrapped_call(targets[0]) if targets else None
        if wraps is not None and holds(*wraps):
            return True
    return False


def decorated_with(decorator: Fn) -> Iterator[tuple[Fn, list[int]]]:
    """The functions that a decorator is known to stand above, each with its places among the decorators."""
    for module in mentioning(decorator)[0]:
        for fn in module.functions():
            if fn.facts.decorators:
                above = enumerate(decorated_by(fn))
                places = [place for place, (_, targets) in above if decorator in targets]
                if places:
                    yield fn, places


def locked_on_every_way(fn: Fn) -> bool:
    """Whether every way to a function takes a lock that is one for all, not one for each thing worked on."""
    return kept_for_check(fn, "locked_on_every_way", lambda: every_way(fn, _lock_held))


def called_bare(fn: Fn) -> bool:
    """Whether a function is known to be called without any lock, too."""
    return bool(call_sites(fn)) and not kept_for_check(
        fn, "locked_anyway", lambda: every_way(fn, _any_lock_held)
    )


def _any_lock_held(caller: Fn, number: int) -> bool:
    return any(held.kind == "lock" for held in heard(caller).at_calls.get(number, ()))


def _lock_held(caller: Fn, number: int) -> bool:
    return any(
        held.kind == "lock" and not held.fresh and not named_after_work(held)
        for held in heard(caller).at_calls.get(number, ())
    )


def rows_locked_on_every_way(fn: Fn) -> bool:
    """Whether every way to a function, or what decorates it, locks rows first and keeps them locked."""
    return _locks_rows(fn.module) and kept_for_check(
        fn,
        "rows_locked_on_every_way",
        lambda: (
            _held_above(fn, len(fn.facts.decorators), locks_rows_before) or every_way(fn, locks_rows_before)
        ),
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
        and (
            any(_leaves_locked(event) for event in analysis(call.targets[0]).events)
            or _locks_unless_told(call.targets[0], fn.facts.ops[at])
        )
        for at, call in link(fn).calls.items()
    )


def _transactions(held: tuple[Held, ...]) -> frozenset[int]:
    return frozenset(one.id for one in held if one.kind == "transaction")


def _locks_unless_told(fn: Fn, call: Op) -> bool:
    """Whether a function asks for row locks where a parameter is true, as it is where a call gives none."""
    ops, asks = fn.facts.ops, fn.module.program.libraries.row_locks
    if asks.isdisjoint(fn.facts.names):
        return False
    given = {keyword for keyword, _ in call[3]}
    left = [
        parameter.name
        for place, parameter in enumerate(fn.facts.params)
        if parameter.default == ("const", True) and parameter.name not in given and place >= len(call[2])
    ]
    return "**" not in given and any(
        last > first
        and ops[last - 1][0] == "branch"
        and ops[ops[last - 1][1]] in [("name", one) for one in left]
        and any(_asks(ops, at, asks) for at in range(*fn.facts.blocks[ways[0]][:2]))
        for first, last, ways, _ in fn.facts.blocks
    )


def _asks(ops: tuple[Op, ...], at: int, names: frozenset[str]) -> bool:
    return ops[at][0] == "call" and ops[ops[at][1]][0] == "attr" and ops[ops[at][1]][2] in names


def _leaves_locked(event: Event) -> bool:
    """Whether an event locks a row in a transaction that its function has not opened itself."""
    own_transaction = any(held.kind == "transaction" for held in event.held)
    return event.locked and event.does == "read" and not own_transaction
