"""The values that the interpreter passes around.

A **symbol** names a value by how it came to be: ``("attr", ("param", 0), "path")``. Two values with one
symbol are the same value as far as this function can tell; that is how a path that is tested is known to be
the path that is removed, and a row that is read the row that is saved.

A **dependence** ``(read, attribute, how)`` says that a value was made from what the read event numbered
``read`` gave, from that attribute of it, and how: ``copy`` (passed on), ``derive`` (anything computed),
``container`` (a changed copy), ``arith`` (arithmetic). A later word includes the earlier ones.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from rmwlint.libraries.model import CallModel
from rmwlint.program.link import Call
from rmwlint.program.program import Fn
from rmwlint.program.types import Type

Symbol = Any  # a nested tuple of strings and numbers
Dep = tuple[int, "str | None", str]
#: dependences that decided something, each with the branch and its outcome
Control = frozenset[tuple[Dep, int, bool]]

NO_DEPS: frozenset[Dep] = frozenset()
RANK = {"copy": 0, "derive": 1, "container": 2, "arith": 3}


_WALKS = frozenset(["keys", "values", "items", "iterkeys", "itervalues", "iteritems"])
_WALKERS = frozenset(("global", f"six.{name}") for name in ("iterkeys", "itervalues", "iteritems"))
#: the symbols of what is written in the code
_WRITTEN = (("const",), ("global",), ("new",))


class Unknown:
    """The type of UNKNOWN, which stands for "not a constant"."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()


class Query(NamedTuple):
    """A query not run yet. ``conditions``: (column, symbol of the value, its dependences) triples.

    ``what``: the class or table; ``locked``: the operation that asked for row locks, None without;
    ``base``: the parameter that it narrows, whose own conditions and lock only the caller knows;
    ``figure``: it asks for a figure of all rows (a maximum, a count), no rows. ``partial``: for rows with
    some of their columns, and a save writes no others; ``named``: which these are, where it names them.
    ``columns``: those that it gives by their positions, instead of rows; ``flat``: by itself, as there is
    only one. ``of``: the parameter that the caller gives the class by, where nobody else knows it.
    """

    what: str
    conditions: tuple[tuple[str, Symbol, frozenset[Dep]], ...] = ()
    locked: int | None = None
    origin: int = -1
    base: Symbol = None
    figure: bool = False
    partial: bool = False
    columns: tuple[str, ...] = ()
    flat: bool = False
    named: tuple[str, ...] = ()
    of: Symbol = None


class Value(NamedTuple):
    """What a register or name holds. ``items``: (key, Value) pairs of a dict display, or (None, Value) of
    a list, tuple or set display. ``whole``: the symbol of the object whose attributes it holds all of."""

    symbol: Symbol
    deps: frozenset[Dep] = NO_DEPS
    type: Type | None = None
    const: Any = UNKNOWN
    query: Query | None = None
    items: tuple[tuple[Any, Value], ...] | None = None
    whole: Symbol | None = None


class Held(NamedTuple):
    """Something held at a point. ``kind``: lock | transaction. ``id``: the operation that took it (negative:
    a decorator, or the caller). ``key``: the lock's symbol; ``text``: as a reader would name it;
    ``until_commit``: the database gives it back when the transaction ends; ``widens``: the keyword that, when
    true, would have made it reach further, and how far."""

    id: int
    kind: str
    key: Symbol
    reach: str
    text: str
    readonly: bool = False
    nested: bool = False
    fresh: bool = False
    sure: int = 3
    until_commit: bool = False
    widens: tuple[str, str] | None = None


class Place(NamedTuple):
    """What is accessed. ``kind``: row rows file directory key document http shared. ``symbol``: of the
    object, path or key; ``what``: class, table or stem; ``keys``: symbols that identify the row besides;
    ``text``: as a reader would name it."""

    kind: str
    symbol: Symbol
    what: str = ""
    keys: frozenset[Any] = frozenset()
    text: str = ""


class Event(NamedTuple):
    """One access, hazard or acquisition.

    ``does``: as in the library models, or ``load``/``store`` for shared memory, ``lock``/``unlock``,
    ``transaction``, ``leave``. ``columns``: attribute → Value for a row write, with the operation that set it
    in ``set_at``. ``control``: dependences that decided that the event happens, with the branch and its
    outcome. ``whole``: the write takes every column. ``offered``/``passed``: guards that the callee's
    signature offers, and those that the call passes. ``trail``: (function, operation) steps into callees,
    outermost first, where the event did not happen in this function itself. ``again``: the callee that writes
    has read the row again, locked.
    """

    op: int
    does: str
    place: Place | None
    held: tuple[Held, ...] = ()
    control: frozenset[tuple[Dep, int, bool]] = frozenset()
    deps: frozenset[Dep] = NO_DEPS
    columns: tuple[tuple[str, Value], ...] = ()
    set_at: tuple[tuple[str, int], ...] = ()
    whole: bool = False
    locked: bool = False
    offered: tuple[str, ...] = ()
    passed: tuple[tuple[str, Value], ...] = ()
    row: CallModel | None = None
    call: Call | None = None
    type: Type | None = None
    sure: int = 3
    caught: frozenset[str] = frozenset()
    trail: tuple[tuple[Fn, int], ...] = ()
    fresh: bool = False
    query: Query | None = None
    again: bool = False


