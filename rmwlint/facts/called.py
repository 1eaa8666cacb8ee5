"""What a function's text says that it calls, by the imports of its module alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from rmwlint.facts.model import Function, Module


def calls_imported(
    module: Module, function: Function, numbers: Iterable[int] | None = None
) -> Iterator[tuple[int, str]]:
    """The qualified names that a function calls through its module's imports: ``threading.Thread``; each with
    the number of the operation. ``numbers``: of these operations alone."""
    ops = function.ops
    own = {op[1]: op[2] for op in ops if op[0] == "import"}
    for number in range(len(ops)) if numbers is None else numbers:
        op = ops[number]
        if op[0] != "call":
            continue
        parts: list[str] = []
        callee = ops[op[1]]
        while callee[0] == "attr":
            parts.append(callee[2])
            callee = ops[callee[1]]
        if callee[0] == "name":
            imported = (own if callee[1] in function.locals else module.imports).get(callee[1])
            if imported is not None:
                yield number, ".".join([imported, *reversed(parts)])


def called_of(module: Module, packages: Collection[str]) -> frozenset[tuple[str, str]]:
    """What the functions of a module call of some packages, each with the name of the function."""
    return frozenset(
        (function.qualname.partition("<lambda")[0], word)
        for function in module.functions
        for _, word in calls_imported(module, function)
        if word.partition(".")[0] in packages
    )


def uses_of(module: Module, name: str) -> frozenset[tuple[str, bool, bool, frozenset[str]]]:
    """How the functions of a module use a name: each with whether it calls that name or asks for such an
    attribute, whether the name stands for itself, and the names of what it gives such an argument."""
    found = []
    for function in module.functions:
        ops = function.ops
        given = frozenset(
            str(ops[op[1]][-1])
            for op in ops
            if op[0] == "call" and any(keyword == name for keyword, _ in op[3])
        )
        use = name in function.names, ("name", name) in ops, given
        if any(use):
            found.append((function.qualname.partition("<lambda")[0], *use))
    return frozenset(found)
