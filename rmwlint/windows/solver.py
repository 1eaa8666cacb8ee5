"""One solver for every question about the flow of a function.

The blocks of a function come in source order, so that all predecessors but the back edges of loops stand
before a block. A sweep over them in that order (in the reverse order for a backward question) is exact for
code without loops; ``rounds`` bounds the sweeps where a loop feeds a state back. May or must is the
caller's ``join``: union or intersection.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from rmwlint.facts.model import Block

S = TypeVar("S")


def solve(
    blocks: tuple[Block, ...],
    start: S,
    transfer: Callable[[int, S], list[tuple[int, S]]],
    join: Callable[[int, list[S]], S],
    *,
    rounds: int = 1,
    backward: bool = False,
) -> dict[int, S]:
    """The state on entry of each reachable block (on its exit, when ``backward``).

    ``transfer(block, state)`` gives (next block, state) pairs: a forward question names successors and
    handlers, a backward one predecessors. ``join(block, states)`` merges what arrives; it is also asked when
    only one state arrives. ``start`` enters block 0, or every block without successors when ``backward``.
    """
    numbers = range(len(blocks) - 1, -1, -1) if backward else range(len(blocks))
    arriving: dict[int, dict[tuple[int, int], S]] = {}
    settled: dict[int, S] = {}
    for sweep in range(max(1, rounds)):
        changed = False
        for number in numbers:
            states = [state for _, state in sorted(arriving.get(number, {}).items())]
            if (number == 0 and not backward) or (backward and not blocks[number][2]):
                states.insert(0, start)
            if not states:
                continue
            merged = join(number, states)
            if sweep and number in settled and settled[number] == merged:
                continue
            settled[number] = merged
            changed = True
            for edge, (target, state) in enumerate(transfer(number, merged)):
                if (target > number) == backward and sweep + 1 >= rounds:
                    continue
                arriving.setdefault(target, {})[number, edge] = state
        if not changed:
            break
    return settled
