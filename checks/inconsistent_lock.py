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

Take the lock here too. A lock guards a place where it is held at all stores that any lock is held at, and is
neither one by the name of what is worked on (`get_lock(edge)`) nor one that another object keeps for itself.
Not told of a function that, as far as the project shows, is only called under a lock, or by the constructor
of the object. Told with low confidence: what is in a library that the project has copied;
a place that is only reset (to a setting, too), or set up by a method
that refuses to run twice, or that the constructor calls too; what one step puts into a list, or takes out of
a container that nobody who holds the lock looks at twice: they bear it; what is stored as the caller gives
it, whatever was there, and the time; what has been swapped out under the lock before; a look for a plain
value, fetched from elsewhere, in a table that is only ever filled; a look that only asks if that is there
already, refuses to begin a second time, decides a reset, is made where the coroutines of the class run or by
the one who alone takes things out, minds that what it looks for may be gone, or gives the object another name
for its uses under the lock. Told as well: a row that is saved without the lock that other methods take by its
name (`synchronized(order.uuid)`), and a function that changes files, called without the lock of all processes
that its other callers hold; not where it copies files to where its caller says, or works in another folder
than theirs.
"""

from collections.abc import Iterator

from rmwlint.check import (
    LOW,
    MEDIUM,
    Access,
    Check,
    Cls,
    Fn,
    Lockset,
    ModuleScope,
    View,
    Violation,
    Window,
    class_locksets,
    module_locksets,
    saves_outside,
    unlocked_methods,
)

check = Check("RMW401", "inconsistent-lock", since="0.1")


@check.on_module
def find(scope: ModuleScope) -> Iterator[Violation]:
    views = {view.fn: view for view in scope.functions}
    for lockset in module_locksets(scope.module):
        yield from _told(views, lockset)
    for index in range(len(scope.module.facts.classes)):
        cls = scope.module.cls(index)
        for lockset in class_locksets(cls):
            yield from _told(views, lockset)
        for bare in unlocked_methods(cls):
            view = views[bare.fn]
            other, where = bare.others[0]
            yield view.violation(
                check,
                bare.use,
                f"`{bare.attribute}` is used without `{bare.lock}`, "
                f"which {len(bare.others)} other methods take for it",
                place=bare.attribute,
                sure=LOW if view.in_copy else MEDIUM,
                steps=[
                    view.step("write", bare.use, "without the lock"),
                    view.step("lock", where, f"under `{bare.lock}`", other),
                ],
                interleaving=(
                    ("A", f"`{other.facts.name}` holds {bare.lock}"),
                    ("B", f"`{bare.fn.facts.name}` does not wait"),
                    ("A", "goes on    what it relies on has changed"),
                ),
                remedy=f"take `{bare.lock}` here too",
            )
        yield from _saved_outside(views, cls)


@check.on_function
def find_calls(view: View) -> Iterator[Violation]:
    for unlike in view.unlike_others:
        name = unlike.target.facts.name
        other, where = unlike.others[0]
        yield view.violation(
            check,
            unlike.op,
            f"`{name}` changes files and is called without `{unlike.lock}`, "
            f"which is held around {len(unlike.others)} other calls of it",
            place=name,
            sure=MEDIUM,
            steps=[
                view.step("write", unlike.op, "without the lock"),
                view.step("lock", where, f"under `{unlike.lock}`", other),
            ],
            interleaving=(
                ("A", f"holds {unlike.lock}, calls {name}"),
                ("B", f"calls {name} without waiting"),
                ("A", "goes on    the files are not what they were"),
            ),
            remedy=f"take `{unlike.lock}` here too",
        )


def _saved_outside(views: dict[Fn, View], cls: Cls) -> Iterator[Violation]:
    for outside in saves_outside(cls):
        view = views[outside.fn]
        row = outside.parameter
        other, where = outside.others[0]
        yield view.violation(
            check,
            outside.write.op,
            f"`{row}` is saved without `{outside.lock}`, "
            f"which {len(outside.others)} other methods hold while they work on it",
            place=row,
            sure=min(MEDIUM, outside.write.sure),
            steps=[
                view.step("write", outside.write.op, "without the lock"),
                view.step("lock", where, f"`{outside.lock}` is taken here", other),
            ],
            interleaving=(
                ("A", f"`{other.facts.name}` holds the lock, works on {row}"),
                ("B", f"`{outside.fn.facts.name}` does not wait, saves {row}"),
                ("A", f"goes on    {row} is not what it was"),
            ),
            remedy=f"do the work under `{outside.lock}` here too",
        )


def _told(views: dict[Fn, View], lockset: Lockset) -> Iterator[Violation]:
    if len(lockset.guarded) < 2:
        return
    told: set[tuple[object, int]] = set()
    for use in sorted(lockset.bare, key=lambda use: use.event.does != "store"):
        if use.skipped:
            continue
        line = use.fn.facts.spans[use.event.op][0]
        stores = use.event.does == "store"
        if (use.fn, line) in told:
            continue
        told.add((use.fn, line))
        view = views[use.fn]
        if view.kept_out_wherever_called:
            continue
        elsewhere = lockset.guarded[0]
        place = lockset.place
        decides = not stores and (
            any(_decides(view, shared.window, use) for shared in view.shared_windows)
            or lockset.decides_a_store(use)
        )
        yield view.violation(
            check,
            use.event.op,
            f"`{place}` is {'changed' if stores else 'read'} without `{lockset.text}`, "
            f"which guards it in {len(lockset.guarded)} other places",
            place=place,
            sure=LOW if view.in_copy else _sure(lockset, use, stores or decides),
            steps=[
                view.step("write" if stores else "read", use.event.op, "without the lock"),
                view.step("lock", elsewhere.event.op, f"under `{lockset.text}`", elsewhere.fn),
            ],
            interleaving=(
                ("A", f"holds {lockset.text}, uses {place}"),
                ("B", f"{'changes' if stores else 'reads'} {place} without waiting"),
                ("A", f"goes on    {place} is not what it was"),
            ),
            remedy=f"take `{lockset.text}` here too",
        )


def _decides(view: View, window: Window, use: Access) -> bool:
    """Whether a bare look decides a change; a callee that makes it under a lock can look again there."""
    if window.read is None or window.read.op != use.event.op:
        return False
    if view.asks_for_change(window) or view.refuses(window):
        return False
    return not (window.write.trail and any(held.kind == "lock" for held in window.write.held))


def _sure(lockset: Lockset, use: Access, acts: bool) -> int:
    """A place that is merely reset, or set up before anybody comes, is no fault yet."""
    if not acts or use.resets or use.prepares or lockset.bears(use) or lockset.left_to_callers(use):
        return LOW
    if use.notes_time or lockset.swapped_out(use) or lockset.only_fills(use):
        return LOW
    if lockset.looks_for_own(use) or lockset.looks_to_reset(use) or lockset.of_loop(use):
        return LOW
    if lockset.given_whole(use) or use.minded or (use.event.does == "load" and lockset.renamed(use)):
        return LOW
    if len(lockset.guarded) <= len(lockset.bare) and not (
        lockset.balance > 0 and lockset.decides_a_store(use)
    ):
        return LOW
    if lockset.beside:
        return LOW
    between_tasks = lockset.reach == "task" and (
        not use.fn.facts.is_async or use.at_once or lockset.unseen_by_tasks(use)
    )
    return MEDIUM if use.elsewhere and not between_tasks else LOW
