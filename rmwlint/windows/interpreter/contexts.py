"""What users' own context managers hold while their body runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rmwlint.libraries.model import CallModel
from rmwlint.program.link import Call, link
from rmwlint.program.program import Fn
from rmwlint.windows.interpreter.binding import Binding
from rmwlint.windows.values import Event, Held, Value

if TYPE_CHECKING:
    from rmwlint.windows.interpreter.interpret import Analysis, Interpreter

#: How sure it is that a transaction which nothing began is open: the first statement begins it.
_AUTOMATIC = 2
_ENTERED = ("__enter__", "__aenter__", "enter_context", "enter_async_context")


def _analysis(fn: Fn) -> Analysis:
    from rmwlint.windows.interpreter.interpret import analysis

    return analysis(fn)


def held_inside(
    run: Interpreter,
    position: int,
    target: Fn,
    receiver: Value | None,
    args: Sequence[Value],
    kwargs: Sequence[tuple[str, Value]],
    sure: int,
) -> Iterator[Held]:
    """What a function holds that gives a context manager: a generator, or one that returns another's."""
    if target.facts.is_generator:
        binding = Binding(run, position, target, receiver, args, kwargs)
        found = _analysis(target)
        for way in found.yields[:1]:
            for held in way.state.held:
                yield _rebased(binding, held, position, sure)
            if any(held.kind == "transaction" for held in way.state.held):
                return
            opened = [held for other in found.yields[1:] for held in other.state.held]
            for held in opened:
                # where one way opens a transaction, the other stands where one is open already, as a rule
                if held.kind == "transaction":
                    yield _rebased(binding, held, position, min(sure, _AUTOMATIC))
                    return
            if _commits_after_yield(found):
                yield Held(
                    position, "transaction", None, "row", target.facts.name, sure=min(sure, _AUTOMATIC)
                )
        return
    key: Any = ("call", target.qualified, *(value.symbol for value in args))
    for known in _returned_calls(target):
        inner_sure = min(sure, known.sure)
        for row in known.rows:
            if "context" in row.form and row.does in ("transaction", "lock"):
                lock = key if row.does == "lock" else None
                reach = row.reach or "process"
                name = target.facts.name
                held = Held(position, row.does, lock, reach, name, row.readonly, row.nested, sure=inner_sure)
                yield held._replace(until_commit=row.until == "commit")
        for inner in known.targets:
            if inner is not target and known.cls is None and "held_inside" not in inner.memo:
                inner.memo["held_inside"] = True
                try:
                    for held in held_inside(run, position, inner, None, (), (), inner_sure):
                        yield held._replace(key=key if held.kind == "lock" else None)
                finally:
                    del inner.memo["held_inside"]


def _commits_after_yield(found: Analysis) -> bool:
    """Whether a generator commits once its body is done: its session began a transaction by itself."""
    ops = found.fn.facts.ops
    yielded = next((number for number, op in enumerate(ops) if op[0] == "yield"), len(ops))
    return any(event.does == "commit" and event.op > yielded and not event.trail for event in found.events)


def _returned_calls(target: Fn) -> Iterator[Call]:
    ops = target.facts.ops
    linked = link(target)
    for op in ops:
        if op[0] == "return" and op[1] is not None and ops[op[1]][0] == "call":
            known = linked.calls.get(op[1])
            if known is not None:
                yield known


def _rebased(binding: Binding, held: Held, position: int, sure: int) -> Held:
    key = binding.symbol(held.key)
    if key is None and held.kind == "lock":
        key = ("call", binding.target.qualified, *(value.symbol for value in binding.values.values()))
    fresh = held.fresh and not binding.target.facts.is_generator
    return held._replace(id=position, key=key, sure=min(held.sure, sure), fresh=fresh)


def committed_by_leaving(position: int, leave: Fn, written: str) -> Iterator[Held]:
    """The transaction of an object whose ``__exit__`` commits what its session began by itself.

    What a function of another class commits is a connection of its own: that of whom it reports to.
    """
    if any(event.does == "commit" and _of_object(leave, event) for event in _analysis(leave).events):
        yield Held(position, "transaction", None, "row", written, sure=_AUTOMATIC)


def _of_object(method: Fn, event: Event) -> bool:
    """Whether an event of a method happens in it or in other methods of its class."""
    owner = method.owner
    return owner is not None and all(fn.owner in owner.mro() for fn, _ in event.trail)


def held_after(run: Interpreter, position: int, target: Fn, receiver: Value) -> Iterator[Held]:
    """What a method (``__enter__``, ``acquire``) has taken and not given back when it returns."""
    binding = Binding(run, position, target, receiver, (), ())
    for way in _analysis(target).exits[:1]:
        for held in way.state.held:
            yield _rebased(binding, held, position, 3)
    for known in link(target).calls.values():
        if known.name in _ENTERED:
            for row in known.rows or _entered_rows(target, known):
                if row.does in ("transaction", "lock"):
                    key = ("attr", receiver.symbol, known.name)
                    reach = "row" if row.does == "transaction" else row.reach or "process"
                    name = target.owner.name if target.owner is not None else target.facts.name
                    held = Held(position, row.does, key, reach, name, row.readonly, row.nested)
                    yield held._replace(until_commit=row.until == "commit")


def _entered_rows(target: Fn, call: Call) -> Iterator[CallModel]:
    """What the context means that ``self._context.__enter__()`` enters: by the call that made it."""
    if call.receiver is None:
        return
    made = target.facts.ops[call.receiver]
    methods = [target]
    if made[0] == "attr" and target.owner is not None:
        methods += [method for method in (target.owner.method("__init__"),) if method is not None]
    for method in methods:
        ops = method.facts.ops
        for op in ops:
            if made[0] == "attr":
                register = op[3] if op[0] == "setattr" and op[2] == made[2] else None
            else:
                register = op[2] if op[0] == "store" and op[1] == made[-1] else None
            if register is not None and ops[register][0] == "call":
                found = link(method).calls.get(register)
                if found is not None:
                    yield from (row for row in found.rows if "context" in row.form)
