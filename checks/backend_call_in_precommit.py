"""A hook that runs in somebody else's transaction calls a backend, sends a task or waits.

Signal handlers, flush events and `*_precommit` methods run between the caller's write and its commit. What
they call sees nothing of the change yet; the caller's row locks last as long as the call; and when the
transaction rolls back, what was sent stays sent.
A handler may be registered in another module, as those of a Django application mostly are.

Bad:

    import requests
    from sqlalchemy import event
    from sqlalchemy.orm import Session

    @event.listens_for(Session, "before_commit")
    def publish(session):
        requests.post("https://search.example/index", json={"changed": len(session.dirty)}, timeout=5)

Good:

    import requests
    from sqlalchemy import event
    from sqlalchemy.orm import Session

    @event.listens_for(Session, "after_commit")
    def publish(session):
        requests.post("https://search.example/index", json={"changed": True}, timeout=5)

A save may be in a transaction or not. Told with low confidence of a hook of the saves of a class of the
project, where none of them is seen in one: no class or function that names the class opens one, or gets or
makes a row of it (`get_or_create`), it has no admin page, and no setting opens one around every request.

What a class defines in place of the library's `save` and `delete` is such a hook, too: an admin page saves
its row in a transaction, and `get_or_create` makes one in it. So is `save_model` of the page itself. Told
there is what comes after the save; with low confidence what comes before it, when nothing is written yet, and
what is more than three calls away. What another such method does is told there.

Do it in the hook that runs after the commit, or hand it over with `transaction.on_commit`.
"""

from collections.abc import Iterator

from rmwlint.check import LOW, Check, View, Violation

check = Check("RMW304", "backend-call-in-precommit", since="0.1")

_WHAT = {"backend": "calls a backend", "enqueue": "sends work", "wait": "waits"}


@check.on_function
def find(view: View) -> Iterator[Violation]:
    told: set[int] = set()
    for kind, what in _WHAT.items():
        for hazard in view.hazards_of_hook(kind):
            if hazard.op in told:
                continue
            told.add(hazard.op)
            yield view.violation(
                check,
                hazard.op,
                f"{hazard.written} {what} in the hook `{hazard.held.text}`, before its caller commits",
                place=hazard.label,
                sure=LOW if view.called_in_autocommit else hazard.sure,
                steps=hazard.steps,
                interleaving=(
                    ("A", "changes the row, in a transaction"),
                    ("A", f"the hook runs {hazard.label}"),
                    ("B", "reads the row    the old one: A has not committed"),
                    ("A", "commits, or rolls back    what was sent stays sent"),
                ),
                remedy="do it in the hook after the commit, or hand it over with `transaction.on_commit`",
            )
