"""Module constants and enum members as values: ``task_states.DELETING`` is ``"deleting"``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rmwlint.facts.model import Function
from rmwlint.program.program import Fn, ModuleView, Program
from rmwlint.windows.values import UNKNOWN, Value


def constant_of(fn: Fn, value: Value) -> Any:
    """The constant (or tuple of constants) that a value in ``fn`` is known to be, else UNKNOWN."""
    if value.const is not UNKNOWN:
        return value.const
    if value.items is not None:
        found = [constant_of(fn, item) for key, item in value.items if key is None]
        return UNKNOWN if any(item is UNKNOWN for item in found) else tuple(found)
    symbol = value.symbol
    if isinstance(symbol, tuple) and symbol and symbol[0] == "global":
        return constant(fn.module.program, symbol[1], fn.module.path)
    return UNKNOWN


def constant(program: Program, qualified: str, near: Path) -> Any:
    """The constant (or tuple of constants) that a qualified name is bound to, else UNKNOWN.

    A name outside the program, or one bound to anything else, stands for itself: ``Named(qualified)``.
    """
    head, _, name = qualified.rpartition(".")
    if not head:
        return UNKNOWN
    module = program.module(head, near)
    if module is not None:
        register = module.facts.bindings.get(name)
        return UNKNOWN if register is None else _value(module, module.facts.functions[0], register, 0)
    owner, _, cls_name = head.rpartition(".")
    module = program.module(owner, near) if owner else None
    if module is not None and cls_name in module.facts.class_defs:
        cls = module.facts.classes[module.facts.class_defs[cls_name]]
        register = cls.fields.get(name)
        if register is not None:
            found = _value(module, module.facts.functions[cls.scope], register, 0)
            return qualified if found is UNKNOWN else found
    return UNKNOWN


def _value(module: ModuleView, scope: Function, register: int, depth: int) -> Any:
    op = scope.ops[register]
    if op[0] == "const":
        return op[1]
    if op[0] == "typed":
        return _value(module, scope, op[1], depth)
    if depth > 6:
        return UNKNOWN
    if op[0] == "build" and op[1] in ("tuple", "list", "set"):
        return _all(module, scope, op[2], depth)
    if op[0] == "binop" and op[1] in ("+", "|"):
        left = _value(module, scope, op[2], depth + 1)
        right = _value(module, scope, op[3], depth + 1)
        return left + right if isinstance(left, tuple) and isinstance(right, tuple) else UNKNOWN
    if op[0] == "call" and len(op[2]) == 1 and scope.ops[op[1]][0] == "name":
        if scope.ops[op[1]][1] in ("frozenset", "set", "tuple", "list"):
            return _value(module, scope, op[2][0], depth + 1)
    if op[0] == "name":
        bound = module.facts.bindings.get(op[1])
        if bound is not None and bound != register and scope is module.facts.functions[0]:
            return _value(module, scope, bound, depth + 1)
    if op[0] == "attr":
        names = [op[2]]
        inner = scope.ops[op[1]]
        while inner[0] == "attr":
            names.append(inner[2])
            inner = scope.ops[inner[1]]
        if inner[0] == "name":
            value = module.symbol(inner[1])
            if value is not None and value.kind in ("module", "class"):
                return constant(module.program, ".".join([value.name, *reversed(names)]), module.path)
    return UNKNOWN


def _all(module: ModuleView, scope: Function, registers: tuple[int, ...], depth: int) -> Any:
    found: list[Any] = []
    for register in registers:
        star = scope.ops[register][0] == "star"
        value = _value(module, scope, scope.ops[register][1] if star else register, depth + 1)
        if value is UNKNOWN:
            return UNKNOWN
        if isinstance(value, tuple) and star:
            found.extend(value)
        else:
            found.append(value)
    return tuple(found)
