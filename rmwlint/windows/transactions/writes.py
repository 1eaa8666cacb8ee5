"""Whether something was written before a point, here or in what was called: what a message may depend on."""

from __future__ import annotations

from collections.abc import Iterator

from rmwlint.facts.operands import dropped
from rmwlint.libraries.model import CallModel
from rmwlint.program.effects import below, below_call
from rmwlint.program.link import link
from rmwlint.program.logs import writes_to_log
from rmwlint.program.program import Fn
from rmwlint.windows.flow import reaches

_WRITES = frozenset(["write", "swap", "delta", "create", "ensure", "delete", "replace"])
_DEEPEST = 3
_KEYS = ("id", "pk", "uuid")


def _writes_row(row: CallModel) -> bool:
    return row.does == "flush" or (row.does in _WRITES and row.place in ("row", "rows", "document"))


def written_before(fn: Fn, number: int) -> bool:
    """Whether ``fn`` writes a row before operation ``number``, itself or by what it calls."""
    return any(at < number for at in _writing(fn))


def may_write_around(fn: Fn, number: int) -> bool:
    """Whether ``fn`` writes a row on a way through operation ``number``, itself or by what it calls, or calls
    there what nobody knows and wants no answer of, which is what calls that change something look like."""
    writing = frozenset(_writing(fn))
    return number in writing or any(
        reaches(fn, at, number) or reaches(fn, number, at) for at in writing.union(_commands(fn)) - {number}
    )


def _commands(fn: Fn) -> Iterator[int]:
    """The calls that are statements, of methods which nobody knows or which set attributes."""
    calls = link(fn).calls
    for at in dropped(fn.facts.ops):
        call = calls.get(at)
        if call is None or call.receiver is None or call.rows:
            continue
        if call.targets:
            if any(op[0] == "setattr" for target in call.targets for op in target.facts.ops):
                yield at
        elif call.rtype is None and not writes_to_log(fn, at):
            yield at


def _writing(fn: Fn) -> Iterator[int]:
    """The calls by which ``fn`` writes a row, itself or further down."""
    for at, call in link(fn).calls.items():
        if any(_writes_row(row) for row in call.rows) or any(
            _writes(target, _DEEPEST) for step in below_call(fn, at, call) for target in step.functions
        ):
            yield at


def written_below(fn: Fn, number: int) -> bool:
    """Whether functions that ``fn`` calls write rows, those that are called at ``number`` apart."""
    return any(
        _writes(target, _DEEPEST)
        for step in below(fn)
        if step.op != number
        for target in step.functions
        if target is not fn
    )


def _writes(fn: Fn, depth: int) -> bool:
    key = f"writes:{depth}"
    known = fn.memo.get(key)
    if known is None:
        fn.memo[key] = False
        known = any(_writes_row(row) for call in link(fn).calls.values() for row in call.rows) or (
            depth > 0 and any(_writes(target, depth - 1) for step in below(fn) for target in step.functions)
        )
        fn.memo[key] = known
    return bool(known)


def given_row(fn: Fn, number: int) -> bool:
    """Whether a call passes on the key of a row that the function was given: whoever gave it has saved it."""
    ops = fn.facts.ops
    given = {parameter.name for parameter in fn.facts.params[1 if fn.first_is_self else 0 :]}
    pending = [*ops[number][2], *(register for _, register in ops[number][3])]
    while pending:
        op = ops[pending.pop()]
        if op[0] == "attr":
            if op[2] in _KEYS and ops[op[1]][0] == "name" and ops[op[1]][1] in given:
                return True
        elif op[0] in ("build", "call"):
            pending.extend(op[2])
        elif op[0] == "dict":
            pending.extend(register for _, register in op[1])
    return False
