"""Read and write stand under one lock, but under two separate holds of it.

Between the two holds another thread can take the lock and change what was read.

Bad:

    import threading

    class Pool:
        def __init__(self):
            self.lock = threading.Lock()
            self.free = 10

        def take(self):
            with self.lock:
                free = self.free
            if free > 0:
                with self.lock:
                    self.free = free - 1

Good:

    import threading

    class Pool:
        def __init__(self):
            self.lock = threading.Lock()
            self.free = 10

        def take(self):
            with self.lock:
                if self.free > 0:
                    self.free -= 1

Hold the lock once, over both ends; or read again under the second hold. Told with low confidence: an entry of
a table that is only computed twice, or is as good as the one that it replaces; a test whether a place differs
from the very variable that is then put there.

Fix for locks of all libraries: two holds of one lock → one. Unsafe: what stands between runs under the lock
too.
"""

from collections.abc import Iterator

from rmwlint.check import LOW, MEDIUM, Check, View, Violation, Window, lost_update, place_text, window_steps

check = Check("RMW404", "split-lock", since="0.1")


@check.on_windows
def find(view: View) -> Iterator[Violation]:
    slight = {shared.window for shared in view.shared_windows if shared.slight}
    for window in (*view.open_windows, *(shared.window for shared in view.shared_windows)):
        if window.read is None or not _held_twice(window):
            continue
        if window.write.place is not None and window.write.place.kind == "shared" and window.how == "copy":
            continue
        place = place_text(view, window)
        most = (
            MEDIUM if window.write.place is not None and window.write.place.kind == "shared" else window.sure
        )
        yield view.violation(
            check,
            window.write.op,
            f"`{place}` is read under `{_held_twice(window)}`, given back and taken again before the write",
            place=place,
            sure=LOW if window in slight or view.puts_what_it_compares(window) else min(window.sure, most),
            steps=window_steps(view, window),
            interleaving=lost_update(place),
            remedy="hold the lock once over both ends, or read again under the second hold",
        )


def _held_twice(window: Window) -> str:
    assert window.read is not None
    for one in window.read.held:
        for other in window.write.held:
            if one.kind == other.kind == "lock" and one.key == other.key and one.id != other.id:
                return other.text
    return ""
