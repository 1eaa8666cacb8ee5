"""Whose functions an answer looked at: which edits of a function's body it can have a part in.

What is found out about a function or class is kept with it, and whoever asks again is given what is kept. So
each thing that is kept is a node, and what was looked at while it was found out is what the node rests on;
whoever is given it rests on the node. All that is looked at goes into one log: where something is asked for
that is not known, the place in the log is noted; where what was found is kept, its node rests on all that has
come since, and stands for it in the log from then on. What is kept without that a beginning is known rests on
all that has come since the last beginning that is sure.

Only a program that is told to records this; see ``recorded``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from rmwlint.program.cycles import Cycles

T = TypeVar("T")
_ABSENT: Any = object()


class Node:
    """Something that is kept, and what it rests on: ``bits``, one for each file, once all is known."""

    __slots__ = ("begun", "bits", "low", "order", "rests", "value")

    def __init__(self, bits: int | None = None) -> None:
        self.value: Any = _ABSENT
        self.bits = bits
        self.rests: list[Node] | None = None
        #: the last place in the log where it was asked for and not known, -1 for none
        self.begun = -1
        self.order = self.low = -1


class Looks:
    """The log, and the files that each answer looked at. ``log`` always holds something."""

    def __init__(self) -> None:
        self.log: list[Node] = [Node(0)]
        #: what is kept from here on rests on nothing that came before
        self._floor = 1
        self._open: list[tuple[int, Node]] = []
        #: the places before ``Node.begun``, where there are several
        self._begun_before: dict[Node, list[int]] = {}
        self._unclear: list[Node] = []
        self._files: dict[Path, Node] = {}
        self._answers: dict[Path, int] = {}

    def bodies(self, path: Path) -> Node:
        """What stands for the bodies of the functions in a file."""
        node = self._files.get(path)
        if node is None:
            node = self._files[path] = Node(1 << len(self._files))
        return node

    def missed(self, node: Node) -> None:
        """It is not known, so it may be found out from here on."""
        if node.begun >= 0:
            self._begun_before.setdefault(node, []).append(node.begun)
        node.begun = place = len(self.log)
        self._open.append((place, node))

    def kept(self, node: Node) -> None:
        """It has been found out."""
        start, place = self._floor, node.begun
        if place > start:
            start = place
        if place >= 0 and self._begun_before:
            # else what is kept twice (an assumption first, then what was found) begins at the same place
            self._begun_earlier(node)
        log, opened = self.log, self._open
        came = log[start:]
        del log[start:]
        log.append(node)
        if opened and opened[-1][0] > start:
            self._close_after(start)
        self._rest(node, came)

    def _since(self, start: int) -> list[Node]:
        """What has come since, which is in the log no more."""
        came = self.log[start:]
        del self.log[start:]
        self._close_after(start)
        return came

    def _close_after(self, start: int) -> None:
        """What was asked for after that place is not being found out any more."""
        opened = self._open
        while opened and opened[-1][0] > start:
            place, node = opened.pop()
            if node.begun == place:
                self._begun_earlier(node, -1)
            elif self._begun_before and place in (before := self._begun_before.get(node, ())):
                before.remove(place)  # type: ignore[union-attr]

    def _begun_earlier(self, node: Node, else_at: int | None = None) -> None:
        before = self._begun_before.get(node)
        if before:
            node.begun = before.pop()
            if not before:
                del self._begun_before[node]
        elif else_at is not None:
            node.begun = else_at

    def _rest(self, node: Node, came: Sequence[Node]) -> None:
        bits = node.bits or 0
        rests = node.rests
        if came and not rests:
            # where nothing was looked at, it is an assumption, and all that rests on it is unclear
            for other in came:
                if other.bits is not None:
                    bits |= other.bits
                elif other is not node:
                    break
            else:
                node.bits = bits
                return
        if rests is None:
            rests = node.rests = []
            self._unclear.append(node)
        if node.bits is not None:
            rests.append(Node(node.bits))
            node.bits = None
        rests.extend(dict.fromkeys(came))

    def begin(self) -> int:
        """What is kept from now on rests on nothing that came before; gives what ``end`` is to be told."""
        floor, self._floor = self._floor, len(self.log)
        return floor

    def end(self, floor: int, nodes: Sequence[Node]) -> None:
        """These rest on what has been looked at since."""
        came = self._since(self._floor)
        self._floor = floor
        for node in nodes:
            self._rest(node, came)
        self.log.extend(nodes)

    @contextmanager
    def answer(self, path: Path) -> Iterator[None]:
        """All that is looked at within is for the answer about a file."""
        try:
            yield
        finally:
            came = self._since(1)
            self._floor = 1
            self._settle()
            bits = self._answers.get(path, 0)
            for node in came:
                bits |= node.bits or 0
            self._answers[path] = bits

    def _settle(self) -> None:
        """Find the bits of all that are unclear: nothing is being asked for any more."""
        unclear, self._unclear = self._unclear, []
        _close(unclear)
        for node in unclear:
            node.rests = None

    def looked_at(self) -> dict[Path, tuple[Path, ...]]:
        """The files whose functions the answer about each file looked at."""
        files = tuple(self._files)
        return {path: tuple(_those(files, bits)) for path, bits in self._answers.items()}


def _those(files: Sequence[Path], bits: int) -> Iterator[Path]:
    for file, digit in zip(files, reversed(bin(bits)[2:])):
        if digit == "1":
            yield file


def _close(nodes: Sequence[Node]) -> None:
    """Find the bits of the nodes and of all that they rest on. Tarjan's components, without recursion."""
    count = 0
    stack: list[Node] = []
    work: list[tuple[Node, Iterator[Node]]] = []

    def enter(node: Node) -> None:
        nonlocal count
        node.order = node.low = count
        count += 1
        stack.append(node)
        work.append((node, iter(node.rests or ())))

    for root in nodes:
        if root.bits is not None or root.order >= 0:
            continue
        enter(root)
        while work:
            node, others = work[-1]
            for other in others:
                if other.bits is None:
                    if other.order < 0:
                        enter(other)
                        break
                    if other.order < node.low:
                        node.low = other.order
            else:
                work.pop()
                if work and node.low < work[-1][0].low:
                    work[-1][0].low = node.low
                if node.low == node.order:
                    _component(stack, node)


