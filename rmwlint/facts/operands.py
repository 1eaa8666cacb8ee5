"""The registers that an operation takes, whatever its kind, and where a name got its value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rmwlint.facts.model import Op

_NO_OPERANDS = frozenset(["const", "name", "param", "lambda", "import", "delete", "pass"])


def numbers_in(op: Op) -> Iterator[int]:
    """Every number in an operation's operands, those in nested tuples too; no truth values.

    Of most kinds these are its registers. Kinds that hold other numbers are for the caller to know.
    """
    pending = list(op[1:])
    while pending:
        part = pending.pop()
        if isinstance(part, tuple):
            pending.extend(part)
        elif isinstance(part, int) and not isinstance(part, bool):
            yield part


def operands(op: Op) -> Iterator[int]:
    """The registers that an operation takes."""
    kind = op[0]
    if kind in _NO_OPERANDS:
        return
    if kind == "unpack":
        yield op[1]
    elif kind == "field":
        yield from () if op[3] is None else (op[3],)
    elif kind in ("def", "class"):
        yield from op[3]
    else:
        yield from numbers_in(op)


def returned(ops: Sequence[Op]) -> Iterator[tuple[int, int]]:
    """The operations by which a function returns or yields something, each with the register of that."""
    for number, op in enumerate(ops):
        if op[0] in ("return", "yield") and op[1] is not None:
            yield number, op[1]


def dropped(ops: Sequence[Op]) -> frozenset[int]:
    """The calls that are statements: nobody takes what they return, awaited or not."""
    taken: set[int] = set()
    for op in ops:
        taken.update(operands(op))
    return frozenset(
        op[1] if op[0] == "await" else number
        for number, op in enumerate(ops)
        if number not in taken and (op[0] == "call" or (op[0] == "await" and ops[op[1]][0] == "call"))
    )


def last_store(ops: Sequence[Op], name: str, before: int) -> int:
    """The last operation above ``before`` that stores something under a name; -1 where there is none."""
    return next((at for at in range(before - 1, -1, -1) if ops[at][:2] == ("store", name)), -1)


def made_of(ops: Sequence[Op], register: int, but: str = "", most: int | None = None) -> set[int]:
    """The registers that a value is made of, itself too, through whatever is stored under names on the way,
    except under ``but``; at most so many."""
    found: set[int] = set()
    pending = [register]
    while pending and (most is None or len(found) < most):
        part = pending.pop()
        if part in found:
            continue
        found.add(part)
        if ops[part][0] != "name":
            pending += operands(ops[part])
        elif ops[part][1] != but:
            pending += [op[2] for op in ops if op[:2] == ("store", ops[part][1])]
    return found
