"""A task or message is sent before the commit that it depends on.

The worker can start before the transaction commits. Then it does not find the row, or finds the old state;
and when the transaction rolls back, the task runs for something that never happened.

Bad:

    from celery import shared_task
    from django.db import transaction

    @shared_task
    def send_invoice(pk):
        print(pk)

    def bill(order):
        with transaction.atomic():
            order.close()
            send_invoice.delay(order.pk)

Good:

    from functools import partial

    from celery import shared_task
    from django.db import transaction

    @shared_task
    def send_invoice(pk):
        print(pk)

    def bill(order):
        with transaction.atomic():
            order.close()
            transaction.on_commit(partial(send_invoice.delay, order.pk))

Told with low confidence where the worker is asked to wait first (`countdown=10`, `eta=…`): most transactions
have ended by then; and where every way on from the sending raises: the rollback is known there, and the
message tells of the failure.

Send it from a hook that runs after the commit, or after the block.

Fix for Django with Celery and other task queues: `task.delay(x)` →
`transaction.on_commit(partial(task.delay, x))`. Unsafe: the task is sent later, and not at all after a
rollback.
"""

from collections.abc import Iterator

from rmwlint.check import Check, View, Violation

check = Check("RMW302", "enqueue-in-transaction", since="0.1")


@check.on_events
def find(view: View) -> Iterator[Violation]:
    for hazard in view.hazards_in_transaction("enqueue"):
        yield view.violation(
            check,
            hazard.op,
            f"{hazard.written} sends work while the transaction `{hazard.held.text}` is not committed",
            place=hazard.label,
            sure=hazard.sure,
            steps=hazard.steps,
            interleaving=(
                ("A", "writes the row, in a transaction"),
                ("A", f"sends {hazard.label}"),
                ("B", "the worker reads the row    not there yet"),
                ("A", "commits"),
            ),
            remedy="send it after the commit (`transaction.on_commit`, or after the block)",
        )
