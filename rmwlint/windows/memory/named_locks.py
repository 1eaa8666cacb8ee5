"""Methods that save a row without the lock that the class's other methods take by that row's name.

``@synchronized(instance.uuid)`` in most methods that work on an instance says that the lock guards the
instance, whatever object each request holds of it. A method that sets the same backend to work and then saves
the row with no condition stands outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn
from rmwlint.windows.concurrency.quiet import heard
from rmwlint.windows.find import failing
from rmwlint.windows.interpreter.decorators import FIRST, FIRST_OF_CLASS, held_by_decorators
from rmwlint.windows.names import is_timestamp
from rmwlint.windows.values import Event, Held, Symbol

#: so many methods take the lock before it says anything of the others
_ENOUGH = 4
_PART = re.compile(r"^(\w+)(?:\.\w+|\[['\"]\w+['\"]\])$")
_LOOKS = ("get", "is_", "has_", "list", "check", "validate", "show", "can_", "supports", "find", "notify")


class Outside(NamedTuple):
    """``write``: the save in ``fn``, of its ``parameter``. ``lock``: as written elsewhere; ``others``: the
    functions that take it, each with the operation and the function that this is one of."""

    fn: Fn
    write: Event
    parameter: str
    lock: str
    others: tuple[tuple[Fn, int], ...]


def saves_outside(cls: Cls) -> Iterator[Outside]:
    """The public methods of a class that save what others work on under a lock of its name."""
    methods = {fn: _within(fn) for fn in cls.own_methods() if fn.first_is_self}
    taken: dict[str, dict[Fn, tuple[Fn, int]]] = {}
    texts: dict[str, str] = {}
    for method, functions in methods.items():
        for fn in functions:
            for name, held, at in _taken(fn):
                if any(name == param.name for param in method.facts.params):
                    taken.setdefault(name, {}).setdefault(method, at)
                    texts.setdefault(name, held)
    for name, others in sorted(taken.items()):
        if len(others) < _ENOUGH:
            continue
        through = frozenset().union(*(_worked_through(fn, 2) for fn in others for fn in methods[fn]))
        for method, functions in methods.items():
            if method.facts.name.startswith("_") or any(_takes_any(fn) for fn in functions):
                continue
            symbol = next(
                (("param", index) for index, param in enumerate(method.facts.params) if param.name == name),
                None,
            )
            if symbol is None or not through & _worked_through(method, 0):
                continue
            write = next(_bare_saves(method, symbol, methods), None)
            if write is not None:
                yield Outside(method, write, name, texts[name], tuple(others.values()))


def _within(method: Fn) -> list[Fn]:
    """A method and the functions inside it."""
    return [fn for fn in method.module.functions() if fn is method or fn.parent is method]


def _takes_any(fn: Fn) -> bool:
    return any(held.kind == "lock" for held in held_by_decorators(fn)) or any(
        event.does == "lock" for event in heard(fn).events
    )


def _taken(fn: Fn) -> Iterator[tuple[str, str, tuple[Fn, int]]]:
    """(name, lock as written, where) of the locks by the name of an attribute of a variable."""
    for held in held_by_decorators(fn):
        if held.kind != "lock" or not FIRST_OF_CLASS < held.id <= FIRST or fn.parent is None:
            continue
        name = _named(fn.parent, held)
        if name:
            yield name, held.text, (fn.parent, fn.facts.decorators[FIRST - held.id])
    for event in heard(fn).events:
        if event.does == "lock" and event.place is not None:
            name = _variable(fn, event.place.symbol)
            if name:
                yield name, event.place.text, (fn, event.op)


def _named(scope: Fn, held: Held) -> str:
    """``instance`` of a lock by the name ``instance.uuid``."""
    key = held.key
    if not isinstance(key, tuple) or key[:1] != ("named",) or not isinstance(key[1], tuple):
        return ""
    if key[1][0] == "decoration":
        found = _PART.match(str(key[1][1]))
        return found.group(1) if found else ""
    return _variable(scope, key)


def _variable(fn: Fn, symbol: Symbol) -> str:
    if isinstance(symbol, tuple) and symbol[:1] == ("named",):
        symbol = symbol[1]
    if not isinstance(symbol, tuple) or len(symbol) != 3 or symbol[0] not in ("attr", "item"):
        return ""
    base = symbol[1]
    if isinstance(base, tuple) and base[0] == "param":
        return fn.facts.params[base[1]].name
    if isinstance(base, tuple) and base[0] == "outer":
        return str(base[2])
    return ""


def _bare_saves(fn: Fn, symbol: Symbol, methods: dict[Fn, list[Fn]]) -> Iterator[Event]:
    """The writes of a row that came in, without a condition, where nothing has gone wrong: here, or in
    another public method of the class that is called for it."""
    for event in heard(fn).events:
        if event.does != "write" or event.place is None or event.place.kind != "row":
            continue
        if event.place.symbol != symbol or any(value.const is not None for _, value in event.passed):
            continue
        if failing(fn, event) or (event.columns and all(is_timestamp(name) for name, _ in event.columns)):
            continue
        if not event.trail or (len(event.trail) == 1 and _another(event.trail[0][0], methods)):
            yield event


def _another(fn: Fn, methods: dict[Fn, list[Fn]]) -> bool:
    return fn in methods and not fn.facts.name.startswith("_") and not any(map(_takes_any, methods[fn]))


def _worked_through(fn: Fn, depth: int) -> frozenset[str]:
    """The attributes of self through which something is done, here or in methods called on self."""
    known = fn.memo.get(f"worked_through {depth}")
    if known is None:
        fn.memo[f"worked_through {depth}"] = frozenset()
        ops = fn.facts.ops
        found: set[str] = set()
        for op in ops:
            if op[0] == "call" and ops[op[1]][0] == "attr" and not ops[op[1]][2].startswith(_LOOKS):
                holder = ops[ops[op[1]][1]]
                if holder[0] == "attr" and ops[holder[1]] == ("name", "self"):
                    found.add(holder[2])
        if depth:
            for call in link(fn).calls.values():
                for target in call.targets:
                    if target.module is fn.module:
                        found |= _worked_through(target, depth - 1)
        known = fn.memo[f"worked_through {depth}"] = frozenset(found)
    return known  # type: ignore[return-value]
