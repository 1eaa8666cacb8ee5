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

Told with low confidence only: an object of which a second one does no harm, as a client or a session (not
what starts a thread, is a lock or a queue, keeps what others put into it, is made fit for use only after it
has been stored, or is taken from elsewhere, as by `allocate`, unless under the id of the object that keeps
it); an attribute that a method which starts the object up (`setup`, `start`) sets whatever is the case, and
that nobody takes away again; the entry of the very thing that the function was called for (`del
self.jobs[job.id]`), where nobody walks through the table and takes out what he finds; what one loop does that
is called and not handed to a thread, as far as the project shows the calls, or what only the thread of an
event loop does; likewise a plain method of a class with coroutines, unless the project shows a way from a
thread to it, the class holds a lock of threads over the same attribute, or runs the loop itself; what the
threads that the object itself starts stay clear of; a walk in a method that ends the use of the object
(`close`, `stop`), or through what only a method changes that sets things up (`init_services`) or configures
them, that is called where modules are loaded, or a class method that nothing in the project mentions; what is
filled by `configure` or what constructors alone call, or what coroutines alone read; a place to which all
ways begin in one thread, in a program that is run by hand, or where nobody is known to call, the program
serves nobody and no lock of threads is held over the place; an object that never leaves the function that
makes it; what is in a library that the project has copied.

Likewise where nothing between the two may wait, in a project whose programs have their threads patched to be
green ones (`eventlet.monkey_patch()`), and what is only called under a lock, or by a constructor of the
object. Not told: an entry under the name of the running thread; a setter that asks if the attribute has the
new value already; the attributes of widgets, which belong to the thread of their event loop.

A test is as well what asks by name (`hasattr`), and what is tried until a handler finds that it is missing
(`except KeyError`, `except AttributeError`). A list or dict that is stored as an entry and then added to must
be made once, too; and an element that is taken out where others take theirs must still be there.

Told in a constructor only of what all objects of the class have, as in a `__new__` that keeps the one object
(low where nothing is done to that then).

Told as well: a number that is read, kept while something else is called, and written back counted on; a flag
that is set before what it announces is made and kept; what is worked through while somebody else is waited
for, and then emptied, with what was added meanwhile.

Hold a lock over test and store, or use the one call that does both (`setdefault`, `pop(key, None)`). Told as
well: an object that is set up because its flag says that it is not, and a thread started before what it uses
is stored.

