"""What a call may set off, however far down: backend calls, messages, waits.

``effects(fn)`` gives for each kind the best witnesses: the surest, then the nearest, at most a few with
different premises. It is the least fixed point over the strongly connected components of the call graph
(Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1972), computed from the bottom up,
so that the answer does not depend on who asks first.

What a method's overrides do counts too, with less confidence the fewer of them do it; what is handed to
something that runs it later does not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.facts.model import Op
from rmwlint.program.composed import composed
from rmwlint.program.deferral import decorators, names_called_later, postponed, wrapping
from rmwlint.program.dispatch import MOST_DEFINITIONS, abstract, candidates, families, is_own, may_be
from rmwlint.program.link import Call, link
from rmwlint.program.once import made_once
from rmwlint.program.premises import NONE, RECEIVER, Flag, Premise, applied, flag_of, premises
from rmwlint.program.program import Cls, Fn
from rmwlint.program.signals import receivers
from rmwlint.program.spelled import spelled

HAZARDS = frozenset(["backend", "enqueue", "wait"])

_MOST_WITNESSES = 6
_DEEPEST = 40
#: How sure it is that a function is still registered for a signal when that is sent.
_BY_SIGNAL = 2


class Effect(NamedTuple):
    """A witness. ``op``: the call in the function asked about; ``via``: the function called there, None when
    that call is the hazard itself. ``detail``: the library model's ``kind``; ``label``: the call as a reader
    would name it; ``depth``: calls in between; ``needs``: the premises under which it happens; ``on``: the
    class whose override was taken on the way, which the object must then be of."""

    kind: str
    detail: str
    label: str
    op: int
    via: Fn | None
    sure: int
    depth: int
    needs: frozenset[Premise] = NONE
    on: Cls | None = None


class Below(NamedTuple):
    """What one call runs. ``functions``: each may be the one; ``exact``: all of them are run, no override or
    guess; ``bound``: the first parameter is the receiver; ``call``: the operation, None for a wrapper;
    ``own``: the receiver is the object whose method ``fn`` is; ``of``: its class, where it is another one."""

    op: int
    functions: tuple[Fn, ...]
    sure: int
    exact: bool
    guessed: bool
    bound: bool
    call: Op | None
    own: bool = False
    of: Cls | None = None


#: witnesses by what they rest on
_Table = dict[tuple[frozenset[Premise], "Cls | None"], Effect]
Effects = dict[str, tuple[Effect, ...]]

_SURE = {"high": 3, "medium": 2, "low": 1}


def row_sure(confidence: str) -> int:
    """A library row's confidence as a number."""
    return _SURE[confidence]


def effects(fn: Fn) -> Effects:
    """The hazards that calling ``fn`` may set off, by kind, best witness first."""
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
        known = effects(fn).get(effect.kind, ())
        below = next((one for one in known if one.label == effect.label and one.depth < effect.depth), None)
        if below is None:
            break
        effect = below
        steps.append((fn, effect))
    return steps


def called_parameters(fn: Fn) -> frozenset[int]:
    """The parameters that ``fn`` itself calls, by index; not those that it also hands on to be called."""
    found = fn.memo.get("called_parameters")
    if found is None:
        found = fn.memo["called_parameters"] = _called_parameters(fn)
    return found  # type: ignore[return-value]


def _called_parameters(fn: Fn) -> frozenset[int]:
    names = {parameter.name: index for index, parameter in enumerate(fn.facts.params)}
    if fn.facts.names.isdisjoint(names):
        return frozenset()
    ops = fn.facts.ops
    called = {ops[op[1]][1] for op in ops if op[0] == "call" and ops[op[1]][0] == "name"}
    called &= names.keys()
    if called:
        called -= names_called_later(fn)
    return frozenset([names[name] for name in called])


def below(fn: Fn) -> tuple[Below, ...]:
    """Everything that running ``fn`` runs in turn, in source order."""
    found = fn.memo.get("below")
    if found is None:
        found = fn.memo["below"] = () if postponed(fn) else tuple(_below(fn))
    return found  # type: ignore[return-value]


def _below(fn: Fn) -> Iterator[Below]:
    for decorator in decorators(fn):
        around = wrapping(decorator)
        if around is not None:
            yield Below(0, (around.wrapper,), 3, True, False, False, None)
    for number, call in link(fn).calls.items():
        yield from below_call(fn, number, call)