def _component(stack: list[Node], root: Node) -> None:
    """Take a component off the stack: all in it rest on the same."""
    members = []
    bits = 0
    while True:
        member = stack.pop()
        members.append(member)
        for other in member.rests or ():
            bits |= other.bits or 0
        if member is root:
            break
    for member in members:
        member.bits = bits
        member.order = -1


class Kept(dict[Any, Any]):
    """What is kept under names, each of which is a node."""

    __slots__ = ("_log", "_looks")

    def __init__(self, looks: Looks) -> None:
        self._looks = looks
        self._log = looks.log

    def node(self, key: Any) -> Node:
        """The node of a name."""
        node = _get(self, key)
        if node is None:
            node = Node()
            _set(self, key, node)
        return node

    def get(self, key: Any, default: Any = None) -> Any:
        """What is kept, as a dict gives it."""
        node = _get(self, key)
        if node is None:
            node = self.node(key)
        self._log.append(node)
        value = node.value
        if value is _ABSENT:
            self._looks.missed(node)
            return default
        return value

    def __getitem__(self, key: Any) -> Any:
        found = self.get(key, _ABSENT)
        if found is _ABSENT:
            raise KeyError(key)
        return found

    def __contains__(self, key: Any) -> bool:
        node = self.node(key)
        self._log.append(node)
        return node.value is not _ABSENT

    def __setitem__(self, key: Any, value: Any) -> None:
        node = self.node(key)
        self._looks.kept(node)
        node.value = value

    def __delitem__(self, key: Any) -> None:
        self.node(key).value = _ABSENT


_get, _set = dict.get, dict.__setitem__


class RecordedCycles(Cycles):
    """Questions each of which is a node."""

    def __init__(self, looks: Looks) -> None:
        super().__init__()
        self._looks = looks
        self._nodes: dict[Hashable, Node] = {}

    def ask(
        self,
        key: Hashable,
        answer: Callable[[], T],
        unknown: Callable[[], T],
        settle: Callable[[T], None],
        same: Callable[[T, T], bool],
    ) -> T:
        """See ``Cycles.ask``."""
        looks = self._looks
        node = self._nodes.get(key)
        if node is None:
            node = self._nodes[key] = Node()
        elif key in self._open or key in self._provisional:
            looks.log.append(node)
            return super().ask(key, answer, unknown, settle, same)
        nodes = (node,)

        def recorded() -> T:
            floor = looks.begin()
            try:
                return answer()
            finally:
                looks.end(floor, nodes)

        def settled(found: T) -> None:
            floor = looks.begin()
            looks.log.append(node)
            try:
                settle(found)
            finally:
                looks.end(floor, ())

        return super().ask(key, recorded, unknown, settled, same)
