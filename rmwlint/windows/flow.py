"""Ways through a function's blocks, forward only: a loop's way back does not count."""

from __future__ import annotations

from bisect import bisect_right

from rmwlint.facts.model import Block, Function, Op
from rmwlint.program.program import Fn

#: the conditions of loops that only a jump leaves
_FOREVER = (("const", True), ("const", 1))


def passes(fn: Fn, first: int, middle: int, last: int) -> bool:
    """Whether control can go from operation ``first`` through ``middle`` to ``last``."""
    return reaches(fn, first, middle) and reaches(fn, middle, last)


def reaches(fn: Fn, first: int, last: int) -> bool:
    """Whether control can go from one operation to another that stands after it."""
    if last <= first:
        return False
    start, end = _block_of(fn, first), _block_of(fn, last)
    return start == end or end in _after(fn, start)


def always_before(fn: Fn, first: int, last: int) -> bool:
    """Whether every way to operation ``last`` passes operation ``first``, which stands before it."""
    start, end = _block_of(fn, first), _block_of(fn, last)
    if start == end:
        return first < last
    reached = {0} - {start}
    pending = list(reached)
    while pending:
        _, _, successors, handlers = fn.facts.blocks[pending.pop()]
        for target in (*successors, *handlers):
            if target != start and target not in reached:
                reached.add(target)
                pending.append(target)
    return end not in reached


def leads(fn: Fn, branch: int, outcome: bool, op: int) -> bool:
    """Whether one way out of a branch goes on to an operation after it. At the end of a loop's body that is
    the way out of the loop, not round it."""
    blocks = fn.facts.blocks
    end = _block_of(fn, op)
    pending = [blocks[_block_of(fn, branch)][2][0 if outcome else 1]]
    reached = set(pending)
    while pending:
        block = pending.pop()
        if block == end:
            return True
        for target in blocks[block][2]:
            if target <= block:
                target = blocks[target][2][-1]
            if target > block and target not in reached:
                reached.add(target)
                pending.append(target)
    return False


def only_after(fn: Fn, branch: int, outcome: bool, op: int) -> bool:
    """Whether one way out of a branch goes on to an operation, and the other one only by the branch again:
    ``while taken(name):`` is left with ``op`` ahead only where the name is free."""
    blocks = fn.facts.blocks
    start, end = _block_of(fn, branch), _block_of(fn, op)
    ways = blocks[start][2]
    if len(ways) != 2 or start == end:
        return False
    reached = [_from(fn, way, start) for way in ways]
    return end in reached[0 if outcome else 1] and end not in reached[1 if outcome else 0]


def leaves_loop(fn: Fn, branch: int, outcome: bool, loop: int, op: int) -> bool:
    """Whether one way out of a branch in a loop's body goes on to an operation, and the other one only by the
    loop's next round or its end: ``for name in names: if name not in taken: break``."""
    blocks = fn.facts.blocks
    ways = blocks[_block_of(fn, branch)][2]
    if len(ways) != 2:
        return False
    header, end = _block_of(fn, loop), _block_of(fn, op)
    reached = [end in _from(fn, way, header) for way in ways]
    return reached[0 if outcome else 1] and not reached[1 if outcome else 0]


def _from(fn: Fn, first: int, without: int) -> set[int]:
    """The blocks that control can go to from one of them, round loops too, without passing another."""
    reached = {first} - {without}
    pending = list(reached)
    ops = fn.facts.ops
    while pending:
        _, last, ways, _ = fn.facts.blocks[pending.pop()]
        end = ops[last - 1] if last and len(ways) == 2 else ("pass",)
        if end[0] == "branch" and ops[end[1]] in _FOREVER:
            ways = ways[:1]
        for target in ways:
            if target != without and target not in reached:
                reached.add(target)
                pending.append(target)
    return reached


def in_handler(fn: Fn, caught: int, op: int) -> bool:
    """Whether an operation is reached only by way of an exception handler, that of operation ``caught``."""
    reached = {0}
    pending = [0]
    blocks = fn.facts.blocks
    handler, block = _block_of(fn, caught), _block_of(fn, op)
    while pending:
        _, _, successors, handlers = blocks[pending.pop()]
        for target in (*successors, *handlers):
            if target != handler and target not in reached:
                reached.add(target)
                pending.append(target)
    return block not in reached


