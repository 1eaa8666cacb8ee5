"""What a call may set off, however far down: backend calls, messages, waits.

``effects(fn)`` gives for each kind the best witness: the surest, then the nearest. It is the least fixed
point over the strongly connected components of the call graph (Tarjan, "Depth-first search and linear
graph algorithms", SIAM J. Comput. 1972), computed from the bottom up, so that the answer does not depend
on who asks first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.program.link import Call, link
from rmwlint.program.program import Fn

HAZARDS = frozenset(["backend", "enqueue", "wait"])


class Effect(NamedTuple):
    """A witness. ``op``: the call in the function asked about; ``via``: the function called there, None when
    that call is the hazard itself. ``detail``: the library model's ``kind``; ``label``: the call as a reader
    would name it; ``depth``: calls in between."""

    kind: str
    detail: str
    label: str
    op: int
    via: Fn | None
    sure: int
    depth: int


_SURE = {"high": 3, "medium": 2, "low": 1}


def row_sure(confidence: str) -> int:
    """A library row's confidence as a number."""
    return _SURE[confidence]


def effects(fn: Fn) -> dict[str, Effect]:
    """The hazards that running ``fn`` may set off, by kind."""
    found = fn.memo.get("effects")
    if found is None:
        for component in _components(fn):
            _solve(component)
        found = fn.memo["effects"]
    return found  # type: ignore[return-value]


def chain(fn: Fn, effect: Effect) -> list[tuple[Fn, Effect]]:
    """The calls from ``fn`` down to the hazard: (function, its witness) pairs."""
    steps = [(fn, effect)]
    seen = {fn}
    while effect.via is not None and effect.via not in seen:
        fn = effect.via
        seen.add(fn)
        effect = effects(fn)[effect.kind]
        steps.append((fn, effect))
    return steps


def called_parameters(fn: Fn) -> frozenset[int]:
    """The parameters that ``fn`` itself calls, by index."""
    found = fn.memo.get("called_parameters")
    if found is None:
        ops = fn.facts.ops
        names = {parameter.name: index for index, parameter in enumerate(fn.facts.params)}
        found = frozenset(
            names[ops[op[1]][1]]
            for op in ops
            if op[0] == "call" and ops[op[1]][0] == "name" and ops[op[1]][1] in names
        )
        fn.memo["called_parameters"] = found
    return found  # type: ignore[return-value]


def callees(fn: Fn) -> Iterator[tuple[int, Fn, int]]:
    """(operation, function, confidence) of every call, and of callbacks that the callee calls."""
    linked = link(fn)
    for number, call in linked.calls.items():
        for target in call.targets:
            yield number, target, call.sure
            yield from _callbacks(fn, number, call, target)


def _callbacks(fn: Fn, number: int, call: Call, target: Fn) -> Iterator[tuple[int, Fn, int]]:
    called = called_parameters(target)
    if not called:
        return
    op = fn.facts.ops[number]
    types = link(fn).types
    shift = 1 if call.receiver is not None and target.first_is_self else 0
    for index, register in enumerate(op[2]):
        value = types[register]
        if index + shift in called and value is not None and value.kind in ("function", "method"):
            yield number, value.ref, call.sure


def hazards_of(call: Call) -> Iterator[tuple[str, str, int]]:
    """(kind, detail, confidence) of each hazard that the call itself is."""
    for row in call.rows:
        if row.does in HAZARDS:
            yield row.does, row.kind or "", min(call.sure, _SURE[row.confidence])


def _direct(fn: Fn) -> dict[str, Effect]:
    found: dict[str, Effect] = {}
    for number, call in link(fn).calls.items():
        for kind, detail, sure in hazards_of(call):
            _keep(found, Effect(kind, detail, label(fn, number, call), number, None, sure, 0))
    return found


def label(fn: Fn, number: int, call: Call) -> str:
    """The call as a reader would name it: ``requests.post``, ``self.client.cast``."""
    if call.qualified:
        return call.qualified
    ops = fn.facts.ops
    parts: list[str] = []
    register: int | None = ops[number][1]
    while register is not None:
        op = ops[register]
        if op[0] == "attr":
            parts.append(op[2])
            register = op[1]
        elif op[0] == "name":
            parts.append(op[1])
            register = None
        elif op[0] == "call":
            parts.append("()")
            register = op[1]
        elif op[0] == "await":
            register = op[1]
        else:
            register = None
    return ".".join(reversed(parts)).replace(".()", "()") or call.name


def _keep(found: dict[str, Effect], effect: Effect) -> bool:
    known = found.get(effect.kind)
    if known is None or (effect.sure, -effect.depth) > (known.sure, -known.depth):
        found[effect.kind] = effect
        return True
    return False


def _solve(component: list[Fn]) -> None:
    table = {fn: _direct(fn) for fn in component}
    changed = True
    while changed:
        changed = False
        for fn in component:
            for number, target, sure in callees(fn):
                below = table[target] if target in table else target.memo.get("effects")
                if not below:
                    continue
                for effect in below.values():  # type: ignore[attr-defined]
                    lifted = Effect(
                        effect.kind,
                        effect.detail,
                        effect.label,
                        number,
                        target,
                        min(sure, effect.sure),
                        effect.depth + 1,
                    )
                    if lifted.depth <= 40 and _keep(table[fn], lifted):
                        changed = True
    for fn in component:
        fn.memo["effects"] = table[fn]


def _components(root: Fn) -> Iterator[list[Fn]]:
    """Components below ``root`` that are not solved yet, callees before callers. No recursion."""
    order: dict[Fn, int] = {}
    low: dict[Fn, int] = {}
    stack: list[Fn] = []
    on_stack: set[Fn] = set()
    work: list[tuple[Fn, Iterator[Fn]]] = []

    def enter(fn: Fn) -> None:
        order[fn] = low[fn] = len(order)
        stack.append(fn)
        on_stack.add(fn)
        work.append((fn, iter([target for _, target, _ in callees(fn)])))

    enter(root)
    while work:
        fn, targets = work[-1]
        for target in targets:
            if "effects" in target.memo:
                continue
            if target not in order:
                enter(target)
                break
            if target in on_stack:
                low[fn] = min(low[fn], order[target])
        else:
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[fn])
            if low[fn] == order[fn]:
                component = []
                while True:
                    member = stack.pop()
                    on_stack.discard(member)
                    component.append(member)
                    if member is fn:
                        break
                yield sorted(component)