def below_call(fn: Fn, number: int, call: Call) -> Iterator[Below]:
    """What one call of ``fn`` runs: its targets, or an override, or what its name suggests; and callbacks."""
    op = fn.facts.ops[number]
    bound = call.receiver is not None or call.cls is not None
    others = candidates(fn, number, call)
    targets = call.targets
    own = is_own(fn, call.receiver)
    kind = call.rtype
    of: Cls | None = kind.ref if kind is not None and kind.kind == "instance" and not own else None
    if targets:
        by = bound and targets[0].first_is_self
        yield Below(number, targets, call.sure, True, False, by, op, own, of)
    if others.functions:
        real = tuple(one for one in others.functions if not abstract(one))
        if real:
            known = tuple(one for one in targets if not abstract(one))
            yield Below(number, known + real, call.sure, False, others.guessed, bound, op, own, of)
    looked_up = spelled(fn, number, call)
    if looked_up is not None:
        yield Below(number, looked_up.functions, call.sure, False, looked_up.guessed, True, None)
    by_name = composed(fn, number, call)
    if by_name is not None:
        yield Below(number, by_name.functions, call.sure, False, by_name.guessed, True, None)
    yield from callbacks(fn, number, call)
    for receiver in receivers(fn, number, call):
        # what is sent by keyword comes in under that name; whatever else comes as the sender pleases
        yield Below(number, (receiver,), _BY_SIGNAL, True, False, False, ("call", op[1], (), op[3]))


def callbacks(fn: Fn, number: int, call: Call) -> Iterator[Below]:
    """The functions given to one call of ``fn`` that its callee calls."""
    for target in call.targets:
        yield from _callbacks(fn, number, call, target)


def _callbacks(fn: Fn, number: int, call: Call, target: Fn) -> Iterator[Below]:
    called = called_parameters(target)
    if not called:
        return
    op = fn.facts.ops[number]
    types = link(fn).types
    shift = 1 if call.receiver is not None and target.first_is_self else 0
    for index, register in enumerate(op[2]):
        value = types[register]
        if index + shift in called and value is not None and value.kind in ("function", "method"):
            yield Below(number, (value.ref,), call.sure, True, False, value.kind == "method", None)


def hazards_of(call: Call) -> Iterator[tuple[str, str, int]]:
    """(kind, detail, confidence) of each hazard that the call itself is."""
    for row in call.rows:
        if row.does in HAZARDS:
            yield row.does, row.kind or "", min(call.sure, _SURE[row.confidence])


def _made_so(fn: Fn, call: Op, needs: frozenset[Premise]) -> bool:
    """Whether the object whose method is called may have been made as that needs."""
    wanted = [flag for index, flag in needs if index == RECEIVER and isinstance(flag, Flag)]
    made = _construction(fn, fn.facts.ops[call[1]][1]) if wanted else None
    if made is None:
        return True
    scope, number = made
    cls = link(scope).calls[number].cls
    assert cls is not None
    for flag in wanted:
        found = flag_of(cls, flag.name)
        if found is not None:
            needed = frozenset([(found[1], flag.truth)])
            if applied(found[0], needed, scope, scope.facts.ops[number], bound=True) is None:
                return False
    return True


def _construction(fn: Fn, register: int) -> tuple[Fn, int] | None:
    """The one call that has made the object in a register: of a name, or of an attribute of the method's own
    object."""
    op = fn.facts.ops[register]
    places: list[tuple[Fn, int]] = []
    if op[0] == "name" and op[1] in fn.facts.locals:
        places = [(fn, other[2]) for other in fn.facts.ops if other[:2] == ("store", op[1])]
    elif op[0] == "attr" and fn.owner is not None and fn.is_self(op[1]):
        for base in fn.owner.speaking_of(op[2]):
            given = base.facts.self_fields.get(op[2], ())
            places += ((base.module.fn(index), at) for index, at in given)
    if len(places) != 1:
        return None
    call = link(places[0][0]).calls.get(places[0][1])
    return places[0] if call is not None and call.cls is not None else None


def through(fn: Fn, step: Below) -> Iterator[Effect]:
    """The effects of one call as far as they are solved, in the terms of ``fn``."""
    here = premises(fn, step.op)
    once = made_once(fn, step.op)
    reached: dict[str, int] = {}
    lifted: list[Effect] = []
    for target in step.functions:
        found = target.memo.get("effects")
        if not found or (step.own and not step.exact and not _runs_on(fn, target.owner)):
            continue
        kinds = set()
        for witnesses in found.values():  # type: ignore[attr-defined]
            for effect in witnesses:
                needs = effect.needs
                if step.call is None:
                    needs = NONE
                elif needs:
                    left = applied(target, needs, fn, step.call, bound=step.bound)
                    if left is None or not _made_so(fn, step.call, left):
                        continue
                    needs = frozenset([one for one in left if one[0] != RECEIVER])
                if effect.depth >= _DEEPEST or not _possible(fn, step, effect):
                    continue
                # of those a name suggests, one that itself only may do it confirms nothing
                if effect.sure > 1 or not step.guessed:
                    kinds.add(effect.kind)
                sure = 1 if once else min(step.sure, effect.sure)
                on = _taken_on(fn, step, target, effect) if step.own else None
                lifted.append(
                    Effect(
                        effect.kind,
                        effect.detail,
                        effect.label,
                        step.op,
                        target,
                        sure,
                        effect.depth + 1,
                        here | needs,
                        on,
                    )
                )
        for kind in kinds:
            reached[kind] = reached.get(kind, 0) + 1
    if step.exact:
        yield from lifted
        return
    sizes = families(step.functions) if step.guessed else {}
    for effect in lifted:
        most = _confidence(reached.get(effect.kind, 0), len(step.functions), step.guessed)
        if len(step.functions) > MOST_DEFINITIONS and sizes:
            most = _of_family(effect, lifted, sizes)
        yield effect._replace(sure=min(effect.sure, most))


