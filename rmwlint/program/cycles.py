"""Questions that ask themselves: the type of a function that calls itself, a class among its own bases.

An answer is the least fixed point: while a question is being answered, asking it again gives what the last
round found (at first: nothing is known), and the rounds are repeated until they find the same. What was
found on the way rests on such an assumption and is kept for the round only; it is settled together with the
question that the cycle was entered by. So the answer does not depend on where the cycle was entered.

The bookkeeping is that of Tarjan's components ("Depth-first search and linear graph algorithms", SIAM J.
Comput. 1972), over questions instead of nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from itertools import islice
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

#: a cycle that has not settled by then flips between answers; the last one counts
_ROUNDS = 5
_NEVER = 1 << 60


class _Provisional(NamedTuple):
    answer: Any
    low: int
    settle: Callable[[Any], None]
    same: Callable[[Any, Any], bool]


class Cycles:
    """The questions that are being answered, and what rests on them."""

    def __init__(self) -> None:
        self._open: dict[Hashable, int] = {}
        self._assumed: dict[Hashable, Any] = {}
        self._asked_again: set[Hashable] = set()
        self._provisional: dict[Hashable, _Provisional] = {}
        self._low = _NEVER

    @property
    def busy(self) -> bool:
        """Whether a question is being answered."""
        return bool(self._open)

    def ask(
        self,
        key: Hashable,
        answer: Callable[[], T],
        unknown: Callable[[], T],
        settle: Callable[[T], None],
        same: Callable[[T, T], bool],
    ) -> T:
        """The answer to the question ``key``, which ``answer`` computes and ``settle`` stores for good.

        ``unknown`` gives what is answered when nothing is known yet; ``same`` compares two answers.
        """
        position = self._open.get(key)
        if position is not None:
            self._low = min(self._low, position)
            self._asked_again.add(key)
            if key not in self._assumed:
                self._assumed[key] = unknown()
            return self._assumed[key]  # type: ignore[no-any-return]
        known = self._provisional.get(key)
        if known is not None:
            self._low = min(self._low, known.low)
            return known.answer  # type: ignore[no-any-return]
        outer, position = self._low, len(self._open)
        for last in (*(False,) * (_ROUNDS - 1), True):
            before = len(self._provisional)
            self._low = _NEVER
            self._open[key] = position
            try:
                found = answer()
            except BaseException:
                for name in list(islice(self._provisional, before, None)):
                    del self._provisional[name]
                raise
            finally:
                del self._open[key]
                low, self._low = self._low, outer
            if low < position:
                self._low = min(outer, low)
                self._provisional[key] = _Provisional(found, low, settle, same)
                return found
            if low == _NEVER:
                settle(found)
                return found
            members = dict(islice(self._provisional.items(), before, None))
            members[key] = _Provisional(found, low, settle, same)
            for name in members:
                self._provisional.pop(name, None)
            if last or self._agree(members):
                for name, member in members.items():
                    member.settle(member.answer)
                    self._assumed.pop(name, None)
                    self._asked_again.discard(name)
                break
            self._assumed.update({name: member.answer for name, member in members.items()})
        return found

    def _agree(self, members: dict[Hashable, _Provisional]) -> bool:
        """Whether what was assumed of the questions asked again is what was found."""
        return all(
            member.same(self._assumed[name], member.answer)
            for name, member in members.items()
            if name in self._asked_again
        )
