"""What a branch asks of a column: is it what the write makes it anyway, is it empty, is it in a state?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rmwlint.windows.values import Symbol, Value

_NOTHING = (("const", None), ("const", False), ("const", 0))
#: methods that say what is in a collection of rows
_COUNTS = frozenset(["all", "count", "exists", "first", "filter", "exclude"])
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


def elsewhere(test: Symbol, attribute: str) -> bool:
    """Whether a condition asks nothing of any attribute of that name, and so of something else."""
    return all(atom[:1] != ("new",) and _elsewhere(atom, attribute) for atom in _atoms(test))


def _elsewhere(test: Symbol, attribute: str) -> bool:
    if not isinstance(test, tuple) or not test:
        return True
    if test[0] == "op" or (test[0] == "attr" and test[-1] == attribute):
        return False  # nobody knows what stands behind a symbol that is a number
    if test[0] == "call" and any(isinstance(part, tuple) and part[:1] == ("new",) for part in test[2:]):
        return False  # nor what is in a container that a function looks through
    if test[0] == "compare" and test[1] in (("in",), ("not in",)) and test[2] == ("const", attribute):
        return False
    return all(_elsewhere(part, attribute) for part in test if isinstance(part, tuple))


def differs(test: Symbol, outcome: bool, columns: tuple[Symbol, ...]) -> bool:
    """Whether a condition only asks that the column is not yet like another value, which is no constant."""
    told = list(_told(test, outcome))
    about = [(atom, truth) for atom, truth in told if _mentions(atom, columns)]
    # one that names the column by nothing that can be followed may still ask this alone
    return all(_differs(atom, truth, columns) for atom, truth in about or told)


def _told(symbol: Symbol, outcome: bool) -> Iterator[tuple[Symbol, bool]]:
    """The atoms of a condition, each with what it comes to where the whole comes to ``outcome``."""
    if isinstance(symbol, tuple) and symbol and symbol[0] == "bool":
        for part in symbol[1:]:
            yield from _told(part, outcome)
    elif isinstance(symbol, tuple) and symbol and symbol[0] == "unary" and symbol[1] == "not":
        yield from _told(symbol[2], not outcome)
    else:
        yield symbol, outcome


def _differs(atom: Symbol, truth: bool, columns: tuple[Symbol, ...]) -> bool:
    if not isinstance(atom, tuple) or atom[0] != "compare" or len(atom) != 4 or atom[1] not in _SAME:
        return False
    if truth is not (atom[1] in (("!=",), ("is not",))):
        return False
    others = [part for part in atom[2:] if not _mentions(part, columns)]
    return all(isinstance(part, tuple) and part[0] not in ("const", "global") for part in others)


def states(test: Symbol, outcome: bool, columns: tuple[Symbol, ...]) -> Iterator[Symbol]:
    """What a condition lets the column be, as symbols of constants and displays; nothing where it is open."""
    found: list[Symbol] = []
    for atom, truth in _told(test, outcome):
        if not _mentions(atom, columns):
            continue
        if atom[0] != "compare" or len(atom) != 4 or atom[2] not in columns:
            return
        equal = atom[1] in (("==",), ("is",), ("in",))
        if not equal and atom[1] not in (("!=",), ("is not",), ("not in",)):
            return
        if truth is not equal:
            return
        found.append(atom[3])
    yield from found


def _whether_set(atom: Symbol, columns: tuple[Symbol, ...]) -> bool:
    """``"name" in row``: whether the row has a value there."""
    if atom[0] != "compare" or len(atom) != 4 or atom[1] not in (("in",), ("not in",)):
        return False
    return any(atom[2] == ("const", column[2]) and atom[3] == column[1] for column in columns)


def of_state(test: Symbol, columns: tuple[Symbol, ...]) -> bool:
    """Whether a condition asks a column by itself: whether it is true, or one of some constants."""
    return any(_asks_state(atom, columns) for atom in _atoms(test))


def of_contents(test: Symbol, columns: tuple[Symbol, ...]) -> bool:
    """Whether a condition asks if there is anything in a column, or how much: ``len(row.lines) > 0``."""
    return any(
        _contents(part, columns)
        for atom in _atoms(test)
        for part in (atom[2:] if isinstance(atom, tuple) and atom[:1] == ("compare",) else (atom,))
    )


def unset(test: Symbol, outcome: bool, columns: tuple[Symbol, ...]) -> bool:
    """Whether a condition, where it comes to ``outcome``, says that nothing is set in a column."""
    for atom, truth in _told(test, outcome):
        if atom in columns and not truth:
            return True
        if isinstance(atom, tuple) and atom[0] == "compare" and len(atom) == 4 and atom[2] in columns:
            if atom[1] in (("is",), ("==",)) and atom[3] in _NOTHING and truth:
                return True
    return False


def excludes(test: Symbol, outcome: bool, columns: tuple[Symbol, ...], written: Value) -> bool:
    """Whether a condition that came to ``outcome`` comes to the other one, once a constant is written."""
    return any(_excludes(atom, truth, columns, written) for atom, truth in _told(test, outcome))


def _excludes(atom: Symbol, truth: bool, columns: tuple[Symbol, ...], written: Value) -> bool:
    if atom in columns:
        return bool(written.const) is not truth
    if not isinstance(atom, tuple) or atom[0] != "compare" or len(atom) != 4 or atom[1] not in _SAME:
        return False
    other = atom[3] if atom[2] in columns else atom[2] if atom[3] in columns else None
    if other is None or other[0] not in ("const", "global"):
        return False
    same = other == written.symbol or (other[0] == "const" and _equal(other[1], written.const))
    if not same and other[0] != written.symbol[0]:
        return False  # what stands behind one of two names may be the other
    return (same is (atom[1] in (("==",), ("is",)))) is not truth


def _contents(part: Symbol, columns: tuple[Symbol, ...]) -> bool:
    if not isinstance(part, tuple) or part[:1] != ("call",):
        return False
    callee = part[1]
    if callee in (("global", "len"), ("global", "builtins.len"), ("global", "any")):
        return len(part) == 3 and (part[2] in columns or _contents(part[2], columns))
    if not isinstance(callee, tuple) or callee[0] != "attr" or callee[2] not in _COUNTS:
        return False
    return callee[1] in columns or _contents(callee[1], columns)


def _asks_state(atom: Symbol, columns: tuple[Symbol, ...]) -> bool:
    if atom in columns:
        return True
    if not isinstance(atom, tuple) or atom[0] != "compare" or not any(part in columns for part in atom[2:]):
        return False
    others = [part for part in atom[2:] if part not in columns]
    if not others:
        return False  # it only asks whether the column is still what it was
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
    if atom in columns or _whether_set(atom, columns):
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
    if isinstance(symbol, tuple) and symbol[:1] == ("compare",) and _whether_set(symbol, columns):
        return True
    return isinstance(symbol, tuple) and any(_mentions(part, columns) for part in symbol)
