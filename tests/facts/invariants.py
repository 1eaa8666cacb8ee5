"""What holds for the facts of every module, whatever its source says."""

from __future__ import annotations

from collections.abc import Iterator

from rmwlint.facts.model import Block, Function, Module, Op

# Which elements of an operation are registers, and how many elements it has.
_ONE_REGISTER = {
    "attr": (1, 3),
    "star": (1, 2),
    "unary": (2, 3),
    "await": (1, 2),
    "typed": (1, 3),
    "yield": (1, 2),
    "yieldfrom": (1, 2),
    "element": (1, 2),
    "unpack": (1, 4),
    "caught": (1, 2),
    "store": (2, 3),
    "delattr": (1, 3),
    "field": (3, 4),
    "test": (1, 2),
    "enter": (1, 3),
    "leave": (1, 2),
    "return": (1, 2),
    "raise": (1, 2),
    "branch": (1, 2),
    "loop": (1, 2),
}
_TWO_REGISTERS = {
    "item": (1, 2, 3),
    "binop": (2, 3, 4),
    "inplace": (2, 3, 4),
    "delitem": (1, 2, 3),
    "setattr": (1, 3, 4),
    "collect": (2, 3, 4),
}
_NO_REGISTER = {"const": 2, "name": 2, "lambda": 2, "param": 2, "delete": 2, "import": 3, "pass": 1}

MAY_BE_NONE = {"yield", "return", "raise", "caught", "field", "collect", "dict"}


def registers(op: Op) -> Iterator[int | None]:
    """The registers that an operation uses; also asserts its shape."""
    kind = op[0]
    if kind in _NO_REGISTER:
        assert len(op) == _NO_REGISTER[kind], op
    elif kind in _ONE_REGISTER:
        at, size = _ONE_REGISTER[kind]
        assert len(op) == size, op
        yield op[at]
    elif kind in _TWO_REGISTERS:
        first, second, size = _TWO_REGISTERS[kind]
        assert len(op) == size, op
        yield op[first]
        yield op[second]
    elif kind == "setitem":
        yield from op[1:]
    elif kind == "choose":
        assert len(op) == 4, op
        yield from op[1:]
    elif kind == "call":
        _, callee, args, kwargs = op
        yield callee
        yield from args
        yield from (register for _, register in kwargs)
    elif kind == "compare":
        assert len(op[2]) == len(op[1]) + 1, op
        yield from op[2]
    elif kind == "bool":
        assert op[1] in ("and", "or"), op
        yield from op[2]
    elif kind == "build":
        assert op[1] in ("list", "tuple", "set", "fstring", "slice"), op
        yield from op[2]
    elif kind == "dict":
        for pair in op[1]:
            yield from pair
    elif kind in ("def", "class"):
        assert len(op) == 4, op
        yield from op[3]
    else:
        raise AssertionError(f"unknown operation {op}")


def assert_invariants(module: Module) -> None:
    """Assert all of them."""
    assert module.functions[0].qualname == "<module>"
    for index, function in enumerate(module.functions):
        where = f"{module.path}: {function.qualname}"
        _assert_operands(function, where)
        _assert_blocks(function, where)
        _assert_leaves(function, where)
        _assert_defined_before_use(function, where)
        _assert_place(module, index, function, where)
    for number, cls in enumerate(module.classes):
        ops = module.functions[cls.scope].ops
        for register in (*cls.bases, *cls.decorators, *(r for _, r in cls.keywords)):
            assert 0 <= register < len(ops)
        for register_or_none in cls.fields.values():
            assert register_or_none is None or 0 <= register_or_none < len(ops)
        for method in cls.methods.values():
            assert module.functions[method].owner == number
        assert cls.outer is None or cls.outer < number
        for stores in cls.self_fields.values():
            for function_index, register in stores:
                assert 0 <= register < len(module.functions[function_index].ops)
    body = module.functions[0]
    for name, register in module.bindings.items():
        assert ("store", name, register) in body.ops
    for name, index in module.defs.items():
        assert module.functions[index].name == name
    for name, index in module.class_defs.items():
        assert module.classes[index].name == name


def _assert_place(module: Module, index: int, function: Function, where: str) -> None:
    if index == 0:
        assert function.parent is None
        return
    assert function.parent is not None and function.parent < index, where
    parent = module.functions[function.parent]
    for register in function.decorators:
        assert 0 <= register < len(parent.ops), where
    if function.owner is not None:
        cls = module.classes[function.owner]
        assert function.qualname == f"{cls.qualname}.{function.name}", where
        assert cls.scope == function.parent, where
    assert function.line <= function.end_line, where
    assert not function.locals & function.global_names, where


