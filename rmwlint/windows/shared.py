"""Memory that threads or tasks share: attributes of objects, module variables, and the locks around them.

Which lock guards what is learned from the code, as lockset analyses do (Savage et al., "Eraser", ACM TOCS
1997; Blackshear et al., "RacerD", OOPSLA 2018): what is used under a lock in several places is guarded by it.
Optimistic: constructors run alone, and a private method runs under what all its callers in the class hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rmwlint.program.link import link
from rmwlint.program.program import Cls, Fn, ModuleView
from rmwlint.windows.find import Window, common
from rmwlint.windows.interpret import analysis
from rmwlint.windows.values import RANK, Dep, Event, Symbol, decisions, in_order

_ALONE = frozenset(
    ["__init__", "__new__", "__del__", "__init_subclass__", "__set_name__", "__post_init__", "setUp"]
)


def shared_windows(fn: Fn) -> tuple[Window, ...]:
    """Windows on shared memory that no lock closes: a load decides or makes what is stored."""
    found = fn.memo.get("shared_windows")
    if found is None:
        found = fn.memo["shared_windows"] = tuple(_windows(fn))
    return found  # type: ignore[return-value]


def _windows(fn: Fn) -> Iterator[Window]:
    events = analysis(fn).events
    if fn.facts.name in _ALONE:
        return
    loads = {event.op: event for event in events if event.does == "load"}
    for store in events:
        if store.does != "store" or store.place is None:
            continue
        best: Window | None = None
        closed = False
        candidates: list[tuple[Dep, int | None, bool]] = [(dep, None, True) for dep in in_order(store.deps)]
        candidates += decisions(store.control)
        for dep, branch, outcome in candidates:
            load = loads.get(dep[0])
            if (
                load is None
                or dep[1] is not None
                or load.place is None
                or load.place.symbol != store.place.symbol
            ):
                continue
            if any(held.kind == "lock" and not held.fresh for held in common(load.held, store.held)):
                closed = True
                continue
            how = "decide" if branch is not None else dep[2]
            window = Window(load, store, None, how, branch, outcome, store.held, "", None, 3)
            if best is None or RANK.get(how, 4) > RANK.get(best.how, 4):
                best = window
        if best is not None and not closed:
            yield best


def concurrency(module: ModuleView) -> int:
    """How sure it is that the module's code runs in several threads: 2 where it takes locks or starts any."""
    memo = module.fn(0).memo
    if "concurrency" not in memo:
        memo["concurrency"] = 2 if _locks_or_spawns(module) else 1
    return 2 if memo["concurrency"] == 2 else 1


def _locks_or_spawns(module: ModuleView) -> bool:
    return any(
        row.does in ("lock", "spawn")
        for fn in module.functions()
        for call in link(fn).calls.values()
        for row in call.rows
    )


class Access(NamedTuple):
    """One use of an attribute. ``locks``: the symbols of the locks held there."""

    fn: Fn
    event: Event
    locks: frozenset[Symbol]


class Lockset(NamedTuple):
    """An attribute of a class that a lock guards in most places: who uses it with the lock, who without."""

    attribute: str
    lock: Symbol
    text: str
    guarded: tuple[Access, ...]
    bare: tuple[Access, ...]


def locksets(cls: Cls, methods: Sequence[Fn]) -> Iterator[Lockset]:
    """The attributes of the class that are guarded somewhere and bare elsewhere, with a write outside the
    constructor."""
    entry = _held_on_entry(methods)
    accesses: dict[str, list[Access]] = {}
    texts: dict[Symbol, str] = {}
    for fn in methods:
        if fn.facts.name in _ALONE:
            continue
        for event in analysis(fn).events:
            if event.does not in ("load", "store") or event.place is None:
                continue
            symbol = event.place.symbol
            if not (isinstance(symbol, tuple) and len(symbol) == 3 and symbol[1] == ("param", 0)):
                continue
            locks = {held.key for held in event.held if held.kind == "lock" and not held.fresh}
            texts.update({held.key: held.text for held in event.held if held.kind == "lock"})
            locks |= entry.get(fn, frozenset())
            accesses.setdefault(symbol[2], []).append(Access(fn, event, frozenset(locks)))
    lock_names = {key[2] for key in texts if isinstance(key, tuple) and len(key) == 3 and key[0] == "attr"}
    for attribute, uses in sorted(accesses.items()):
        if attribute in lock_names or not any(use.event.does == "store" for use in uses):
            continue
        counts: dict[Symbol, int] = {}
        for use in uses:
            for lock in use.locks:
                counts[lock] = counts.get(lock, 0) + 1
        if not counts:
            continue
        lock = max(counts, key=lambda key: (counts[key], texts.get(key, ""), repr(key)))
        guarded = tuple(use for use in uses if lock in use.locks)
        bare = tuple(use for use in uses if not use.locks)
        if bare and any(use.event.does == "store" for use in guarded):
            yield Lockset(attribute, lock, texts[lock], guarded, bare)


def _held_on_entry(methods: Sequence[Fn]) -> dict[Fn, frozenset[Symbol]]:
    """The locks that every caller within the class holds when it calls a private method."""
    callers: dict[Fn, list[tuple[Fn, frozenset[Symbol]]]] = {}
    for fn in methods:
        at_calls = analysis(fn).at_calls
        for number, call in link(fn).calls.items():
            for target in call.targets:
                held = frozenset(h.key for h in at_calls.get(number, ()) if h.kind == "lock" and not h.fresh)
                callers.setdefault(target, []).append((fn, held))
    entry: dict[Fn, frozenset[Symbol]] = {}
    for _ in range(3):
        for fn in methods:
            name = fn.facts.name
            calls = callers.get(fn)
            if calls and name.startswith("_") and not name.endswith("__"):
                sets = [
                    held | entry.get(caller, frozenset())
                    for caller, held in calls
                    if caller.facts.name not in _ALONE
                ]
                if sets:
                    entry[fn] = frozenset.intersection(*sets)
    return entry
