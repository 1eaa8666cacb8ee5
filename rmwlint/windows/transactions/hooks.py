"""Functions that run inside somebody else's transaction: signal handlers, flush events, precommit methods.

Which they are stands in the library models (``does = "hook"``): a decorator, a function given to a call that
registers it, here or in another module, or a method of that name in a class derived from the library's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.libraries.model import CallModel
from rmwlint.program.calling import handed_over
from rmwlint.program.effects import row_sure
from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn, ModuleView
from rmwlint.windows.interpreter.decorators import FIRST
from rmwlint.windows.text import text
from rmwlint.windows.transactions.saved_in import saved_in_transaction
from rmwlint.windows.values import Held


class _Hook(NamedTuple):
    """``by``: the class whose saves alone call it, each in a transaction or not; None where it is any.
    ``own``: it stands in for the method that saves."""

    held: Held
    by: Cls | None = None
    own: bool = False


def hook(fn: Fn) -> Held | None:
    """The transaction of others that ``fn`` runs in; None where it is no hook."""
    return next((found.held for found in _hooks_of(fn)), None)


def called_in_autocommit(fn: Fn) -> bool:
    """Whether a hook is called by saves alone, of rows that nobody is seen to save in a transaction."""
    found = _hooks_of(fn)
    return bool(found) and all(one.by is not None and not saved_in_transaction(fn, one.by) for one in found)


def called_in_transaction(fn: Fn) -> bool:
    """Whether a function is a hook that others call in a transaction: not a save of a row, which anybody may
    call."""
    return any(one.by is None or not one.own for one in _hooks_of(fn))


def saves_itself(fn: Fn) -> bool:
    """Whether a method stands in for the one that saves or deletes a row of its class."""
    return any(one.own for one in _hooks_of(fn))


def _hooks_of(fn: Fn) -> tuple[_Hook, ...]:
    found = fn.memo.get("hooks_of")
    if found is None:
        found = fn.memo["hooks_of"] = tuple(_hooks(fn))
    return found  # type: ignore[return-value]


def _hooks(fn: Fn) -> Iterator[_Hook]:
    yield from _by_decorator(fn)
    yield from _by_method(fn)
    here = _registered(fn.module).get(fn.index, ())
    yield from here or _registered_elsewhere(fn)


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
        for ancestor in libraries.lineage(library_type):
            if fn.facts.name in libraries.types[ancestor].overridden:
                yield _in_place(fn, owner)


def _in_place(fn: Fn, owner: Cls) -> _Hook:
    """The hook that a method is which stands in for one that saves: of a row, or of what is always saved in a
    transaction."""
    row = owner.row() is not None
    held = Held(-1, "transaction", None, "row", fn.facts.name, sure=2 if row else 3)
    return _Hook(held, owner if row else None, True)


def _registered(module: ModuleView) -> dict[int, list[_Hook]]:
    """The module's functions that its own code registers as hooks, by index."""
    found = module.memo.get("hooks")
    if found is None:
        found = module.memo["hooks"] = {}
        for fn in module.functions():
            for number, call in link(fn).calls.items():
                for row in call.rows:
                    if row.does == "hook" and row.at is not None:
                        for handler in _handlers(fn, number, row.at):
                            if handler.module is module:
                                held = _held(-1, text(fn.facts, number), row, call.sure)
                                found.setdefault(handler.index, []).append(_Hook(held, _by(fn, number, row)))
    return found


def _registered_elsewhere(fn: Fn) -> Iterator[_Hook]:
    """The registrations of a function by other modules: the one that sets up an application, say. Whoever
    sends a signal may send more with it one day, so what is registered for it takes any keywords."""
    params = fn.facts.params
    if not params or params[-1].kind != "kwargs" or not _project_registers(fn.module):
        return
    for giver, number in handed_over(fn):
        call = link(giver).calls.get(number)
        if call is None or giver.module is fn.module:
            continue
        for row in call.rows:
            if row.does == "hook" and row.at is not None and fn in _handlers(giver, number, row.at):
                held = _held(-1, text(giver.facts, number), row, call.sure)
                yield _Hook(held, _by(giver, number, row))


def _project_registers(module: ModuleView) -> bool:
    """Whether the text of the project names what hooks are registered with."""
    scope = module.fn(0)
    known = scope.memo.get("project_registers")
    if known is None:
        program = module.program
        known = scope.memo["project_registers"] = any(
            program.mentions(name, module.path) for name in sorted(program.libraries.hooking)
        )
    return bool(known)


def _handlers(fn: Fn, number: int, at: str) -> Iterator[Fn]:
    """The functions that a call is given in a place."""
    op = fn.facts.ops[number]
    if at.startswith("arg") and at[3:].isdigit() and int(at[3:]) < len(op[2]):
        value = link(fn).types[op[2][int(at[3:])]]
        if value is not None and value.kind in ("function", "method"):
            yield value.ref
