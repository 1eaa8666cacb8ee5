"""What a branch asks of a column: is it what the write makes it anyway, is it empty, is it in a state?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rmwlint.windows.values import Symbol, Value

_SAME = frozenset([("==",), ("!=",), ("is",), ("is not",)])


def asked(test: Symbol, columns: tuple[Symbol, ...], written: Value) -> str:
    """What the condition ``test`` asks of a column, by any of its symbols ``columns``, before ``written``.

    ``same``: only whether it has the value that is written anyway. ``empty``: only whether there is a value.
    ``state``: anything else, also where the condition is not known.
    """
    found = {_of_atom(atom, columns, written) for atom in _atoms(test) if _mentions(atom, columns)}
    if not found or "state" in found:
        return "state"
    return "empty" if "empty" in found else "same"


def settled(question: str, written: Value) -> bool:
    """Whether two that both pass such a test and both write do no harm to each other.

    A name that is written where there was none is a claim, and the second takes it away from the first.
    """
    return question == "same" or (question == "empty" and not isinstance(written.const, str))


def of_state(test: Symbol, columns: tuple[Symbol, ...]) -> bool:
    """Whether a condition asks a column by itself: whether it is true, or one of some constants."""
    return any(_asks_state(atom, columns) for atom in _atoms(test))


def _asks_state(atom: Symbol, columns: tuple[Symbol, ...]) -> bool:
    if atom in columns:
        return True
    if not isinstance(atom, tuple) or atom[0] != "compare" or not any(part in columns for part in atom[2:]):
        return False
    others = [part for part in atom[2:] if part not in columns]
    return all(isinstance(part, tuple) and part[0] in ("const", "global", "new") for part in others)


def _atoms(symbol: Symbol) -> Iterator[Symbol]:
    if isinstance(symbol, tuple) and symbol:
        if symbol[0] == "bool":
            for part in symbol[1:]:
                yield from _atoms(part)
            return
        if symbol[0] == "unary" and symbol[1] == "not":
            yield from _atoms(symbol[2])
            return
    yield symbol


def _of_atom(atom: Symbol, columns: tuple[Symbol, ...], written: Value) -> str:
    if atom in columns:
        return "empty"
    if atom[0] != "compare" or len(atom) != 4 or atom[1] not in _SAME:
        return "state"
    as_written = [_replaced(part, columns, written.symbol) for part in atom[2:]]
    if as_written[0] == as_written[1]:
        return "same"
    other = atom[3] if atom[2] in columns else atom[2] if atom[3] in columns else None
    if other is None:
        return "state"
    if other == written.symbol or (other[0] == "const" and _equal(other[1], written.const)):
        return "same"
    return "empty" if other == ("const", None) else "state"


def _replaced(symbol: Symbol, columns: tuple[Symbol, ...], written: Symbol) -> Symbol:
    if symbol in columns:
        return written
    if isinstance(symbol, tuple):
        return tuple(_replaced(part, columns, written) for part in symbol)
    return symbol


def _equal(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _mentions(symbol: Symbol, columns: tuple[Symbol, ...]) -> bool:
    if symbol in columns:
        return True
    return isinstance(symbol, tuple) and any(_mentions(part, columns) for part in symbol)
