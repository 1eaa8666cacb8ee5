"""A backend is called while a database transaction is open.

For as long as the other side takes, the transaction keeps its connection and its row locks, and everybody
else waits behind it. When the call succeeds and the commit then fails, the backend has done what the database
knows nothing of; a green thread that switches inside the call can deadlock the process.

Bad:

    import requests
    from django.db import transaction

    def ship(order, carrier):
        with transaction.atomic():
            order.mark_shipped()
            requests.post(carrier, json={"order": order.pk}, timeout=5)

Good:

    import requests
    from django.db import transaction

    def ship(order, carrier):
        with transaction.atomic():
            order.mark_shipping()
        requests.post(carrier, json={"order": order.pk}, timeout=5)

Commit a pending state first, call the backend after the commit, then record the result. Low confidence where
what is called refuses to run in a transaction (`if session.in_transaction(): raise`), itself or by a
decorator.
"""

from collections.abc import Iterator

from rmwlint.check import Check, View, Violation

check = Check("RMW301", "backend-call-in-transaction", since="0.1")


@check.on_events
def find(view: View) -> Iterator[Violation]:
    for hazard in view.hazards_in_transaction("backend"):
        kind = hazard.detail or "backend"
        yield view.violation(
            check,
            hazard.op,
            f"{hazard.written} ({kind}) runs while the transaction `{hazard.held.text}` is open",
            place=hazard.label,
            sure=hazard.sure,
            steps=hazard.steps,
            interleaving=(
                ("A", "opens a transaction, locks its rows"),
                ("A", f"waits for {hazard.label}"),
                ("B", "wants the same rows: waits for A, and for A's backend"),
                ("A", "commits, or fails to    the backend has acted either way"),
            ),
            remedy="commit a pending state, call the backend after the commit, then record its result",
        )
