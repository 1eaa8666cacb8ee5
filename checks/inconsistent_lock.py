"""An attribute is used under a lock elsewhere, and here without.

A lock only works when everybody takes it. The methods that do take it believe that nobody else is inside.

Bad:

    import threading

    class Registry:
        def __init__(self):
            self.lock = threading.Lock()
            self.entries = {}

        def add(self, key, value):
            with self.lock:
                self.entries[key] = value

        def items(self):
            with self.lock:
                return list(self.entries.items())

        def drop(self, key):
            self.entries.pop(key)

Good:

    import threading

    class Registry:
        def __init__(self):
            self.lock = threading.Lock()
            self.entries = {}

        def add(self, key, value):
            with self.lock:
                self.entries[key] = value

        def items(self):
            with self.lock:
                return list(self.entries.items())

        def drop(self, key):
            with self.lock:
                self.entries.pop(key)

Take the lock here too.
"""

from collections.abc import Iterator

from rmwlint.check import LOW, MEDIUM, Check, ClassView, Violation, locksets

check = Check("RMW401", "inconsistent-lock", since="0.1")


@check.on_class
def find(view: ClassView) -> Iterator[Violation]:
    views = {method.fn: method for method in view.methods}
    for lockset in locksets(view.cls, tuple(views)):
        writes = sum(use.event.does == "store" for use in lockset.guarded)
        if len(lockset.guarded) < 2 or not writes:
            continue
        told: set[tuple[object, int]] = set()
        for use in sorted(lockset.bare, key=lambda use: use.event.does != "store"):
            line = use.fn.facts.spans[use.event.op][0]
            stores = use.event.does == "store"
            if (use.fn, line) in told or (not stores and len(lockset.bare) > len(lockset.guarded)):
                continue
            told.add((use.fn, line))
            method = views[use.fn]
            elsewhere = lockset.guarded[0]
            place = f"self.{lockset.attribute}"
            yield method.violation(
                check,
                use.event.op,
                f"`{place}` is {'changed' if stores else 'read'} without `{lockset.text}`, "
                f"which guards it in {len(lockset.guarded)} other places",
                place=place,
                sure=MEDIUM if stores and len(lockset.guarded) > len(lockset.bare) else LOW,
                steps=[
                    method.step("write" if stores else "read", use.event.op, "without the lock"),
                    method.step("lock", elsewhere.event.op, f"under `{lockset.text}`", elsewhere.fn),
                ],
                interleaving=(
                    ("A", f"holds {lockset.text}, uses {place}"),
                    ("B", f"{'changes' if stores else 'reads'} {place} without waiting"),
                    ("A", f"goes on    {place} is not what it was"),
                ),
                remedy=f"take `{lockset.text}` here too",
            )