Fix for dict: test and store → `setdefault`; test and `del` → `pop(key, None)`. Safe where the module makes
the mapping as a dict. Unsafe otherwise: the kind of the mapping is not seen.
"""

from collections.abc import Iterator

from rmwlint.check import (
    LOW,
    MEDIUM,
    Check,
    Setup,
    SharedWindow,
    Started,
    View,
    Violation,
    both_pass,
    lost_update,
    place_text,
    window_steps,
)

check = Check("RMW409", "dict-check-then-act", since="0.1")


@check.on_windows
def find(view: View) -> Iterator[Violation]:
    if view.fn.facts.is_async:
        return
    told: set[object] = {view.span(setup.act) for setup in view.setups}
    for shared in view.shared_windows:
        window = shared.window
        if (
            window.how != "decide"
            or window.read is None
            or view.span(window.write.op) in told
            or shared.stored in ("atomic", "emptied")
        ):
            continue
        told.add(view.span(window.write.op))
        place = place_text(view, window)
        removes = shared.stored == "removal"
        act = "emptied" if removes else "filled"
        loss = "fails: it is gone" if removes else "replaces what A made"
        yield view.violation(
            check,
            window.write.op,
            f"`{place}` is tested and then {act}; another thread can do both in between",
            place=place,
            sure=_sure(view, shared),
            steps=window_steps(view, window),
            interleaving=both_pass(
                place, f"tests {place}", f"{'empties' if removes else 'fills'} {place}", loss
            ),
            remedy="hold a lock over the test and the store, or use setdefault or pop with a default",
        )


@check.on_windows
def find_counts(view: View) -> Iterator[Violation]:
    if view.fn.facts.is_async:
        return
    for shared in view.shared_windows:
        window = shared.window
        if not shared.worked or window.read is None:
            continue
        place = place_text(view, window)
        yield view.violation(
            check,
            window.write.op,
            f"`{place}` is read, something is done, and it is written back; another thread can do so too",
            place=place,
            sure=_sure(view, shared),
            steps=window_steps(view, window),
            interleaving=lost_update(place),
            remedy="hold a lock from the read to the write, or read it where it is written",
        )


@check.on_events
def find_walks(view: View) -> Iterator[Violation]:
    if view.fn.facts.is_async:
        return
    for walk in view.walks:
        if walk.event.place is None:
            continue
        place = walk.event.place.text
        yield view.violation(
            check,
            walk.event.op,
            f"`{place}` is walked through; `{walk.changer.facts.qualname}` can change its size meanwhile",
            place=place,
            sure=MEDIUM if walk.sure > 1 and not (view.prepares or view.ends) else LOW,
            steps=[
                view.step("read", walk.event.op, "walked through here"),
                view.step("write", walk.change.op, "its size changes here", walk.changer),
            ],
            interleaving=(
                ("A", f"takes the first of {place}"),
                ("B", f"adds to {place}, or removes from it"),
                ("A", "goes on    RuntimeError: changed size during iteration"),
            ),
            remedy="copy it under a lock and walk through the copy",
        )


@check.on_function
def find_drains(view: View) -> Iterator[Violation]:
    for drain in view.drains_of_threads:
        place = drain.text
        yield view.violation(
            check,
            drain.emptied,
            f"`{place}` is worked through, others are waited for, and it is emptied: "
            "what is added meanwhile is dropped",
            place=place,
            sure=MEDIUM if drain.sure > 1 and not drain.ends and not view.prepares else LOW,
            steps=[
                view.step("read", drain.read, "worked through from here"),
                view.step("hazard", drain.switch, "it waits here"),
                view.step("write", drain.added, "added to here", drain.adder),
                view.step("write", drain.emptied, "emptied here"),
            ],
            interleaving=(
                ("A", f"takes what is in {place}, waits"),
                ("B", f"adds to {place}"),
                ("A", f"empties {place}    what B added is dropped unseen"),
            ),
            remedy="put an empty container in its place first, and work through the old one",
        )


@check.on_function
def find_refills(view: View) -> Iterator[Violation]:
    for refill in view.refills:
        place = refill.text
        yield view.violation(
            check,
            refill.emptied,
            f"`{place}` is emptied and filled again; `{refill.reader.facts.qualname}` can see it half filled",
            place=place,
            sure=MEDIUM if refill.sure > 1 and not view.prepares else LOW,
            steps=[
                view.step("write", refill.emptied, "emptied here"),
                view.step("write", refill.filled, "filled again here"),
                view.step("read", refill.look, "read meanwhile", refill.reader),
            ],
            interleaving=(
                ("A", f"empties {place}"),
                ("B", f"reads {place}    finds nothing, or half of it"),
                ("A", f"fills {place}"),
            ),
            remedy=f"fill a local and assign it to {place} once",
        )
    for early in view.started_early:
        yield _started(view, early)
    for setup in view.setups:
        yield _set_up(view, setup)


def _started(view: View, early: Started) -> Violation:
    place = early.text
    return view.violation(
        check,
        early.stored,
        f"`{place}` is filled after the thread that uses it has been started",
        place=place,
        sure=LOW if view.in_copy else MEDIUM,
        steps=[
            view.step("hazard", early.begun, "the thread starts here"),
            view.step("write", early.stored, "stored here"),
            view.step("read", early.use, "used by the thread", early.user),
        ],
        interleaving=(
            ("A", "starts the thread"),
            ("thread", f"uses {place}    it is not there yet"),
            ("A", f"fills {place}"),
        ),
        remedy=f"store {place} first, then start the thread",
    )


def _sure(view: View, shared: SharedWindow) -> int:
    """What is only set once more, or set up before anybody comes, is no fault yet; nor is a second call that
    the test refuses, and what only the tasks of one thread use."""
    if shared.stored == "resource" and view.refuses(shared.window) and not shared.keyed:
        return LOW
    if shared.of_tasks or shared.spare or shared.owned or shared.alone:
        return LOW
    weighs = shared.stored in ("resource", "removal", "count")
    return MEDIUM if shared.sure > 1 and weighs and not view.prepares else LOW


def _set_up(view: View, setup: Setup) -> Violation:
    steps = [
        view.step("read", setup.asked, f"asked whether it is {setup.flag}"),
        view.step("write", setup.act, "set up here"),
    ]
    if setup.raised is not None:
        where, op = setup.raised
        steps.append(view.step("write", op, f"`{setup.flag}` is set here", where))
    return view.violation(
        check,
        setup.act,
        f"`{setup.text}` is asked for `{setup.flag}`, then `{setup.method}` is called; "
        "another thread can do both in between",
        place=f"{setup.text}.{setup.flag}",
        sure=MEDIUM if setup.sure > 1 else LOW,
        steps=steps,
        interleaving=both_pass(
            setup.text,
            f"asks {setup.text} for {setup.flag}",
            f"calls {setup.method}",
            "it is done twice, or used half done",
        ),
        remedy="hold a lock over the question and the call, and set the flag last",
    )
