"""Objects handed to a function that takes them as they come: ``def keep(obj): obj.save()``.

Nobody says there what ``obj`` is, so what its methods do is known only where the function is called.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from rmwlint.facts.model import Op
from rmwlint.libraries.model import CallModel
from rmwlint.program.link import Call, link, method_rows
from rmwlint.program.program import Fn
from rmwlint.windows.interpreter import accesses
from rmwlint.windows.interpreter.binding import Binding
from rmwlint.windows.interpreter.site import Site
from rmwlint.windows.values import UNKNOWN, Control, Held, Value

if TYPE_CHECKING:
    from rmwlint.windows.interpreter.interpret import Interpreter

_WRITES = frozenset(["write", "delete"])


class Save(NamedTuple):
    """A method called on a parameter of a function, by its number, as the operation ``op``."""

    parameter: int
    op: int
    method: str


def saves_of(fn: Fn) -> tuple[Save, ...]:
    """The methods that a function calls, as statements, on parameters of which it says nothing."""
    found = fn.memo.get("saves_of")
    if found is None:
        found = fn.memo["saves_of"] = tuple(_saves(fn))
    return found  # type: ignore[return-value]


def _saves(fn: Fn) -> Iterator[Save]:
    facts = fn.facts
    ops = facts.ops
    own = 1 if fn.first_is_self else 0
    names = {each.name: index for index, each in enumerate(facts.params) if index >= own}
    calls = [number for number, op in enumerate(ops) if op[0] == "call" and _called_on(ops, op) in names]
    if not calls:
        return
    stored = [op[1] for op in ops if op[0] == "store"]
    linked = link(fn)
    for number in calls:
        name = _called_on(ops, ops[number])
        known = linked.calls.get(number)
        if stored.count(name) == 1 and (known is None or not (known.targets or known.rows)):
            yield Save(names[name], number, ops[ops[number][1]][2])


def _called_on(ops: tuple[Op, ...], op: Op) -> str:
    """The name of the variable whose method a call calls; empty where it is another thing."""
    callee = ops[op[1]]
    holder = ops[callee[1]] if callee[0] == "attr" else callee
    return str(holder[1]) if callee[0] == "attr" and holder[0] == "name" else ""


def hands_over(fn: Fn) -> bool:
    """Whether a function gives a row to another one that writes whatever it is given."""
    linked = link(fn)
    program = fn.module.program
    for number, call in linked.calls.items():
        if len(call.targets) != 1 or call.rows or call.cls is not None or not saves_of(call.targets[0]):
            continue
        op = fn.facts.ops[number]
        for register in (*op[2], *(register for _, register in op[3])):
            kind = linked.types[register]
            if kind is None or kind.kind != "instance" or kind.ref.row() is None:
                continue
            for save in saves_of(call.targets[0]):
                if any(row.does in _WRITES for row in method_rows(program, kind, save.method, {})):
                    return True
    return False


def hand(run: Interpreter, site: Site) -> None:
    """Record what the callee writes of the rows that it is given, and says nothing of."""
    targets = site.known.targets
    if len(targets) != 1 or site.known.cls is not None or not saves_of(targets[0]):
        return
    binding = Binding(run, site.position, targets[0], site.receiver, site.args, site.kwargs)
    again: set[int] = set()
    for save in saves_of(binding.target):
        value = binding.values.get(save.parameter)
        kind = value.type if value is not None else None
        if value is None or kind is None or save.parameter in again or not run.is_row(kind):
            continue
        keywords = dict(_keywords(binding, binding.target.facts.ops[save.op]))
        constants = {name: each.const for name, each in keywords.items()}
        for row in method_rows(run.fn.module.program, kind, save.method, constants):
            if row.does == "refresh":
                again.add(save.parameter)
            elif row.does in _WRITES:
                _write(run, binding, save, value, row, keywords)


def _write(
    run: Interpreter, binding: Binding, save: Save, value: Value, row: CallModel, keywords: dict[str, Value]
) -> None:
    position, kind = binding.position, value.type
    sure = 1 if kind is None else kind.sure
    known = Call((), (row,), _register(run, position, value), kind, save.method, sure)
    op = ("call", run.ops[position][1], (), ())
    before = len(run.result.events)
    accesses.write(run, Site(position, op, known, value, (), tuple(keywords.items()), None), row, sure)
    held, control = _there(binding, save)
    for number in range(before, len(run.result.events)):
        event = run.result.events[number]
        run.result.events[number] = event._replace(
            held=event.held + held,
            control=event.control | control,
            trail=((binding.target, save.op),),
        )


def _there(binding: Binding, save: Save) -> tuple[tuple[Held, ...], Control]:
    """What the callee holds where it writes, and what of the caller's decides that it does."""
    from rmwlint.windows.interpreter.interpret import analysis
    from rmwlint.windows.interpreter.summary import control_of, held_inside

    found = analysis(binding.target)
    held = held_inside(found.at_calls.get(save.op, ()), binding)
    return held, control_of(binding, found.control_at.get(save.op, frozenset()))


def _keywords(binding: Binding, op: Op) -> Iterator[tuple[str, Value]]:
    """The keywords of a call in the callee, with values that the caller knows."""
    ops = binding.target.facts.ops
    names = {each.name: index for index, each in enumerate(binding.target.facts.params)}
    for keyword, register in op[3]:
        given = ops[register]
        if given[0] == "const":
            yield keyword, Value(("const", given[1]), const=given[1])
        elif given[0] == "name" and names.get(given[1]) in binding.values:
            yield keyword, binding.values[names[given[1]]]
        elif given[0] == "build" and all(ops[part][0] == "const" for part in given[2]):
            items = tuple((None, Value(("const", ops[part][1]), const=ops[part][1])) for part in given[2])
            yield keyword, Value(("op", binding.position), items=items)
        else:
            yield keyword, Value(("op", binding.position), const=UNKNOWN)


def _register(run: Interpreter, position: int, value: Value) -> int | None:
    """The register of the argument that is handed over, by which a reader would name it."""
    op = run.ops[position]
    registers = (*op[2], *(register for _, register in op[3]))
    return next((register for register in registers if run.regs[register].symbol == value.symbol), None)
