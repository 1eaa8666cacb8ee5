"""A path is looked at, and then something is done to it as if it had not changed.

Between `exists` and the act another process can make or remove the path: the act fails, or destroys what the
other has just made.

Bad:

    import os

    def forget(path):
        if os.path.exists(path):
            os.remove(path)

Good:

    import contextlib
    import os

    def forget(path):
        with contextlib.suppress(FileNotFoundError):
            os.remove(path)

Act, and handle the error; or use the call that does both (`exist_ok=True`, `missing_ok=True`, mode `"x"`,
`os.replace`); or hold one lock over both.

Told with low confidence where the path belongs to one object that the function is given (`order.uuid` in its
name), or that all its known callers give it, or all who make the object give its constructor; to the run of
the object's own methods or of the program, by the time in its name; or to a temporary place: mostly one actor
at a time works there. Likewise where all known callers hold a lock, or the object has taken one of many
processes and keeps it; in a program that is run by hand, in what only such programs call, in the commands of
a command line; and where whoever asks says whether what is there may be overwritten: it is his own path.
Likewise what a method removes of a listing, or what a callee puts where a look refuses, with nothing around
that says that others do the same. Likewise where few can name the path: an object's own, or what callers hand
on, begun in no setting, variable of a module or constant. And where nobody else comes in between, as far as
the code shows: in an exception handler, which puts right what was begun; in a constructor that only starting
code calls; where an object removes the file that it has for itself; on the thread of an event loop, with no
`await` in between; in what only a server of one process runs, one request after the other; and where another
file of the same thing had to be removed first; where the number of a process is in the path; and where
whoever finds nothing puts a temporary file of his own in place. Last, where nothing says that there is
anybody else: no way to the function begins in a view, a task or a pool, and what is known to call it, or
imports it, serves no others (a library, a desktop program, the one thread of an agent), where a module is
loaded, settings too, and before an application serves (`lifespan`); but a cache, what all runs of a program
have, a folder for locks and one in which files are put in place in one step is there for others.
Silent where the other way only raises: the second one gets an error either way. What a file says counts as a
look where a lock or pid file is removed for it, as being left over: meanwhile somebody else may have removed
it, and made his own. Told as well: what a listing has named is asked for its age or size where it may be
gone, and the same class or module removes files (low where the caller of a function says what is listed); and
a file that is read because it has been found there, where the same class or module removes it; a folder that
is taken for whole where it is there, and is made and filled in place where it is not.

Fix for os, shutil, pathlib: `exist_ok=True`, `missing_ok=True`, `with
contextlib.suppress(FileNotFoundError):`. Safe where the act comes to the same for one actor. Unsafe
otherwise: `rmtree` may stop half-way when another removes the tree too.

Fix for open, pathlib: `open(path, "w")` → `open(path, "x")` where a look refuses before. Unsafe: the second
of two gets `FileExistsError`.
"""

from collections.abc import Iterator

from rmwlint.check import HIGH, LOW, MEDIUM, Check, Event, View, Violation, Window, window_steps

check = Check("RMW406", "file-check-then-act", since="0.1")


_DEEDS = {"create": "makes it", "delete": "removes it", "replace": "replaces it"}


@check.on_windows
def find(view: View) -> Iterator[Violation]:
    told: set[object] = set()
    for window in view.open_windows:
        read, write = window.read, window.write
        if read is None or write.place is None or write.place.kind not in ("file", "directory"):
            continue
        # What a callee does between its own look and its own act is told of the callee.
        if read.op == write.op:
            continue
        sure = min(_sure(view, window), window.sure)
        if view.by_hand or view.scratch(write.place):
            sure = min(sure, LOW)
        if sure > LOW and _alone(view, window):
            sure = LOW
        where = (view.span(write.op), write.does)
        same = (write.place.symbol, view.span(read.op))
        if not sure or where in told or same in told:
            continue
        told |= {where, same}
        path = write.place.text
        deed = _DEEDS.get(write.does, "writes it")
        yield view.violation(
            check,
            write.op,
            f"`{path}` is looked at and then used; another process can change it in between",
            place=path,
            sure=sure,
            steps=window_steps(view, window),
            interleaving=(
                ("A", f"looks at {path}"),
                ("B", f"looks at {path}, {deed}"),
                ("A", f"{deed}    fails, or undoes what B did"),
            ),
            remedy="act and handle the error, use the call that does both in one step, or lock both",
        )


@check.on_events
def find_named(view: View) -> Iterator[Violation]:
    for named in view.named_looks:
        yield view.violation(
            check,
            named.act,
            f"`{named.text}` is looked for and then made, outside the locks of `{view.fn.facts.name}`",
            place=named.text,
            sure=LOW if view.by_hand else MEDIUM,
            steps=(
                view.step("read", named.look, "looked for here"),
                view.step("write", named.act, "made here"),
            ),
            interleaving=(
                ("A", f"looks for {named.text}"),
                ("B", f"looks for {named.text}, makes it"),
                ("A", "makes it    fails, or undoes what B did"),
            ),
            remedy="hold a lock by its name over both",
        )


