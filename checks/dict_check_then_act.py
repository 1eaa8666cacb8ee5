"""A shared mapping or attribute is tested and then filled, without a lock.

Two threads can both find it missing, and both make it: work is done twice, and whoever got the first object
holds one that nobody else knows.

Bad:

    import threading

    class Clients:
        def __init__(self):
            self.by_name = {}
            threading.Thread(target=self.refresh).start()

        def get(self, name):
            if name not in self.by_name:
                self.by_name[name] = connect(name)
            return self.by_name[name]

        def refresh(self):
            self.by_name.clear()

Good:

    import threading

    class Clients:
        def __init__(self):
            self.by_name = {}
            self.lock = threading.Lock()
            threading.Thread(target=self.refresh).start()

        def get(self, name):
            with self.lock:
                if name not in self.by_name:
                    self.by_name[name] = connect(name)
                return self.by_name[name]

        def refresh(self):
            with self.lock:
                self.by_name.clear()

Hold a lock over test and store, or use the one call that does both (`setdefault`, `pop(key, None)`).
"""

from collections.abc import Iterator

from rmwlint.check import LOW, Check, View, Violation, both_pass, place_text, window_steps

check = Check("RMW409", "dict-check-then-act", since="0.1")


@check.on_function
def find(view: View) -> Iterator[Violation]:
    if (
        view.fn.facts.is_async
        or view.fn.facts.name in ("__init__", "__new__", "__del__")
        or view.fn.index == 0
    ):
        return
    told: set[int] = set()
    for window in view.shared_windows:
        if window.how != "decide" or window.read is None or window.write.op in told:
            continue
        told.add(window.write.op)
        place = place_text(view, window)
        yield view.violation(
            check,
            window.write.op,
            f"`{place}` is tested and then filled; another thread can do both in between",
            place=place,
            sure=min(window.sure, view.concurrency, 2) or LOW,
            steps=window_steps(view, window),
            interleaving=both_pass(place, f"tests {place}", f"fills {place}", "replaces what A made"),
            remedy="hold a lock over the test and the store, or use setdefault or pop with a default",
        )
