"""A file is read, changed and rewritten in place, with no lock and no atomic replacement.

Whoever writes between the read and the write loses what was written; whoever reads while the file is being
rewritten sees half of it, or nothing; and so does the next start when this process dies in the middle.

Bad:

    import json

    def remember(path, key, value):
        with open(path) as file:
            known = json.load(file)
        known[key] = value
        with open(path, "w") as file:
            json.dump(known, file)

Bad:

    import json

    class Leases:
        def __init__(self, folder):
            self.folder = folder

        def save(self, key, lease):
            with open(self.folder / f"{key}.json", "w") as file:
                json.dump(lease, file)

        def load(self, key):
            with open(self.folder / f"{key}.json") as file:
                return json.load(file)

Good:

    import json
    import os
    import fcntl

    def remember(path, key, value):
        with open(f"{path}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with open(path) as file:
                known = json.load(file)
            known[key] = value
            with open(f"{path}.new", "w") as file:
                json.dump(known, file)
            os.replace(f"{path}.new", path)

Write a neighbour and put it in place with `os.replace`, so that a reader sees the old file or the new one;
and hold a lock of all processes from the read to the replacement, so that no update is lost. Told as well:
what is removed or moved piece by piece, or filled chunk by chunk, where others look for it. With low
confidence: what is read only where the object does not have it in memory, and the writer puts it there
first; what all its readers take for none where they cannot parse it, if nobody writes it back so or removes
it, or it is a cache; what only programs that are run by hand write and read; what is rewritten where some
way to it has taken a lock; what is opened for an object that goes on writing to it, as a log; what the caller
names among the files of a folder (`join(self.folder, name)`), where nothing around it says that others come
at the same time; and a file of one object that the function is given, read and rewritten: mostly one actor at
a time does that, unless the file has entries by a key of which its path knows nothing.

Fix for open, pathlib: a neighbour is written and put in place by `os.replace`; read and write go under a
lock file. Unsafe: the file becomes another one, with the mode of a new file; a lock file stays.
"""

from collections.abc import Iterator

from rmwlint.check import (
    LOW,
    MEDIUM,
    Check,
    Event,
    ModuleScope,
    Piecewise,
    Stream,
    View,
    Violation,
    asked_for,
    key_of,
    lasting,
    lost_update,
    piecewise,
    rewrites,
    window_steps,
)

check = Check("RMW407", "file-rewrite", since="0.1")

_REMEDY = "write a neighbour and `os.replace` it, under a lock that every process takes before it reads"


@check.on_module
def find(scope: ModuleScope) -> Iterator[Violation]:
    told: set[object] = set()
    for view in scope.functions:
        for symbol, violation in _derived(view):
            told.add((view.fn, symbol))
            yield violation
    views = {view.fn: view for view in scope.functions}
    for rewrite in rewrites(tuple(views)):
        view = views[rewrite.writer]
        write, read = rewrite.write, rewrite.read
        if write.place is None or (view.fn, write.place.symbol) in told or view.scratch(write.place):
            continue
        path = write.place.text
        alone = view.by_hand and views[rewrite.reader].by_hand
        harmless = rewrite.tolerated and (not rewrite.lost or view.of_cache(write.place))
        alone = alone or _of_caller(view, write)
        yield view.violation(
            check,
            write.op,
            f"`{path}` is rewritten in place, and `{rewrite.reader.facts.name}` can read half of it",
            place=path,
            sure=LOW if alone or rewrite.kept or rewrite.given or harmless else min(MEDIUM, write.sure),
            steps=(
                view.step("write", write.op, "emptied and written here"),
                view.step("read", read.op, "read here", rewrite.reader),
            ),
            interleaving=(
                ("A", f"opens {path} for writing: it is empty now"),
                ("B", f"reads {path}    finds half of it, or nothing"),
                ("A", "writes the rest"),
            ),
            remedy="write a neighbour and put it in place with `os.replace`",
        )
    for view in scope.functions:
        for stream in view.streams:
            yield _streamed(view, stream)
    for found in piecewise(tuple(views)):
        view = views[found.actor]
        if found.event.place is not None and not view.scratch(found.event.place):
            yield _in_pieces(view, found, alone=view.by_hand and views[found.user].by_hand)


def _streamed(view: View, stream: Stream) -> Violation:
    opened = stream.opened
    assert opened.place is not None
    path = opened.place.text
    return view.violation(
        check,
        opened.op,
        f"`{path}` is filled chunk by chunk where others look for it, and they can find half of it",
        place=path,
        sure=LOW if view.by_hand else min(MEDIUM, opened.sure),
        steps=(
            view.step("write", opened.op, "there from here on"),
            view.step("write", stream.filled, "filled here"),
        ),
        interleaving=(
            ("A", f"opens {path}, writes the first chunk"),
            ("B", f"finds {path}, reads half of it"),
            ("A", "writes the rest"),
        ),
        remedy="fill a neighbour and put it in place with `os.replace`",
    )


def _in_pieces(view: View, found: Piecewise, *, alone: bool) -> Violation:
    event = found.event
    assert event.place is not None
    path, user = event.place.text, found.user.facts.name
    removes = event.does == "delete"
    how = "removed piece by piece" if removes else "moved here, which can be a copy"
    return view.violation(
        check,
        event.op,
        f"`{path}` is {how}, and `{user}` can find half of it",
        place=path,
        sure=LOW if alone or view.fn.index == 0 or _of_caller(view, event) else min(MEDIUM, event.sure),
        steps=(
            view.step("write", event.op, how),
            view.step("read", found.use.op, "used here", found.user),
        ),
        interleaving=(
            ("A", f"begins to {'remove' if removes else 'copy to'} {path}"),
            ("B", f"uses {path}    half of it is {'gone' if removes else 'there'}"),
            ("A", "does the rest"),
        ),
        remedy="rename it away in one step and remove it there"
        if removes
        else "make it in the same folder and put it in place with `os.replace`",
    )


def _of_caller(view: View, event: Event) -> bool:
    """Whether the caller says which file of many it is, and nothing says that others come with the same."""
    assert event.place is not None
    return asked_for(key_of(view.fn, event.place.symbol)) and not view.others_come


def _derived(view: View) -> Iterator[tuple[object, Violation]]:
    told: set[object] = set()
    for window in view.open_windows:
        read, write = window.read, window.write
        if read is None or read.does != "read" or window.how == "decide" or write.does != "write":
            continue
        if (
            write.place is None
            or write.place.kind != "file"
            or read.op == write.op
            or view.scratch(write.place)
        ):
            continue
        if write.place.symbol in told:
            continue
        told.add(write.place.symbol)
        path = write.place.text
        # Of a path that a private function is given only its callers know who else writes there. Likewise
        # where only the shape of a call says that it writes.
        few = view.fn.facts.name.startswith("_") or view.handed_on(write)
        given = few and not lasting(key_of(view.fn, write.place.symbol))
        once = view.by_hand or view.fn.index == 0 or given
        own = view.of_one(write) and not view.of_many(window)
        alone = once or own or view.locked_wherever_called or view.lock_taken_before(read)
        violation = view.violation(
            check,
            write.op,
            f"`{path}` is rewritten from what was read of it; what another wrote in between is lost",
            place=path,
            sure=LOW if alone else min(MEDIUM, window.sure),
            steps=window_steps(view, window),
            interleaving=lost_update(path, "{a}", "{a, b}", "{a, c}"),
            remedy=_REMEDY,
        )
        yield write.place.symbol, violation
