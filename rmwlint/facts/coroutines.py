"""Generators that a decorator makes a coroutine of: they wait where they yield."""

from __future__ import annotations

from rmwlint.facts.model import Function, Module, Op


def as_coroutine(function: Function) -> Function:
    """The function as if it were ``async``: it awaits what it yields."""
    ops = tuple([("await", op[1]) if op[0] == "yield" else op for op in function.ops])
    return function._replace(is_async=True, is_generator=False, ops=ops)


def decorators_of(module: Module, function: Function) -> list[str]:
    """The qualified names of a function's decorators, as far as the module's own imports say them."""
    if function.parent is None:
        return []
    ops = module.functions[function.parent].ops
    names = [_qualified(module, ops, register) for register in function.decorators]
    return [name for name in names if name]


def _qualified(module: Module, ops: tuple[Op, ...], register: int) -> str:
    op = ops[register]
    if op[0] == "attr":
        holder = _qualified(module, ops, op[1])
        return f"{holder}.{op[2]}" if holder else ""
    return module.imports.get(op[1], "") if op[0] == "name" else ""
