"""Backend calls for a row that was committed before as if they were over.

    with Session(engine) as session, session.begin():
        session.add(Port(id=port_id, status="ACTIVE"))
    controller.create_port(port_id)

Whoever reads the row meanwhile takes it for finished; and it stays so when the call fails. Where the code
knows values that tell others to wait, the row should have one of them until the call has come back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from rmwlint.libraries.index import snake
from rmwlint.program.effects import set_off
from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn, ModuleView
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.flow import passes
from rmwlint.windows.interpreter.constants import constant, constant_of
from rmwlint.windows.transactions.hazards import Hazard, open_transaction, told
from rmwlint.windows.values import UNKNOWN, Event, Held, Value

_WRITES = frozenset(["create", "write", "swap"])
_NOTHING_HELD = Held(-1, "transaction", None, "row", "")
#: Answers of these say nothing about a row.
_ASIDE = frozenset(["cache"])


class Unannounced(NamedTuple):
    """``write`` commits a row at ``end``, and ``hazard`` calls a backend for it after that.

    ``column``: what says how far along the row is, empty where it has no such column; ``value``: what was
    written to it, None where that is not known; ``waits``: a value of it that would tell others to wait.
    """

    write: Event
    end: int
    hazard: Hazard
    column: str
    value: Any
    waits: str
    sure: int


def unannounced(fn: Fn) -> Iterator[Unannounced]:
    """The backend calls of a function after the commit of a row that they are about, one for each call."""
    committed = list(_committed(fn))
    if not committed:
        return
    at_calls = heard(fn).at_calls
    for number, call in link(fn).calls.items():
        if open_transaction(at_calls.get(number, ())) is not None:
            continue
        for write, end in reversed(committed):
            if end < number and passes(fn, write.op, end, number) and _about(fn, write, number):
                effects = [
                    effect
                    for effect in set_off(fn, number, call)
                    if effect.kind == "backend" and effect.detail not in _ASIDE
                ]
                if not effects:
                    break
                best = max(effects, key=lambda effect: (effect.sure, -effect.depth))
                found = _judged(fn, write, end, told(fn, number, best, _NOTHING_HELD))
                if found is not None:
                    yield found
                break


def _committed(fn: Fn) -> Iterator[tuple[Event, int]]:
    """The writes to a row whose transaction ends in this function, each with the end."""
    events = heard(fn).events
    ops = fn.facts.ops
    for write in events:
        if write.does not in _WRITES or write.place is None or write.trail:
            continue
        if write.place.kind != "row" and (write.place.kind != "rows" or write.does != "create"):
            continue
        held = [one.id for one in write.held if one.kind == "transaction" and not one.nested]
        if held and held[0] < 0:
            continue
        for event in events:
            if event.op <= write.op or event.trail:
                continue
            left = event.does == "leave" and held and ops[event.op][1] == held[0]
            same = event.row is not None and write.row is not None and event.row.library == write.row.library
            if left or (event.does == "commit" and same and (not held or ops[held[0]][0] == "call")):
                yield write, event.op
                break


def _about(fn: Fn, write: Event, number: int) -> bool:
    """Whether a call is given the row, or something that the row was made of."""
    ops = fn.facts.ops
    names = _names(fn, [write.op])
    names |= {op[1] for op in ops if op[0] == "store" and op[2] == write.op}
    made = [op[2] for op in ops[: write.op] if op[0] == "store" and op[1] in names]
    names |= _names(fn, [register for register in made if ops[register][0] == "call"])
    if write.place is not None:
        names.add(write.place.text.partition(".")[0])
    given = _names(fn, [*ops[number][2], *(register for _, register in ops[number][3])])
    names &= fn.facts.locals
    return not (names - {fn.self_name}).isdisjoint(given)


def _names(fn: Fn, registers: list[int]) -> set[str]:
    """The names in expressions; of calls only those in what they are given."""
    ops = fn.facts.ops
    found: set[str] = set()
    pending = list(registers)
    while pending:
        op = ops[pending.pop()]
        kind = op[0]
        if kind == "name":
            found.add(op[1])
        elif kind in ("attr", "item", "await", "star", "typed"):
            pending.append(op[1])
        elif kind == "call":
            pending += [*op[2], *(register for _, register in op[3])]
        elif kind == "build":
            pending += op[2]
        elif kind == "dict":
            pending += [register for _, register in op[1]]
    return found


def _judged(fn: Fn, write: Event, end: int, hazard: Hazard) -> Unannounced | None:
    """How sure it is that others take the row for finished; None where it tells them to wait."""
    libraries = fn.module.program.libraries
    column = next((name for name, _ in write.columns if "naming.Status" in libraries.receiver(name)), "")
    cls = _class(fn, write)
    if not column:
        if write.does != "create" or cls is None:
            return None
        declared = next(
            (name for name in cls.facts.fields if "naming.Status" in libraries.receiver(name)), ""
        )
        values = _strings(cls.module, cls.facts.scope, cls.facts.fields.get(declared))
        if any(_waits(fn, value) for value in values):
            return None  # what it starts with
        return Unannounced(write, end, hazard, declared, None, "", 1)
    given = dict(write.columns)[column]
    value = constant_of(fn, given)
    if not isinstance(value, str):
        return None
    if _waits(fn, value):
        return None
    known = next((one for one in _alternatives(fn, given, column, cls) if _waits(fn, one)), "")
    sure = min(2, write.sure, hazard.sure) if known else 1
    return Unannounced(write, end, hazard, column, value, known, sure)


def _class(fn: Fn, write: Event) -> Cls | None:
    """The class of the program that a written row is of."""
    if write.type is not None and write.type.kind == "instance":
        return write.type.ref  # type: ignore[no-any-return]
    if write.place is None or "." not in write.place.what:
        return None
    kind = fn.module.program.resolve(write.place.what, fn.module.path)
    return kind.ref if kind.kind == "class" else None


def _waits(fn: Fn, value: str) -> bool:
    """Whether a value of a status column tells others that something is still to be done."""
    last = snake(value.rpartition(".")[2])
    return "naming.Pending" in fn.module.program.libraries.receiver(last)


def _alternatives(fn: Fn, given: Value, column: str, cls: Cls | None) -> Iterator[str]:
    """The values that the code knows for a status column: beside the one written, or for that column."""
    program = fn.module.program
    symbol = given.symbol
    if isinstance(symbol, tuple) and symbol and symbol[0] == "global":
        head = symbol[1].rpartition(".")[0]
        module = program.module(head, fn.module.path)
        names: list[str] = []
        if module is not None:
            names = list(module.facts.bindings)
        else:
            owner, _, name = head.rpartition(".")
            module = program.module(owner, fn.module.path) if owner else None
            if module is not None and name in module.facts.class_defs:
                names = list(module.facts.classes[module.facts.class_defs[name]].fields)
        for name in names:
            value = constant(program, f"{head}.{name}", fn.module.path)
            if isinstance(value, str):
                yield value
    modules = [fn.module] if cls is None or cls.module is fn.module else [fn.module, cls.module]
    for module in modules:
        yield from _written_for(module, column)


def _written_for(module: ModuleView, column: str) -> Iterator[str]:
    """The strings that a module's code gives to a column of that name, or compares it with."""
    for fn in module.functions():
        if column not in fn.facts.names:
            continue
        ops = fn.facts.ops
        for op in ops:
            registers: list[int] = []
            if op[0] == "setattr" and op[2] == column:
                registers = [op[3]]
            elif op[0] == "call":
                registers = [register for keyword, register in op[3] if keyword == column]
            elif op[0] == "compare" and any(
                ops[part][0] == "attr" and ops[part][2] == column for part in op[2]
            ):
                registers = list(op[2])
            for register in registers:
                yield from _strings(module, fn.index, register)


def _strings(module: ModuleView, scope: int, register: int | None) -> list[str]:
    """The strings in an expression, and those that its names are known to stand for."""
    if register is None:
        return []
    fn = module.fn(scope)
    ops = fn.facts.ops
    found: list[str] = []
    pending = [register]
    while pending:
        number = pending.pop()
        op = ops[number]
        if op[0] == "const":
            found += [op[1]] if isinstance(op[1], str) else []
        elif op[0] in ("name", "attr"):
            kind = link(fn).types[number]
            value = UNKNOWN if kind is None else constant(module.program, kind.name, module.path)
            found += [value] if isinstance(value, str) else [str(op[-1])]
        elif op[0] == "call":
            pending += [part for keyword, part in op[3] if keyword in ("default", "server_default")]
        elif op[0] == "build":
            pending += op[2]
    return found


__all__ = ["Unannounced", "unannounced"]
