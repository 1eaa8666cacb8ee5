"""Functions that run inside somebody else's transaction: signal handlers, flush events, precommit methods.

Which they are stands in the library models (``does = "hook"``): a decorator, a function given to a call that
registers it, or a method of that name in a class derived from the library's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.libraries.model import CallModel
from rmwlint.program.effects import row_sure
from rmwlint.program.link import Link, link
from rmwlint.program.program import Cls, Fn, ModuleView
from rmwlint.windows.interpreter.decorators import FIRST
from rmwlint.windows.text import text
from rmwlint.windows.transactions.saved_in import saved_in_transaction
from rmwlint.windows.values import Held


class _Hook(NamedTuple):
    """``by``: the class whose saves alone call it, each in a transaction or not; None where it is any."""

    held: Held
    by: Cls | None = None


def hook(fn: Fn) -> Held | None:
    """The transaction of others that ``fn`` runs in; None where it is no hook."""
    return next((found.held for found in _hooks_of(fn)), None)


def called_in_autocommit(fn: Fn) -> bool:
    """Whether a hook is called by saves alone, of rows that nobody is seen to save in a transaction."""
    found = _hooks_of(fn)
    return bool(found) and all(one.by is not None and not saved_in_transaction(fn, one.by) for one in found)


def _hooks_of(fn: Fn) -> tuple[_Hook, ...]:
    found = fn.memo.get("hooks_of")
    if found is None:
        found = fn.memo["hooks_of"] = tuple(_hooks(fn))
    return found  # type: ignore[return-value]


def _hooks(fn: Fn) -> Iterator[_Hook]:
    yield from _by_decorator(fn)
    yield from _by_method(fn)
    yield from _registered(fn.module).get(fn.index, ())


def _by(scope: Fn, number: int, row: CallModel) -> Cls | None:
    """The class whose saves call what a call makes a hook."""
    register = dict(scope.facts.ops[number][3]).get(row.of or "")
    kind = link(scope).types[register] if register is not None else None
    return kind.ref if kind is not None and kind.kind == "class" else None


def _held(number: int, written: str, row: CallModel, sure: int) -> Held:
    return Held(number, "transaction", None, "row", written, sure=min(sure, row_sure(row.confidence)))


def _by_decorator(fn: Fn) -> Iterator[_Hook]:
    parent = fn.parent
    if parent is None or not fn.facts.decorators:
        return
    linked = link(parent)
    for index, register in enumerate(fn.facts.decorators):
        call = linked.calls.get(register)
        if call is not None:
            for row in call.rows:
                if row.does == "hook" and "decorator" in row.form:
                    held = _held(FIRST - index, "@" + text(parent.facts, register), row, call.sure)
                    yield _Hook(held, _by(parent, register, row))


def _by_method(fn: Fn) -> Iterator[_Hook]:
    owner = fn.owner
    if owner is None:
        return
    libraries = fn.module.program.libraries
    for library_type in owner.library_types():
        for row in libraries.method_meaning(library_type, fn.facts.name, {}):
            if row.does == "hook" and not row.form and row.at is None:
                yield _Hook(_held(-1, fn.facts.name, row, 3))


def _registered(module: ModuleView) -> dict[int, list[_Hook]]:
    """The module's functions that its own code registers as hooks, by index."""
    found = module.memo.get("hooks")
    if found is None:
        found = module.memo["hooks"] = {}
        for fn in module.functions():
            for number, call in link(fn).calls.items():
                for row in call.rows:
                    if row.does == "hook" and row.at is not None:
                        for index in _given(fn, link(fn), number, row.at, module):
                            held = _held(-1, text(fn.facts, number), row, call.sure)
                            found.setdefault(index, []).append(_Hook(held, _by(fn, number, row)))
    return found


def _given(fn: Fn, linked: Link, number: int, at: str, module: ModuleView) -> Iterator[int]:
    op = fn.facts.ops[number]
    registers: list[int] = []
    if at.startswith("arg") and at[3:].isdigit() and int(at[3:]) < len(op[2]):
        registers.append(op[2][int(at[3:])])
    for register in registers:
        value = linked.types[register]
        if value is not None and value.kind in ("function", "method") and value.ref.module is module:
            yield value.ref.index
