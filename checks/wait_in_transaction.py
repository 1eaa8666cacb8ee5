"""The code sleeps or waits for somebody else while a database transaction is open.

For as long as it waits, the transaction keeps its row locks. Whoever it waits for may need one of them: then
both wait for ever, or until the database gives up on one.

Bad:

    import time
    from django.db import transaction

    def settle(order):
        with transaction.atomic():
            order.lock()
            while not order.is_settled():
                time.sleep(1)

Good:

    import time
    from django.db import transaction

    def settle(order):
        while not order.is_settled():
            time.sleep(1)
        with transaction.atomic():
            order.lock()

Wait before the transaction, or after it.
"""

from collections.abc import Iterator

from rmwlint.check import Check, View, Violation

check = Check("RMW303", "wait-in-transaction", since="0.1")


@check.on_events
def find(view: View) -> Iterator[Violation]:
    for hazard in view.hazards_in_transaction("wait"):
        yield view.violation(
            check,
            hazard.op,
            f"{hazard.written} waits while the transaction `{hazard.held.text}` is open",
            place=hazard.label,
            sure=hazard.sure,
            steps=hazard.steps,
            interleaving=(
                ("A", "opens a transaction, locks its rows"),
                ("A", f"waits in {hazard.label}"),
                ("B", "wants the same rows    waits as long as A does"),
            ),
            remedy="wait before the transaction begins, or after it ends",
        )
