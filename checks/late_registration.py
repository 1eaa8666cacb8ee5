"""Something is left for whoever sets a flag, after a look at whether it is set.

A flag says that a thing is done, closed or started; whoever finds it unset leaves an entry (a waiter, a
callback, an item), and whoever sets it goes through the entries. If the flag is set and the entries are gone
through between the look and the entry, nobody finds the entry any more: the waiter waits for good, the item
is lost.

Bad:

    import threading

    class Event:
        def __init__(self):
            self._set = False
            self._waiters = []
            threading.Thread(target=self.set).start()

        def set(self):
            self._set = True
            for waiter in self._waiters:
                waiter.release()

        def wait(self):
            if self._set:
                return
            waiter = threading.Semaphore(0)
            self._waiters.append(waiter)
            waiter.acquire()

Good:

    import threading

    class Event:
        def __init__(self):
            self._set = False
            self._waiters = []
            self._lock = threading.Lock()
            threading.Thread(target=self.set).start()

        def set(self):
            with self._lock:
                self._set = True
                for waiter in self._waiters:
                    waiter.release()

        def wait(self):
            with self._lock:
                if self._set:
                    return
                waiter = threading.Semaphore(0)
                self._waiters.append(waiter)
            waiter.acquire()

Hold one lock from the look to the entry, and from setting the flag to going through the entries; or look at
the flag once more when the entry is there. Tasks of one loop need that only where something is awaited in
between. Told only where the class or its module says that threads use its objects, or where something is
awaited from the look to the entry; not where one lock is held that long, which whoever sets the flag does
without.
"""

from collections.abc import Iterator

from rmwlint.check import MEDIUM, Check, View, Violation

check = Check("RMW413", "late-registration", since="0.1")


@check.on_function
def find(view: View) -> Iterator[Violation]:
    for late in view.registered_late:
        flag, container, raiser = late.flag, late.container, late.raiser.facts.qualname
        yield view.violation(
            check,
            late.put,
            f"something is put into `{container}` after a look at `{flag}`; `{raiser}` can set that and go "
            f"through `{container}` in between",
            place=f"self.{container}",
            sure=MEDIUM,
            steps=[
                view.step("decide", late.look, f"`{flag}` is looked at here"),
                view.step("write", late.put, "put in here"),
                view.step("write", late.raised, f"`{flag}` is set here", late.raiser),
                view.step("read", late.gone_through, f"`{container}` is used here", late.raiser),
            ],
            interleaving=(
                ("A", f"looks at {flag}: not yet"),
                ("B", f"sets {flag}, goes through {container}"),
                ("A", f"puts something into {container}    nobody comes for it"),
            ),
            remedy="hold one lock from the look to the entry and over both steps of who sets it, or look "
            "once more when the entry is there",
        )
