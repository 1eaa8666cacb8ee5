"""One lock for every resource is held over a backend call.

Whoever works on another resource waits as well, for as long as the slowest backend takes. The lock "fixes" a
race by letting one caller in at a time.

Bad:

    import threading
    import requests

    _lock = threading.Lock()

    def attach(volume, url):
        with _lock:
            requests.post(url, json={"volume": volume})

Good:

    import threading
    import requests

    _table = threading.Lock()
    _locks = {}

    def attach(volume, url):
        with _table:
            own = _locks.setdefault(volume, threading.Lock())
        with own:
            requests.post(url, json={"volume": volume})

Lock the one resource that is worked on, or leave the backend call outside.
"""

from collections.abc import Iterator

from rmwlint.check import MEDIUM, Check, Held, View, Violation

check = Check("RMW410", "coarse-lock", since="0.1", default=False)


@check.on_events
def find(view: View) -> Iterator[Violation]:
    told: set[object] = set()
    for event in view.events:
        if event.does != "backend":
            continue
        for held in event.held:
            if held.kind != "lock" or held.key in told or not _for_all(held):
                continue
            told.add(held.key)
            kind = event.place.what if event.place is not None and event.place.what else "backend"
            yield view.violation(
                check,
                event.op,
                f"`{held.text}`, one lock for all, is held over a {kind} call",
                place=held.text,
                sure=MEDIUM,
                steps=[*view.held_step(held), view.step("hazard", event.op, "called here, under the lock")],
                interleaving=(
                    ("A", f"holds {held.text}, waits for the backend"),
                    ("B", f"wants another resource, waits for {held.text}"),
                ),
                remedy="lock the one resource that is worked on, or call outside the lock",
            )


def _for_all(held: Held) -> bool:
    """Whether the lock is the same whatever the caller works on: a module's, a class's, a constant name."""
    key = held.key
    if not isinstance(key, tuple) or not key:
        return False
    if key[0] == "named":
        key = key[1]
        return isinstance(key, tuple) and key[:1] in (("const",), ("global",))
    return bool(key[0] == "global")
