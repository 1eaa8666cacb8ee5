"""Shared state is read, something is awaited, and then the state is written.

While this task waits, the others run. What was read before the `await` may no longer be true after it.

Bad:

    class Connections:
        def __init__(self):
            self.entries = {}

        async def get(self, key):
            if key not in self.entries:
                self.entries[key] = await connect(key)
            return self.entries[key]

Good:

    import asyncio

    class Connections:
        def __init__(self):
            self.entries = {}
            self.lock = asyncio.Lock()

        async def get(self, key):
            async with self.lock:
                if key not in self.entries:
                    self.entries[key] = await connect(key)
                return self.entries[key]

Hold an `asyncio.Lock` over both ends, store the pending future before awaiting it, or look again afterwards.
Told with low confidence where the function's name says that it sets up what is not in use yet.
"""

from collections.abc import Iterator

from rmwlint.check import (
    LOW,
    MEDIUM,
    Check,
    SharedWindow,
    View,
    Violation,
    both_pass,
    place_text,
    window_steps,
)

check = Check("RMW408", "await-in-window", since="0.1")


@check.on_events
def find(view: View) -> Iterator[Violation]:
    if not view.fn.facts.is_async:
        return
    told: set[tuple[int, str]] = set()
    for shared in view.shared_windows:
        window = shared.window
        if window.read is None or window.how == "copy":
            continue
        switch = view.switch_between(window.read.op, window.write.op)
        if switch is None:
            continue
        early = view.prepares and not shared.keyed
        sure = MEDIUM if _evident(shared) and not early else LOW
        place = place_text(view, window)
        if (window.write.op, place) in told:
            continue
        told.add((window.write.op, place))
        steps = list(window_steps(view, window))
        steps.insert(len(steps) - 1, view.step("hazard", switch, "other tasks run here"))
        yield view.violation(
            check,
            window.write.op,
            f"`{place}` is read, awaited over, and written: another task can change it meanwhile",
            place=place,
            sure=sure,
            steps=steps,
            interleaving=both_pass(
                place, f"looks at {place}", f"awaits, then writes {place}", "A's write is lost"
            ),
            remedy="hold an asyncio.Lock over both ends, or look again after the await",
        )
    for walk in view.walks:
        if walk.switch is None or walk.event.place is None:
            continue
        place = walk.event.place.text
        yield view.violation(
            check,
            walk.event.op,
            f"`{place}` is walked through with an await inside; "
            f"`{walk.changer.facts.qualname}` can change its size meanwhile",
            place=place,
            sure=MEDIUM if walk.sure > 1 else LOW,
            steps=[
                view.step("read", walk.event.op, "walked through here"),
                view.step("hazard", walk.switch, "other tasks run here"),
                view.step("write", walk.change.op, "its size changes here", walk.changer),
            ],
            interleaving=(
                ("A", f"takes the first of {place}, awaits"),
                ("B", f"adds to {place}, or removes from it"),
                ("A", "goes on    RuntimeError: changed size during iteration"),
            ),
            remedy="walk through a copy: list(…)",
        )


def _evident(shared: SharedWindow) -> bool:
    """A resource must be made once; of what is looked up by a key, losing a plain value only repeats work."""
    if shared.window.how != "decide":
        return shared.sure > 1
    if shared.keyed:
        return shared.stored in ("resource", "removal") or (shared.sure > 1 and shared.stored == "value")
    return shared.sure > 1 and shared.stored == "resource"
