"""Two actors run in a forced order, and the judgement whether one of them lost something.

Only one actor runs at a time. Each has a turn until it has executed one statement, the stop; then the other
has its turn; then both go to their ends. An actor that waits for the other (a row lock, a file lock) cannot
reach its stop: its turn ends there, and it goes on when the other lets it.

What they leave behind must be what they leave when one runs after the other, in either order. An actor that
was told so (by an exception, or by a false result) counts as one that never ran.

Nothing but the standard library is imported: the tests that `rmwlint prove` writes run on this.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from types import CodeType, FrameType
from typing import Any, NamedTuple

from rmwlint.prove.stops import Stop

#: How long an actor's turn may last when nobody can say whether it waits; seconds.
PATIENCE = 5.0

#: After that long at its end an actor hangs; seconds.
LIMIT = 60.0

_LOOK_EVERY = 0.01
_SUSPENDS = inspect.CO_COROUTINE | inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR


class End(NamedTuple):
    """How an actor ended: what it returned, or what it raised."""

    value: Any = None
    error: BaseException | None = None

    def __str__(self) -> str:
        if self.error is not None:
            return f"raised {type(self.error).__name__}: {self.error}".rstrip(": ")
        return f"returned {self.value!r}"


class Outcome(NamedTuple):
    """What the actors left behind, and how each of them ended."""

    state: Any
    ends: tuple[End, ...]


class Scene(NamedTuple):
    """What the actors meet at.

    ``arrange`` makes it anew before each run and returns what the others are given; ``actors`` are what the
    actors do; ``observe`` says what is there when both are done, as a value that can be compared.
    ``waits``: whether somebody waits for a lock right now. ``tidy`` is called by each actor at its end.
    ``told``: the exceptions that tell an actor that somebody was faster. ``holds`` says of an outcome whether
    it is right, where being like one actor after the other is not enough.
    """

    arrange: Callable[[], Any]
    actors: tuple[Callable[[Any], Any], ...]
    observe: Callable[[Any], Any]
    waits: Callable[[], bool] | None = None
    tidy: Callable[[], None] | None = None
    told: tuple[type[BaseException], ...] = (Exception,)
    holds: Callable[[Outcome], bool] | None = None
    patience: float = PATIENCE


class NotYet(Exception):
    """The scene shows nothing as it is: an actor fails when it is alone, or does nothing."""


class Stuck(AssertionError):
    """The actors wait for each other, or for something that never comes."""


class _Actor:
    """One actor in a thread of its own; it runs when it is let."""

    def __init__(
        self, name: str, call: Callable[[], Any], stop: Stop | None, news: threading.Condition
    ) -> None:
        self.name = name
        self.end: End | None = None
        self.halted = False
        self._call = call
        self._stop = stop
        self._news = news
        self._released = threading.Event()
        self.thread = threading.Thread(target=self._run, name=f"actor {name}", daemon=True)

    def start(self) -> None:
        """Run to the stop."""
        self.thread.start()

    def release(self) -> None:
        """Run to the end; a stop that is not reached yet is none any more."""
        with self._news:
            self.halted = False
        self._released.set()

    def _run(self) -> None:
        if self._stop is not None:
            sys.settrace(_Tracer(self._stop, self._halt).on_call)
        try:
            end = End(self._call())
        except BaseException as error:  # it is the actor's end, and is judged
            end = End(error=error)
        finally:
            sys.settrace(None)
        with self._news:
            self.end = end
            self._news.notify_all()

    def _halt(self) -> None:
        with self._news:
            self.halted = not self._released.is_set()
            self._news.notify_all()
        self._released.wait(LIMIT)


class _Tracer:
    """Follows the one function of the stop, and halts when its statement has been executed."""

    def __init__(self, stop: Stop, halt: Callable[[], None]) -> None:
        self._stop = stop
        self._halt = halt
        self._inside: FrameType | None = None
        self._over = False
        self._codes: dict[CodeType, bool] = {}

    def on_call(self, frame: FrameType, event: str, arg: Any) -> Any:
        del event, arg
        code = frame.f_code
        if self._over:
            return None
        known = self._codes.get(code)
        if known is None:
            known = self._codes[code] = self._is_function(code)
        return self._on_step if known else None

    def _is_function(self, code: CodeType) -> bool:
        stop = self._stop
        if code.co_name != stop.name or not stop.defined[0] <= code.co_firstlineno <= stop.defined[1]:
            return False
        return os.path.realpath(code.co_filename) == os.path.realpath(stop.path)

    def _on_step(self, frame: FrameType, event: str, arg: Any) -> Any:
        del arg
        if self._over:
            return None
        if event == "line":
            line = frame.f_lineno
            if self._stop.first <= line <= self._stop.last:
                self._inside = frame
            elif self._inside is frame and line not in self._stop.leaving:
                self._end()
        elif event == "return" and self._inside is frame and not frame.f_code.co_flags & _SUSPENDS:
            self._end()
        return self._on_step

    def _end(self) -> None:
        self._over = True
        self._inside = None
        self._halt()


def replay(scene: Scene, stops: Sequence[Stop | None]) -> Outcome:
    """Run the actors side by side: each to its stop, then each to its end, in their order.

    Raises Stuck where an actor does not end.
    """
    at = scene.arrange()
    news = threading.Condition()
    actors = [
        _Actor(name, _acting(scene, act, at), stop, news)
        for name, act, stop in zip("ABCDEFGH", scene.actors, stops)
    ]
    for actor in actors:
        actor.start()
        _await(actor, news, scene)
    for actor in actors:
        actor.release()
        _await(actor, news, scene)
    for actor in actors:
        actor.thread.join(LIMIT)
        if actor.end is None:
            raise Stuck(f"actor {actor.name} does not end:\n{_whereabouts(actors)}")
    return Outcome(scene.observe(at), tuple(actor.end for actor in actors if actor.end is not None))


def _await(actor: _Actor, news: threading.Condition, scene: Scene) -> None:
    """Return when the actor has halted, ended or waits for somebody."""
    until = time.monotonic() + scene.patience
    while True:
        with news:
            if news.wait_for(lambda: actor.halted or actor.end is not None, _LOOK_EVERY):
                return
        if time.monotonic() > until or (scene.waits is not None and scene.waits()):
            return


def _acting(scene: Scene, act: Callable[[Any], Any], at: Any) -> Callable[[], Any]:
    def call() -> Any:
        try:
            found = act(at)
            return asyncio.run(_awaited(found)) if inspect.isawaitable(found) else found
        finally:
            if scene.tidy is not None:
                scene.tidy()

    return call


async def _awaited(found: Any) -> Any:
    return await found


def _whereabouts(actors: Sequence[_Actor]) -> str:
    frames = sys._current_frames()
    shown = []
    for actor in actors:
        frame = frames.get(actor.thread.ident or 0)
        if actor.end is None and frame is not None:
            shown.append(f"{actor.name} is at\n{''.join(traceback.format_stack(frame)[-3:])}")
    return "\n".join(shown)


class Serial:
    """The outcomes of the actors one after the other; each order is run once, when it is asked for."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._known: dict[tuple[int, ...], Outcome] = {}

    def outcome(self, order: tuple[int, ...]) -> Outcome:
        """The actors of ``order``, each to its end before the next begins; their ends in that order."""
        if order not in self._known:
            scene = self.scene
            at = scene.arrange()
            ends = []
            for number in order:
                actor = _Actor(
                    "AB"[number], _acting(scene, scene.actors[number], at), None, threading.Condition()
                )
                actor.start()
                actor.thread.join(LIMIT)
                if actor.end is None:
                    raise Stuck(
                        f"actor {actor.name} does not end, though it is alone:\n{_whereabouts([actor])}"
                    )
                ends.append(actor.end)
            self._known[order] = Outcome(scene.observe(at), tuple(ends))
        return self._known[order]

    def agrees(self, outcome: Outcome) -> bool:
        """Whether some order of the actors, without those that were told, leaves the same behind."""
        if self.scene.holds is not None:
            return self.scene.holds(outcome)
        return any(self._same(outcome, order) for order in self._orders(outcome))

    def _orders(self, outcome: Outcome) -> Iterator[tuple[int, ...]]:
        everybody = tuple(range(len(outcome.ends)))
        told = [number for number in everybody if self._was_told(number, outcome.ends[number])]
        for count in range(len(told) + 1):
            for without in itertools.combinations(told, count):
                yield from itertools.permutations([one for one in everybody if one not in without])

    def _was_told(self, number: int, end: End) -> bool:
        if end.error is not None:
            return isinstance(end.error, self.scene.told)
        alone = self.outcome((number,)).ends[0]
        return not end.value and alone.error is None and bool(alone.value)

    def _same(self, outcome: Outcome, order: tuple[int, ...]) -> bool:
        expected = self.outcome(order)
        ends = all(_alike(outcome.ends[number], end) for number, end in zip(order, expected.ends))
        return ends and bool(outcome.state == expected.state)


