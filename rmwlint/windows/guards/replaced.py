"""Objects of which every attribute that is written was set by whoever has them written: a request that says
all that is to be. What came between the read and the write is replaced by intent; whoever comes last wins.
"""

from __future__ import annotations

from collections.abc import Iterator

from rmwlint.program.calling import (
    Calling,
    Site,
    argument,
    call_sites,
    handed_over,
    kept_for_check,
    named_sites,
)
from rmwlint.program.program import Fn
from rmwlint.windows.flow import always_before
from rmwlint.windows.guards.first_hand import sources
from rmwlint.windows.values import Event

_DEEPEST = 4


def replaced_by_callers(fn: Fn, write: Event) -> bool:
    """Whether an object came in whose attributes are written, and all who are known to call have set each of
    them before, but those that say which row it is."""
    index = _written_object(fn, write)
    if index is None:
        return False
    assert write.place is not None
    wanted = frozenset(
        name
        for _, value in write.columns
        for position, name, _ in value.deps
        if position == -1 - index and name and ("attr", ("param", index), name) != write.place.symbol
    )
    if not wanted:
        return False
    key = f"replaced_by_callers {index} {' '.join(sorted(wanted))}"
    return kept_for_check(fn, key, lambda: _all_set(fn, index, wanted, frozenset()))


def _written_object(fn: Fn, write: Event) -> int | None:
    """The parameter whose attributes a call writes, besides those of others; None where it is none."""
    symbol = write.place.symbol if write.place is not None else None
    if write.trail or not isinstance(symbol, tuple) or symbol[0] != "attr":
        return None
    base = symbol[1]
    if base[:1] != ("param",) or (base[1] == 0 and fn.first_is_self):
        return None
    return int(base[1])


def _all_set(fn: Fn, index: int, wanted: frozenset[str], passed: frozenset[Fn]) -> bool:
    """Whether all who are known to give a function its parameter have set the attributes of it."""
    if len(passed) >= _DEEPEST or handed_over(fn):
        return False
    passed |= {fn}
    sites = list(_sites(fn, passed))
    return bool(sites) and all(_set_at(fn, site, index, wanted, passed) for site in sites)


def _sites(fn: Fn, passed: frozenset[Fn]) -> Iterator[Site]:
    for caller, number in dict.fromkeys((*call_sites(fn), *named_sites(fn))):
        if caller not in passed:
            yield caller, number


def _set_at(fn: Fn, site: Site, index: int, wanted: frozenset[str], passed: frozenset[Fn]) -> bool:
    caller, number = site
    register = argument(Calling(caller, number, fn.first_is_self), fn, index)
    ops = caller.facts.ops
    if register is None or ops[register][0] != "name":
        return False
    left = wanted - {
        op[2]
        for at, op in enumerate(ops[:number])
        if op[0] == "setattr" and ops[op[1]] == ops[register] and always_before(caller, at, number)
    }
    if not left:
        return True
    given = list(sources(caller, register, number))
    if len(given) != 1 or ops[given[0]][0] != "param":
        return False
    itself = ops[given[0]][1]
    return not (itself == 0 and caller.first_is_self) and _all_set(caller, itself, left, passed)
