"""What a callee has asked of a row before it returned: its checks, in the caller's terms.

``ensure_open(order)`` raises unless ``order.state`` is right, ``get_open(pk)`` gives the row that it has
asked, and ``is_open(pk)`` only says what it has found. Whoever goes on after one of them has tested the row.
So has who goes on after a check that some are spared: ``if user.is_admin: return``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rmwlint.facts.model import Op
from rmwlint.libraries.index import snake
from rmwlint.program.link import Call
from rmwlint.program.program import Fn
from rmwlint.windows.flow import raising_blocks
from rmwlint.windows.interpreter.binding import Binding
from rmwlint.windows.values import Control, Dep, Place, Symbol, Value

if TYPE_CHECKING:
    from rmwlint.windows.interpreter.interpret import Analysis, Interpreter

#: an access further down is not told as the caller's
_DEEPEST = 4
_SPOKEN = frozenset(["attr", "bool", "call", "compare", "item", "unary"])
#: the symbols of what a column is compared with that mean the same everywhere
_CONSTANT = "const"


def passed_checks(fn: Fn, found: Analysis) -> Control:
    """What must have been true for a function to return, to all or to those whom it has asked."""
    common = found.exits[0].state.control
    for way in found.exits[1:]:
        common = common & way.state.control
    if len(found.exits) == 1:
        return common
    refusing = _refusing(fn)
    if not refusing:
        return common
    all_passed = frozenset().union(*(way.state.control for way in found.exits))
    return common | {one for one in all_passed if one[1] in refusing and one[0][1] is not None}


def _refusing(fn: Fn) -> frozenset[int]:
    """The branches of a function of which one way does nothing but raise."""
    known = fn.memo.get("refusing_branches")
    if known is None:
        raising = raising_blocks(fn.facts)
        known = fn.memo["refusing_branches"] = frozenset(
            last - 1
            for _, last, successors, _ in fn.facts.blocks
            if len(successors) > 1 and any(target in raising for target in successors)
        )
    return known  # type: ignore[return-value]


def read_below(
    run: Interpreter, binding: Binding, found: Analysis, known: Call, wanted: Iterable[Dep]
) -> frozenset[int]:
    """Tell the caller of rows that the callee has read for itself, by keys that the caller gives: those of
    the reads that some dependences speak of. The numbers of all that the caller knows, also of what is
    returned to it."""
    numbers = {dep[0] for dep in wanted if dep[0] >= 0 and dep[1] is not None}
    told: set[int] = set()
    if not numbers:
        return frozenset()
    given = {way.value.symbol for way in found.exits if way.value is not None}
    for event in found.events:
        place = event.place
        if event.op not in numbers or event.does != "read" or place is None or place.kind != "row":
            continue
        if place.symbol in given:
            told.add(event.op)
            continue
        keys = binding.keys(place)
        if not keys or len(keys) < len(place.keys) or len(event.trail) >= _DEEPEST:
            continue
        told.add(event.op)
        still_open = any(held.kind == "transaction" for held in run.state.held)
        what = binding.what(place.what)
        written = snake(what.rpartition(".")[2]) or place.text
        here = Place("row", below(binding.position, event.op), what, keys, written)
        if any(other.place == here for other in run.result.events if other.op == binding.position):
            continue
        run.emit(
            event._replace(
                op=binding.position,
                place=here,
                locked=event.locked and still_open,
                control=frozenset(),
                deps=frozenset(),
                trail=((binding.target, event.op), *event.trail),
                sure=min(event.sure, known.sure),
                type=binding.kind(event.type),
                query=None,
            )
        )
    return frozenset(told)


def below(position: int, number: int) -> Symbol:
    """The symbol of a row that the callee of a call has read and keeps to itself."""
    return "row", position, ("below", number)


def condition(
    binding: Binding, found: Analysis, passed: Iterable[tuple[Dep, int, bool]], told: frozenset[int]
) -> Symbol:
    """What the callee has asked, as one condition that is true where it has returned; None where the caller
    cannot say it."""
    rows = dict(_rows(binding, found, told))
    atoms: list[Symbol] = []
    for branch, outcome in sorted({(branch, outcome) for _, branch, outcome in passed}):
        test = found.tests.get(branch)
        mine = None if test is None else _mine(binding, test, rows)
        if mine is None:
            return None
        atoms.append(mine if outcome else ("unary", "not", mine))
    return atoms[0] if len(atoms) == 1 else ("bool", *atoms) if atoms else None


def _rows(binding: Binding, found: Analysis, told: frozenset[int]) -> Iterator[tuple[Symbol, Symbol]]:
    """The rows that the callee has read, each with what the caller calls it."""
    given = {way.value.symbol for way in found.exits if way.value is not None}
    for event in found.events:
        if event.op in told and event.does == "read" and event.place is not None:
            symbol = event.place.symbol
            returned = symbol in given
            yield symbol, ("row", binding.position) if returned else below(binding.position, event.op)


def _mine(binding: Binding, symbol: Symbol, rows: dict[Symbol, Symbol]) -> Symbol:
    if symbol in rows:
        return rows[symbol]
    if not isinstance(symbol, tuple) or not symbol:
        return symbol
    if symbol[0] == "new":
        return _display(binding.target.facts.ops, symbol)
    if symbol[0] not in _SPOKEN:
        return binding.symbol(symbol)
    parts: list[Symbol] = [symbol[0]]
    for index, part in enumerate(symbol[1:]):
        operators = symbol[0] == "compare" and index == 0
        if not operators and isinstance(part, tuple) and part and isinstance(part[0], str):
            part = _mine(binding, part, rows)
            if part is None:
                return None
        parts.append(part)
    return tuple(parts)


def _display(ops: tuple[Op, ...], symbol: Symbol) -> Symbol:
    """The constants of a display: ``("open", "held")``."""
    op = ops[symbol[1]] if len(symbol) == 2 and isinstance(symbol[1], int) else ("",)
    if op[0] != "build" or any(ops[part][0] != "const" for part in op[2]):
        return None
    return _CONSTANT, tuple(ops[part][1] for part in op[2])


def made_below(value: Value | None) -> frozenset[Dep]:
    """The dependences of a value that a callee gives on single columns of what it has read for itself."""
    if value is None:
        return frozenset()
    return frozenset(dep for dep in value.deps if dep[0] >= 0 and dep[1] is not None)