def other_way(fn: Fn, branch: int, outcome: bool) -> Block | None:
    """The block that follows where the condition of a branch turns out otherwise; None where there is no
    other way."""
    for _, last, successors, _ in fn.facts.blocks:
        if last - 1 == branch and len(successors) == 2:
            return fn.facts.blocks[successors[1 if outcome else 0]]
    return None


def in_loop(fn: Fn, op: int) -> bool:
    """Whether an operation stands in a loop."""
    block = _block_of(fn, op)
    return any(
        number >= block and any(target <= block for target in successors)
        for number, (_, _, successors, _) in enumerate(fn.facts.blocks)
    )


def while_loop(fn: Fn, op: int) -> bool:
    """Whether an operation stands in a loop that goes on until it is told to end: ``while True``,
    ``while self.running``, ``while not stopped.is_set()``."""
    block, ops = _block_of(fn, op), fn.facts.ops
    for number, (_, _, successors, _) in enumerate(fn.facts.blocks):
        for target in successors if number >= block else ():
            if target <= block:
                _, end, _, _ = fn.facts.blocks[target]
                last = ops[end - 1] if end else ("pass",)
                if last[0] == "branch" and _goes_on(ops, last[1]):
                    return True
    return False


def _goes_on(ops: tuple[Op, ...], register: int) -> bool:
    op = ops[register]
    if op[0] == "unary":
        op = ops[op[2]]
    if op[0] == "call":
        return not op[2] and bool(ops[op[1]][0] == "attr")
    return op[0] == "attr" or (op[0] == "const" and bool(op[1]))


def _block_of(fn: Fn, op: int) -> int:
    starts = fn.memo.get("block_starts")
    if not isinstance(starts, list):
        starts = fn.memo["block_starts"] = [block[0] for block in fn.facts.blocks]
    return bisect_right(starts, op) - 1


def _after(fn: Fn, block: int) -> frozenset[int]:
    known = fn.memo.get("blocks_after")
    if known is None:
        table: list[frozenset[int]] = [frozenset()] * len(fn.facts.blocks)
        for number in range(len(fn.facts.blocks) - 1, -1, -1):
            _, _, successors, handlers = fn.facts.blocks[number]
            found: set[int] = set()
            for target in (*successors, *handlers):
                if target > number:
                    found.add(target)
                    found |= table[target]
            table[number] = frozenset(found)
        known = fn.memo["blocks_after"] = table
    return known[block]  # type: ignore[index,no-any-return]


def fails(fn: Fn, op: int) -> bool:
    """Whether an operation stands where something went wrong: in a handler, or on ways that only raise."""
    known = fn.memo.get("failing_blocks")
    if known is None:
        known = fn.memo["failing_blocks"] = _failing(fn)
    return _block_of(fn, op) in known  # type: ignore[operator]


def raises_after(fn: Fn, op: int) -> bool:
    """Whether every way on from an operation ends with an exception that the function raises."""
    known = fn.memo.get("raising_blocks")
    if known is None:
        known = fn.memo["raising_blocks"] = raising_blocks(fn.facts)
    return _block_of(fn, op) in known  # type: ignore[operator]


def _failing(fn: Fn) -> frozenset[int]:
    blocks = fn.facts.blocks
    reached = {0}
    for number, block in enumerate(blocks):
        if number in reached:
            reached.update(block[2])
    return raising_blocks(fn.facts) | (set(range(len(blocks))) - reached)


def raising_blocks(facts: Function) -> frozenset[int]:
    """The blocks from which every way on ends with an exception that is raised there."""
    blocks, ops = facts.blocks, facts.ops
    raising: set[int] = set()
    for number in range(len(blocks) - 1, -1, -1):
        first, last, successors, _ = blocks[number]
        ahead = [target for target in successors if target > number]
        if (last > first and ops[last - 1][0] == "raise") or (ahead and raising.issuperset(ahead)):
            raising.add(number)
    return frozenset(raising)
