"""Which functions take locks, and which start threads and tasks, themselves or by what they hand on."""

from __future__ import annotations

from rmwlint.libraries.model import CallModel
from rmwlint.program.link import Call, link
from rmwlint.program.program import Fn
from rmwlint.program.types import Type
from rmwlint.windows.interpreter.decorators import decoration, decorators, held_by_decorators
from rmwlint.windows.values import Held

NEAR = frozenset(["thread", "process"])


def takes_locks(fn: Fn, tasks: bool) -> bool:
    """Whether the function makes or takes a lock of threads (or tasks), its decorators included."""
    key = "takes_task_locks" if tasks else "takes_thread_locks"
    known = fn.memo.get(key)
    if known is None:
        reaches = NEAR | {"task"} if tasks else NEAR
        decorating = decorating_ops(fn)
        known = any(
            row.does == "lock" and row.reach in reaches
            for number, call in link(fn).calls.items()
            if number not in decorating
            for row in call.rows
        )
        known = known or any(
            held.kind == "lock" and held.reach in reaches and not named_after_work(held)
            for held in held_by_decorators(fn)
        )
        fn.memo[key] = known
    return bool(known)


def decorating_ops(fn: Fn) -> set[int]:
    """The operations of a function that decorate those in it."""
    return {
        register
        for other in fn.module.functions()
        if other.facts.parent == fn.index
        for register in other.facts.decorators
    }


def named_after_work(held: Held) -> bool:
    """Whether a lock's name is made from what is worked on: it guards that, not the object's attributes."""
    key = held.key
    return (
        isinstance(key, tuple)
        and key[:1] == ("named",)
        and isinstance(key[1], tuple)
        and key[1][:1] not in (("const",), ("global",))
    )


def spawns(fn: Fn, tasks: bool, deep: bool = True) -> bool:
    """Whether the function starts a thread (or task), itself or in a function that it hands a callable to."""
    key = f"spawns {tasks} {deep}"
    known = fn.memo.get(key)
    if known is None:
        fn.memo[key] = False
        known = fn.memo[key] = any(
            _spawns(fn, number, call, tasks, deep) for number, call in link(fn).calls.items()
        )
    return bool(known)


def _spawns(fn: Fn, number: int, call: Call, tasks: bool, deep: bool) -> bool:
    if starts_thread(call, tasks):
        return True
    if not deep or not call.targets:
        return False
    given = fn.facts.ops[number]
    types = link(fn).types
    registers = [*given[2], *(register for _, register in given[3])]
    if not any(_is_callable(types[register]) and _of_object(fn, types[register]) for register in registers):
        return False
    return any(hands_on(target, tasks) for target in call.targets)


def hands_on(fn: Fn, tasks: bool) -> bool:
    """Whether the function starts a thread (or task) that gets something of what the function was given."""
    key = f"hands_on {tasks}"
    known = fn.memo.get(key)
    if known is None:
        ops = fn.facts.ops
        known = fn.memo[key] = any(
            starts_thread(call, tasks)
            and any(
                _given(fn, part, set()) for part in (*ops[number][2], *(one for _, one in ops[number][3]))
            )
            for number, call in link(fn).calls.items()
        )
    return bool(known)


def _given(fn: Fn, register: int, seen: set[int]) -> bool:
    """Whether a value holds a parameter, is an attribute of one, or a function inside that mentions one."""
    if register in seen:
        return False
    seen.add(register)
    ops = fn.facts.ops
    op = ops[register]
    kind = link(fn).types[register]
    names: set[str] = set()
    parts: list[int] = []
    if op[0] == "param":
        return True
    if kind is not None and kind.kind == "function" and kind.ref.parent is fn:
        names = _mentioned(kind.ref)
    elif op[0] == "name":
        names = {op[1]}
    elif op[0] in ("attr", "item", "element", "star", "await"):
        parts = [op[1]]
    elif op[0] == "build":
        parts = list(op[2])
    elif op[0] == "dict":
        parts = [value for _, value in op[1]]
    elif op[0] == "call":
        parts = [*op[2], *(one for _, one in op[3])]
    if any(parameter.name in names for parameter in fn.facts.params):
        return True
    if names:
        parts = [other[2] for other in ops if other[0] == "store" and other[1] in names]
    return any(_given(fn, part, seen) for part in parts)


def _of_object(fn: Fn, kind: Type | None) -> bool:
    """Whether a callable can reach the object whose method hands it over: not where it is a function inside
    the method that mentions no object of the method's own."""
    if kind is None or kind.kind != "function" or kind.ref.parent is not fn or not fn.first_is_self:
        return True
    return fn.facts.params[0].name in _mentioned(kind.ref)


def _mentioned(fn: Fn) -> set[str]:
    """The variables of functions around it that a function uses, by itself or in a function inside it."""
    found = {op[1] for op in fn.facts.ops if op[0] == "name"}
    for other in fn.module.functions():
        if other.facts.parent == fn.index:
            found |= _mentioned(other)
    return found - {parameter.name for parameter in fn.facts.params}


def starts_thread(call: Call, tasks: bool = False) -> bool:
    """Whether a call starts what shares this process's memory: a thread (or task)."""
    return any(shares_memory(row, tasks) for row in call.rows)


def shares_memory(row: CallModel, tasks: bool) -> bool:
    return row.does == "spawn" and row.kind != "process" and (tasks or row.kind != "task")


def _is_callable(kind: Type | None) -> bool:
    return kind is not None and kind.kind in ("method", "function")


def periodic(fn: Fn) -> bool:
    """Whether a decorator makes a method one that is called over and over, never twice at a time."""
    parent = fn.parent
    return parent is not None and any(
        row.does == "spawn" and row.kind == "loop"
        for scope, register, _ in decorators(fn, parent)
        for row in decoration(scope, register).rows
    )
