"""Objects that are made in order to be saved: ``self.as_row().update()``, of an object that its own callers
have made in turn. What such an object writes has come in, and was not read from the row before.
"""

from __future__ import annotations

from rmwlint.program.calling import call_sites, handed_over, kept_for_check
from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.guards.first_hand import sources
from rmwlint.windows.values import Event

_DEEPEST = 8


def made_to_save(fn: Fn, write: Event) -> bool:
    """Whether a method writes its own object's attributes, and is only called on objects made for that."""
    if not fn.first_is_self or write.trail:
        return False
    taken = [value.symbol for _, value in write.columns]
    if not taken or any(
        symbol[:2] != ("attr", ("param", 0)) for symbol in taken if isinstance(symbol, tuple)
    ):
        return False
    return kept_for_check(fn, "made_to_save", lambda: _called_on_new(fn, _DEEPEST))


def _called_on_new(fn: Fn, depth: int) -> bool:
    sites = call_sites(fn)
    return (
        depth > 0
        and bool(sites)
        and not handed_over(fn)
        and all(
            (receiver := link(caller).calls[number].receiver) is not None
            and _new(caller, receiver, number, depth - 1)
            for caller, number in sites
        )
    )


def _new(fn: Fn, register: int, before: int, depth: int) -> bool:
    ops = fn.facts.ops
    if fn.is_self(register):
        return _called_on_new(fn, depth)
    if ops[register][0] == "name":
        given = list(sources(fn, register, before))
        return bool(given) and all(_made(fn, source, depth) for source in given)
    return _made(fn, register, depth)


def _made(fn: Fn, register: int, depth: int) -> bool:
    """Whether a call constructs an object, or a function does that returns nothing else; that of a method is
    as new as the object whose method it is."""
    call = link(fn).calls.get(register)
    if call is None or depth <= 0:
        return False
    if call.cls is not None:
        return True
    if len(call.targets) != 1:
        return False
    target = call.targets[0]
    if target.first_is_self and (call.receiver is None or not _new(fn, call.receiver, register, depth - 1)):
        return False
    returned = [op[1] for op in target.facts.ops if op[0] == "return" and op[1] is not None]
    return bool(returned) and all(_new(target, one, len(target.facts.ops), depth - 1) for one in returned)
