"""What a function's decorators hold while it runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rmwlint.libraries.model import CallModel
from rmwlint.program.deferral import decorator_beside
from rmwlint.program.effects import row_sure
from rmwlint.program.link import link, method_rows
from rmwlint.program.program import Fn, remembered
from rmwlint.program.types import Type
from rmwlint.windows.interpreter.locks import lock_key, lock_reach, suggested_lock
from rmwlint.windows.interpreter.surroundings import held_by_settings
from rmwlint.windows.text import text
from rmwlint.windows.values import Held, Value

#: A decorator holds under a number below this one: no operation has it.
FIRST = -1000
#: A decorator of the class: likewise.
FIRST_OF_CLASS = -2000
_FAR = frozenset(["host", "cluster"])
#: The method of a class through which a framework calls its others.
_CALLS_ALL = "dispatch"
#: What runs when an object is called.
_CALLED = "__call__"


class Decoration(NamedTuple):
    """``rows`` or ``targets``: what it is; ``args`` and ``kwargs``: what it was called with."""

    rows: tuple[CallModel, ...]
    targets: tuple[Fn, ...]
    args: tuple[Value, ...]
    kwargs: tuple[tuple[str, Value], ...]
    sure: int


def held_by_decorators(fn: Fn) -> tuple[Held, ...]:
    """The transactions and locks that are held whenever the function runs."""
    known = fn.memo.get("held_by_decorators")
    if known is not None:
        return known  # type: ignore[return-value]
    return remembered(fn, "held_by_decorators", lambda: tuple(_held(fn)), ())


def _held(fn: Fn) -> Iterator[Held]:
    parent = fn.parent
    if parent is None:
        return
    for held in held_by_settings(fn):
        if not any(_refuses(scope, register) for scope, register, _ in _decorators_around(fn, parent)):
            yield held
    for scope, register, number in decorators(fn, parent):
        yield from _of_decorator(fn, scope, register, number)


def decorators(fn: Fn, parent: Fn) -> Iterator[tuple[Fn, int, int]]:
    """A function's decorators, and those of its class that are meant for it: (scope, register, number)."""
    for index, register in enumerate(fn.facts.decorators):
        yield parent, register, FIRST - index
    owner = fn.owner
    if owner is not None:
        scope = owner.module.fn(owner.facts.scope)
        for index, register in enumerate(owner.facts.decorators):
            if _names_method(scope, register, fn.facts.name):
                yield scope, register, FIRST_OF_CLASS - index


def _decorators_around(fn: Fn, parent: Fn) -> Iterator[tuple[Fn, int, int]]:
    """The decorators of a method and of what calls all methods of its class."""
    yield from decorators(fn, parent)
    calls_all = fn.owner.method(_CALLS_ALL) if fn.owner is not None else None
    if calls_all is not None and calls_all is not fn and calls_all.parent is not None:
        yield from decorators(calls_all, calls_all.parent)


def _refuses(scope: Fn, register: int) -> bool:
    """Whether a decorator says that the settings open no transaction around what it decorates."""
    op = scope.facts.ops[register]
    inside = (
        [part for part in op[2] if scope.facts.ops[part][0] in ("name", "attr")] if op[0] == "call" else []
    )
    rows = [row for part in (register, *inside) for row in decoration(scope, part).rows]
    return any(row.does == "close" and "decorator" in row.form for row in rows)


def _names_method(scope: Fn, register: int, method: str) -> bool:
    """Whether the decorator of a class says that it is meant for that method, or for what calls them all."""
    op = scope.facts.ops[register]
    if op[0] != "call":
        return False
    named = [scope.facts.ops[value] for keyword, value in op[3] if keyword == "name"]
    return any(value in (("const", method), ("const", _CALLS_ALL)) for value in named)


def _of_decorator(fn: Fn, parent: Fn, register: int, number: int) -> Iterator[Held]:
    decorator = decoration(parent, register, fn)
    written = "@" + text(parent.facts, register)
    yield from _of_rows(decorator, number, written)
    inside: tuple[Held, ...] = ()
    if not decorator.rows and decorator.targets:
        target = decorator.targets[0]
        key = ("named", decorator.args[0].symbol) if decorator.args else ("decorator", target.qualified)
        if target.facts.name == _CALLED and not decorator.args:
            key = _static(parent, register).symbol
        inside = held_by_wrapper(target)
        for held in inside:
            own = key if held.kind == "lock" else None
            # one that reaches beyond the process is its name, however many objects stand for it
            fresh = held.fresh and held.reach not in _FAR
            yield held._replace(id=number, text=written, key=own, widens=None, fresh=fresh)
    if not decorator.rows and not inside and decorator.args:
        yield from _suggested(parent, register, decorator, number, written)
    op = parent.facts.ops[register]
    if not decorator.rows and not decorator.targets and op[0] == "call":
        # a decorator of decorators: ``@method_decorator(transaction.atomic)``
        for argument in op[2]:
            if parent.facts.ops[argument][0] in ("name", "attr", "call"):
                yield from _of_rows(decoration(parent, argument), number, written)