@check.on_events
def find_listed(view: View) -> Iterator[Violation]:
    for one in view.listed:
        sure = MEDIUM if view.others_come and not (one.given or view.by_hand or view.prepares) else LOW
        yield view.violation(
            check,
            one.asked,
            f"`{one.text}` was listed and is then asked about; `{one.remover.facts.name}` can remove it in "
            "between",
            place=one.text,
            sure=sure,
            steps=(
                view.step("read", one.listing, "listed here"),
                view.step("read", one.asked, "asked about here"),
                view.step("write", one.removed, "removed here", one.remover),
            ),
            interleaving=(
                ("A", "lists the folder"),
                ("B", "removes a file from it"),
                ("A", "asks about that file    FileNotFoundError"),
            ),
            remedy="ask each under `try`, and pass over what is gone",
        )


@check.on_events
def find_found(view: View) -> Iterator[Violation]:
    for one in view.found:
        assert one.used.place is not None
        path = one.used.place.text
        alone = view.by_hand or view.prepares or view.named_by_few(one.used) or view.nobody_comes(one.used)
        yield view.violation(
            check,
            one.used.op,
            f"`{path}` is found there and then read; `{one.remover.facts.name}` can remove it in between",
            place=path,
            sure=LOW if alone or not view.others_come else MEDIUM,
            steps=(
                view.step("read", one.look, "looked at here"),
                view.step("read", one.used.op, "read here"),
                view.step("write", one.removed, "removed here", one.remover),
            ),
            interleaving=(
                ("A", f"looks at {path}: it is there"),
                ("B", f"removes {path}"),
                ("A", f"reads {path}    FileNotFoundError"),
            ),
            remedy="read it, and take an error for its absence",
        )


@check.on_events
def find_half_made(view: View) -> Iterator[Violation]:
    for one in view.half_made:
        made, place = one.made, one.made.place
        assert place is not None
        few = view.of_one(made) or view.named_by_few(made) or view.nobody_comes(made)
        alone = view.by_hand or view.prepares or (few and not view.meant_for_many(made))
        path = place.text
        yield view.violation(
            check,
            one.filled.op,
            f"`{path}` is taken for whole where it is there, and filled in place; others can find half of it",
            place=path,
            sure=LOW if alone else min(MEDIUM, made.sure),
            steps=(
                view.step("read", one.look, "looked for here"),
                view.step("write", made.op, "made here: it is there from here on"),
                view.step("write", one.filled.op, "filled here"),
            ),
            interleaving=(
                ("A", f"finds no {path}, makes it"),
                ("B", f"finds {path}, takes it for whole"),
                ("A", "fills it    too late for B"),
            ),
            remedy="fill a neighbour and put it in place with `os.replace`, or lock both",
        )


def _sure(view: View, window: Window) -> int:
    """How sure it is that the second actor gets hurt; 0 where the act itself is safe."""
    read, write = window.read, window.write
    assert read is not None and write.place is not None
    kind = read.row.kind if read.row is not None else None
    there = view.found_there(window)
    if read.does == "read" and write.does == "delete" and window.how == "decide":
        # what it says decides that it goes, and by then it may be another one
        return MEDIUM if view.of_claim(write.place) else 0
    if read.does != "test" and there is not False:
        return 0
    if window.how != "decide":
        if kind != "listing" or write.does != "delete" or "missing" in write.caught:
            return 0
        return MEDIUM if view.others_come else LOW
    near = not read.trail and not write.trail
    if write.does == "delete":
        if "missing" in write.caught or there is False or view.refuses(window):
            return 0  # where a missing one is refused, the second one gets an error either way
        if kind == "detail" or view.told_apart(window):
            return LOW
        return HIGH if near and there else MEDIUM
    if write.does == "create":
        if "duplicate" in write.caught or there is True or view.opens_what_is_there(write):
            return 0
        if there is False and view.refuses(window):
            return 0  # the second one gets an error, whether it looks or opens, and nothing is undone
        return HIGH if near and there is False and kind != "detail" else MEDIUM
    if write.does == "replace":
        if there is False and not view.refuses(window) and view.puts_own_in_place(write):
            return LOW  # both have made the same, and either may be the last
        return 0 if write.caught else LOW if there is None or not near else MEDIUM
    if write.does == "write":
        of_one_sort = (
            read.place is not None and write.place is not None and read.place.kind == write.place.kind
        )
        exclusive = there is False and of_one_sort and view.refuses(window)
        return MEDIUM if exclusive and near and not view.may_overwrite else LOW
    return 0


def _alone(view: View, window: Window) -> bool:
    """Whether mostly one actor at a time works on the path, or comes to it."""
    read, write = window.read, window.write
    assert read is not None
    named = read.row is not None and read.row.kind == "listing" and window.how != "decide"
    if view.of_one(write) or _locked(view, write if named else read):
        return True
    if view.meant_for_many(write):
        return False
    return (
        view.acts_alone(window)
        or view.of_process(write)
        or view.named_by_few(write)
        or view.nobody_comes(write)
    )


def _locked(view: View, read: Event) -> bool:
    """Whether a lock is held, as far as callers, earlier methods or other ways to the look tell."""
    if view.lock_taken_before(read) or view.locked_wherever_called or view.lock_kept_by_object:
        return True
    return view.one_at_a_time