def _alike(end: End, other: End) -> bool:
    if end.error is not None or other.error is not None:
        return type(end.error) is type(other.error)
    plain = isinstance(end.value, bool) and isinstance(other.value, bool)
    return not plain or end.value == other.value


def assert_nothing_is_lost(scene: Scene, schedules: Sequence[tuple[Stop | None, Stop | None]]) -> None:
    """Force each schedule; raises AssertionError for the first in which an actor loses something.

    Raises NotYet where an actor fails when it is alone, or the first one changes nothing.
    """
    serial = Serial(scene)
    for number in range(len(scene.actors)):
        error = serial.outcome((number,)).ends[0].error
        if error is not None:
            raise NotYet(f"actor {'AB'[number]} fails when it is alone: fill in what it needs") from error
    if scene.holds is None and serial.outcome((0,)).state == serial.outcome(()).state:
        raise NotYet("actor A changes nothing that is observed: fill in what it needs")
    for stops in schedules:
        outcome = replay(scene, stops)
        if not serial.agrees(outcome):
            raise AssertionError(_told(scene, stops, outcome, serial))


def _told(scene: Scene, stops: Sequence[Stop | None], outcome: Outcome, serial: Serial) -> str:
    lines = ["an update is lost in this order:"]
    for name, stop in zip("AB", stops):
        lines.append(f"    {name} {stop}" if stop is not None else f"    {name} to its end")
    lines += [f"    {name} goes on to its end" for name, stop in zip("AB", stops) if stop is not None]
    for name, end in zip("AB", outcome.ends):
        lines.append(f"{name} {end}")
    lines.append(f"left behind: {outcome.state!r}")
    for order in itertools.permutations(range(len(scene.actors))):
        alone = serial.outcome(order)
        names = " then ".join("AB"[number] for number in order)
        ends = "; ".join(f"{'AB'[number]} {end}" for number, end in zip(order, alone.ends))
        lines.append(f"{names}:  {alone.state!r}  ({ends})")
    return "\n".join(lines)