def _of_family(effect: Effect, others: list[Effect], sizes: dict[Fn, int]) -> int:
    """How sure it is that a call which may reach many overrides does what their base does."""
    reaching = {other.via for other in others if other.kind == effect.kind}
    base = effect.via is not None and sizes[effect.via] > 0
    size = sum(sizes[fn] for fn in reaching if fn is not None)
    return 2 if base and size * 2 >= len(sizes) else 1


def _possible(fn: Fn, step: Below, effect: Effect) -> bool:
    """Whether the object of a call can be of the class whose override the effect rests on."""
    cls = fn.owner if step.own else step.of
    return effect.on is None or cls is None or may_be(cls, effect.on, fn.module.path)


def _runs_on(fn: Fn, cls: Cls | None) -> bool:
    """Whether a method runs at all on objects of a class: not where that has its own and calls no other's."""
    own = None if cls is None else cls.method(fn.facts.name)
    if own is None or own is fn or fn.facts.name.startswith("__"):
        return True
    ops = own.facts.ops
    return any(
        op[0] == "attr" and op[2] == fn.facts.name and (ops[op[1]][0] != "name" or not is_own(own, op[1]))
        for op in ops
    )


def _taken_on(fn: Fn, step: Below, target: Fn, effect: Effect) -> Cls | None:
    """The class that ``self`` must be of for the effect of a call on it."""
    chosen = target.owner
    if step.exact or chosen is None or fn.owner is None or chosen in fn.owner.mro():
        return effect.on
    return chosen if effect.on is None or effect.on in chosen.mro() else effect.on


def _confidence(reaching: int, of: int, guessed: bool) -> int:
    """How sure it is that a call which may reach several functions reaches one that does it."""
    if guessed:
        return 2 if reaching * 2 > of else 1
    return 2 if reaching * 3 >= of or of <= 3 else 1


def set_off(fn: Fn, number: int, call: Call) -> Iterator[Effect]:
    """The effects of one call of ``fn``, of the call itself and of all that it runs."""
    for kind, detail, sure in hazards_of(call):
        yield Effect(kind, detail, label(fn, number, call), number, None, sure, 0)
    for step in below_call(fn, number, call):
        for target in step.functions:
            effects(target)
        yield from through(fn, step)


def own_hazards(fn: Fn) -> Iterator[Effect]:
    """The hazards that calls of ``fn`` themselves are."""
    later = names_called_later(fn)
    for number, call in link(fn).calls.items():
        for kind, detail, sure in hazards_of(call):
            written = label(fn, number, call)
            if written in later:
                continue
            if made_once(fn, number):
                sure = 1
            yield Effect(kind, detail, written, number, None, sure, 0, premises(fn, number))


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


def _keep(found: dict[str, _Table], effect: Effect) -> bool:
    table = found.setdefault(effect.kind, {})
    under = (effect.needs, effect.on)
    known = table.get(under)
    if known is None:
        if len(table) >= _MOST_WITNESSES and (effect.needs or effect.on is not None):
            return False
    elif (effect.sure, -effect.depth) <= (known.sure, -known.depth):
        return False
    table[under] = effect
    return True


def _best(table: _Table) -> tuple[Effect, ...]:
    return tuple(
        sorted(
            table.values(),
            key=lambda effect: (
                -effect.sure,
                effect.on is not None,
                len(effect.needs),
                effect.depth,
                effect.op,
            ),
        )
    )


def _solve(component: list[Fn]) -> None:
    tables: dict[Fn, dict[str, _Table]] = {}
    for fn in component:
        table = tables[fn] = {}
        if not postponed(fn):
            for effect in own_hazards(fn):
                _keep(table, effect)
        fn.memo["effects"] = {kind: _best(known) for kind, known in table.items()}
    changed = True
    while changed:
        changed = False
        for fn in component:
            table = tables[fn]
            better = False
            for step in below(fn):
                for effect in through(fn, step):
                    better = _keep(table, effect) or better
            if better:
                changed = len(component) > 1 or any(fn in step.functions for step in below(fn))
                fn.memo["effects"] = {kind: _best(known) for kind, known in table.items()}


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
        work.append((fn, iter([target for step in below(fn) for target in step.functions])))

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