def _assert_operands(function: Function, where: str) -> None:
    assert len(function.ops) == len(function.spans), where
    seen: set[str] = set()
    for number, op in enumerate(function.ops):
        for register in registers(op):
            if register is None:
                assert op[0] in MAY_BE_NONE, (where, number, op)
            else:
                assert type(register) is int and 0 <= register < number, (where, number, op)
        if op[0] == "leave":
            assert function.ops[op[1]][0] == "enter", (where, number, op)
        if op[0] in ("attr", "setattr", "delattr"):
            seen.add(op[2])
        if op[0] == "call":
            seen.update(keyword for keyword, _ in op[3] if keyword != "**")
    assert seen <= function.names, where
    for line, column, end_line, end_column in function.spans:
        assert 1 <= line <= end_line, where
        assert column >= 0 and end_column >= 0, where
        assert line < end_line or column <= end_column, where


def _assert_blocks(function: Function, where: str) -> None:
    at = 0
    blocks = function.blocks
    assert blocks, where
    for number, (start, end, successors, handlers) in enumerate(blocks):
        assert start == at and end > start, (where, number)
        at = end
        for target in (*successors, *handlers):
            assert 0 <= target < len(blocks), (where, number)
        for target in handlers:
            assert target > number, (where, number)
        for op in function.ops[start : end - 1]:
            assert op[0] not in ("branch", "loop", "return", "raise"), (where, number)
        last = function.ops[end - 1][0]
        if last in ("branch", "loop"):
            assert len(successors) == 2 and successors[0] != successors[1], (where, number)
            assert all(target > number for target in successors), (where, number)
        elif last in ("return", "raise"):
            assert successors == (), (where, number)
        else:
            for target in successors:
                # Only a loop jumps back, to the block that decides about another round.
                assert target > number or _is_loop_header(function, blocks[target]), (where, number)
    assert at == len(function.ops), where


def _is_loop_header(function: Function, block: Block) -> bool:
    return function.ops[block[1] - 1][0] in ("loop", "branch")


def _assert_leaves(function: Function, where: str) -> None:
    """Follow the paths in block order: what is held where a block begins is the same on each of them.

    An exception leaves nothing, so a block that one may go to is only known to hold what the first
    block of its ``try`` began with.
    """
    blocks = function.blocks
    held_at: dict[int, tuple[int, ...]] = {0: ()}
    # Blocks of the exceptional copies of ``finally`` bodies.
    exceptional: set[int] = set()
    entries = {handler for block in blocks for handler in block[3]}
    for number, (start, end, successors, handlers) in enumerate(blocks):
        if number not in held_at:
            continue
        held = list(held_at[number])
        for handler in handlers:
            # The first block of a ``try`` tells: a clause goes on as normally as its ``try`` began.
            if handler not in held_at and (number in exceptional or not _catches(function, handler)):
                exceptional.add(handler)
            before = held_at.setdefault(handler, tuple(held))
            assert tuple(held[: len(before)]) == before, (where, number, handler)
        for register in range(start, end):
            op = function.ops[register]
            if op[0] == "enter":
                held.append(register)
            elif op[0] == "leave":
                assert held, (where, register)
                assert held.pop() == op[1], (where, register)
        last = function.ops[end - 1][0]
        if not successors and last != "raise" and number not in exceptional:
            assert not held, (where, number)
        for target in successors:
            if number in exceptional and target not in held_at:
                if target not in entries or not _catches(function, target):
                    exceptional.add(target)
            elif number not in exceptional:
                exceptional.discard(target)
            before = held_at.setdefault(target, tuple(held))
            if target in entries:
                assert tuple(held[: len(before)]) == before, (where, number, target)
            else:
                assert tuple(held) == before, (where, number, target)


def _catches(function: Function, block: int) -> bool:
    start, end, _, _ = function.blocks[block]
    return any(op[0] == "caught" for op in function.ops[start:end])


def _assert_defined_before_use(function: Function, where: str) -> None:
    """Each operand is defined in a block that every path to its use goes through."""
    blocks = function.blocks
    before: list[set[int]] = [set() for _ in blocks]
    for number, (_, _, successors, handlers) in enumerate(blocks):
        for target in (*successors, *handlers):
            before[target].add(number)
    everything = (1 << len(blocks)) - 1
    through = [everything] * len(blocks)
    through[0] = 1
    reached = {0}
    # Back edges add nothing: their loop's header is on every path to them.
    for number in range(1, len(blocks)):
        paths = everything
        for source in before[number]:
            if source in reached:
                reached.add(number)
                paths &= through[source]
        through[number] = paths | 1 << number
    block_of = [number for number, (start, end, _, _) in enumerate(blocks) for _ in range(start, end)]
    for number, op in enumerate(function.ops):
        if block_of[number] in reached:
            for register in registers(op):
                if register is not None:
                    assert through[block_of[number]] >> block_of[register] & 1, (where, number, op)