def _of_rows(decorator: Decoration, number: int, written: str) -> Iterator[Held]:
    for row in decorator.rows:
        if "decorator" not in row.form:
            continue
        sure = min(decorator.sure, row_sure(row.confidence))
        if row.does == "transaction":
            yield Held(number, "transaction", None, "row", written, row.readonly, row.nested, False, sure)
        elif row.does == "lock":
            key = lock_key(row, None, decorator.args, number)
            held = Held(number, "lock", key, lock_reach(row, decorator.kwargs), written, sure=sure)
            yield held._replace(until_commit=row.until == "commit", widens=row.widens)


def _suggested(parent: Fn, register: int, decorator: Decoration, number: int, written: str) -> Iterator[Held]:
    """The lock that a decorator's name suggests where nothing is known of what it does."""
    libraries = parent.module.program.libraries
    callee = parent.facts.ops[parent.facts.ops[register][1]]
    if callee[0] not in ("name", "attr"):
        return
    for suggested in libraries.receiver(callee[-1]):
        for row in libraries.method_meaning(suggested, _CALLED, {}):
            if row.does == "lock" and "decorator" in row.form:
                key = lock_key(row, None, decorator.args, number)
                yield Held(number, "lock", key, lock_reach(row, decorator.kwargs), written, sure=2)
                return


def decoration(parent: Fn, register: int, fn: Fn | None = None) -> Decoration:
    """What a decorator is, that of ``fn`` where it may stand in the same class."""
    linked = link(parent)
    program = parent.module.program
    op = parent.facts.ops[register]
    value = linked.types[register]
    beside = decorator_beside(fn, parent, register) if fn is not None else None
    if op[0] != "call":
        if beside is not None:
            return Decoration((), (beside,), (), (), 3)
        targets = (value.ref,) if value is not None and value.kind in ("function", "method") else ()
        return Decoration(_rows(parent, value), targets or _called_object(value), (), (), 3)
    args = tuple(_static(parent, argument) for argument in op[2])
    kwargs = tuple((keyword, _static(parent, argument)) for keyword, argument in op[3])
    if beside is not None:
        return Decoration((), (beside,), args, kwargs, 3)
    known = linked.calls.get(register)
    rows = known.rows if known is not None else ()
    if not rows and value is not None and value.kind == "library":
        rows = method_rows(program, value, _CALLED, {})
    if known is None:
        return Decoration(rows, (), args, kwargs, 3)
    # each object that is made here without a name has a lock of its own
    made = known.cls.method(_CALLED) if known.cls is not None and args else None
    return Decoration(rows, known.targets if made is None else (made,), args, kwargs, known.sure)


def _called_object(value: Type | None) -> tuple[Fn, ...]:
    """What runs when an object of the program is called."""
    if value is None or value.kind != "instance":
        return ()
    called = value.ref.method(_CALLED)
    return () if called is None else (called,)


def _rows(parent: Fn, value: Type | None) -> tuple[CallModel, ...]:
    """What the library models say of a decorator that is not called."""
    program = parent.module.program
    if value is None:
        return ()
    if value.kind == "external":
        return program.libraries.function_meaning(value.name, {})
    if value.kind == "member" and value.arg is not None:
        return method_rows(program, value.arg, value.name, {})
    if value.kind == "library":
        return method_rows(program, value, _CALLED, {})
    return ()


def _static(parent: Fn, register: int) -> Value:
    """An argument of a decorator: a constant, a name of the module, or what else is written there."""
    op = parent.facts.ops[register]
    if op[0] == "const":
        return Value(("const", op[1]), const=op[1])
    if op[0] == "name" and parent.index == 0 and op[1] in parent.module.facts.bindings:
        return Value(("global", f"{parent.module.name}.{op[1]}"))
    return Value(("decoration", text(parent.facts, register)))


