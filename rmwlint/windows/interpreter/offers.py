"""Calls of functions that offer a guard for a state, and are given that state to write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmwlint.program.program import Fn
from rmwlint.windows.interpreter.accesses import guard_parameters
from rmwlint.windows.interpreter.binding import Binding
from rmwlint.windows.interpreter.columns import entries
from rmwlint.windows.interpreter.site import Site
from rmwlint.windows.text import text
from rmwlint.windows.values import Event, Place

if TYPE_CHECKING:
    from rmwlint.windows.interpreter.interpret import Interpreter

_CERTAINTY = 2


def offer(run: Interpreter, site: Site) -> None:
    """Record what a function that offers guards is given to write: a dict's entries, changed attributes."""
    targets = site.known.targets
    if len(targets) != 1 or site.known.cls is not None:
        return
    target = targets[0]
    offered = [name for name in guard_parameters(target) if _looks_at(target, name)]
    if not offered:
        return
    binding = Binding(run, site.position, target, site.receiver, site.args, site.kwargs)
    names = [parameter.name for parameter in target.facts.params]
    passed = tuple(
        (names[index], value) for index, value in binding.values.items() if names[index] in offered
    )
    registers = (*site.op[2], *(register for _, register in site.op[3]))
    for value, register in zip(site.given, registers):
        columns = tuple((name, item) for name, item in entries(run, value) if name != "**")
        if not columns:
            continue
        set_at = tuple((name, at) for name, (at, _) in run.state.dirty.get(value.symbol, {}).items())
        place = Place("row", value.symbol, "", frozenset(), text(run.facts, register))
        run.emit(
            Event(
                site.position,
                "offer",
                place,
                columns=columns,
                set_at=set_at,
                offered=tuple(offered),
                passed=passed,
                call=site.known,
                sure=min(site.known.sure, _CERTAINTY),
            )
        )


def _looks_at(fn: Fn, name: str) -> bool:
    """Whether a function uses a parameter: one that it ignores guards nothing."""
    inner = (function for function in fn.module.facts.functions if function.parent == fn.index)
    return any(("name", name) in function.ops for function in (fn.facts, *inner))
