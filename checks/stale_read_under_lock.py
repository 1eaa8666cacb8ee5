"""Something is read before the lock is taken, and written under it.

The lock keeps two writes apart, but what the second one writes was read before the first one wrote. The lock
is in the right place and guards nothing.

Bad:

    import threading

    class Counter:
        def __init__(self):
            self.lock = threading.Lock()
            self.total = 0

        def add(self, amount):
            total = self.total
            with self.lock:
                self.total = total + amount

Good:

    import threading

    class Counter:
        def __init__(self):
            self.lock = threading.Lock()
            self.total = 0

        def add(self, amount):
            with self.lock:
                self.total += amount

Move the read under the lock, or read again there; so too for a row that came in as a parameter. Told with low
confidence only: a test whether a place differs from the very variable that is then put there, and an entry
of a table that is only computed twice. Silent where a file is removed or made, and the error is caught that
tells who comes second.

Fix for locks of all libraries: the read right before `with lock:` moves into it. Safe where the read calls
nothing. Unsafe otherwise: what the read calls runs under the lock.
"""

from collections.abc import Iterator

from rmwlint.check import LOW, MEDIUM, Check, View, Violation, Window, lost_update, place_text, window_steps

check = Check("RMW405", "stale-read-under-lock", since="0.1")

#: the error that tells who acts second, by what he does
_CAUGHT = {"create": "duplicate", "delete": "missing"}


@check.on_windows
def find(view: View) -> Iterator[Violation]:
    slight = {shared.window for shared in view.shared_windows if shared.slight}
    told: set[tuple[int, str]] = set()
    for window in (*view.open_windows, *(shared.window for shared in view.shared_windows)):
        lock = _lock_between(window)
        if window.read is None or not lock or (window.write.op, lock) in told:
            continue  # one statement is one fault, however many columns it takes
        kind = "" if window.write.place is None else window.write.place.kind
        if window.write.does == "ensure":
            continue  # makes it where it is missing, in one step
        if _CAUGHT.get(window.write.does) in window.write.caught and kind in ("file", "directory"):
            continue  # whoever comes second learns that the first has been there
        if window.write.does == "create" and kind == "row":
            continue  # a row of its own: what was read stays as it is
        if kind == "shared" and window.how == "copy":
            continue
        told.add((window.write.op, lock))
        place = place_text(view, window)
        unlikely = window in slight or _below(window) or view.puts_what_it_compares(window)
        most = MEDIUM if kind == "shared" else window.sure
        yield view.violation(
            check,
            window.write.op,
            f"`{place}` is read before `{lock}` is taken and written under it",
            place=place,
            sure=LOW if unlikely else min(window.sure, most),
            steps=window_steps(view, window),
            interleaving=lost_update(place),
            remedy="move the read under the lock, or read again there",
        )


@check.on_events
def find_stale_rows(view: View) -> Iterator[Violation]:
    for stale in view.stale_rows:
        place = f"{stale.parameter}.{stale.column}"
        yield view.violation(
            check,
            stale.write.op,
            f"`{stale.parameter}` was read before `{stale.held.text}` was taken, and is written under it",
            place=place,
            sure=min(MEDIUM, stale.write.sure),
            steps=[
                *view.held_step(stale.held),
                *view.trail(stale.write, "written here", "write"),
                view.step("write", stale.write.op, f"made from `{place}` as it came in"),
            ],
            interleaving=lost_update(place),
            remedy=f"read `{stale.parameter}` again under the lock",
        )


def _below(window: Window) -> bool:
    """Whether a callee takes the lock and writes: it can look again itself."""
    return window.how == "decide" and bool(window.write.trail)


def _lock_between(window: Window) -> str:
    """The lock that is held at the write and was not at the read; empty where there is none."""
    if window.read is None:
        return ""
    before = {held.id for held in window.read.held}
    for held in window.write.held:
        if held.kind == "lock" and held.id not in before and not held.fresh:
            if not any(h.kind == "lock" for h in window.read.held):
                return held.text
    return ""
