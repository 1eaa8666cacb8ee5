"""Get-or-create: is the thing that is looked up kept unique by what its class declares?

``Tag.objects.get_or_create(name=name)`` is one step only where the database refuses the second row; without
that, two that look at the same time both create. What a class declares counts where all its bases are known.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.creations.creation import guard_of_creation, own, plain, row_class
from rmwlint.windows.creations.unique import conditional_uniques, uniques
from rmwlint.windows.objects.hints import knows_bases
from rmwlint.windows.text import text
from rmwlint.windows.values import Event

_NOT_COMPARED = frozenset(["defaults", "create_defaults", "using_db", ""])
_KEYS = ("id", "pk", "exact", "iexact")
_CONVERSIONS = frozenset(["str", "int", "float", "bool", "repr"])


class Ensured(NamedTuple):
    """A get-or-create whose lookup nothing keeps unique. ``columns``: those that it compares, in order."""

    event: Event
    cls: Cls
    columns: tuple[str, ...]
    sure: int


def ensured(fn: Fn) -> Iterator[Ensured]:
    """The get-or-creates of a function whose lookup nothing keeps unique and that no guard protects."""
    events = heard(fn).events
    for event in events:
        if event.does != "ensure" or event.row is None or event.row.columns != "keywords" or event.trail:
            continue
        cls = row_class(event)
        columns = _columns(event)
        if cls is None or not columns or not knows_bases(cls) or not _declared(cls, columns):
            continue
        compared = frozenset(columns)
        if _kept(cls, compared, _related(fn, event)) or own(fn, _compared(event)):
            continue
        if _kept(cls, compared | _following(fn, event), related=False):
            continue
        if guard_of_creation(fn, event, event, events):
            continue
        # What is unique together with more columns (a tenant's, say) may get those from elsewhere.
        doubtful = any(_normal(group) <= compared for group in conditional_uniques(cls))
        doubtful = doubtful or any(_normal(group) > compared for group in uniques(cls))
        yield Ensured(event, cls, columns, 1 if doubtful else event.sure)


def _compared(event: Event) -> Event:
    """The event, without the values that are for the new row only."""
    assert event.place is not None
    keys = frozenset(key for key in event.place.keys if key[0] not in _NOT_COMPARED)
    return event._replace(place=event.place._replace(keys=keys))


def _columns(event: Event) -> tuple[str, ...]:
    """The columns that the lookup compares; empty where not all of them are known."""
    assert event.place is not None
    named = [column for column, _ in event.columns]
    written = {column for column, _ in event.place.keys}
    if "?" in written or "**" in named or ("**" in written and not named):
        return ()
    found = dict.fromkeys(_stem(column) for column in sorted({*named, *written} - {"**"} - _NOT_COMPARED))
    return tuple(found) if all("__" not in column for column in found) else ()


def _stem(column: str) -> str:
    """A column without what says how it is compared, nor that it is a key."""
    name, _, rest = column.partition("__")
    name = name if not rest or rest in _KEYS else column
    return plain(name)


def _normal(group: frozenset[str]) -> frozenset[str]:
    return frozenset(_stem(column) for column in group)


def _declared(cls: Cls, columns: tuple[str, ...]) -> bool:
    """Whether the columns stand in classes that can be read."""
    fields = {_stem(name) for base in cls.mro() for name in base.facts.fields}
    return all(column in fields for column in columns)


def _kept(cls: Cls, compared: frozenset[str], related: bool) -> bool:
    for group in uniques(cls):
        left = _normal(group) - compared
        if not left or (related and len(left) == 1 and len(group) > 1):
            return True
    return False


def _following(fn: Fn, event: Event) -> frozenset[str]:
    """The columns of a new row whose values follow from what is looked for: two that look for the same give
    them the same, so that what keeps these unique refuses the second row too."""
    ops = fn.facts.ops
    op = ops[event.op]
    if op[0] != "call":
        return frozenset()
    compared = [register for keyword, register in op[3] if keyword not in _NOT_COMPARED]
    found: set[str] = set()
    for keyword, register in op[3]:
        if keyword in _NOT_COMPARED and ops[register][0] == "dict":
            for key, value in ops[register][1]:
                named = key is not None and ops[key][0] == "const" and ops[value] != ("const", None)
                if named and _follows(fn, value, compared):
                    found.add(_stem(str(ops[key][1])))
    return frozenset(found)


def _follows(fn: Fn, register: int, known: list[int]) -> bool:
    """Whether a value is a constant, or a plain conversion of known values."""
    ops = fn.facts.ops
    op = ops[register]
    if op[0] == "const":
        return True
    if op[0] in ("name", "attr"):
        return text(fn.facts, register) in {text(fn.facts, one) for one in known}
    if op[0] == "call":
        plainly = ops[op[1]][0] == "name" and ops[op[1]][1] in _CONVERSIONS
        return plainly and bool(op[2]) and not op[3] and all(_follows(fn, part, known) for part in op[2])
    if op[0] == "build" and op[1] == "fstring":
        return all(_follows(fn, part, known) for part in op[2])
    return False


def _related(fn: Fn, event: Event) -> bool:
    """Whether the lookup goes by way of another row, whose key it compares besides."""
    ops = fn.facts.ops
    call = link(fn).calls.get(event.op)
    register = call.receiver if call is not None else None
    while register is not None and ops[register][0] in ("call", "attr"):
        op = ops[register]
        kind = link(fn).types[register]
        if kind is not None and kind.kind == "class":
            return False
        if op[0] == "attr" and op[2] == "objects":
            return False
        register = op[1]
    return True
