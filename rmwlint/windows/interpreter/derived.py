"""Which parameters a function's result is made of, and which decide whether it returns at all.

``is_final(order.status)`` depends on the status, whatever it does inside; ``check_open(order.status)`` lets
its caller go on only for some. The answer is by names, without regard to the flow, and takes what a call
gives for something made of all that it is given. It is asked only where a caller passes what it has read.
"""

from __future__ import annotations

from rmwlint.facts.model import Function
from rmwlint.facts.operands import operands
from rmwlint.program.program import Fn

_PLAIN = frozenset(["const", "param", "import", "def", "class", "lambda", "pass", "delete"])
_TWO_WAYS = 2

Parameters = frozenset[int]


def result_of(fn: Fn) -> Parameters:
    """The parameters that what the function returns depends on."""
    return _answers(fn)[0]


def admits(fn: Fn) -> Parameters:
    """The parameters on which the function raises for some callers and returns for others."""
    return _answers(fn)[1]


def _answers(fn: Fn) -> tuple[Parameters, Parameters]:
    found = fn.memo.get("derived")
    if found is None:
        found = fn.memo["derived"] = _asked(fn.facts)
    return found  # type: ignore[return-value]


def _asked(function: Function) -> tuple[Parameters, Parameters]:
    ops = function.ops
    made = _made_of(function)
    given: set[int] = set()
    constants = 0
    for op in ops:
        if op[0] == "return" and op[1] is not None:
            given |= made[op[1]]
            constants += ops[op[1]][0] == "const"
    deciding: set[int] = set()
    admitting: set[int] = set()
    for start, end, successors, _ in function.blocks:
        if end == start or ops[end - 1][0] != "branch" or len(successors) != _TWO_WAYS:
            continue
        condition = made[ops[end - 1][1]]
        deciding |= condition
        if any(_raises(function, target) for target in successors):
            admitting |= condition
    # A function that says yes or no by branches depends on what they ask.
    return frozenset(given | deciding if constants > 1 else given), frozenset(admitting)


def _raises(function: Function, block: int) -> bool:
    start, end, successors, _ = function.blocks[block]
    return not successors and end > start and function.ops[end - 1][0] == "raise"


def _made_of(function: Function) -> list[frozenset[int]]:
    """For every register the parameters it is made of."""
    ops = function.ops
    nothing: frozenset[int] = frozenset()
    made = [nothing] * len(ops)
    names: dict[str, frozenset[int]] = {}
    loops = any(target <= number for number, block in enumerate(function.blocks) for target in block[2])
    for _ in range(2 if loops else 1):  # a second time for what a loop has made of a name
        for number, op in enumerate(ops):
            kind = op[0]
            if kind == "param":
                made[number] = frozenset([op[1]])
            elif kind == "name":
                made[number] = names.get(op[1], nothing)
            elif kind == "store":
                names[op[1]] = names.get(op[1], nothing) | made[op[2]]
            elif kind not in _PLAIN:
                made[number] = nothing.union(*(made[part] for part in operands(op)))
    return made


__all__ = ["admits", "result_of"]