def in_parameter(symbol: Symbol) -> bool:
    """Whether a symbol stands for an attribute of a parameter, or of one of those."""
    while isinstance(symbol, tuple) and len(symbol) == 3 and symbol[0] == "attr":
        symbol = symbol[1]
        if isinstance(symbol, tuple) and symbol[:1] == ("param",):
            return True
    return False


def holds(symbol: Symbol, part: Symbol) -> bool:
    """Whether a symbol is another one, or is put together from it."""
    return symbol == part or (isinstance(symbol, tuple) and any(holds(inner, part) for inner in symbol))


def own_creation(event: Event) -> bool:
    """Whether the function creates a row that it has made itself, and no look of its own decides that: its
    caller may have looked."""
    place = event.place
    if event.does != "create" or place is None or any(dep[0] >= 0 for dep, _, _ in event.control):
        return False
    if place.kind == "rows":
        return bool(place.what)
    made = place.kind == "row" and place.symbol[:1] == ("new",)
    return made and event.type is not None and event.type.kind == "instance"


def merge_deps(values: Any, how: str = "copy") -> frozenset[Dep]:
    """The dependences of several values, each at least as strong as ``how``."""
    found: frozenset[Dep] = NO_DEPS
    for value in values:
        if value.deps:
            found = found | value.deps if found else value.deps
    return strengthen(found, how)


def strengthen(deps: frozenset[Dep], how: str) -> frozenset[Dep]:
    """The same dependences, each at least as strong as ``how``."""
    if not deps or how == "copy":
        return deps
    rank = RANK[how]
    return frozenset(dep if RANK[dep[2]] >= rank else (dep[0], dep[1], how) for dep in deps)


def no_figures(deps: frozenset[Dep]) -> frozenset[Dep]:
    """The dependences of an element of something: arithmetic gives a figure, and that has no elements."""
    if all(dep[2] != "arith" for dep in deps):
        return deps
    return frozenset((dep[0], dep[1], "derive") if dep[2] == "arith" else dep for dep in deps)


def in_order(deps: frozenset[Dep]) -> list[Dep]:
    """Dependences in an order that no hash decides, the latest read first."""
    return sorted(deps, key=_number, reverse=True) if len(deps) > 1 else list(deps)


def decisions(control: frozenset[tuple[Dep, int, bool]]) -> list[tuple[Dep, int, bool]]:
    """What decided an event, in an order that no hash decides, the latest read and branch first."""
    if len(control) < 2:
        return list(control)
    return sorted(control, key=lambda decision: (_number(decision[0]), decision[1:]), reverse=True)


def _number(dep: Dep) -> tuple[int, str, str]:
    return dep[0], dep[1] or "", dep[2]


def written_there(symbol: Symbol) -> bool:
    """Whether a symbol stands for what is written in the code: a constant, by value or by name, or a display
    of some."""
    return isinstance(symbol, tuple) and symbol[:1] in _WRITTEN


def own_attribute(symbol: Symbol) -> str | None:
    """The attribute of a method's own object that a symbol stands for; None where it is another thing."""
    if isinstance(symbol, tuple) and len(symbol) == 3 and symbol[:2] == ("attr", ("param", 0)):
        return str(symbol[2])
    return None


def rooted(symbol: Symbol, root: Symbol) -> bool:
    """Whether ``symbol`` is ``root`` or reached from it through attributes and items."""
    while isinstance(symbol, tuple):
        if symbol == root:
            return True
        if len(symbol) > 1 and symbol[0] in ("attr", "item"):
            symbol = symbol[1]
        else:
            return False
    return False


def walked_through(symbol: Symbol) -> Symbol:
    """The container whose keys, values or items a loop takes."""
    if isinstance(symbol, tuple) and len(symbol) == 2 and symbol[0] == "call":
        callee = symbol[1]
        if isinstance(callee, tuple) and callee[0] == "attr" and callee[2] in _WALKS:
            return callee[1]
    if isinstance(symbol, tuple) and len(symbol) == 3 and symbol[0] == "call" and symbol[1] in _WALKERS:
        return symbol[2]
    return symbol
