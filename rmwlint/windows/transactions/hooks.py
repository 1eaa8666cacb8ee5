"""Functions that run inside somebody else's transaction: signal handlers, flush events, precommit methods.

Which they are stands in the library models (``does = "hook"``): a decorator, a function given to a call that
registers it, or a method of that name in a class derived from the library's.
"""

from __future__ import annotations

from collections.abc import Iterator

from rmwlint.libraries.model import CallModel
from rmwlint.program.effects import row_sure
from rmwlint.program.link import Link, link
from rmwlint.program.program import Fn, ModuleView
from rmwlint.windows.interpreter.decorators import FIRST
from rmwlint.windows.text import text
from rmwlint.windows.values import Held


def hook(fn: Fn) -> Held | None:
    """The transaction of others that ``fn`` runs in; None where it is no hook."""
    found = fn.memo.get("hook", 0)
    if found == 0:
        found = fn.memo["hook"] = next(iter(_hooks(fn)), None)
    return found  # type: ignore[return-value]


def _hooks(fn: Fn) -> Iterator[Held]:
    yield from _by_decorator(fn)
    yield from _by_method(fn)
    registered = _registered(fn.module).get(fn.index)
    if registered is not None:
        yield registered


def _held(number: int, written: str, row: CallModel, sure: int) -> Held:
    return Held(number, "transaction", None, "row", written, sure=min(sure, row_sure(row.confidence)))


def _by_decorator(fn: Fn) -> Iterator[Held]:
    parent = fn.parent
    if parent is None or not fn.facts.decorators:
        return
    linked = link(parent)
    for index, register in enumerate(fn.facts.decorators):
        call = linked.calls.get(register)
        if call is not None:
            for row in call.rows:
                if row.does == "hook" and "decorator" in row.form:
                    yield _held(FIRST - index, "@" + text(parent.facts, register), row, call.sure)


def _by_method(fn: Fn) -> Iterator[Held]:
    owner = fn.owner
    if owner is None:
        return
    libraries = fn.module.program.libraries
    for library_type in owner.library_types():
        for row in libraries.method_meaning(library_type, fn.facts.name, {}):
            if row.does == "hook" and not row.form and row.at is None:
                yield _held(-1, fn.facts.name, row, 3)


def _registered(module: ModuleView) -> dict[int, Held]:
    """The module's functions that its own code registers as hooks, by index."""
    found = module.memo.get("hooks")
    if found is None:
        found = module.memo["hooks"] = {}
        for fn in module.functions():
            for number, call in link(fn).calls.items():
                for row in call.rows:
                    if row.does == "hook" and row.at is not None:
                        for index in _given(fn, link(fn), number, row.at, module):
                            written = text(fn.facts, number)
                            found.setdefault(index, _held(-1, written, row, call.sure))
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
