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
    for hazard in view.hazards_under("backend", _for_all):
        if hazard.held.key in told:
            continue
        told.add(hazard.held.key)
        lock = hazard.held.text
        yield view.violation(
            check,
            hazard.op,
            f"`{lock}`, one lock for all, is held over {hazard.written} ({hazard.detail or 'backend'})",
            place=lock,
            sure=min(hazard.sure, MEDIUM),
            steps=hazard.steps,
            interleaving=(
                ("A", f"holds {lock}, waits for {hazard.label}"),
                ("B", f"wants another resource, waits for {lock}"),
            ),
            remedy="lock the one resource that is worked on, or call outside the lock",
        )


def _for_all(held: tuple[Held, ...]) -> Held | None:
    """The first lock that is the same whatever the caller works on: a module's, or one of a constant name."""
    for one in held:
        key = one.key
        if isinstance(key, tuple) and key[:1] == ("named",):
            key = key[1]
        if one.kind == "lock" and isinstance(key, tuple) and key[:1] in (("global",), ("const",)):
            return one
    return None
