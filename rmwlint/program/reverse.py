"""The other end of a reference between rows: ``order.lines``, which the class of the lines declares.

The class of an object does not say that others refer to it. Where it is known which class does, or where both
stand in one module, the declaration tells under which name.
"""

from __future__ import annotations

from rmwlint.facts.model import Op
from rmwlint.facts.operands import last_store, returned
from rmwlint.program.link import attribute, link
from rmwlint.program.program import Cls, Fn
from rmwlint.program.types import Type

_DEEPEST = 12
_ASKERS = (("name", "hasattr"), ("name", "getattr"))


def referring(cls: Cls, name: str) -> str | None:
    """The column of a class by which other rows reach its rows as ``name``; None where there is none."""
    known: dict[str, str] | None = cls.memo.get("referring")  # type: ignore[assignment]
    if known is None:
        known = {}
        cls.memo["referring"] = known
        for base in cls.mro():
            scope = base.module.fn(base.facts.scope)
            for column, register in base.facts.fields.items():
                if register is not None and scope.facts.ops[register][0] == "call":
                    for reverse in _names(cls, scope, register):
                        known.setdefault(reverse, column)
    return known.get(name)


def only_referred(cls: Cls, name: str) -> bool:
    """Whether nothing that a class of tracked rows is made of declares an attribute: then another class does,
    as the other end of its own reference (``backref="lines"``). Not where the class itself declares nothing:
    it is what others are derived from."""
    if cls.row() != "flush" or cls.speaking_of(name):
        return False
    known = cls.memo.get("all_declared")
    if known is None:
        declares = any(
            register is not None and cls.module.fn(cls.facts.scope).facts.ops[register][0] == "call"
            for register in cls.facts.fields.values()
        )
        known = cls.memo["all_declared"] = declares and not any(base.of_strangers() for base in cls.mro())
    return bool(known)


def references(cls: Cls) -> frozenset[str]:
    """The columns of a class that name rows, of whichever class."""
    known: frozenset[str] | None = cls.memo.get("references")  # type: ignore[assignment]
    if known is None:
        known = cls.memo["references"] = frozenset(
            column
            for base in cls.mro()
            for column, register in base.facts.fields.items()
            if register is not None and _refers(base.module.fn(base.facts.scope), register)
        )
    return known


def _refers(scope: Fn, register: int) -> bool:
    call = link(scope).calls.get(register) if scope.facts.ops[register][0] == "call" else None
    return call is not None and any(row.reverse is not None for row in call.rows)


def _names(cls: Cls, scope: Fn, register: int) -> tuple[str, ...]:
    """Under which names the rows that a column names reach those of the class."""
    call = link(scope).calls.get(register)
    keywords = {row.reverse for row in call.rows if row.reverse is not None} if call is not None else set()
    if not keywords:
        return ()
    ops = scope.facts.ops
    for keyword, value in ops[register][3]:
        if keyword in keywords:
            given = ops[value][1] if ops[value][0] == "const" else None
            return (given.replace("%(class)s", cls.name.lower()),) if isinstance(given, str) else ()
    return cls.name.lower(), f"{cls.name.lower()}_set"


def asked_through(fn: Fn, number: int) -> tuple[int, str] | None:
    """The undeclared attribute by which an operation reaches rows from another row, or a method of that row
    does: that row's register, and the attribute's name."""
    ops = fn.facts.ops
    register: int | None = number
    for _ in range(_DEEPEST):
        if register is None:
            return None
        op = ops[register]
        found = undeclared(fn, register) or _of_attribute(fn, register) or _given_by_own(fn, register)
        if found is not None:
            return found
        register = _holder(ops, register, op)
    return None


def _of_attribute(fn: Fn, register: int) -> tuple[int, str] | None:
    op, types = fn.facts.ops[register], link(fn).types
    kind = types[register]
    if op[0] == "attr" and kind is not None and kind.kind == "member" and _is_row(fn, types[op[1]]):
        return op[1], str(op[2])
    return None


def _given_by_own(fn: Fn, number: int) -> tuple[int, str] | None:
    """The same of a method of the row that gives nothing but what it reaches by an attribute of its own."""
    call = link(fn).calls.get(number) if fn.facts.ops[number][0] == "call" else None
    if call is None or call.receiver is None or len(call.targets) != 1 or call.rows:
        return None
    target = call.targets[0]
    ops = target.facts.ops
    given = [register for _, register in returned(ops)]
    if len(given) != 1 or not target.facts.params or not _is_row(fn, link(fn).types[call.receiver]):
        return None
    register: int | None = given[0]
    for _ in range(_DEEPEST):
        if register is None:
            return None
        found = _of_attribute(target, register)
        if found is not None:
            own = ops[found[0]] == ("name", target.facts.params[0].name)
            return (call.receiver, found[1]) if own else None
        register = _holder(ops, register, ops[register])
    return None


def undeclared(fn: Fn, register: int) -> tuple[int, str] | None:
    """The row and the attribute that its class does not declare, where a call asks whether it is there."""
    ops = fn.facts.ops
    op = ops[register]
    if op[0] != "call" or ops[op[1]] not in _ASKERS or len(op[2]) < 2:
        return None
    holder, name = link(fn).types[op[2][0]], ops[op[2][1]][-1]
    if ops[op[2][1]][0] != "const" or not isinstance(name, str) or not _is_row(fn, holder):
        return None
    found = attribute(fn.module.program, holder, name)
    return (op[2][0], name) if found is not None and found.kind == "member" else None


def _is_row(fn: Fn, kind: Type | None) -> bool:
    if kind is None:
        return False
    if kind.kind == "instance":
        return kind.ref.row() is not None
    libraries = fn.module.program.libraries
    return kind.kind == "library" and any(libraries.types[one].row for one in libraries.lineage(kind.name))


def _holder(ops: tuple[Op, ...], register: int, op: Op) -> int | None:
    """What a value is computed from, a step back along a chain of calls."""
    if op[0] in ("attr", "item", "await", "element", "call"):
        return int(op[1])
    if op[0] == "name":
        at = last_store(ops, op[1], register)
        return None if at < 0 else int(ops[at][2])
    return None
