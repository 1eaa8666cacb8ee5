"""Methods that a call names by a text: ``self._run_on_plugins("order_paid", order)``.

The callee looks the method up, ``getattr(plugin, name)(…)``, or hands the name on to a function that does.
Only the caller knows which method it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.facts.model import Op
from rmwlint.program.dispatch import Candidates, abstract, few, named, overrides, telling
from rmwlint.program.link import Call, link
from rmwlint.program.premises import unassigned
from rmwlint.program.program import Fn
from rmwlint.program.types import Type

#: so many functions may hand a name on before one looks it up
_DEEPEST = 3


class Lookup(NamedTuple):
    """``parameter``: the one that has the name; ``kind``: the object whose method is called, where known."""

    parameter: int
    kind: Type | None


def spelled(fn: Fn, number: int, call: Call) -> Candidates | None:
    """The methods that the call ``number`` names by a constant text which its callee calls by that name."""
    ops = fn.facts.ops
    op = ops[number]
    if len(call.targets) != 1 or not any(ops[at][0] == "const" for at in (*op[2], *(at for _, at in op[3]))):
        return None
    target = call.targets[0]
    for parameter, register in _given(op, call, target):
        given = ops[register]
        if given[0] != "const" or not isinstance(given[1], str) or not telling(given[1]) or target is fn:
            continue
        for lookup in _lookups(target, _DEEPEST):
            if lookup.parameter == parameter:
                found = _methods(fn, given[1], lookup.kind)
                if found.functions:
                    return found
    return None


def _methods(fn: Fn, name: str, kind: Type | None) -> Candidates:
    if kind is not None and kind.kind == "instance":
        own = kind.ref.method(name)
        base = () if own is None else (own,)
        found = base + overrides(kind.ref, name, base, fn.module.path)
        return Candidates(tuple(one for one in found if not abstract(one)), False)
    # whoever passes a name on to others of its kind does not mean itself
    others = tuple(one for one in named(fn, name) if one.owner is not fn.owner)
    return Candidates(few(tuple(one for one in others if not abstract(one))), True)


def _given(op: Op, call: Call, target: Fn) -> Iterator[tuple[int, int]]:
    """(parameter, register) of each argument that surely goes to one parameter."""
    params = target.facts.params
    places = [at for at, parameter in enumerate(params) if parameter.kind in ("positional", "any")]
    if target.first_is_self and call.receiver is not None:
        places = places[1:]
    yield from zip(places, op[2])
    names = {parameter.name: at for at, parameter in enumerate(params)}
    yield from ((names[keyword], register) for keyword, register in op[3] if keyword in names)


def _lookups(fn: Fn, depth: int) -> tuple[Lookup, ...]:
    """The parameters by whose value a function picks a method to call."""
    key = f"lookups {depth}"
    known = fn.memo.get(key)
    if known is None:
        fn.memo[key] = ()
        known = fn.memo[key] = tuple(dict.fromkeys(_looked_up(fn, depth)))
    return known  # type: ignore[return-value]


def _looked_up(fn: Fn, depth: int) -> Iterator[Lookup]:
    names = unassigned(fn)
    ops = fn.facts.ops
    if "getattr" in fn.facts.names:
        for number, op in enumerate(ops):
            if op[0] == "call" and ops[op[1]] == ("name", "getattr") and len(op[2]) > 1:
                name = ops[op[2][1]]
                if name[0] == "name" and name[1] in names and _called(ops, number):
                    yield Lookup(names[name[1]], link(fn).types[op[2][0]])
    if depth == 0:
        return
    for number, call in link(fn).calls.items():
        if len(call.targets) != 1 or call.targets[0] is fn:
            continue
        for parameter, register in _given(ops[number], call, call.targets[0]):
            if ops[register][0] != "name" or ops[register][1] not in names:
                continue
            for lookup in _lookups(call.targets[0], depth - 1):
                if lookup.parameter == parameter:
                    yield Lookup(names[ops[register][1]], lookup.kind)


def _called(ops: tuple[Op, ...], register: int) -> bool:
    """Whether what a register holds is called, at once or under the name that it is given."""
    stored = {op[1] for op in ops if op[0] == "store" and op[2] == register}
    return any(
        op[0] == "call" and (op[1] == register or (ops[op[1]][0] == "name" and ops[op[1]][1] in stored))
        for op in ops
    )
