"""A lock of one process guards what other processes or hosts use too.

A `threading.Lock`, or `lockutils.synchronized` without `external=True`, keeps out the threads of this
process. A file is seen by every process of the host, a row by every host. The next worker never waits.

Bad:

    import multiprocessing
    import os
    import threading

    _lock = threading.Lock()

    def prepare(path):
        with _lock:
            if not os.path.exists(path):
                os.mkdir(path)

    def main(paths):
        with multiprocessing.Pool() as pool:
            pool.map(prepare, paths)

Good:

    import multiprocessing
    import os
    from filelock import FileLock

    def prepare(path):
        with FileLock(path + ".lock"):
            if not os.path.exists(path):
                os.mkdir(path)

    def main(paths):
        with multiprocessing.Pool() as pool:
            pool.map(prepare, paths)

Take a lock that reaches as far as its users: `external=True` or a file lock for the processes of one
host, a coordinator, Redis, etcd or the row's own lock for many hosts. Told as well: a thing of another
service, looked for and made under a lock of this host. That others are there say processes started in
the module, locks of several processes in it, and the name of a cache, but for what a program does when
it starts; without them the confidence is low, as it is for a lock that only its name tells, and for the
path of one object, or with the key of one in it, that the function is given (mostly one process works on
that object), and for one that it is given under a name such as `dest` or `output_path`, with an ending
of its own or without: it is the caller's own; and where what the other process has done is caught, or
both write the same text. Likewise for a file under a lock that the processes of one program share
(`multiprocessing.Lock()`): they are the ones that are known; and where a function looks and acts that
others call without any lock: the one that is held here is there for something else;
and in a context of the project's own that takes a file lock as well where the system has one.

Fix for oslo.concurrency, and others whose lock takes such a keyword: `external=True` on a lock of one
process. Unsafe: processes wait for each other, and need a folder for lock files.
"""

from collections.abc import Iterator

from rmwlint.check import HIGH, LOW, MEDIUM, Check, Held, View, Violation, Window, place_text, window_steps

check = Check("RMW403", "process-local-lock", since="0.1")

_REACH = {"task": 0, "thread": 0, "process": 1, "host": 2, "cluster": 3, "row": 3}
_NEEDED = {
    "file": ("host", "a file lock, or external=True"),
    "directory": ("host", "a file lock, or external=True"),
    "row": ("row", "the row's own lock, a compare-and-swap, or a distributed lock"),
    "rows": ("row", "the row's own lock, a compare-and-swap, or a distributed lock"),
}


@check.on_windows
def find(view: View) -> Iterator[Violation]:
    told: set[int] = set()
    for window in view.windows:
        if window.guard != "lock" or window.write.place is None or window.write.op in told:
            continue
        needed = _NEEDED.get(window.write.place.kind)
        locks = [held for held in window.held if held.kind == "lock" and not held.fresh]
        if needed is None or not locks or any(_REACH[held.reach] >= _REACH[needed[0]] for held in locks):
            continue
        told.add(window.write.op)
        held = locks[0]
        users = "process of the host" if needed[0] == "host" else "host"
        place = place_text(view, window)
        yield view.violation(
            check,
            window.write.op,
            f"`{held.text}` keeps out the threads of this process only; "
            f"`{place}` needs a lock that reaches every {users}",
            place=place,
            sure=_sure(view, window, held),
            steps=[*window_steps(view, window), *view.held_step(held)],
            interleaving=(
                ("A", f"takes {held.text}, looks at {place}"),
                ("B", f"in another process takes its own {held.text}, looks at {place}"),
                ("A", f"writes {place}"),
                ("B", f"writes {place}    nobody waited"),
            ),
            remedy=f"take {needed[1]}",
            hints=_widened(held, needed[0]),
        )


@check.on_events
def find_creations(view: View) -> Iterator[Violation]:
    for creation in view.creations:
        look, create = creation.look, creation.create
        locks = [held for held in create.held if held.kind == "lock" and not held.fresh]
        if creation.guard != "lock" or create.does != "make" or look.op == create.op:
            continue
        if any(_REACH[held.reach] > _REACH["host"] or held.sure < HIGH for held in locks):
            continue
        if view.of_this_host(create):
            continue
        held = max(locks, key=lambda one: _REACH[one.reach])
        assert look.place is not None and create.place is not None
        made = create.place.text
        yield view.violation(
            check,
            create.op,
            f"`{held.text}` keeps out this host only; what `{made}` makes elsewhere, every host can look for",
            place=made,
            sure=MEDIUM if held.reach == "host" and not view.one_shot else LOW,
            steps=[
                view.step("read", look.op, f"looked for by `{look.place.text}`"),
                view.step("write", create.op, "made here"),
                *view.held_step(held),
            ],
            interleaving=(
                ("A", f"takes {held.text}, calls {look.place.text}"),
                ("B", f"on another host takes its own {held.text}, calls {look.place.text}"),
                ("A", f"calls {made}"),
                ("B", f"calls {made}    there are two"),
            ),
            remedy="take a lock of all hosts: a coordinator, Redis, etcd",
        )


def _widened(held: Held, needed: str) -> tuple[tuple[str, str], ...]:
    """The keyword that would make this lock reach far enough."""
    if held.widens is None or _REACH[held.widens[1]] < _REACH[needed]:
        return ()
    return (("widens", held.widens[0]),)


def _sure(view: View, window: Window, held: Held) -> int:
    """Other processes are there for sure where the module starts them, or takes locks that reach them; a
    cache on the disk is one for all of them, as a rule."""
    place = window.write.place
    assert place is not None
    known = held.sure == HIGH  # one that only its name tells may reach further
    expected = {"delete": "missing", "create": "duplicate"}.get(window.write.does)
    tolerated = expected is not None and expected in window.write.caught
    if not known or tolerated or view.same_text(window.write) or view.locked_by_chance(window):
        return LOW
    if view.further_lock_entered(window.write):
        return LOW
    of_path = place.kind in ("file", "directory")
    family = any(one.kind == "lock" and one.reach == "process" for one in window.held)
    if of_path and (family or view.of_asker(place)):
        return LOW
    if view.of_cache(place):
        at_start = view.fn.facts.name != "__init__" and (view.prepares or view.starts)
        return LOW if at_start else min(window.sure, MEDIUM)
    alone = of_path and (view.scratch(place) or view.of_one_key(window.write))
    return min(window.sure, MEDIUM) if view.several_processes and not alone else LOW