def held_by_wrapper(decorator: Fn) -> tuple[Held, ...]:
    """What a user's decorator holds around the call of the function it is given."""
    return remembered(decorator, "held_by_wrapper", lambda: _by_wrapper(decorator), ())


def _by_wrapper(decorator: Fn) -> tuple[Held, ...]:
    from rmwlint.windows.interpreter.interpret import analysis

    if decorator.facts.is_generator and decorator.decorated("contextmanager"):
        # what @contextmanager makes can be used as a decorator too
        ways = analysis(decorator).yields
        return ways[0].state.held if ways else ()
    found = wrapped_call(decorator)
    if found is None:
        return tuple(_handed_to_decorator(decorator))
    held = analysis(found[0]).at_calls.get(found[1], ())
    return held if any(one.kind == "lock" for one in held) else (*held, *_acquired_by_name(*found))


def _handed_to_decorator(decorator: Fn) -> Iterator[Held]:
    """What the first decorator holds that a user's decorator hands the function it is given:
    ``return transaction.atomic(using="other")(function)``."""
    for fn, params in _inside(decorator):
        ops = fn.facts.ops
        for op in ops:
            if op[0] != "call" or len(op[2]) != 1 or op[3] or ops[op[2][0]][0] != "name":
                continue
            given = ops[op[2][0]][1]
            if given not in params or (given in fn.facts.locals and fn is not decorator):
                continue
            held = list(_of_rows(decoration(fn, op[1]), op[1], text(fn.facts, op[1])))
            if held:
                yield from held
                return


def _inside(decorator: Fn) -> Iterator[tuple[Fn, set[str]]]:
    """A function and those that stand in it, each with the parameters of those around it, its own too."""
    params: set[str] = set()
    pending = [decorator]
    while pending:
        fn = pending.pop(0)
        params = params | {parameter.name for parameter in fn.facts.params}
        yield fn, params
        pending += [fn.module.fn(op[2]) for op in fn.facts.ops if op[0] == "def"]


def _acquired_by_name(fn: Fn, call: int) -> Iterator[Held]:
    """The lock that a wrapper acquires before a call and releases after it, as only its name tells."""
    ops, calls = fn.facts.ops, link(fn).calls
    steps: dict[str, list[tuple[int, int]]] = {"acquire": [], "release": []}
    for number, op in enumerate(ops):
        if op[0] == "call" and ops[op[1]][0] == "attr" and ops[op[1]][2] in steps and not calls[number].rows:
            steps[ops[op[1]][2]].append((number, ops[op[1]][1]))
    for taken, register in steps["acquire"]:
        row = suggested_lock(fn.module.program.libraries, ops, register)
        written = text(fn.facts, register)
        given_back = any(
            after > call and text(fn.facts, other) == written for after, other in steps["release"]
        )
        if taken < call and row is not None and given_back:
            yield Held(taken, "lock", ("named", ("const", written)), lock_reach(row, ()), written, sure=2)
            return


def wrapped_call(decorator: Fn) -> tuple[Fn, int] | None:
    """Where a user's decorator calls the function it is given: the function inside, and the call."""
    params: set[str] = {parameter.name for parameter in decorator.facts.params}
    pending = [decorator]
    while pending:
        fn = pending.pop(0)
        for op in fn.facts.ops:
            if op[0] != "def":
                continue
            inner = fn.module.fn(op[2])
            for number, called in enumerate(inner.facts.ops):
                if called[0] != "call":
                    continue
                callee = inner.facts.ops[called[1]]
                if callee[0] != "name":
                    continue
                outer = callee[1] in params and callee[1] not in inner.facts.locals
                if outer or _made_to_wrap(inner, callee[1]):
                    return inner, number
            params |= {parameter.name for parameter in inner.facts.params}
            pending.append(inner)
    return None


def _made_to_wrap(fn: Fn, called: str) -> bool:
    """Whether a function that is decorated itself gets what it wraps as its first parameter, before the
    arguments for it: ``@decorator def locked(f, *args, **kwargs)``, ``@wrapt.decorator``."""
    params = fn.facts.params
    return bool(fn.facts.decorators) and len(params) > 2 and params[0].name == called


def decorated_by(fn: Fn) -> Iterator[tuple[tuple[CallModel, ...], tuple[Fn, ...]]]:
    """What each decorator of a function is: rows of the library models, functions of the program."""
    parent = fn.parent
    for register in fn.facts.decorators if parent is not None else ():
        assert parent is not None
        decorator = decoration(parent, register, fn)
        yield decorator.rows, decorator.targets
