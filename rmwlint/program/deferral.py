"""Which functions do not run where they stand: they are handed to something that runs them later.

``transaction.on_commit(lambda: notify(order))``, ``executor.submit(work)``; also a decorator whose wrapper
hands on the function that it was given, and ``call_event(f)`` that calls ``f`` at once only where there is
no transaction, and else after its commit.
"""

from __future__ import annotations

from collections.abc import Iterator

from rmwlint.program.link import link
from rmwlint.program.program import Fn, ModuleView

_LATER = frozenset(["defer", "spawn"])


def handed_on(fn: Fn) -> frozenset[int]:
    """The functions (by index in the module) that ``fn`` hands to something that runs them later."""
    found = fn.memo.get("handed_on")
    if found is None:
        found = fn.memo["handed_on"] = frozenset(_handed_on(fn))
    return found  # type: ignore[return-value]


def _handed_on(fn: Fn) -> Iterator[int]:
    linked = link(fn)
    for register in _later_arguments(fn):
        value = linked.types[register]
        if value is not None and value.kind in ("function", "method") and value.ref.module is fn.module:
            yield value.ref.index


def _later_arguments(fn: Fn) -> Iterator[int]:
    ops = fn.facts.ops
    for number, call in link(fn).calls.items():
        if call.rows and any(row.does in _LATER for row in call.rows):
            yield from ops[number][2]
            yield from (register for _, register in ops[number][3])


def names_called_later(fn: Fn) -> frozenset[str]:
    """The names that ``fn`` hands on to be called later, or that functions which it hands on call."""
    found = fn.memo.get("names_called_later")
    if found is None:
        names: set[str] = set()
        ops = fn.facts.ops
        for register in _later_arguments(fn):
            op = ops[register]
            if op[0] == "name":
                names.add(op[1])
            elif op[0] == "call":  # partial(f, …)
                names.update(ops[part][1] for part in op[2] if ops[part][0] == "name")
        for index in handed_on(fn):
            later = fn.module.fn(index).facts
            names.update(
                later.ops[op[1]][1] for op in later.ops if op[0] == "call" and later.ops[op[1]][0] == "name"
            )
        found = fn.memo["names_called_later"] = frozenset(names)
    return found  # type: ignore[return-value]


class Wrapping:
    """How a user's decorator treats what it decorates: ``wrapper`` runs in its place, and ``later`` says that
    the wrapper hands it on instead of calling it; ``call`` is where it calls it."""

    __slots__ = ("call", "later", "wrapper")

    def __init__(self, wrapper: Fn, call: int, later: bool) -> None:
        self.wrapper = wrapper
        self.call = call
        self.later = later


def wrapping(decorator: Fn) -> Wrapping | None:
    """The wrapper that a decorator, or what makes one, puts around a function; None without one."""
    found = decorator.memo.get("wrapping", 0)
    if found == 0:
        found = decorator.memo["wrapping"] = _wrapping(decorator)
    return found  # type: ignore[return-value]


def _wrapping(decorator: Fn) -> Wrapping | None:
    params = {parameter.name for parameter in decorator.facts.params}
    pending = [decorator]
    later: Wrapping | None = None
    while pending:
        fn = pending.pop(0)
        for number, called in _called_names(fn):
            if fn is not decorator and called in params and called not in fn.facts.locals:
                return Wrapping(fn, number, called in names_called_later(fn))
        if (
            fn is not decorator
            and later is None
            and any(name in params and name not in fn.facts.locals for name in names_called_later(fn))
        ):
            later = Wrapping(fn, -1, True)
        for op in fn.facts.ops:
            if op[0] == "def":
                inner = fn.module.fn(op[2])
                params |= {parameter.name for parameter in inner.facts.params}
                if inner.index not in handed_on(fn):
                    pending.append(inner)
            elif op[0] == "lambda" and op[1] not in handed_on(fn):
                pending.append(fn.module.fn(op[1]))
    return later


def _called_names(fn: Fn) -> Iterator[tuple[int, str]]:
    ops = fn.facts.ops
    for number, op in enumerate(ops):
        if op[0] == "call" and ops[op[1]][0] == "name":
            yield number, ops[op[1]][1]


def decorators(fn: Fn) -> tuple[Fn, ...]:
    """The functions of the program that decorate ``fn``, outermost first."""
    found = fn.memo.get("decorators")
    if found is None:
        found = fn.memo["decorators"] = tuple(_decorators(fn))
    return found  # type: ignore[return-value]


def _decorators(fn: Fn) -> Iterator[Fn]:
    parent = fn.parent
    if parent is None or not fn.facts.decorators:
        return
    linked = link(parent)
    for register in fn.facts.decorators:
        op = parent.facts.ops[register]
        beside = decorator_beside(fn, parent, register)
        if beside is not None:
            yield beside
        elif op[0] == "call":
            call = linked.calls.get(register)
            if call is not None and not call.rows and call.cls is None:
                yield from call.targets
        else:
            value = linked.types[register]
            if value is not None and value.kind in ("function", "method"):
                yield value.ref


def decorator_beside(fn: Fn, scope: Fn, register: int) -> Fn | None:
    """The function that a method's decorator names where it stands in the body of the same class, before it:
    such names come before the module's."""
    owner = fn.owner
    if owner is None or scope.module is not owner.module:
        return None
    ops = scope.facts.ops
    op = ops[ops[register][1]] if ops[register][0] == "call" else ops[register]
    index = owner.facts.methods.get(op[1]) if op[0] == "name" else None
    return owner.module.fn(index) if index is not None and index < fn.index else None


def postponed(fn: Fn) -> bool:
    """Whether a call of ``fn`` does not run it, because a decorator hands it on to be run later."""
    return any((around := wrapping(decorator)) is not None and around.later for decorator in decorators(fn))


def wrappers(fn: Fn) -> tuple[Fn, ...]:
    """The functions that run in place of ``fn`` and call it."""
    found = [wrapping(decorator) for decorator in decorators(fn)]
    return tuple(around.wrapper for around in found if around is not None)


def called_only_later(fn: Fn) -> bool:
    """Whether its module calls a method by name only in functions that are handed on to be run later."""
    body = fn.module.fn(0)
    known = body.memo.get("called")
    if not isinstance(known, dict):
        known = body.memo["called"] = _called(fn.module)
    return bool(known.get(fn.facts.name) == _ONLY_LATER)


_AT_ONCE, _ONLY_LATER = 1, 2


def _called(module: ModuleView) -> dict[str, int]:
    """How the module's code calls a name: at once, or only later."""
    later: set[int] = set()
    for fn in module.functions():
        later |= handed_on(fn)
    found: dict[str, int] = {}
    for fn in module.functions():
        ops = fn.facts.ops
        handed = {
            ops[register][-1] for register in _handed_registers(fn) if ops[register][0] in ("name", "attr")
        }
        for name in handed:
            found.setdefault(name, _ONLY_LATER)
        for op in ops:
            if op[0] == "call" and ops[op[1]][0] in ("name", "attr"):
                name = ops[op[1]][-1]
                if fn.index in later:
                    found.setdefault(name, _ONLY_LATER)
                else:
                    found[name] = _AT_ONCE
    return found


def _handed_registers(fn: Fn) -> Iterator[int]:
    """What is handed on, and what a ``partial`` of it wraps."""
    ops = fn.facts.ops
    for register in _later_arguments(fn):
        yield register
        if ops[register][0] == "call":
            yield from ops[register][2]
