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
What is worked through with an await inside and then emptied loses what was added meanwhile: put an empty
container in its place first, and work through the old one. Told with low confidence in a library that the
project has copied; where the function's name, or that of all its known callers, says that it starts a service
or sets up what is not in use yet (and no argument says which entry), or ends the use of what it empties;
where the test refuses a second caller, as `assert` does; where an exception handler notes what has failed, as
it does for whoever else tries; where a row is kept that can be read once more, or what whoever else asks for
it gets as well (`fetch`, `exists`); where what is walked through is only changed by what sets it up
(`init_services`); where all known callers hold a lock; where all that is awaited is room in a queue that has
no limit; where the entry of the very thing that the function was called for is taken out by its id, which
only who is at work on that does; where all ways to whoever changes the place begin in one task, which awaits
one thing after the other; in a program that is run once, by hand, which rarely does the same thing twice at a
time; where a decorator's name says that no
two calls run together (`debounce`), or a base class's (`Actor`, a consumer of web sockets); and where what is
walked through is only emptied as a whole meanwhile, which begins anew. Silent for an entry whose key is in a
set of those being worked on, which whoever finds it there leaves alone; where a flag of the object says the
same; and for entries that one loop alone puts in, while others only take some out.
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
    told: set[tuple[object, str]] = set()
    for shared in view.shared_windows:
        window = shared.window
        if window.read is None or window.how == "copy":
            continue
        switch = view.switch_between(window.read.op, window.write.op)
        if switch is None:
            continue
        alone = view.one_at_a_time or (not shared.handed and (view.prepares or view.starts))
        alone = alone or (not shared.keyed and view.refuses(window))
        alone = alone or (shared.keyed and shared.stored == "value" and view.remembers_failure(window))
        sure = MEDIUM if _evident(view, shared) and not alone and not view.one_shot else LOW
        if sure > LOW and ((not shared.handed and view.prepared) or view.kept_out_wherever_called):
            sure = LOW
        if sure > LOW and not view.waits_between(window.read.op, window.write.op):
            sure = LOW
        if sure > LOW and (view.in_copy or view.of_one_task(shared)):
            sure = LOW
        place = place_text(view, window)
        where = (view.span(window.write.op), place)
        if where in told:
            continue
        told.add(where)
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
            sure=MEDIUM if walk.sure > 1 and not view.in_copy else LOW,
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


@check.on_events
def find_drains(view: View) -> Iterator[Violation]:
    for drain in view.drains:
        place = drain.text
        yield view.violation(
            check,
            drain.emptied,
            f"`{place}` is worked through, awaited over, and emptied: what is added meanwhile is dropped",
            place=place,
            sure=MEDIUM if drain.sure > 1 and not (drain.ends or view.prepares or view.in_copy) else LOW,
            steps=[
                view.step("read", drain.read, "worked through from here"),
                view.step("hazard", drain.switch, "other tasks run here"),
                view.step("write", drain.added, "added to here", drain.adder),
                view.step("write", drain.emptied, "emptied here"),
            ],
            interleaving=(
                ("A", f"takes what is in {place}, awaits"),
                ("B", f"adds to {place}"),
                ("A", f"empties {place}    what B added is dropped unseen"),
            ),
            remedy="put an empty container in its place before the await, and work through the old one",
        )


def _evident(view: View, shared: SharedWindow) -> bool:
    """A resource must be made once; of what is looked up by a key, losing a plain value only repeats work."""
    if shared.window.how != "decide":
        return shared.sure > 1 and not shared.brought
    if shared.keyed:
        harmless = shared.keeps_row or shared.brought
        again = shared.sure > 1 and shared.stored == "value" and not harmless
        own = shared.owned and view.by_id(shared.window)
        made = shared.stored == "resource" and not shared.brought
        return again or made or (shared.stored == "removal" and not own)
    return shared.sure > 1 and shared.stored == "resource" and not shared.brought
