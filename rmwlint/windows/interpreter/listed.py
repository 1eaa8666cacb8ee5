"""The names in a list that a function makes and fills one by one, as those that a save is limited to.

``fields = []``, then ``fields.append("state")`` here and there, then ``order.save(update_fields=fields)``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rmwlint.facts.model import Op
from rmwlint.libraries.model import CallModel
from rmwlint.windows.interpreter.site import Site

if TYPE_CHECKING:
    from rmwlint.windows.interpreter.interpret import Interpreter

_COPIES = frozenset(["list", "set", "tuple", "sorted", "frozenset"])
_ADDS = frozenset(["append", "add"])
_EXTENDS = frozenset(["extend", "update"])


def listed_here(run: Interpreter, site: Site, row: CallModel) -> tuple[str, ...] | None:
    """The columns that a save is limited to by a list which the function itself makes and fills; None where
    others may put in names, too.

    What another function gives to be put in are the names of what that function has set.
    """
    register = dict(site.op[3]).get(row.limit or "")
    if register is None or any(op[0] in ("def", "lambda") for op in run.ops):
        return None
    names = _names_in(run.ops, register, frozenset())
    return None if names is None else tuple(sorted(names))


def _names_in(ops: tuple[Op, ...], register: int, seen: frozenset[str]) -> frozenset[str] | None:
    """The constant texts in a list or set, and in those that it is made of; None where others are in it."""
    op = ops[register]
    if op[0] == "star":
        return _names_in(ops, op[1], seen)
    if op[0] == "build":
        return _together(_name(ops, part, seen) for part in op[2])
    if op[0] == "call" and ops[op[1]][0] == "name" and ops[op[1]][1] in _COPIES and len(op[2]) == 1:
        return _names_in(ops, op[2][0], seen)
    if op[0] == "inplace" and ops[op[2]][0] == "name" and ops[op[2]][1] in seen:
        return _put_in(ops, op[3], seen)
    if op[0] != "name":
        return None
    name = op[1]
    if name in seen:
        return frozenset()
    seen |= {name}
    stored = [_names_in(ops, other[2], seen) for other in ops if other[0] == "store" and other[1] == name]
    return _together((*stored, *_added(ops, name, seen))) if stored else None


def _added(ops: tuple[Op, ...], name: str, seen: frozenset[str]) -> Iterator[frozenset[str] | None]:
    """What is put into the list or set of a name by its methods."""
    for op in ops:
        if op[0] != "call" or ops[op[1]][0] != "attr" or ops[ops[op[1]][1]] != ("name", name):
            continue
        if ops[op[1]][2] in _ADDS:
            yield from (_name(ops, part, seen) for part in op[2])
        elif ops[op[1]][2] in _EXTENDS:
            yield from (_put_in(ops, part, seen) for part in op[2])


def _put_in(ops: tuple[Op, ...], register: int, seen: frozenset[str]) -> frozenset[str] | None:
    """The names in what is put into a list at once: none that this function knows where another gives it."""
    found = _names_in(ops, register, seen)
    return frozenset() if found is None and ops[register][0] == "call" else found


def _name(ops: tuple[Op, ...], register: int, seen: frozenset[str]) -> frozenset[str] | None:
    op = ops[register]
    if op[0] == "star":
        return _names_in(ops, register, seen)
    return frozenset([op[1]]) if op[0] == "const" and isinstance(op[1], str) else None


def _together(parts: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    found: frozenset[str] = frozenset()
    for part in parts:
        if part is None:
            return None
        found |= part
    return found
