"""Ways through a method that never look at the guard it offers.

The question is a forward may-analysis on the control flow: can a normal exit be reached by a path on which no
operation loads the guard's parameter? Optimistic: a nested function that uses the parameter counts as a look
where it is defined, and an operation looks before it raises.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rmwlint.facts.model import Function
from rmwlint.program.link import link, method_rows
from rmwlint.program.program import Fn
from rmwlint.program.types import Type
from rmwlint.windows.interpreter.accesses import guard_parameters
from rmwlint.windows.interpreter.interpret import analysis
from rmwlint.windows.solver import solve

_WRITES = frozenset(["write", "swap"])
_ROWS = frozenset(["row", "rows", "document"])


class Skipped(NamedTuple):
    """A guard that a path skips. ``exit``: the return that ends it, or the branch that leads past the look;
    ``look``: the first operation that evaluates the guard."""

    guard: str
    exit: int
    look: int


def skipped_guards(fn: Fn) -> Iterator[Skipped]:
    """The guards that a writing method offers, evaluates on some path, and skips on another."""
    offered = [name for name in guard_parameters(fn) if _guards(fn, name)]
    if not offered or fn.owner is None or not _writes(fn):
        return
    for guard in offered:
        looks = sorted(_looks(fn, guard))
        if not looks:
            continue
        way = _way_past(fn.facts, frozenset(looks))
        if way is not None:
            yield Skipped(guard, way, looks[0])


def _writes(fn: Fn) -> bool:
    owner = fn.owner
    assert owner is not None
    receiver = Type("instance", owner.qualified, None, owner)
    rows = method_rows(fn.module.program, receiver, fn.facts.name, {})
    return any(row.does in _WRITES for row in rows) or any(
        event.does in _WRITES and event.place is not None and event.place.kind in _ROWS
        for event in analysis(fn).events
    )


def _guards(fn: Fn, name: str) -> bool:
    """Whether a parameter may be what the row is compared with: it is not written itself."""
    index = next(i for i, parameter in enumerate(fn.facts.params) if parameter.name == name)
    return not any(
        value.symbol == ("param", index) for event in analysis(fn).events for _, value in event.columns
    )


def _looks(fn: Fn, name: str) -> Iterator[int]:
    for number, op in enumerate(fn.facts.ops):
        if op[0] == "name" and op[1] == name:
            yield number
        elif op[0] in ("def", "lambda"):
            nested = fn.module.facts.functions[op[2] if op[0] == "def" else op[1]]
            if name not in nested.locals and any(o[0] == "name" and o[1] == name for o in nested.ops):
                yield number


def _way_past(function: Function, looks: frozenset[int]) -> int | None:
    """The end of the first way out on which the guard is not looked at, None where there is none."""
    blocks = function.blocks

    def transfer(number: int, unlooked: bool) -> list[tuple[int, bool]]:
        start, end, successors, _ = blocks[number]
        after = unlooked and not any(start <= look < end for look in looks)
        return [(target, after) for target in successors]

    entry = solve(blocks, True, transfer, lambda _, states: any(states), rounds=2)
    for number, unlooked in sorted(entry.items()):
        start, end, successors, _ = blocks[number]
        if not unlooked or successors or any(start <= look < end for look in looks):
            continue
        last = function.ops[end - 1] if end > start else ("pass",)
        if last[0] == "raise":
            continue
        if last[0] == "return" and function.spans[end - 1] != (0, 0, 0, 0):
            return end - 1
        return _branch_before(function, number, entry, looks)
    return None


def _branch_before(function: Function, number: int, entry: dict[int, bool], looks: frozenset[int]) -> int:
    """The last branch on the way to a block that control falls out of."""
    for other in range(number, -1, -1):
        start, end, successors, _ = function.blocks[other]
        if len(successors) > 1 and entry.get(other) and not any(start <= look < end for look in looks):
            return end - 1
    return max(0, function.blocks[number][1] - 1)


def relying(fn: Fn, guards: frozenset[str]) -> Iterator[tuple[Fn, int]]:
    """The calls in the project that pass one of the guards to the method, each in its function, files in
    order; in one function the first is enough."""
    program, near, name = fn.module.program, fn.module.path, fn.facts.name
    outline = program.outline(near)
    files: dict[Path, None] = {}
    for guard in sorted(guards):
        mentioned = outline.mentions(guard) if outline.files else ()
        program.asked.hint(near, "mention", (guard,))
        for path in mentioned:
            program.asked.uses(near, path, guard)
        files.update(dict.fromkeys(mentioned))
    modules = [program.module_of(path) for path in sorted(files)] if files else [fn.module]
    for module in modules:
        for caller in module.functions() if module is not None else ():
            if caller is fn or name not in caller.facts.names:
                continue
            ops = caller.facts.ops
            for number, op in enumerate(ops):
                if op[0] == "call" and ops[op[1]][0] == "attr" and ops[op[1]][2] == name:
                    given = any(keyword in guards for keyword, _ in op[3])
                    if not given:
                        continue
                    program.asked.file_for_check(near, caller.module.path)
                    if fn in link(caller).calls[number].targets:
                        yield caller, number
                        break
