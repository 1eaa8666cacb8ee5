"""Whether anybody looks at what a call gives."""

from __future__ import annotations

from rmwlint.facts.model import Op
from rmwlint.facts.operands import operands
from rmwlint.program.calling import callings, kept_for_check
from rmwlint.program.program import Fn
from rmwlint.windows.values import Event

_PASSES_ON = frozenset(["await", "compare", "unary"])
#: where the result of a statement says how many rows it has changed
_COUNTS = frozenset(["rowcount"])
#: by which the object that has sent a statement tells what that has done
_OUTCOMES = _COUNTS | {"fetchone", "fetchall", "fetchval", "total_changes"}


def looked_at(fn: Fn, register: int) -> bool:
    """Whether the value of a register is used: a name that is bound to it and never loaded is no use. So it
    is where the object that was called is asked for the outcome afterwards (``cursor.rowcount``)."""
    pending = [register]
    ops = fn.facts.ops
    if ops[register][0] == "call" and ops[ops[register][1]][0] == "attr":
        holder = ops[ops[ops[register][1]][1]]
        asked = (op[1] for op in ops[register:] if op[0] == "attr" and op[2] in _OUTCOMES)
        if holder[0] == "name" and any(ops[one] == holder for one in asked):
            return True
    while pending:
        wanted = pending.pop()
        for number, op in enumerate(ops):
            if op[0] == "leave" or wanted not in operands(op):
                continue
            if op[0] == "store" and _private(fn, op[1]):
                continue
            if op[0] != "await":
                return True
            pending.append(number)
    return False


def dropped_by_callers(fn: Fn, event: Event) -> bool:
    """Whether a function calls another one that only returns what an update says, and neither it nor any
    other known caller looks at that."""
    if not event.trail or looked_at(fn, event.op):
        return False
    if not all(_only_returned(below, number) for below, number in event.trail):
        return False
    called = event.trail[0][0]
    return kept_for_check(called, "outcome_dropped", lambda: _dropped(called))


def _dropped(fn: Fn) -> bool:
    called, all_known = callings(fn)
    return all_known and not any(looked_at(caller, number) for caller, number, _ in called)


def _only_returned(fn: Fn, register: int) -> bool:
    """Whether a function returns the value of a register, or whether it is true, and does nothing else
    with it."""
    ops = fn.facts.ops
    pending, returned = [register], False
    while pending:
        wanted = pending.pop()
        for number, op in enumerate(ops):
            if op[0] == "leave" or wanted not in operands(op):
                continue
            if op[0] == "return":
                returned = True
            elif op[0] == "store" and op[1] in fn.facts.locals:
                pending += (at for at in range(number, len(ops)) if ops[at][:2] == ("name", op[1]))
            elif op[0] in _PASSES_ON or (op[0] == "attr" and op[2] in _COUNTS) or _is_bool(ops, op):
                pending.append(number)
            else:
                return False
    return returned


def _is_bool(ops: tuple[Op, ...], op: Op) -> bool:
    return op[0] == "call" and len(op[2]) == 1 and ops[op[1]] in (("name", "bool"), ("name", "int"))


def _private(fn: Fn, name: str) -> bool:
    """Whether a name of the function is never loaded, neither here nor in functions inside."""
    if not fn.index or name not in fn.facts.locals or name in fn.facts.global_names:
        return False
    inside = [fn.facts, *(other for other in fn.module.facts.functions if other.parent == fn.index)]
    return not any(op[0] == "name" and op[1] == name for function in inside for op in function.ops)
