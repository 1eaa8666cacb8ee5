"""Ways through a function's blocks, forward only: a loop's way back does not count."""

from __future__ import annotations

from bisect import bisect_right

from rmwlint.program.program import Fn


def passes(fn: Fn, first: int, middle: int, last: int) -> bool:
    """Whether control can go from operation ``first`` through ``middle`` to ``last``."""
    return reaches(fn, first, middle) and reaches(fn, middle, last)


def reaches(fn: Fn, first: int, last: int) -> bool:
    """Whether control can go from one operation to another that stands after it."""
    if last <= first:
        return False
    start, end = _block_of(fn, first), _block_of(fn, last)
    return start == end or end in _after(fn, start)


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
