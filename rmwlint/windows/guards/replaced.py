"""Objects of which every attribute that is written was set by whoever has them written, or which they have
made or taken in: a request that says all that is to be. What came between the read and the write is replaced
by intent; whoever comes last wins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rmwlint.facts.operands import made_of
from rmwlint.program.calling import (
    Calling,
    Site,
    argument,
    call_sites,
    handed_over,
    kept_for_check,
    named_sites,
)
from rmwlint.program.link import Call, link
from rmwlint.program.program import Fn
from rmwlint.windows.flow import always_before
from rmwlint.windows.guards.first_hand import sources
from rmwlint.windows.values import Event

_DEEPEST = 4


def replaced_by_callers(fn: Fn, write: Event) -> bool:
    """Whether an object or dict came in whose attributes or entries are written, and all who are known to
    call have set each of them before, but those that say which row it is, or have made it."""
    place = write.place
    taken = Counter(
        position for _, value in write.columns for position, name, _ in value.deps if position < 0 and name
    )
    index = -1 - taken.most_common(1)[0][0] if taken else 0
    if write.trail or place is None or not taken or (index == 0 and fn.first_is_self):
        return False
    keys = {place.symbol, *(symbol for _, symbol in place.keys)}
    wanted = frozenset(
        name
        for _, value in write.columns
        for position, name, _ in value.deps
        if position == -1 - index and name and ("attr", ("param", index), name) not in keys
    )
    key = f"replaced_by_callers {index} {' '.join(sorted(wanted))}"
    return kept_for_check(fn, key, lambda: _all_set(fn, index, wanted, frozenset()))


def _all_set(fn: Fn, index: int, wanted: frozenset[str], passed: frozenset[Fn]) -> bool:
    """Whether all who are known to give a function its parameter have set its attributes, or made it."""
    if len(passed) >= _DEEPEST:
        return False
    passed |= {fn}
    known = 0
    for site in _sites(fn):
        if site[0] not in passed:
            known += 1
            if not _set_at(fn, site, index, wanted, passed):
                return False
    return known > 0 and not handed_over(fn)


def _sites(fn: Fn) -> Iterator[Site]:
    """The calls that may reach a function. Those are asked for last that take other files to find."""
    yield from named_sites(fn)
    yield from call_sites(fn)


def _set_at(fn: Fn, site: Site, index: int, wanted: frozenset[str], passed: frozenset[Fn]) -> bool:
    caller, number = site
    register = argument(Calling(caller, number, fn.first_is_self), fn, index)
    ops = caller.facts.ops
    if register is None or ops[register][0] != "name":
        return register is not None and _taken_in(caller, register)
    left = wanted - {
        op[2]
        for at, op in enumerate(ops[:number])
        if op[0] == "setattr" and ops[op[1]] == ops[register] and always_before(caller, at, number)
    }
    if not left:
        return True
    given = list(sources(caller, register, number))
    if len(given) != 1 or ops[given[0]][0] != "param":
        return bool(given) and all(_taken_in(caller, source) for source in given)
    itself = ops[given[0]][1]
    return not (itself == 0 and caller.first_is_self) and _all_set(caller, itself, left, passed)


def _taken_in(fn: Fn, register: int) -> bool:
    """Whether a register holds what is constructed there, what a request says, or what an object that is
    constructed for that makes of what came in: ``Schema().load(body)``."""
    ops, calls = fn.facts.ops, link(fn).calls
    parts = [calls[part] for part in made_of(ops, register) if part in calls and part != register]
    if any(
        part.targets or any(row.does == "read" for row in part.rows) for part in parts if part.cls is None
    ):
        return False  # of something that was read it may be made as well
    call = calls.get(register)
    if call is None:
        return bool(ops[register][0] == "dict")
    if call.cls is not None or _of_request(fn, call):
        return True
    made = calls.get(call.receiver) if call.receiver is not None else None
    return made is not None and made.cls is not None and not (call.targets or call.rows)


def _of_request(fn: Fn, call: Call) -> bool:
    """Whether a call asks what each who comes has an own one of: ``request.get_json()``."""
    kind = call.rtype
    if kind is None or kind.kind != "library" or not call.rows:
        return False
    types = fn.module.program.libraries.types
    return types[kind.name].unshared and all(row.does == "pure" for row in call.rows)
