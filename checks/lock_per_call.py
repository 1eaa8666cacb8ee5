"""A lock is created by the very call that takes it.

Every caller makes a lock of its own and takes it at once. Nobody ever waits for anybody.

Bad:

    import threading

    def add(path, amount):
        with threading.Lock():
            with open(path) as file:
                total = int(file.read())
            with open(path, "w") as file:
                file.write(str(total + amount))

Good:

    import threading

    _lock = threading.Lock()

    def add(path, amount):
        with _lock:
            with open(path) as file:
                total = int(file.read())
            with open(path, "w") as file:
                file.write(str(total + amount))

Make the lock once, where all who need it can see it: in the module, the class or the instance.

Fix for threading, asyncio, multiprocessing and others: a lock made by each call → one lock of the instance
or the module. Unsafe: calls wait for each other now, also one for itself.
"""

from collections.abc import Iterator

from rmwlint.check import HIGH, Check, View, Violation

check = Check("RMW402", "lock-per-call", since="0.1")


@check.on_events
def find(view: View) -> Iterator[Violation]:
    if view.fn.index == 0:
        return
    for event in view.events:
        if event.does != "lock" or event.place is None or not view.takes_own_lock(event):
            continue
        lock = event.place.text
        yield view.violation(
            check,
            event.op,
            f"`{lock}` is made by this call and taken at once: no other caller ever waits for it",
            place=lock,
            sure=min(event.sure, HIGH),
            steps=[view.step("lock", event.op, "made and taken in one call")],
            interleaving=(
                ("A", "makes a lock, takes it"),
                ("B", "makes another lock, takes it"),
                ("A", "writes"),
                ("B", "writes    nobody waited"),
            ),
            remedy="make the lock once, in the module, the class or the instance",
        )
