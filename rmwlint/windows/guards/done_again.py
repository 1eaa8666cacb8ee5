"""What the second does again where two pass one test: a message that the test lets through.

``if not order.mailed: send(order); order.mailed = True; order.save()``: both set the flag to the same, but
the mail goes out twice. Who only asks another service, or makes it as it should be, may do so twice.
"""

from __future__ import annotations

from rmwlint.program.effects import Effect, set_off
from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.windows.flow import fails, leads, reaches

_MAIL = "smtp"
_SURE = 2


def done_again(fn: Fn, branch: int | None, outcome: bool, write: int) -> bool:
    """Whether one way out of a branch alone leads to a call that sends a message, before or after a write
    there."""
    if branch is None or fn.facts.ops[branch][0] != "branch":
        return False
    return any(
        _let_through(fn, branch, outcome, number, write) and any(map(_sends, set_off(fn, number, call)))
        for number, call in link(fn).calls.items()
        if number > branch
    )


def _sends(effect: Effect) -> bool:
    return effect.sure >= _SURE and (effect.kind == "enqueue" or effect.detail == _MAIL)


def _let_through(fn: Fn, branch: int, outcome: bool, number: int, write: int) -> bool:
    if fails(fn, number) or not leads(fn, branch, outcome, number) or leads(fn, branch, not outcome, number):
        return False
    return reaches(fn, number, write) or reaches(fn, write, number)


__all__ = ["done_again"]
