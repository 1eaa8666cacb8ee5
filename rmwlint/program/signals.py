"""Which functions a signal calls: those that the project registers for it, wherever they stand.

A signal is known by the last name it is written with, its subject likewise: what is decorated with
``@registry.receives(resources.PORT, [events.AFTER_CREATE])`` is called by
``registry.publish(resources.PORT, events.AFTER_CREATE, …)``. A function that is registered for what one class
sends is not called where another one is seen to send it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rmwlint.libraries.model import CallModel
from rmwlint.program.link import Call, link
from rmwlint.program.program import Cls, Fn, ModuleView

#: A signal that more files mention than this is one of a framework's own, about everything.
MOST_FILES = 24

_Key = tuple[str, str]
#: a function, and the class whose signals alone it is registered for
_Registered = tuple[Fn, "Cls | None"]


def receivers(fn: Fn, number: int, call: Call) -> tuple[Fn, ...]:
    """The functions that call ``number`` of ``fn`` reaches by sending a signal; none where it sends none."""
    row = next((row for row in call.rows if row.does == "signal"), None)
    if row is None:
        return ()
    found: dict[Fn, None] = {}
    program = fn.module.program
    outline = program.outline(fn.module.path)
    for key in _keys(fn, number, call, row):
        files = outline.mentions(key[0])
        program.asked.hint(fn.module.path, "mention", (key[0],), files if len(files) <= MOST_FILES else ())
        where = (outline if outline.files else fn.module, key)
        known = program.receivers.get(where)
        if known is None:
            known = program.receivers[where] = tuple(_search(fn.module, files, key))
        sender = _sender(fn, number, row)
        found.update((one, None) for one, wanted in known if _of_one_line(sender, wanted))
    return tuple(one for one in found if one is not fn)


def _of_one_line(sender: Cls | None, wanted: Cls | None) -> bool:
    """Whether what a class sends may reach what is registered for a class; any class where it is None."""
    return sender is None or wanted is None or wanted in sender.mro() or sender in wanted.mro()


def _sender(fn: Fn, number: int, row: CallModel) -> Cls | None:
    """The class that a call names as the one that sends; None where it is any, or cannot be told."""
    ops = fn.facts.ops
    register = dict(ops[number][3]).get(row.of or "")
    if register is None:
        return None
    op = ops[register]
    if op[0] == "attr" and op[2] == "__class__" and fn.is_self(op[1]):
        return fn.owner
    if op[0] == "call" and ops[op[1]] == ("name", "type") and len(op[2]) == 1 and fn.is_self(op[2][0]):
        return fn.owner
    kind = link(fn).types[register]
    return kind.ref if kind is not None and kind.kind == "class" else None


def _search(near: ModuleView, files: Sequence[Path], key: _Key) -> Iterator[_Registered]:
    yield from _registered(near).get(key, ())
    if len(files) > MOST_FILES:
        return
    for path in files:
        module = near.program.module_of(path)
        if module is not None and module is not near:
            yield from _registered(module).get(key, ())


def _registered(module: ModuleView) -> dict[_Key, list[_Registered]]:
    """The functions that a module's code registers, by signal and subject."""
    known = module.fn(0).memo.get("registered")
    if known is None:
        found: dict[_Key, list[_Registered]] = {}
        for fn in module.functions():
            for key, receiver in _registrations(fn):
                found.setdefault(key, []).append(receiver)
        known = module.fn(0).memo["registered"] = found
    return known  # type: ignore[return-value]


def _registrations(fn: Fn) -> Iterator[tuple[_Key, _Registered]]:
    parent = fn.parent
    if parent is not None:
        for register in fn.facts.decorators:
            call = link(parent).calls.get(register)
            if call is not None:
                for row in call.rows:
                    if row.does == "receive" and "decorator" in row.form:
                        one = (fn, _sender(parent, register, row))
                        yield from ((key, one) for key in _keys(parent, register, call, row))
    ops = fn.facts.ops
    for number, call in link(fn).calls.items():
        for row in call.rows:
            if row.does == "receive" and "decorator" not in row.form and ops[number][2]:
                value = link(fn).types[ops[number][2][0]]
                if value is not None and value.kind in ("function", "method"):
                    given = (value.ref, _sender(fn, number, row))
                    yield from ((key, given) for key in _keys(fn, number, call, row))


def _keys(fn: Fn, number: int, call: Call, row: CallModel) -> Iterator[_Key]:
    subjects = [""] if row.key is None else _names(fn, number, call, row.key)
    for signal in _names(fn, number, call, row.at or "self"):
        for subject in subjects:
            yield signal, subject


def _names(fn: Fn, number: int, call: Call, where: str) -> list[str]:
    """The last name of what stands in a place of a call, or of each in a list of them."""
    ops = fn.facts.ops
    register = call.receiver
    if where != "self":
        index = int(where[3:])
        register = ops[number][2][index] if index < len(ops[number][2]) else None
    if register is None:
        return []
    parts = ops[register][2] if ops[register][0] == "build" else (register,)
    return [str(ops[part][-1]) for part in parts if ops[part][0] in ("name", "attr", "const")]
